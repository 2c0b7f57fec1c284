import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.recall.terms import MAX_TERMS, Term, choose, forms_of
from tremaux_tools.core.recall.words import words

DOCUMENTS = 1000


def told(text: str, held: Mapping[str, int], **stems: str) -> list[list[Term]]:
    forms = [[(form, stems.get(form, form)) for form in forms_of(word)] for word in words(text)]
    return [[Term(form, stem, held.get(stem, 0)) for form, stem in each] for each in forms if each]


def chosen(text: str, **held: int) -> list[str]:
    return [term.word for term in choose(told(text, held), DOCUMENTS)]


def all_forms(text: str) -> list[str]:
    return [form for word in words(text) for form in forms_of(word)]


def test_words_that_say_nothing_are_left_out() -> None:
    assert all_forms("Why don't you fix the pool, or is it not the Pool?") == ["fix", "pool", "not", "pool"]


def test_a_name_is_looked_for_whole_and_in_parts() -> None:
    assert all_forms("getURLFor snake_case HTTPServer2") == [
        "geturlfor", "get", "url", "snake", "case", "httpserver2", "http", "server2",
    ]  # fmt: skip


def test_hashes_and_keys_are_no_words() -> None:
    assert forms_of("f" * 65) == ()
    assert forms_of("f" * 64) == ("f" * 64,)


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
    terms = choose(told("pools pool", {"pool": 3}, pools="pool"), DOCUMENTS)

    assert terms == [Term("pools", "pool", 3)]


def test_parts_of_names_count_as_words_do() -> None:
    assert chosen("one poolSize pool", one=10, pool=10) == ["pool", "one"]


@given(st.text(max_size=300), st.integers(0, 50))
def test_there_are_never_too_many_terms_nor_one_twice(text: str, documents: int) -> None:
    text += " ".join(f"word{n}" for n in range(60))

    terms = [term.word for term in choose(told(text, dict.fromkeys(all_forms(text), 1)), documents)]

    assert len(terms) == len(set(terms)) == MAX_TERMS
