"""What a project's finished tasks look like in all: the first step from tasks to skills."""

from dataclasses import dataclass


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
