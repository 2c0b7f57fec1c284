import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremaux_tools.core.beta import beta_below
from tremaux_tools.core.confidence import (
    DAY,
    HALF_LIFE,
    JUDGED,
    MIN_TASKS,
    PRIOR_WEIGHT,
    RETIRED_AFTER,
    SAME_PROJECT,
    SHOWN,
    UNKNOWN_PRIOR,
    USED,
    Confidence,
    Tally,
    confidence_of,
    explored,
    is_harmful,
    prior_of,
    standing,
    tally_of,
    transfer,
)

NOW = 1_800_000_000.0
GUIDE = Path(__file__).parents[2] / "docs" / "confidence.md"

moments = st.floats(NOW - 400 * DAY, NOW)
outcomes = st.tuples(st.booleans(), st.sampled_from([SHOWN, USED, JUDGED]), moments)
logs = st.lists(outcomes, max_size=30)
priors = st.floats(0.02, 0.98)
tallies = st.builds(Tally, st.floats(0, 500), st.floats(0, 500), moments)
factors = st.floats(0.25, 1)
traits = st.frozensets(st.sampled_from(["python", "rust", "pytest", "make", "tmux", "npm"]))


def confidence(log: list[tuple[bool, float, float]], *, prior: float = 0.65, at: float = NOW) -> Confidence:
    return confidence_of([(tally_of(log), SAME_PROJECT)], prior=prior, at=at)


def after(helped: float, hurt: float, *, prior: float = 0.65, at: float = NOW) -> Confidence:
    return confidence_of([(Tally(helped, hurt, NOW), SAME_PROJECT)], prior=prior, at=at)


def test_an_outcome_counts_half_after_a_half_life() -> None:
    tally = tally_of([(True, 1.0, NOW), (False, 2.0, NOW)]).decayed(NOW + HALF_LIFE)

    assert tally == Tally(0.5, 1.0, NOW + HALF_LIFE)


def test_without_a_half_life_nothing_is_forgotten() -> None:
    tally = tally_of([(True, 1.0, NOW - 4000 * DAY), (False, 2.0, NOW)], half_life=0)

    assert tally.decayed(NOW + 4000 * DAY, 0) == Tally(1.0, 2.0, NOW + 4000 * DAY)


@given(tallies, st.floats(0, 1000 * DAY))
def test_a_moment_in_the_past_decays_nothing(tally: Tally, earlier: float) -> None:
    assert tally.decayed(tally.counted_at - earlier) == tally


def test_an_outcome_that_comes_in_late_counts_as_old_as_it_is() -> None:
    tally = Tally(1.0, 0.0, NOW).counting(False, 1.0, NOW - HALF_LIFE)

    assert tally == Tally(1.0, 0.5, NOW)


@given(logs, st.randoms(use_true_random=False))
def test_outcomes_add_up_to_the_same_tally_in_any_order(log: list[tuple[bool, float, float]], random: Random) -> None:
    shuffled = random.sample(log, len(log))

    assert tally_of(shuffled) == tally_of(log)


@given(logs)
def test_counting_one_by_one_in_any_order_gives_the_tally_of_all(log: list[tuple[bool, float, float]]) -> None:
    tally = Tally()
    for passed, weight, at in log:
        tally = tally.counting(passed, weight, at)

    whole = tally_of(log)
    assert tally.counted_at == whole.counted_at
    assert tally.helped == pytest.approx(whole.helped, rel=1e-9)
    assert tally.hurt == pytest.approx(whole.hurt, rel=1e-9)


def test_a_learning_without_outcomes_has_the_chance_of_any_task() -> None:
    assert confidence_of([], prior=0.42, at=NOW).mean == pytest.approx(0.42)


def test_the_mean_is_the_posterior_of_prior_and_outcomes() -> None:
    found = after(6, 2, prior=0.5)

    assert found.mean == pytest.approx((4 * 0.5 + 6) / (4 + 8))
    assert found.evidence == 8
    assert found.high - found.low == pytest.approx(2 * 1.28 * math.sqrt((2 / 3) * (1 / 3) / (4 + 8 + 1)))


@given(logs, outcomes, priors)
def test_a_pass_never_lowers_and_a_failure_never_lifts(
    log: list[tuple[bool, float, float]], outcome: tuple[bool, float, float], prior: float
) -> None:
    _, weight, at = outcome

    worse, before, better = (
        confidence(known, prior=prior).mean for known in ([*log, (False, weight, at)], log, [*log, (True, weight, at)])
    )

    assert worse <= before + 1e-12
    assert before <= better + 1e-12


@given(st.lists(st.tuples(tallies, factors), max_size=5), priors)
def test_the_mean_is_in_its_interval_and_all_are_chances(counted: list[tuple[Tally, float]], prior: float) -> None:
    found = confidence_of(counted, prior=prior, at=NOW)

    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.mean <= explored(found) <= 1


