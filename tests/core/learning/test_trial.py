import math
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremaux_tools.core.beta import beta_below
from tremaux_tools.core.learning.delta import block_gets_new
from tremaux_tools.core.learning.trial import (
    FIRST_LOOK,
    HISTORY_WEIGHT,
    KEEP_ABOVE,
    LAST_LOOK,
    MARGIN,
    MORE_LIKELY,
    ROLL_BACK_ABOVE,
    Arm,
    Judgement,
    compare_rates,
    compare_values,
    is_due,
    judge_trial,
)

NOTHING = Arm(0, 0)
PASSES = frozenset[str]()
SECONDS = frozenset({"seconds"})

counts = st.integers(0, 200)
arms = st.builds(Arm, counts, counts)
values = st.lists(st.floats(0, 1e6) | st.just(5.0), max_size=40)


def judge(new: Arm, old: Arm = NOTHING, before: Arm = NOTHING, **asked: object) -> Judgement:
    return judge_trial(new, old, before, **{"measures": PASSES, **asked})  # type: ignore[arg-type]


def timed(*, seconds: float, tasks: int, passed: int | None = None, spread: float = 0.5, seed: int = 1) -> Arm:
    random = Random(seed)
    took = tuple(seconds * math.exp(random.gauss(0, spread)) for _ in range(tasks))
    good = tasks if passed is None else passed
    return Arm(good, tasks - good, took, took)


@pytest.mark.parametrize(
    ("new", "old", "before", "decision"),
    [
        pytest.param(Arm(3, 12), Arm(4, 0), Arm(24, 6), "roll_back", id="clearly worse at the first look"),
        pytest.param(Arm(8, 7), Arm(4, 1), Arm(22, 8), "roll_back", id="probably worse"),
        pytest.param(Arm(15, 0), Arm(2, 3), Arm(15, 15), "keep", id="clearly better at the first look"),
        pytest.param(Arm(11, 4), Arm(3, 1), Arm(21, 9), "extend", id="alike, so nobody can say yet"),
        pytest.param(Arm(14, 0), Arm(0, 4), Arm(0, 30), "extend", id="before the first look"),
        pytest.param(Arm(15, 0), NOTHING, NOTHING, "extend", id="nothing to compare with"),
        pytest.param(Arm(15, 0), Arm(0, 2), Arm(0, 5), "extend", id="too little to compare with"),
        pytest.param(NOTHING, NOTHING, NOTHING, "extend", id="no data"),
        pytest.param(NOTHING, Arm(30, 0), Arm(30, 0), "extend", id="no task with the new value"),
        pytest.param(Arm(84, 36), Arm(35, 15), Arm(21, 9), "keep", id="alike at the last look"),
        pytest.param(Arm(82, 38), Arm(36, 14), Arm(21, 9), "roll_back", id="rather worse at the last look"),
    ],
)
def test_a_trial_is_decided_by_what_passes(new: Arm, old: Arm, before: Arm, decision: str) -> None:
    assert judge(new, old, before).decision == decision


def test_looks_are_due_at_fifteen_tasks_and_after_every_five_more() -> None:
    looked_at = 0
    due = []
    for tasks in range(31):
        if is_due(tasks, looked_at=looked_at):
            due.append(tasks)
            looked_at = tasks

    assert due == [15, 20, 25, 30]


def test_a_look_is_not_missed_when_several_tasks_end_at_once() -> None:
    assert is_due(17, looked_at=14)
    assert is_due(21, looked_at=19)
    assert not is_due(19, looked_at=17)


def test_between_two_looks_nothing_is_decided() -> None:
    assert judge(Arm(2, 17), Arm(9, 0), Arm(30, 0), looked_at=15).decision == "extend"
    assert judge(Arm(2, 18), Arm(9, 0), Arm(30, 0), looked_at=15).decision == "roll_back"


def test_the_reason_has_the_figures() -> None:
    found = judge(
        timed(seconds=9, tasks=16, passed=3),
        timed(seconds=3, tasks=6, passed=5),
        timed(seconds=3, tasks=30, passed=24),
        measures=SECONDS,
    )

    assert found.why == (
        f"fewer tasks pass: 3 of 16 tasks passed with the new value, 5 of 6 with the old one, 24 of 30 before, "
        f"P(worse) {found.worse:.2f}, P(slower) {found.seconds_worse:.2f}"
    )


