"""The states of a ticket as a Mermaid diagram, for the guide: drawn from the tables that the engine obeys."""

from collections.abc import Iterator, Mapping

from tremaux_tools.core.tickets.lifecycle import ALLOWED, DECISIONS, STATUSES, Status

_BEGINNINGS: Mapping[Status, str] = {
    "todo": "it needs others",
    "awaiting_approval": "step mode",
    "ready": "it needs nothing",
}
_EVENTS: Mapping[tuple[Status, Status], str] = {
    ("todo", "ready"): "its dependencies are completed",
    ("todo", "awaiting_approval"): "likewise, step mode",
    ("todo", "failed"): "one it needs failed or was cancelled",
    ("ready", "in_progress"): "claimed",
    ("ready", "awaiting_approval"): "over budget",
    ("in_progress", "completed"): "done",
    ("in_progress", "ready"): "failed or lost, to be run again",
    ("in_progress", "awaiting_approval"): "over budget",
    ("in_progress", "blocked"): "BLOCKED",
    ("in_progress", "failed"): "no retry left",
    ("failed", "todo"): "the one it needs is run again",
}
"""What the engine does by itself; all else is decided."""


def state_diagram() -> str:
    """The states of a ticket and what leads from one to the other."""
    lines = ["stateDiagram-v2", *(f"  [*] --> {status}: {when}" for status, when in _BEGINNINGS.items())]
    lines += [
        f"  {old} --> {new}: {', '.join(_causes(old, new))}"
        for old in STATUSES
        for new in STATUSES
        if new in ALLOWED[old]
    ]
    return "\n".join(lines)


def _causes(old: Status, new: Status) -> Iterator[str]:
    if (old, new) in _EVENTS:
        yield _EVENTS[old, new]
    for decision, states in DECISIONS.items():
        if new in states.get(old, ()):
            yield decision
