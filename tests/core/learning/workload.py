"""Tasks as literal values, and the work that is made of them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tremaux_tools.core.learning.work import RanAs, Work, WorkedTask

TASK = WorkedTask(name="job-1", project="/p", passed=True, seconds=10.0, finished_at=1.0, ran=RanAs())


def task(*, passed: bool = True, seconds: float = 10.0, **ran: Any) -> WorkedTask:
    """A run of a ticket."""
    return replace(TASK, passed=passed, seconds=seconds, ran=RanAs(**ran))


def work_of(*groups: tuple[int, WorkedTask], **known: Any) -> Work:
    """Work of so many tasks of each kind, one of each in turn as long as there are any."""
    return Work(tasks=list(_mixed(groups)), **known)


def _mixed(groups: Iterable[tuple[int, WorkedTask]]) -> Iterable[WorkedTask]:
    left = dict(enumerate(groups))
    while left:
        for number, (count, each) in list(left.items()):
            if count:
                yield each
                left[number] = (count - 1, each)
            else:
                del left[number]
