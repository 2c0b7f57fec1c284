import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.confidence import Confidence, Standing
from tremaux_tools.core.skills.ranking import (
    ALL_HARMFUL,
    BESIDE_THE_BEST,
    MAX_AVOID,
    NEVER_RECOMMENDED,
    NOTHING_KNOWN,
    NOTHING_STANDS_OUT,
    Candidate,
    Choice,
    Hit,
    choose,
    shortlist,
    stands_out,
)
from tremaux_tools.core.skills.recommendation import MAX_ITEMS

means = st.floats(0.01, 0.99)
standings = st.sampled_from(["candidate", "active", "quarantined", "retired"])


def candidate(
    number: int,
    relevance: float = 1.0,
    mean: float = 0.65,
    *,
    pitfall: bool = False,
    standing: Standing = "active",
    words: float | None = None,
) -> Candidate:
    confidence = Confidence(mean, mean, mean, 5.0)
    hit = Hit(number, pitfall, relevance, relevance if words is None else words)
    return Candidate(hit, confidence, standing)


def chosen(known: list[Candidate], limit: int) -> Choice:
    """What is chosen of what was found, as a whole."""
    short = shortlist(each.hit for each in known)
    rest = {each.hit.entity_id: each for each in known}
    close = [Candidate(hit, rest[hit.entity_id].confidence, rest[hit.entity_id].standing) for hit in short.hits]
    return choose(close, short, limit=limit)


candidates = st.lists(
    st.builds(
        lambda relevance, mean, pitfall, standing: (relevance, mean, pitfall, standing),
        st.floats(0, 1),
        means,
        st.booleans(),
        standings,
    ),
    max_size=30,
).map(
    lambda drawn: [
        candidate(number, relevance, mean, pitfall=pitfall, standing=standing)
        for number, (relevance, mean, pitfall, standing) in enumerate(drawn)
    ]
)


@given(candidates, st.integers(1, 100))
def test_few_are_shown_and_none_that_did_harm(known: list[Candidate], limit: int) -> None:
    choice = chosen(known, limit=limit)

    assert len(choice.items) <= min(limit, MAX_ITEMS)
    assert len(choice.avoid) <= MAX_AVOID
    assert not {each.standing for each in (*choice.items, *choice.avoid)} & NEVER_RECOMMENDED
    assert all(each.hit.relevance >= BESIDE_THE_BEST for each in (*choice.items, *choice.avoid))
    assert bool(choice.reason) != bool(choice.items)
    assert [each.score for each in choice.items] == sorted((each.score for each in choice.items), reverse=True)


def test_of_two_that_fit_alike_the_one_that_helped_comes_first() -> None:
    choice = chosen([candidate(1, mean=0.4), candidate(2, mean=0.8)], limit=2)

    assert [each.hit.entity_id for each in choice.items] == [2, 1]


def test_what_fits_much_better_comes_first_whatever_helped() -> None:
    choice = chosen([candidate(1, relevance=1.0, mean=0.3), candidate(2, relevance=0.6, mean=0.9)], limit=2)

    assert [each.hit.entity_id for each in choice.items] == [1, 2]


def test_a_pitfall_with_the_words_of_the_prompt_hides_no_learning() -> None:
    choice = chosen([candidate(1, pitfall=True), candidate(2, relevance=0.2), candidate(3, relevance=0.05)], limit=3)

    assert [each.hit.entity_id for each in choice.items] == [2]
    assert [each.hit.entity_id for each in choice.avoid] == [1]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        pytest.param([], NOTHING_KNOWN, id="nothing found"),
        pytest.param([candidate(1, pitfall=True)], NOTHING_KNOWN, id="only a pitfall"),
        pytest.param([candidate(1, standing="quarantined")], ALL_HARMFUL, id="it did harm"),
        pytest.param([candidate(n, words=10.0 - n / 10) for n in range(12)], NOTHING_STANDS_OUT, id="all alike"),
    ],
)
def test_nothing_is_shown_for_a_reason(known: list[Candidate], reason: str) -> None:
    assert chosen(known, limit=3).reason == reason


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        pytest.param([1.0] * 9, True, id="nine alike"),
        pytest.param([1.0] * 10, False, id="ten alike"),
        pytest.param([1.46, *[1.0] * 9], True, id="one above ten"),
        pytest.param([1.44, *[1.0] * 9], False, id="not far enough"),
        pytest.param([1.0, *[0.0] * 9], True, id="only one has the words"),
    ],
)
def test_the_best_stands_out_from_the_tenth(scores: list[float], told: bool) -> None:
    assert stands_out(scores) is told
