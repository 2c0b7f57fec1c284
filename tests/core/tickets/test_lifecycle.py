from itertools import product

import pytest

from tremaux_tools.core.tickets.lifecycle import (
    ALLOWED,
    DECISIONS,
    STATUSES,
    Decision,
    Status,
    decided,
    is_allowed,
    open_status,
)
from tremaux_tools.errors import BadArgument

CASES = [
    (decision, status, open_ones, needs_approval)
    for decision, states in DECISIONS.items()
    for status, open_ones, needs_approval in product(states, (False, True), (False, True))
]


@pytest.mark.parametrize(("decision", "status", "open_ones", "needs_approval"), CASES)
def test_a_decision_leads_where_the_table_of_states_allows(
    decision: Decision, status: Status, open_ones: bool, needs_approval: bool
) -> None:
    following = decided(status, decision, has_open_dependencies=open_ones, needs_approval=needs_approval)

    assert is_allowed(status, following)


def test_every_step_that_may_follow_a_decision_is_one_that_is_allowed() -> None:
    assert all(
        set(following) <= ALLOWED[status] for states in DECISIONS.values() for status, following in states.items()
    )


@pytest.mark.parametrize(
    ("status", "decision", "following"),
    [
        ("awaiting_approval", "approve", "ready"),
        ("blocked", "approve", "ready"),
        ("awaiting_approval", "reject", "blocked"),
        ("failed", "retry", "ready"),
        ("in_progress", "cancel", "cancelled"),
        ("cancelled", "complete", "completed"),
        ("in_progress", "block", "blocked"),
    ],
)
def test_a_decision_does_what_it_says(status: Status, decision: Decision, following: Status) -> None:
    assert decided(status, decision, has_open_dependencies=False, needs_approval=False) == following


@pytest.mark.parametrize("decision", ["approve", "retry"])
def test_what_still_needs_others_waits_for_them_whatever_is_decided(decision: Decision) -> None:
    assert decided("blocked", decision, has_open_dependencies=True, needs_approval=True) == "todo"


def test_a_retry_does_not_stand_in_for_an_approval_that_was_never_given() -> None:
    assert decided("blocked", "retry", has_open_dependencies=False, needs_approval=True) == "awaiting_approval"
    assert decided("blocked", "approve", has_open_dependencies=False, needs_approval=True) == "ready"


def test_no_decision_starts_a_ticket() -> None:
    assert all("in_progress" not in following for states in DECISIONS.values() for following in states.values())


@pytest.mark.parametrize(
    ("status", "decision", "fact", "hint"),
    [
        ("completed", "retry", "the ticket is completed: there is nothing to retry", "Hand over a new ticket"),
        ("ready", "approve", "the ticket is ready: there is nothing to approve", "cancel, complete, block"),
        ("in_progress", "complete", "the ticket is in_progress: there is nothing to complete", "cancel, block"),
    ],
)
def test_a_decision_that_makes_no_sense_says_what_does(
    status: Status, decision: Decision, fact: str, hint: str
) -> None:
    with pytest.raises(BadArgument) as caught:
        decided(status, decision, has_open_dependencies=False, needs_approval=False)

    assert str(caught.value) == fact
    assert hint in caught.value.hint


def test_a_ticket_in_step_mode_waits_for_a_person_once_its_dependencies_are_completed() -> None:
    """The seed left such tickets in todo for ever."""
    assert open_status(has_open_dependencies=True, needs_approval=True) == "todo"
    assert open_status(has_open_dependencies=False, needs_approval=True) == "awaiting_approval"
    assert open_status(has_open_dependencies=False, needs_approval=False) == "ready"


def test_only_a_completed_ticket_can_never_run_again() -> None:
    """The seed left a ticket in progress for ever when its program died."""
    reachable: dict[Status, set[Status]] = {status: set(ALLOWED[status]) for status in STATUSES}
    for _ in STATUSES:
        for found in reachable.values():
            found.update(*(ALLOWED[status] for status in tuple(found)))

    assert {status for status in STATUSES if "in_progress" not in reachable[status]} == {"completed"}
    assert {status for status in STATUSES if "completed" not in reachable[status]} == {"completed"}
