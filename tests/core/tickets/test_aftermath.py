from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.aftermath import MAX_LOSSES, MAX_REASON, Ended, Next, after_run
from tremaux_tools.core.tickets.escalation import backoff
from tremaux_tools.core.tickets.lifecycle import is_allowed
from tremaux_tools.core.tickets.ticket import Run, RunOutcome, Ticket

TICKET = Ticket(ticket_id=1, project="/p", root="/p", name="a", description="do it", status="in_progress")
FAILED = Ended("failed", "AssertionError: 41 == 42", "f1", 1, "haiku")
LADDER = 3
DELAY = 2.0


def follow(ticket: Ticket, runs: list[Ended], *, ladder_length: int = LADDER) -> tuple[Ticket, list[Next]]:
    """Let the runs of a ticket end one after the other, as long as it is run again."""
    steps: list[Next] = []
    for at, ended in enumerate(runs):
        step = after_run(ticket, ended, runs[:at], ladder_length=ladder_length, first_delay=DELAY)
        steps.append(step)
        ticket = replace(ticket, retry_count=step.retry_count, loss_count=step.loss_count, rung=step.rung)
        if step.status != "ready":
            break
    return ticket, steps


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("completed", "completed"), ("blocked", "blocked"), ("cancelled", "cancelled"), ("paused", "awaiting_approval")],
)
def test_an_outcome_that_is_no_failure_settles_the_ticket_for_its_reason(outcome: RunOutcome, status: str) -> None:
    ticket = replace(TICKET, retry_count=1, loss_count=2, rung=1)

    assert after_run(ticket, Ended(outcome, "why"), [], ladder_length=LADDER, first_delay=DELAY) == Next(
        status, "why", 1, 2, 1
    )


@pytest.mark.parametrize("outcome", ["blocked", "cancelled", "paused"])
def test_a_ticket_that_stands_still_always_says_why(outcome: RunOutcome) -> None:
    assert after_run(TICKET, Ended(outcome), [], ladder_length=LADDER, first_delay=DELAY).reason


def test_a_ticket_whose_failures_differ_climbs_its_ladder_rung_by_rung() -> None:
    runs = [replace(FAILED, fingerprint=f"f{epoch}", epoch=epoch) for epoch in (1, 2, 3, 4, 5)]

    _, steps = follow(replace(TICKET, max_retries=4), runs, ladder_length=4)

    assert [step.rung for step in steps] == [1, 2, 3, 3, 3]
    assert [step.status for step in steps] == ["ready"] * 4 + ["failed"]
    assert [step.delay for step in steps] == [
        backoff(1, DELAY),
        backoff(2, DELAY),
        backoff(3, DELAY),
        backoff(4, DELAY),
        0.0,
    ]


def test_a_stalled_ticket_gets_the_strongest_model_at_once() -> None:
    _, steps = follow(replace(TICKET, max_retries=4), [FAILED, replace(FAILED, epoch=2)], ladder_length=5)

    assert (steps[0].rung, steps[1].rung) == (1, 4)
    assert steps[1].delay == 0.0
    assert "the same failure as in run 1" in steps[1].reason


def test_a_stalled_ticket_without_a_stronger_model_waits_like_any_other() -> None:
    _, steps = follow(replace(TICKET, max_retries=4), [FAILED, replace(FAILED, epoch=2)], ladder_length=0)

    assert [step.rung for step in steps] == [0, 0]
    assert [step.delay for step in steps] == [backoff(1, DELAY), backoff(2, DELAY)]


def test_failures_without_a_fingerprint_are_not_taken_for_the_same() -> None:
    unknown = Ended("failed", "exit code 1", "", 1)

    _, steps = follow(TICKET, [unknown, replace(unknown, epoch=2)], ladder_length=5)

    assert [step.rung for step in steps] == [1, 2]


def test_a_ticket_that_failed_too_often_tells_of_every_failure() -> None:
    runs = [
        FAILED,
        Ended("lost", "its container is gone", model="sonnet", epoch=2),
        Ended("timed_out", "after 3600 s", "f2", None, "sonnet", 3),
        Ended("failed", "exit code 2", "f3", 2, None, 4),
    ]

    _, steps = follow(replace(TICKET, max_retries=2), runs)

    assert steps[-1].status == "failed"
    assert steps[-1].reason == (
        "failed 3 times: run 1 (haiku): exit code 1, AssertionError: 41 == 42; "
        "run 3 (sonnet): timed out, after 3600 s; run 4: exit code 2"
    )


def test_without_retries_the_first_failure_is_the_last() -> None:
    step = after_run(replace(TICKET, max_retries=0), Ended("failed"), [], ladder_length=LADDER, first_delay=DELAY)

    assert (step.status, step.reason) == ("failed", "failed once: run 1: failed")


def test_a_huge_reason_is_cut_to_one_line() -> None:
    step = after_run(TICKET, Ended("failed", "no\nend " * 10_000), [], ladder_length=LADDER, first_delay=DELAY)

    assert "\n" not in step.reason
    assert len(step.reason) < 2 * MAX_REASON


def test_a_lost_run_costs_no_retry_and_climbs_no_rung_and_is_not_lost_for_ever() -> None:
    runs = [Ended("lost", "the machine went down", epoch=epoch) for epoch in range(1, MAX_LOSSES + 2)]

    ticket, steps = follow(replace(TICKET, max_retries=0), runs)

    assert (ticket.retry_count, ticket.rung) == (0, 0)
    assert [step.status for step in steps] == ["ready"] * MAX_LOSSES + ["failed"]
    assert steps[-1].reason == "lost 11 times, at last in run 11: the machine went down"
    assert steps[0].delay == 0.0
    assert [step.delay for step in steps] == [*sorted(step.delay for step in steps[:-1]), 0.0]


def test_what_has_not_ended_has_no_aftermath() -> None:
    with pytest.raises(ValueError, match="has not ended"):
        after_run(TICKET, Ended(""), [], ladder_length=LADDER, first_delay=DELAY)


def test_a_kept_run_ended_as_it_was_kept() -> None:
    run = Run(
        run_id=1,
        ticket_id=1,
        epoch=3,
        nonce="n",
        state="ended",
        model="haiku",
        place="tmux",
        outcome="failed",
        reason="why",
        exit_code=7,
        fingerprint="f",
    )

    assert Ended.of(run) == Ended("failed", "why", "f", 7, "haiku", 3)


OUTCOMES: list[RunOutcome] = ["completed", "failed", "blocked", "timed_out", "cancelled", "paused", "lost"]
ENDS = st.builds(Ended, st.sampled_from(OUTCOMES), st.text(max_size=20), st.sampled_from(["", "f1", "f2"]))


@given(st.lists(ENDS, max_size=40), st.integers(0, 4), st.integers(0, 5))
def test_whatever_happens_a_ticket_ends_within_its_retries_and_losses(
    runs: list[Ended], max_retries: int, ladder_length: int
) -> None:
    ticket, steps = follow(replace(TICKET, max_retries=max_retries), runs, ladder_length=ladder_length)

    assert all(is_allowed("in_progress", step.status) for step in steps)
    assert all(step.delay >= 0.0 for step in steps)
    assert ticket.retry_count <= max_retries
    assert ticket.loss_count <= MAX_LOSSES
    assert ticket.rung <= max(ladder_length - 1, 0)
    assert len(steps) <= max_retries + MAX_LOSSES + 1
    assert len(steps) == len(runs) or steps[-1].status != "ready"
