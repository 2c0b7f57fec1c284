import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.postflight.learnings import MAX_CHARS, MAX_LEARNINGS, MIN_CHARS, learnings_in
from tremaux_tools.core.postflight.report import Learning


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [
        ("LEARNING: pin the compiler's version", "learning", "pin the compiler's version"),
        ("Fix: parse_price() rounds to whole cents", "fix", "parse_price() rounds to whole cents"),
        ("Learned: always include the locale", "learning", "always include the locale"),
        ("Lesson learned - run the linter first", "learning", "run the linter first"),
        ("- **Key learning:** cache keys need the locale", "learning", "cache keys need the locale"),
        ("Solution: raise the limit of open files", "solution", "raise the limit of open files"),
        ("The solution was to close the pool first", "solution", "close the pool first"),
        ("Fixed by including the locale in the key", "fix", "including the locale in the key"),
        ("Fix: close the file before the rename", "fix", "close the file before the rename"),
        ("Root cause: the cache key ignored the locale", "root_cause", "the cache key ignored the locale"),
        ("The root cause was a stale lock file", "root_cause", "a stale lock file"),
        ("## Root cause\n\nThe port was taken already.", "root_cause", "The port was taken already."),
        ("> Workaround: set LANG=C before the run", "workaround", "set LANG=C before the run"),
        ("Fix: use `list[int]` in the signature", "fix", "use `list[int]` in the signature"),
        ("2026-01-01T10:00:00Z Fix: close the file first", "fix", "close the file first"),
        (
            "Root cause: the cache key ignored the locale, so that results were stale\n  after a change.\n\nother",
            "root_cause",
            "the cache key ignored the locale, so that results were stale after a change.",
        ),
        (
            "Root cause: two writers began with BEGIN; BEGIN IMMEDIATE ended that",
            "root_cause",
            "two writers began with BEGIN; BEGIN IMMEDIATE ended that",
        ),
        ("Fix: send api_key=abcdefgh123 in the header", "fix", "send api_key=[redacted:assigned] in the header"),
    ],
)
def test_what_was_learnt_is_found_as_people_and_agents_write_it(text: str, kind: str, content: str) -> None:
    assert learnings_in(text) == (Learning(kind, content),)


def test_each_item_of_a_list_under_a_heading_is_a_learning_of_its_own() -> None:
    found = learnings_in("## Learnings\n\n- pin the compiler's version\n- run the linter first\n\nother words here\n")

    assert [learning.content for learning in found] == ["pin the compiler's version", "run the linter first"]


@pytest.mark.parametrize(
    "line",
    [
        "fix: error when connection refused",
        "fix(parser): handle empty input well",
        "Fix available with npm audit",
        '$ echo "Root cause: the cache key was stale"',
        '+ echo "Fix: close the file first"',
        "tests/test_a.py::test_fix PASSED",
        "Solution: what could it possibly be?",
        'Solution: {"a": 1, "b": 2}',
        "Workaround: none needed so far",
        "Fix: x",
        "Fix: return foo(bar) -> int;",
        "Fix: let total = price;let rest = total;",
        "Root cause: unknown so far",
        "we fixed the solution of the root cause",
        "solutions: three of them were found",
    ],
)
def test_a_line_that_teaches_nothing_is_left_out(line: str) -> None:
    assert learnings_in(line) == ()


def test_what_is_said_twice_is_learnt_once() -> None:
    assert len(learnings_in("Fix: close the file first\nLEARNING: Close the file first\n")) == 1


def test_a_short_line_does_not_go_on_in_the_next_one() -> None:
    (learning,) = learnings_in("Fix: close the file first\ntask completed\n")

    assert learning.content == "close the file first"


@given(
    st.text()
    | st.lists(st.sampled_from(["Fix: ", "## Learnings", "- ", "\n", "Root cause: "]) | st.text()).map("".join)
)
def test_any_text_is_survived_and_learnings_are_bounded(text: str) -> None:
    found = learnings_in(text)

    assert len(found) <= MAX_LEARNINGS
    assert all(MIN_CHARS <= len(learning.content) <= MAX_CHARS for learning in found)
    assert all("\n" not in learning.content for learning in found)


def test_at_most_so_many_learnings_are_taken() -> None:
    assert len(learnings_in("\n".join(f"Fix: close file number {n} first" for n in range(99)))) == MAX_LEARNINGS


@pytest.mark.parametrize(
    ("notes", "content"),
    [
        ("Root cause: BEGIN takes\nno write lock.\nThe docs were\nupdated, too.", "BEGIN takes no write lock."),
        ("Root cause: BEGIN takes\nno write lock\n\nThe docs were updated", "BEGIN takes no write lock"),
        ("Root cause: BEGIN takes no write lock\n- updated the docs", "BEGIN takes no write lock"),
    ],
)
def test_a_sentence_of_prose_goes_on_in_the_next_line(notes: str, content: str) -> None:
    assert learnings_in(notes, is_prose=True) == (Learning("root_cause", content),)