@given(tallies, priors, st.lists(st.floats(1 * DAY, 200 * DAY), min_size=2, max_size=6))
def test_a_learning_that_nobody_uses_drifts_to_the_prior(tally: Tally, prior: float, waits: list[float]) -> None:
    at, seen = tally.counted_at, []
    for wait in [0.0, *waits]:
        at += wait
        seen.append(confidence_of([(tally, SAME_PROJECT)], prior=prior, at=at))

    assert all(abs(late.mean - prior) <= abs(early.mean - prior) + 1e-9 for early, late in pairwise(seen))
    assert all(late.evidence <= early.evidence for early, late in pairwise(seen))


@given(tallies.filter(lambda tally: tally.helped + tally.hurt > 1), priors, factors)
def test_another_projects_outcomes_move_the_mean_less(tally: Tally, prior: float, factor: float) -> None:
    ours = confidence_of([(tally, SAME_PROJECT)], prior=prior, at=NOW)
    theirs = confidence_of([(tally, factor)], prior=prior, at=NOW)

    assert abs(theirs.mean - prior) <= abs(ours.mean - prior) + 1e-12
    assert theirs.evidence <= ours.evidence


@given(traits, traits)
def test_a_transfer_is_the_same_both_ways_and_from_a_quarter_to_three(
    ours: frozenset[str], theirs: frozenset[str]
) -> None:
    assert 0.25 <= transfer(ours, theirs) == transfer(theirs, ours) <= 0.75


@pytest.mark.parametrize(
    ("ours", "theirs", "factor"),
    [
        pytest.param("", "", 0.25, id="nothing is known of either"),
        pytest.param("python", "rust", 0.25, id="nothing in common"),
        pytest.param("python pytest", "python", 0.5, id="half in common"),
        pytest.param("python pytest", "pytest python", 0.75, id="all in common"),
    ],
)
def test_outcomes_transfer_as_far_as_projects_are_alike(ours: str, theirs: str, factor: float) -> None:
    assert transfer(frozenset(ours.split()), frozenset(theirs.split())) == factor


def test_no_task_at_all_leaves_the_unknown_prior() -> None:
    assert prior_of((0, 0), (0, 0)) == UNKNOWN_PRIOR


def test_a_project_of_few_tasks_takes_the_rate_of_all_projects() -> None:
    assert prior_of((MIN_TASKS - 1, MIN_TASKS - 1), (10, 46)) == pytest.approx((10 + 2.6) / 50)


def test_a_project_of_enough_tasks_takes_its_own_rate() -> None:
    assert prior_of((3, MIN_TASKS), (50, 50)) == pytest.approx((3 + 2.6) / 14)


@given(st.integers(0, 50).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged))))
def test_no_rate_makes_a_prior_certain(rate: tuple[int, int]) -> None:
    assert 0 < prior_of(rate, (0, 0)) < 1
    assert 0 < prior_of((0, 0), rate) < 1


@given(st.floats(0, 40), st.floats(0, 40), st.floats(0, 1))
@example(0, 0, 0.999)
def test_of_two_learnings_with_one_mean_the_less_known_is_explored_first(
    evidence: float, more: float, mean: float
) -> None:
    little = explored(Confidence(mean, 0.0, 1.0, evidence))
    much = explored(Confidence(mean, 0.0, 1.0, evidence + more))

    assert 1 >= little >= much >= mean


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.001, 0.999))
def test_the_chance_below_a_limit_is_a_binomial_tail(passed: int, failed: int, limit: float) -> None:
    tries = passed + failed - 1
    tail = math.fsum(
        math.comb(tries, hits) * limit**hits * (1 - limit) ** (tries - hits) for hits in range(passed, tries + 1)
    )

    assert beta_below(limit, passed, failed) == pytest.approx(tail, abs=1e-9)


@given(st.floats(0.1, 400), st.floats(0.1, 400), st.floats(-0.5, 1.5), st.floats(0, 1))
def test_a_higher_limit_never_has_less_chance_below_it(passed: float, failed: float, limit: float, step: float) -> None:
    assert 0 <= beta_below(limit, passed, failed) <= beta_below(limit + step, passed, failed) + 1e-9 <= 1 + 1e-9


@given(st.floats(0, 60), st.floats(4, 60), priors)
def test_harm_is_what_the_posterior_says_with_no_short_cut_in_between(helped: float, hurt: float, prior: float) -> None:
    limit = prior - 0.10
    chance = beta_below(limit, PRIOR_WEIGHT * prior + helped, PRIOR_WEIGHT * (1 - prior) + hurt)

    assert is_harmful(after(helped, hurt, prior=prior), prior) is (chance > 0.90) or chance == pytest.approx(0.90)