def test_a_new_value_that_takes_longer_is_rolled_back_although_all_pass() -> None:
    slow, quick = timed(seconds=150, tasks=40), timed(seconds=100, tasks=20, seed=2)

    found = judge(slow, quick, timed(seconds=100, tasks=30, seed=3), measures=SECONDS)

    assert (found.decision, found.cost_worse) == ("roll_back", None)
    assert found.why.startswith("tasks take longer: ")


def test_a_new_value_that_costs_more_is_rolled_back_where_costs_are_asked_for() -> None:
    dear, cheap = timed(seconds=150, tasks=60), timed(seconds=100, tasks=30, seed=2)

    assert judge(dear, cheap, measures=frozenset({"cost"})).why.startswith("tasks cost more: ")
    assert judge(dear, cheap).decision != "roll_back"


def test_nothing_is_kept_while_it_rather_looks_slower() -> None:
    new, old = timed(seconds=112, tasks=40, seed=4), timed(seconds=100, tasks=30, passed=20, seed=4)
    found = judge(new, old, measures=SECONDS)

    assert judge(new, old).decision == "keep"
    assert found.seconds_worse is not None
    assert MORE_LIKELY < found.seconds_worse < ROLL_BACK_ABOVE
    assert found.decision == "extend"


@pytest.mark.parametrize(("timed_before", "decision"), [(19, "extend"), (20, "keep")])
def test_nothing_is_kept_before_how_long_it_takes_can_be_compared(timed_before: int, decision: str) -> None:
    new, old = timed(seconds=100, tasks=20), Arm(10, 5)
    before = Arm(15, 15, timed(seconds=200, tasks=timed_before).seconds)

    assert judge(new, old, before).decision == "keep"
    assert judge(new, old, before, measures=SECONDS).decision == decision


def test_at_the_last_look_what_rather_looks_slower_is_rolled_back() -> None:
    new, old = timed(seconds=112, tasks=LAST_LOOK, seed=4), timed(seconds=100, tasks=30, passed=20, seed=4)
    found = judge(new, old, measures=SECONDS)

    assert found.seconds_worse is not None
    assert MORE_LIKELY < found.seconds_worse < ROLL_BACK_ABOVE
    assert found.decision == "roll_back"


@pytest.mark.parametrize(("new", "old"), [((7, 3), (3, 4)), ((0, 10), (14, 0)), ((58, 41), (20, 11))])
def test_the_chance_of_being_worse_is_the_integral(new: tuple[int, int], old: tuple[int, int]) -> None:
    # Evan Miller's closed form of P(B > A) for whole counts, summed over those with the old value.
    a, b = 1 + new[0], 1 + new[1]
    exact = math.fsum(
        math.exp(_log_beta(a + i, b + 1 + old[1]) - math.log(1 + old[1] + i) - _log_beta(1 + i, 1 + old[1]))
        / math.exp(_log_beta(a, b))
        for i in range(1 + old[0])
    )

    worse, _ = compare_rates(Arm(*new), Arm(*old), NOTHING)

    assert worse == pytest.approx(exact, abs=0.001)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def test_the_chance_of_being_no_worse_is_the_integral() -> None:
    new, old, before = Arm(41, 9), Arm(16, 4), Arm(25, 5)
    a, b = 1 + 16 + HISTORY_WEIGHT * 25, 1 + 4 + HISTORY_WEIGHT * 5
    cells = 2_000
    exact = 1 - math.fsum(
        (beta_below((i + 1) / cells, a, b) - beta_below(i / cells, a, b))
        * beta_below((i + 0.5) / cells - MARGIN, 42, 10)
        for i in range(cells)
    )

    assert compare_rates(new, old, before)[1] == pytest.approx(exact, abs=0.001)


@given(arms, arms)
def test_one_of_both_values_is_the_worse_one(new: Arm, old: Arm) -> None:
    one, other = compare_rates(new, old, NOTHING)[0], compare_rates(old, new, NOTHING)[0]

    assert one + other == pytest.approx(1)


@given(arms, arms, arms)
def test_one_more_pass_never_speaks_against_a_value(new: Arm, old: Arm, before: Arm) -> None:
    worse, no_worse = compare_rates(new, old, before)
    for better in (Arm(new.passed + 1, new.failed), Arm(new.passed + 1, max(0, new.failed - 1))):
        now, then = compare_rates(better, old, before)
        assert now <= worse + 1e-9
        assert then >= no_worse - 1e-9
    for rival in (Arm(old.passed + 1, old.failed), Arm(old.passed + 1, max(0, old.failed - 1))):
        assert compare_rates(new, rival, before)[0] >= worse - 1e-9


