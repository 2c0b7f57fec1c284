import pytest
from hypothesis import given
from hypothesis import strategies as st
from strictyaml.ruamel import YAML

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.sharing import frontmatter
from tremaux_tools.core.sharing.parcel import Item
from tremaux_tools.core.sharing.skill_folder import name_of, skills_of
from tremaux_tools.core.sharing.skill_reader import item_of, parse_skill


def by_library(head: str) -> object:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    return yaml.load(head)


HEADS = [
    pytest.param("name: a  # the name\ndescription: b#c", id="comments"),
    pytest.param("# head\nname: a\n\n  # deeper\ndescription: b", id="lines of comments"),
    pytest.param("name: \"a\\tb \\u00e9 \\x41\"\ndescription: 'it''s'", id="quotes"),
    pytest.param('description: "one\n  two\n\n  three"\nname: a', id="a quoted text of several lines"),
    pytest.param("description: one\n  two\n  three # no\nname: a", id="a plain text of several lines"),
    pytest.param("description: |\n  one\n    two\n\n  three\nname: a", id="a literal block"),
    pytest.param("description: >\n  one\n  two\n\n  three\nname: a", id="a folded block"),
    pytest.param("description: >-\n  one\n  two\n\n\n  three\nname: a", id="a folded block without its end"),
    pytest.param("description: |-\n  # no comment\n  two\nname: a", id="a block with a hash"),
    pytest.param("description:\n  below\nname: a", id="a value below its key"),
    pytest.param("metadata:\n  a: b\n  'c d': \"e: f\"\n  g:\nname: a", id="a mapping"),
    pytest.param("tags:\n  - a\n  - 'b c'\nname: a", id="a list"),
    pytest.param("tags:\n- a\n- b\nname: a", id="a list that is not indented"),
    pytest.param("tags: [a, 'b, c', \"d\"]\nname: a", id="a list between brackets"),
    pytest.param("\"name\": a\n'description': b", id="quoted keys"),
]


def plain(value: object) -> object:
    """What a library read, with every scalar as the text that it was; nothing is an empty one."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return "" if value is None else value


@pytest.mark.parametrize("head", HEADS)
def test_a_head_is_read_as_a_yaml_library_reads_it(head: str) -> None:
    assert frontmatter.read(head) == plain(by_library(head))


def test_a_colon_within_a_plain_text_is_read_though_yaml_forbids_it() -> None:
    head = "name: a\ndescription: Use it. When: it rains"

    assert frontmatter.read(head) == {"name": "a", "description": "Use it. When: it rains"}


quotable = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


@given(quotable, quotable)
def test_what_we_write_is_read_as_it_was(title: str, when: str) -> None:
    entity = Entity("finding:1\n" + title, "finding", title.strip() or "t", "body", (f"use when: {when}",))
    (skill,) = skills_of([Item(entity, "candidate")], at=0, candidates=True)
    read = parse_skill(skill.text)

    assert (read.name, skill.frontmatter["name"]) == (skill.name, skill.name)
    assert read.metadata.keys() == dict(skill.frontmatter["metadata"]).keys()  # type: ignore[call-overload]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_one_way(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n", f"---\nname: a\ndescription: b\n{text}\n---\n"):
        try:
            item_of(parse_skill(whole))
        except ValueError:
            continue


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name: a", id="no head"),
        pytest.param("---\nname: a\ndescription: b", id="no end"),
        pytest.param("---\nname: a\n---\n", id="no description"),
        pytest.param("---\nname: [a]\ndescription: b\n---\n", id="a list for a name"),
        pytest.param("---\nname: &x a\ndescription: *x\n---\n", id="an anchor"),
        pytest.param('---\nname: "a\ndescription: b\n---\n', id="a quote without end"),
        pytest.param("---\nname: a\ndescription: b\nmetadata:\n  a:\n    b:\n  c\n---\n", id="a mapping in disorder"),
        pytest.param(f"---\nname: a\ndescription: {'b' * 70_000}\n---\n", id="a head too long"),
    ],
)
def test_a_file_that_is_no_skill_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_skill(text)


@given(st.text(max_size=120))
def test_a_name_is_valid_whatever_the_title(title: str) -> None:
    name = name_of(Entity("finding:1", "finding", title))

    assert len(name) <= 64
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")
    assert "--" not in name


def test_learnings_of_the_same_title_are_skills_of_different_names() -> None:
    items = [Item(Entity(f"finding:{number}", "finding", "Same"), "candidate") for number in range(50)]

    assert len({skill.name for skill in skills_of(items, at=0, candidates=True)}) == 50
