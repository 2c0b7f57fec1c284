"""What a project's finished tasks look like in all: the first step from tasks to skills."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from tremaux_tools.core.skills.pattern import patterns_of
from tremaux_tools.core.skills.task import FinishedTask

MAX_COMMON = 10  # tools, projects and kinds of work that are told


@dataclass(frozen=True, slots=True)
class TaskAnalysis:
    """Figures of a set of finished tasks."""

    tasks: int
    success_rate: float | None  #: of those with a verdict; None without any
    mean_duration: float | None  #: seconds, of those that know theirs
    median_duration: float | None
    common_tools: tuple[tuple[str, int], ...]  #: name and tasks that used it, most first
    projects: tuple[tuple[str, int], ...]  #: path and tasks, most first
    patterns: tuple[tuple[str, int], ...]  #: kind of work and tasks, most first


def analyse(tasks: Sequence[FinishedTask]) -> TaskAnalysis:
    """Sum the tasks up. A tool is named as the first task spelt it, whatever the case of its letters."""
    judged = [task.verdict == "passed" for task in tasks if task.verdict != "uncertain"]
    durations = [task.duration for task in tasks if task.duration is not None]
    spelt: dict[str, str] = {}
    for task in tasks:
        for tool in task.tools:
            spelt.setdefault(tool.casefold(), tool)
    return TaskAnalysis(
        tasks=len(tasks),
        success_rate=fmean(judged) if judged else None,
        mean_duration=fmean(durations) if durations else None,
        median_duration=median(durations) if durations else None,
        common_tools=_most(spelt[name] for task in tasks for name in {tool.casefold() for tool in task.tools}),
        projects=_most(task.project for task in tasks),
        patterns=_most(pattern for task in tasks for pattern in patterns_of(task.prompt)),
    )


def _most(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """The most frequent names with their counts; equal counts by name."""
    counted = Counter(names).items()
    return tuple(sorted(counted, key=lambda item: (-item[1], item[0]))[:MAX_COMMON])