@given(arms, arms, arms)
@example(Arm(10_000, 0), Arm(0, 10_000), NOTHING)
@example(Arm(0, 10_000), Arm(10_000, 0), Arm(30, 0))
def test_a_margin_only_speaks_for_the_new_value(new: Arm, old: Arm, before: Arm) -> None:
    worse, no_worse = compare_rates(new, old, before)

    assert 0 <= 1 - worse <= no_worse + 1e-9 <= 1 + 2e-9


@given(arms, arms, arms, st.integers(0, 200), st.sampled_from([PASSES, SECONDS]))
def test_what_is_kept_is_no_worse_and_what_is_rolled_back_is_no_better(
    new: Arm, old: Arm, before: Arm, looked_at: int, measures: frozenset[str]
) -> None:
    found = judge(new, old, before, looked_at=looked_at, measures=measures)

    if found.decision == "keep":
        assert found.worse <= MORE_LIKELY or found.no_worse > KEEP_ABOVE
        assert found.worse <= ROLL_BACK_ABOVE
    if found.decision == "roll_back":
        assert found.worse > MORE_LIKELY


@given(arms)
def test_equal_tasks_are_never_rolled_back(arm: Arm) -> None:
    assert judge(arm, arm).decision != "roll_back"


@given(st.integers(0, FIRST_LOOK - 1), st.integers(0, FIRST_LOOK - 1), arms, arms)
def test_nothing_is_decided_before_the_first_look(passed: int, failed: int, old: Arm, before: Arm) -> None:
    decided = judge(Arm(passed, failed), old, before).decision

    assert decided == "extend" or passed + failed >= FIRST_LOOK


@given(values, values, values, st.randoms(use_true_random=False))
def test_the_order_of_tasks_does_not_matter(
    new: list[float], old: list[float], before: list[float], random: Random
) -> None:
    first = compare_values(new, old, before)
    for each in (new, old, before):
        random.shuffle(each)

    assert compare_values(new, old, before) == (first if first is None else pytest.approx(first, abs=1e-9))


@given(values, values, values)
@example([7.0] * 10, [7.0] * 10, [])
@example([0.0] * 40, [1.0] * 40, [])
@example([1e-9] * 10, [1e9] * 10, [])
@example([5.0], [5.0], [5.0])
def test_any_values_can_be_compared(new: list[float], old: list[float], before: list[float]) -> None:
    found = compare_values(new, old, before)

    assert found is None or 0 <= found <= 1


@pytest.mark.parametrize(
    ("new", "old", "before"),
    [
        pytest.param(9, 20, 30, id="few with the new value"),
        pytest.param(20, 9, 1, id="few with the old one"),
        pytest.param(20, 0, 0, id="none with the old one"),
    ],
)
def test_few_values_say_nothing(new: int, old: int, before: int) -> None:
    assert compare_values([200.0] * new, [100.0] * old, [100.0] * before) is None


def test_values_of_before_count_by_half() -> None:
    assert compare_values([200.0] * 10, [100.0] * 2, [100.0] * 15) is None
    assert compare_values([200.0] * 10, [100.0] * 2, [100.0] * 16) is not None


def test_values_of_nothing_do_not_count() -> None:
    assert compare_values([0.0] * 40, [100.0] * 40, []) is None
    assert compare_values([*[200.0] * 12, 0.0], [100.0] * 20, []) == compare_values([200.0] * 12, [100.0] * 20, [])


def test_what_takes_twice_as_long_is_slower_and_what_takes_half_is_not() -> None:
    usual = [100.0] * 20

    slower, quicker = (compare_values([seconds] * 20, usual, []) for seconds in (200.0, 50.0))

    assert slower is not None
    assert quicker is not None
    assert slower > 0.999
    assert quicker < 0.001


@pytest.mark.parametrize("delta_id", range(1, 30))
def test_of_any_ten_blocks_seven_get_the_new_value_and_the_old_one_is_never_far(delta_id: int) -> None:
    blocks = [block_gets_new(number, delta_id) for number in range(40)]

    assert {sum(blocks[first : first + 10]) for first in range(30)} == {7}
    assert all(not all(blocks[first : first + 4]) for first in range(36))
