"""The states of a ticket and which may follow which: the table is the documentation."""

from collections.abc import Mapping
from typing import Literal, get_args

from tremaux_tools.errors import BadArgument

Status = Literal["todo", "awaiting_approval", "ready", "in_progress", "completed", "blocked", "failed", "cancelled"]
Decision = Literal["approve", "reject", "retry", "cancel", "complete", "block"]

STATUSES: tuple[Status, ...] = get_args(Status)
ENDED: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})
SETTLED: frozenset[Status] = ENDED | {"blocked"}  #: nothing happens to it without a decision

ALLOWED: Mapping[Status, frozenset[Status]] = {
    "todo": frozenset({"ready", "awaiting_approval", "blocked", "completed", "failed", "cancelled"}),
    "awaiting_approval": frozenset({"ready", "blocked", "completed", "cancelled"}),
    "ready": frozenset({"in_progress", "awaiting_approval", "blocked", "completed", "cancelled"}),
    "in_progress": frozenset({"ready", "awaiting_approval", "completed", "blocked", "failed", "cancelled"}),
    "blocked": frozenset({"todo", "ready", "awaiting_approval", "completed", "cancelled"}),
    "failed": frozenset({"todo", "ready", "awaiting_approval", "completed", "cancelled"}),
    "cancelled": frozenset({"todo", "ready", "awaiting_approval", "completed"}),
    "completed": frozenset(),
}

_BLOCKED: tuple[Status, ...] = ("blocked",)
_CANCELLED: tuple[Status, ...] = ("cancelled",)
_COMPLETED: tuple[Status, ...] = ("completed",)
_AGAIN: tuple[Status, ...] = ("ready", "todo", "awaiting_approval")  # the one that `open_status` names

DECISIONS: Mapping[Decision, Mapping[Status, tuple[Status, ...]]] = {
    "approve": {"awaiting_approval": ("ready",), "blocked": ("ready", "todo")},
    "reject": {"awaiting_approval": _BLOCKED},
    "retry": {"blocked": _AGAIN, "failed": _AGAIN, "cancelled": _AGAIN},
    "cancel": {
        "todo": _CANCELLED,
        "awaiting_approval": _CANCELLED,
        "ready": _CANCELLED,
        "in_progress": _CANCELLED,
        "blocked": _CANCELLED,
        "failed": _CANCELLED,
    },
    "complete": {
        "todo": _COMPLETED,
        "awaiting_approval": _COMPLETED,
        "ready": _COMPLETED,
        "blocked": _COMPLETED,
        "failed": _COMPLETED,
        "cancelled": _COMPLETED,
    },
    "block": {"todo": _BLOCKED, "awaiting_approval": _BLOCKED, "ready": _BLOCKED, "in_progress": _BLOCKED},
}
"""What may be decided in which state, and what may follow; the first of several unless its dependencies or a missing
approval say otherwise. A decision on a ticket in progress holds once its worker has been stopped."""


def is_allowed(old: Status, new: Status) -> bool:
    """Whether a ticket may go from one state to the other."""
    return new in ALLOWED[old]


def open_status(*, has_open_dependencies: bool, needs_approval: bool) -> Status:
    """Where a ticket stands that is to be run: when it is new, and whenever its last dependency is completed.

    `needs_approval`: it is in step mode and nobody has approved it yet. A ticket of which a person once approved the
    run is not asked about again.
    """
    if has_open_dependencies:
        return "todo"
    return "awaiting_approval" if needs_approval else "ready"


def decided(status: Status, decision: Decision, *, has_open_dependencies: bool, needs_approval: bool) -> Status:
    """Where a ticket goes by a decision.

    Raises:
        BadArgument: there is nothing to decide so in its state.
    """
    following = DECISIONS[decision].get(status)
    if following is None:
        possible = ", ".join(other for other, states in DECISIONS.items() if status in states)
        raise BadArgument(
            f"the ticket is {status}: there is nothing to {decision}",
            f"What can be decided now: {possible}." if possible else "Hand over a new ticket for more work.",
        )
    wanted = open_status(has_open_dependencies=has_open_dependencies, needs_approval=needs_approval)
    return wanted if wanted in following else following[0]
