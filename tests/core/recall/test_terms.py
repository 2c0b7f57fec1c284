import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.recall.terms import MAX_TERMS, Term, choose, spoken

DOCUMENTS = 1000


def chosen(text: str, **held: int) -> list[str]:
    return [term.word for term in choose(spoken(text), {}, held, DOCUMENTS)]


def test_words_that_say_nothing_are_left_out() -> None:
    assert [word for word, _, _ in spoken("Why don't you fix the pool, or is it not the pool?")] == [
        "fix",
        "pool",
        "not",
    ]


def test_a_name_is_looked_for_whole_and_in_parts() -> None:
    assert [word for word, _, _ in spoken("getURLFor snake_case HTTPServer2")] == [
        "geturlfor", "get", "url", "snake", "case", "httpserver2", "http", "server2",
    ]  # fmt: skip


def test_times_and_places_are_counted() -> None:
    said = spoken("fix the pool: a Pool is a poolPool")

    assert said == [("fix", 1, 0), ("pool", 4, 1), ("poolpool", 1, 3)]


def test_hashes_and_keys_are_no_words() -> None:
    assert spoken("f" * 65) == []


@pytest.mark.parametrize(
    ("text", "held", "first"),
    [
        pytest.param("one two", {"one": 100, "two": 5}, "two", id="a rarer word"),
        pytest.param("one two two", {"one": 10, "two": 10}, "two", id="a repeated word"),
        pytest.param("one " + "filler " * 40 + "two", {"one": 10, "two": 10}, "one", id="an early word"),
    ],
)
def test_what_tells_more_comes_first(text: str, held: dict[str, int], first: str) -> None:
    assert chosen(text, **held)[0] == first


def test_the_weight_is_as_measured() -> None:
    # 2 times, at place 8, in 10 of 1,000 documents, against once, at place 0
    two = (1 + math.log(2)) * math.log(1 + 990 / 10) / (1 + 0.5 * math.log(2))
    held = next(n for n in range(1, 1000) if math.log(1 + (1000 - n) / n) < two)
    text = "one " + "filler " * 7 + "two two"

    assert chosen(text, one=held, two=10) == ["two", "one"]
    assert chosen(text, one=held - 1, two=10) == ["one", "two"]


def test_words_in_no_document_are_left_out() -> None:
    assert chosen("one two", two=1) == ["two"]


def test_words_in_most_documents_are_left_out_unless_there_is_no_other() -> None:
    assert chosen("one two", one=501, two=500) == ["two"]
    assert chosen("one two", one=501) == ["one"]


def test_words_of_one_stem_are_one_term() -> None:
    terms = choose(spoken("pools pool"), {"pools": "pool", "pool": "pool"}, {"pool": 3}, DOCUMENTS)

    assert terms == [Term("pools", 3)]


@given(st.text(max_size=300), st.integers(0, 50))
def test_there_are_never_too_many_terms_nor_one_twice(text: str, documents: int) -> None:
    said = spoken(text + " ".join(f"word{n}" for n in range(60)))

    terms = [term.word for term in choose(said, {}, {word: 1 for word, _, _ in said}, documents)]

    assert len(terms) == len(set(terms)) == MAX_TERMS
