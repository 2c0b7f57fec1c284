from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.duplicates import MAX_COMPARED, NEAR, is_near, near_duplicates, read, similarity

LONG = (
    "When the worker restarts while a lease is still held by another process wait for the heartbeat to expire and claim"
    " the ticket again afterwards since the former owner may come back with results of its own"
)


def near(one: str, other: str) -> bool:
    return is_near(read(one), read(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("The cart summed prices.", "the CART summed the prices", id="case, articles and a full stop"),
        pytest.param("Run migrations before the start", "Run migration before start", id="plurals"),
        pytest.param("Retries were missing", "retry was missing", id="plurals in -ies"),
        pytest.param("Don't mock the clock", "do not mock the clock", id="a contraction"),
        pytest.param("It's the cache", "it is the cache", id="another contraction"),
        pytest.param("the job can’t start", "The job cannot start", id="a typographic apostrophe"),
        pytest.param(LONG, LONG.replace("restarts", "restarts suddenly"), id="one plain word more in a long text"),
    ],
)
def test_wordings_of_the_same_are_near(one: str, other: str) -> None:
    assert near(one, other)
    assert near(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("use X", "do not use X", id="a negation"),
        pytest.param("use X", "don't use X", id="a negation in a contraction"),
        pytest.param("the answer is 41", "the answer is 42", id="a number"),
        pytest.param("listen on port 8080", "listen on port 8081", id="a port"),
        pytest.param("needs python 3.11", "needs python 3.12", id="a version"),
        pytest.param("use postgres for sessions", "use mysql for sessions", id="a plain name"),
        pytest.param("call fooBar first", "call fooBaz first", id="an identifier"),
        pytest.param("edit src/a.py", "edit src/b.py", id="a path"),
        pytest.param("written in C", "written in C++", id="signs that belong to a name"),
        pytest.param("pass -f to it", "pass --force to it", id="a flag"),
        pytest.param("fails if x == 1", "fails if x != 1", id="an operator"),
        pytest.param("skip it if ready", "skip it if !ready", id="an exclamation mark that negates"),
        pytest.param("copy staging to live", "copy live to staging", id="the order"),
        pytest.param("use the cache", "use the cache locally", id="one word more in a short text"),
        pytest.param("这里必须使用缓存", "这里禁止使用缓存", id="a language without spaces"),
        pytest.param("result: ✓", "result: ✗", id="a sign"),
        pytest.param("", "", id="nothing is said"),
    ],
)
def test_what_only_looks_alike_is_not_near(one: str, other: str) -> None:
    assert not near(one, other)


@pytest.mark.parametrize("added", ["not", "never", "only", "without", "nicht", "41", "Windows", "a.py", "fooBar", "!="])
def test_a_telling_word_more_is_another_learning_however_long_the_text(added: str) -> None:
    assert near(LONG, LONG.replace("wait", "wait patiently"))
    assert not near(LONG, LONG.replace("wait", f"wait {added}"))


@pytest.mark.parametrize(("word", "other"), [("held", "dropped"), ("expire", "begin"), ("claim", "cancel")])
def test_no_word_may_be_replaced_however_long_the_text(word: str, other: str) -> None:
    assert not near(LONG, LONG.replace(word, other))


def test_texts_that_differ_too_much_are_not_near() -> None:
    words = [f"{letter}word" for letter in "abcdefghijklmnopqr"]

    assert similarity(read(" ".join(words)), read(" ".join([*words, "plainly", "again"]))) == NEAR
    assert similarity(read(" ".join(words)), read(" ".join([*words, "plainly", "again", "still"]))) < NEAR


WORDS = st.sampled_from(["use", "the", "cache", "caches", "not", "41", "42", "redis", "Redis", "a.py", "plainly", "!="])
TEXTS = st.lists(st.lists(WORDS, max_size=14).map(" ".join), max_size=12)


@given(st.text(), st.text())
def test_nearness_has_no_direction_and_likeness_stays_in_bounds(one: str, other: str) -> None:
    forth, back = similarity(read(one), read(other)), similarity(read(other), read(one))

    assert forth == back
    assert 0 <= forth <= 1


@given(TEXTS)
def test_each_two_of_a_group_are_near_and_no_text_is_in_two_groups(texts: list[str]) -> None:
    groups = near_duplicates(texts)

    places = [place for group in groups for place in group]
    assert len(places) == len(set(places))
    assert all(near(texts[one], texts[other]) for group in groups for one, other in combinations(group, 2))
    assert all(len(group) > 1 for group in groups)
    assert groups == sorted(tuple(sorted(group)) for group in groups)


@given(TEXTS)
def test_the_index_finds_each_text_a_partner_that_has_one(texts: list[str]) -> None:
    grouped = {place for group in near_duplicates(texts) for place in group}

    alone = [place for place in range(len(texts)) if place not in grouped]
    assert not any(near(texts[one], texts[other]) for one, other in combinations(alone, 2))


def test_a_group_does_not_drift_from_one_meaning_to_another() -> None:
    here, there = LONG.replace("wait", "wait locally"), LONG.replace("wait", "wait remotely")
    groups = near_duplicates([LONG, here, there])

    assert groups == [(0, 1)]


def test_a_library_made_from_one_template_is_left_alone() -> None:
    assert near_duplicates([f"{LONG} in test {number}" for number in range(10 * MAX_COMPARED)]) == []