def test_fewer_than_four_failures_are_too_few_to_call_a_learning_harmful() -> None:
    assert not is_harmful(after(0, 3.9, prior=0.9), 0.9)
    assert is_harmful(after(0, 4, prior=0.9), 0.9)


def test_many_outcomes_prove_a_small_harm() -> None:
    assert is_harmful(after(310, 290), 0.65)
    assert not is_harmful(after(325, 275), 0.65)


@pytest.mark.parametrize(
    ("helped", "hurt", "expected"),
    [
        pytest.param(0, 0, "candidate", id="nothing is known"),
        pytest.param(2.9, 0, "candidate", id="too little is known"),
        pytest.param(3, 0, "active", id="it helps"),
        pytest.param(4, 2.9, "active", id="about as good as the prior"),
        pytest.param(3, 4, "candidate", id="worse, but perhaps by chance"),
        pytest.param(0, 4, "quarantined", id="it harms"),
    ],
)
def test_outcomes_lead_from_candidate_to_active_or_quarantine(helped: float, hurt: float, expected: str) -> None:
    assert standing(after(helped, hurt), prior=0.65, quarantined_at=None, at=NOW) == expected


@given(st.floats(0, 20), st.floats(0, 20), priors, st.floats(0, 500 * DAY))
def test_time_alone_leads_from_quarantine_only_to_retirement(
    helped: float, hurt: float, prior: float, waited: float
) -> None:
    if standing(after(helped, hurt, prior=prior), prior=prior, quarantined_at=None, at=NOW) != "quarantined":
        return

    later = after(helped, hurt, prior=prior, at=NOW + waited)
    found = standing(later, prior=prior, quarantined_at=NOW, at=NOW + waited)

    assert found == ("retired" if waited >= RETIRED_AFTER else "quarantined")


@pytest.mark.parametrize(
    ("helped", "hurt", "waited", "expected"),
    [
        pytest.param(0, 4, RETIRED_AFTER - 1, "quarantined", id="they speak against it"),
        pytest.param(0, 4, RETIRED_AFTER, "retired", id="they have for long"),
        pytest.param(3, 4, 0, "quarantined", id="they are no proof of harm any more, but none of help"),
        pytest.param(0.9, 0, 0, "quarantined", id="too little of them is left"),
        pytest.param(2, 1, 0, "active", id="they are about as good as the prior"),
        pytest.param(5, 2.5, RETIRED_AFTER, "active", id="they bring it back from retirement"),
        pytest.param(1, 0, RETIRED_AFTER, "candidate", id="one that still counts is for it"),
    ],
)
def test_only_outcomes_lead_out_of_quarantine(helped: float, hurt: float, waited: float, expected: str) -> None:
    assert standing(after(helped, hurt), prior=0.65, quarantined_at=NOW - waited, at=NOW) == expected


@given(st.floats(0, 20), st.floats(0, 20), priors)
def test_a_worse_mean_never_lifts_the_standing(helped: float, hurt: float, prior: float) -> None:
    ladder = ("quarantined", "candidate", "active")
    found = after(helped, hurt, prior=prior)
    worse = replace(found, mean=found.mean * 0.9)

    high, low = (standing(one, prior=prior, quarantined_at=None, at=NOW) for one in (found, worse))

    assert ladder.index(low) <= ladder.index(high)


@pytest.mark.parametrize(
    ("what", "helped", "hurt", "days", "factor"),
    [
        ("none", 0, 0, 0, SAME_PROJECT),
        ("1 pass", 1, 0, 0, SAME_PROJECT),
        ("3 passes", 3, 0, 0, SAME_PROJECT),
        ("9 passes, 3 failures", 9, 3, 0, SAME_PROJECT),
        ("... 45 days later", 9, 3, 45, SAME_PROJECT),
        ("... 180 days later", 9, 3, 180, SAME_PROJECT),
        ("... in another project, half like ours", 9, 3, 0, 0.5),
        ("2 passes, 5 failures", 2, 5, 0, SAME_PROJECT),
        ("4 failures", 0, 4, 0, SAME_PROJECT),
    ],
)
def test_the_examples_of_the_guide_are_what_the_rules_say(
    what: str, helped: float, hurt: float, days: float, factor: float
) -> None:
    at = NOW + days * DAY
    found = confidence_of([(Tally(helped, hurt, NOW), factor)], prior=0.65, at=at)
    stands = standing(found, prior=0.65, quarantined_at=None, at=at)

    evidence = f"{found.evidence:.2g}"
    example = f"| {what} | {found.mean:.2f} | {found.low:.2f} - {found.high:.2f} | {evidence} | {stands} |"
    assert example in GUIDE.read_text(encoding="utf-8")
