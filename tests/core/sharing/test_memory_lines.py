import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.knowledge import Entity, Relation
from tremaux_tools.core.sharing.memory_lines import as_memory_lines, read_memory_lines
from tremaux_tools.core.sharing.parcel import Item, Outcome, Parcel

OUTCOME = Outcome("0a1b", "recommendation-12", "used", True, 1.0, "/work/cart", 1_700_000_000.0)
LEARNING = Item(
    Entity("finding:1", "finding", "The cache key", 'The "body"\nof it — café', ("type: fix",), "decision"),
    status="active",
    origin="0a1b",
    project="/work/cart",
    quarantined_at=1_700_000_100.0,
    outcomes=(OUTCOME,),
)
TOOL = Item(Entity("tool:x", "tool", "x"), status="active", origin="0a1b")
USED = Relation("tool:x", "used_in", "finding:1")
FOREIGN = [
    {"type": "entity", "name": "Ada", "entityType": "person", "observations": ["Writes programs", 'likes "tea"\n☕']},
    {"type": "entity", "name": "Engine", "entityType": "finding", "observations": []},
    {"type": "relation", "from": "Ada", "to": "Engine", "relationType": "works on"},
]

# What a reader makes of strange characters is another rule's matter.
texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from("é☕\n"), min_size=1).filter(
    str.strip
)
entities = st.builds(
    dict,
    type=st.just("entity"),
    name=texts,
    entityType=texts,
    observations=st.lists(texts, max_size=3, unique=True),
)


def lines_of(*rows: object) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)


def written(parcel: Parcel) -> str:
    return "\n".join(as_memory_lines(parcel))


def test_lines_are_those_of_the_reference_memory_server() -> None:
    lines = [json.loads(line) for line in as_memory_lines(Parcel((LEARNING, TOOL), (USED,)))]

    assert [(line["type"], line.get("name"), line.get("entityType")) for line in lines] == [
        ("entity", "finding:1", "finding"),
        ("entity", "tool:x", "tool"),
        ("relation", None, None),
    ]
    assert lines[0]["observations"][:2] == [LEARNING.entity.body, "type: fix"]
    assert lines[1]["observations"][0] == "x"
    assert lines[2] == {"type": "relation", "from": "tool:x", "to": "finding:1", "relationType": "used_in"}


def test_all_that_is_known_comes_back() -> None:
    parcel = Parcel((LEARNING, TOOL), (USED,))

    assert read_memory_lines(written(parcel)) == parcel


def test_our_own_words_are_one_observation_and_no_text_of_the_entity() -> None:
    line = json.loads(next(as_memory_lines(Parcel((LEARNING,)))))
    (read,) = read_memory_lines(lines_of(line)).items

    assert [text.startswith("tremaux:{") for text in line["observations"]] == [False, False, True]
    assert read.entity == LEARNING.entity


def test_what_another_server_wrote_is_written_as_it_was() -> None:
    text = lines_of(*FOREIGN)

    assert written(read_memory_lines(text)) == text


@given(st.lists(entities, max_size=4, unique_by=lambda entity: entity["name"]))
def test_any_memory_file_is_written_as_it_was(rows: list[dict[str, object]]) -> None:
    text = lines_of(*rows)

    assert written(read_memory_lines(text)) == text


def test_a_learning_of_others_has_to_prove_itself() -> None:
    person, learning = read_memory_lines(lines_of(*FOREIGN)).items

    assert (person.status, learning.status) == ("active", "candidate")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[" * 200_000, id="nested too deeply"),
        pytest.param("[1]", id="no object"),
        pytest.param('{"type":"graph"}', id="another type"),
        pytest.param('{"type":"entity","name":"x","observations":[]}', id="no kind"),
        pytest.param('{"type":"entity","name":" ","entityType":"t","observations":[]}', id="a blank name"),
        pytest.param('{"type":"entity","name":"x","entityType":"t","observations":[1]}', id="a number observed"),
        pytest.param('{"type":"entity","name":"x","entityType":"t","observations":"one"}', id="no list"),
        pytest.param('{"type":"relation","from":"x","to":"y"}', id="a relation of no type"),
        pytest.param(f'{{"type":"entity","name":{"1" * 5000},"entityType":"t","observations":[]}}', id="a huge number"),
    ],
)
def test_a_line_that_makes_no_sense_is_counted_and_passed_over(line: str) -> None:
    good = lines_of(*FOREIGN)
    read = read_memory_lines(f"{line}\n\n{good}\n")

    assert (read.bad, len(read.items), len(read.relations)) == (1, 2, 1)


def test_fields_that_nobody_knows_are_no_harm() -> None:
    (item,) = read_memory_lines(lines_of(FOREIGN[0] | {"createdAt": "2026-01-01", "tags": ["x"]})).items

    assert item.entity.name == "Ada"


def test_words_that_only_look_like_ours_stay_an_observation() -> None:
    (item,) = read_memory_lines(lines_of(FOREIGN[1] | {"observations": ["tremaux:{not json", "tremaux: a maze"]})).items

    assert (item.entity.body, item.entity.observations) == ("tremaux:{not json", ("tremaux: a maze",))


def test_a_line_separator_inside_a_text_ends_no_line() -> None:
    (item,) = read_memory_lines(lines_of(FOREIGN[1] | {"observations": ["one\u2028two"]})).items

    assert item.entity.body == "one\u2028two"


def test_half_a_character_is_stored_as_a_question_mark() -> None:
    (item,) = read_memory_lines(r'{"type":"entity","name":"x\ud800","entityType":"t","observations":[]}').items

    assert item.entity.name == "x?"
