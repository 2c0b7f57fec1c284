"""Task lists of other programs, put into our flat form: what is to be done, what it needs, and how it stands.

Sources: Task Master 0.43 (docs/task-structure.md and its own .taskmaster/tasks/tasks.json), Beads 0.30 (its own
.beads/issues.jsonl).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tremaux_tools.core.tickets.lifecycle import Status
from tremaux_tools.core.tickets.ticket import DEFAULT_PRIORITY, LOWEST_PRIORITY
from tremaux_tools.errors import BadArgument

Flat = dict[str, Any]

_STATUSES: Mapping[str, Status] = {
    "pending": "todo",
    "open": "todo",
    "in-progress": "in_progress",
    "in_progress": "in_progress",
    "done": "completed",
    "completed": "completed",
    "closed": "completed",
    "cancelled": "cancelled",
}
"""All else (review, deferred, blocked, pinned ...) waits for somebody."""
_PRIORITIES: Mapping[str, int] = {"critical": 0, "high": 1, "medium": 2, "low": 3}
# Beads knows more kinds of dependencies; they tell something, but nothing waits for them.
_WAITS_FOR = frozenset({"blocks", "conditional-blocks", "waits-for"})
_CHILD_OF = "parent-child"
_DELETED = "tombstone"
_TASK_TEXTS = ("title", "description", "details", "testStrategy")
_ISSUE_TEXTS = ("title", "description", "design", "acceptance_criteria", "notes")
_BEADS_KEYS = frozenset({"title", "created_at"})


def translated(value: object) -> object:
    """A decoded task list of Task Master or Beads in our flat form; anything else as it is.

    Raises:
        BadArgument: a task in it is no object or has no id.
    """
    if isinstance(value, dict) and (lists := _task_lists(value)):
        several = len(lists) > 1
        return [task for tag, tasks in lists.items() for task in _tasks(tasks, f"{tag}." if several else "")]
    if isinstance(value, list) and value and all(map(_is_issue, value)):
        return _issues(value)
    return value


def _is_issue(item: object) -> bool:
    return isinstance(item, dict) and item.keys() >= _BEADS_KEYS


def _task_lists(value: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The task lists of a `tasks.json` by their tags; the older form has a single one and no tags."""
    if isinstance(value.get("tasks"), list):
        return {"": value["tasks"]}
    tags = {tag: part["tasks"] for tag, part in value.items() if isinstance(part, dict) and "tasks" in part}
    return {tag: tasks for tag, tasks in tags.items() if isinstance(tasks, list)}


def _tasks(tasks: Iterable[Any], prefix: str) -> Iterator[Flat]:
    """Tasks and subtasks. A task waits for its subtasks, and these for what it needs."""
    for task in tasks:
        name = f"{prefix}{_id(task)}"
        needs = [f"{prefix}{need}" for need in _listed(task, "dependencies")]
        parts = _listed(task, "subtasks")
        siblings = {_id(part): f"{name}.{_id(part)}" for part in parts}
        for part in parts:
            inner = [siblings.get(str(need), f"{prefix}{need}") for need in _listed(part, "dependencies")]
            yield _flat(siblings[_id(part)], part, [*needs, *inner], _TASK_TEXTS)
        yield _flat(name, task, [*needs, *siblings.values()], _TASK_TEXTS)


def _issues(issues: Sequence[Mapping[str, Any]]) -> list[Flat]:
    """Issues that are not deleted. An epic waits for its children, so that work begins with them."""
    kept = [(_id(issue), issue) for issue in issues if issue.get("status") != _DELETED]
    needs: dict[str, list[str]] = {name: [] for name, _ in kept}
    gone = {_id(issue) for issue in issues} - needs.keys()
    for name, issue in kept:
        for link in _listed(issue, "dependencies"):
            told = link if isinstance(link, dict) else {}
            other, kind = str(told.get("depends_on_id")), str(told.get("type"))
            if kind in _WAITS_FOR and other not in gone:
                needs[name].append(other)
            elif kind == _CHILD_OF and other in needs:
                needs[other].append(name)
    return [_flat(name, issue, needs[name], _ISSUE_TEXTS) for name, issue in kept]


def _flat(name: str, item: Mapping[str, Any], needs: Iterable[str], texts: Iterable[str]) -> Flat:
    told = [item[key].strip() for key in texts if isinstance(item.get(key), str) and item[key].strip()]
    stood = str(item.get("status", "pending"))
    flat: Flat = {
        "id": name,
        "description": "\n\n".join(told),
        "status": _STATUSES.get(stood, "blocked"),
        "depends_on": list(dict.fromkeys(needs)),
        "priority": _priority(item.get("priority")),
    }
    return flat if stood in _STATUSES else flat | {"reason": f"it was {stood}"}


def _priority(value: object) -> int:
    if isinstance(value, int):
        return int(min(max(value, 0), LOWEST_PRIORITY))
    return _PRIORITIES.get(value, DEFAULT_PRIORITY) if isinstance(value, str) else DEFAULT_PRIORITY


def _id(item: object) -> str:
    name = item.get("id") if isinstance(item, dict) else None
    if not isinstance(name, str | int):
        raise BadArgument("a task in the list has no id", "Export the list anew, or give each task an id.")
    return str(name)


def _listed(item: Mapping[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []
