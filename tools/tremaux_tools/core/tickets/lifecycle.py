"""The states of a ticket and which may follow which: the table is the documentation."""

from collections.abc import Mapping
from typing import Literal, get_args

Status = Literal["todo", "awaiting_approval", "ready", "in_progress", "completed", "blocked", "failed", "cancelled"]
Decision = Literal["approve", "reject", "retry", "cancel", "complete", "block"]

STATUSES: tuple[Status, ...] = get_args(Status)
ENDED: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})
SETTLED: frozenset[Status] = ENDED | {"blocked"}  #: nothing happens to it without a decision

ALLOWED: Mapping[Status, frozenset[Status]] = {
    "todo": frozenset({"ready", "awaiting_approval", "blocked", "completed", "failed", "cancelled"}),
    "awaiting_approval": frozenset({"ready", "blocked", "completed", "cancelled"}),
    "ready": frozenset({"in_progress", "blocked", "completed", "failed", "cancelled"}),
    "in_progress": frozenset({"ready", "awaiting_approval", "completed", "blocked", "failed", "cancelled"}),
    "blocked": frozenset({"todo", "ready", "awaiting_approval", "completed", "cancelled"}),
    "failed": frozenset({"todo", "ready", "awaiting_approval", "completed", "cancelled"}),
    "cancelled": frozenset({"todo", "ready", "awaiting_approval"}),
    "completed": frozenset(),
}


def is_allowed(old: Status, new: Status) -> bool:
    """Whether a ticket may go from one state to the other."""
    return new in ALLOWED[old]
