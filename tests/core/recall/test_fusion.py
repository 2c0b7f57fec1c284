import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.recall.fusion import DEPTH, UNRELATED, fused, scaled

FULL = [(number, 200.0 - number) for number in range(DEPTH)]  # scores from 200 down to 101
scores = st.dictionaries(st.integers(1, 300), st.floats(0, 1e6), max_size=150).map(
    lambda found: sorted(found.items(), key=lambda item: -item[1])
)


def test_words_alone_decide_where_there_are_no_meanings() -> None:
    assert fused([(7, 4.0), (8, 3.0)], [], alpha=0.4) == [(7, 1.0), (8, 0.75)]


def test_a_full_list_is_scaled_from_its_worst_to_its_best() -> None:
    shares = scaled(FULL)

    assert (shares[0], shares[DEPTH - 1]) == (1.0, 0.0)


def test_a_list_that_is_not_full_is_scaled_from_nothing() -> None:
    assert scaled([(7, 10.0), (8, 9.0)]) == {7: 1.0, 8: 0.9}


def test_what_one_list_lacks_has_nothing_there() -> None:
    assert fused([(7, 4.0)], [(8, 0.5)], alpha=0.25) == [(7, 1.0), (8, pytest.approx(1 / 3))]


def test_the_nearest_of_all_is_no_answer_where_it_has_nothing_to_do_with_the_text() -> None:
    assert fused([], [(8, UNRELATED - 0.01), (9, 0.0)], alpha=0.4) == []
    assert fused([(9, 2.0)], [(8, UNRELATED), (7, 0.1), (9, 0.0)], alpha=0.4) == [(9, 1.0), (8, pytest.approx(2 / 3))]


def test_what_both_find_comes_first() -> None:
    found = fused([(7, 4.0), (8, 3.9)], [(8, 0.9), (9, 0.8)], alpha=0.4)

    assert [entity_id for entity_id, _ in found] == [8, 7, 9]


@given(scores, scores, st.floats(0, 1))
def test_relevances_lie_between_nought_and_one_and_the_best_has_one(
    lexical: list[tuple[int, float]], near: list[tuple[int, float]], alpha: float
) -> None:
    relevances = [relevance for _, relevance in fused(lexical, near, alpha=alpha)]

    assert relevances == sorted(relevances, reverse=True)
    assert not relevances or (relevances[0] == 1.0 and relevances[-1] >= 0)
