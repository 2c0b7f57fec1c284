"""What a task that failed warns of, as a graph.

Failures teach as much as successes do, if they are kept apart. Source: ReasoningBank, arXiv 2509.25140, section 3.
"""

import re
from collections.abc import Sequence

from tremaux_tools.core.fingerprint import explain_failure
from tremaux_tools.core.fingerprint.kinds import COMMAND, CRASH, DETAIL, DIAGNOSTIC, EXCEPTION, EXPECTED, SYMPTOM
from tremaux_tools.core.fingerprint.masks import mask
from tremaux_tools.core.knowledge import PITFALL, Entity, Graph, digest, title_of
from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_LINE, Report, RootCause
from tremaux_tools.core.skills.category import Category
from tremaux_tools.core.skills.learning import pattern_node, place_of, related, situation, work_of
from tremaux_tools.core.skills.pattern import patterns_of
from tremaux_tools.core.skills.task import FinishedTask

# Facts that tell one failure from another, the most telling first; which test met it depends on the order of tests.
_TELLING = (EXCEPTION, DIAGNOSTIC, CRASH, EXPECTED, DETAIL, COMMAND, SYMPTOM)
MAX_TESTS = 5  # failing tests that are named
MAX_TRIED = 400  # characters of what the agent said it did
_RULE = re.compile(r"[\W_]*$|_{4,}|={4,}|-{4,}")  # drawn across the page, with or without a heading in it
CATEGORY: Category = "pattern"  # of all pitfalls: what not to walk into again


def pitfall_of(task: FinishedTask, report: Report) -> Graph:
    """What to avoid next time; nothing unless the task was seen to fail and the log tells at what.

    The same failure is the same pitfall whatever was attempted: its name is made of the root cause without what
    differs from run to run, or of the failing tests where there is no root cause.
    """
    if task.verdict != "failed" or report.verdict != "failed" or not report.validated:
        return Graph((), ())
    cause = report.root_cause if report.root_cause and _is_understood(report) else None
    tests = tuple(test[:MAX_LINE] for test in report.failing_tests[:MAX_TESTS])
    told = _told(cause) if cause else ""
    if not told and not tests:
        return Graph((), ())
    pitfall = Entity(
        f"{PITFALL}:{_name(told, cause, report.failing_tests)}",
        PITFALL,
        title_of(told or f"{tests[0]} failed"),
        _body(cause, tests, report),
        (*situation(task.prompt), *_tried(task.summary)),
        CATEGORY,
    )
    return _graph(pitfall, task)


def told_pitfall_of(task: FinishedTask, errors: Sequence[str]) -> Graph:
    """What to avoid next time where no log was read: by the task's own words and what its quality check says.

    Nothing unless the task failed and somebody says what was done or what went wrong.
    """
    said = (*errors, *((task.summary.strip(),) if task.summary.strip() else ()))
    if task.verdict != "failed" or not said:
        return Graph((), ())
    wrong = [f"Went wrong: {error}" for error in errors]
    tried = [f"Tried: {task.summary.strip()}"] if task.summary.strip() else []
    pitfall = Entity(
        f"{PITFALL}:{digest(*(mask(text) for text in (errors or (task.prompt, task.summary))))}",
        PITFALL,
        title_of(said[0]),
        "\n".join((*wrong, *tried)),
        situation(task.prompt),
        CATEGORY,
    )
    return _graph(pitfall, task)


def _graph(pitfall: Entity, task: FinishedTask) -> Graph:
    place, work = place_of(task), work_of(task)
    patterns = tuple(map(pattern_node, patterns_of(task.prompt)))
    entities = (place, *((work,) if work else ()), pitfall, *patterns)
    return Graph(entities, tuple(related(pitfall, place, work, patterns)))


def _is_understood(report: Report) -> bool:
    """Tell whether the root cause is more than the last words of a log, which may be anything."""
    return bool(report.errors or report.failing_tests or (report.root_cause and report.root_cause.file))


def _told(cause: RootCause) -> str:
    """What of a root cause tells most, without what differs from run to run."""
    facts = [fact.partition(": ") for fact in explain_failure(cause.excerpt, failed=True).signature]
    told = (text for kind in _TELLING for found, _, text in facts if found == kind)
    return next(told, mask(cause.excerpt)).removeprefix("+")


def _name(told: str, cause: RootCause | None, tests: Sequence[str]) -> str:
    place = mask(cause.file) if cause and cause.file else min(tests, default="")
    return digest(told, place)


def _tried(summary: str) -> tuple[str, ...]:
    said = " ".join(summary.split())
    return (f"tried: {said[:MAX_TRIED]}",) if said else ()


def _body(cause: RootCause | None, tests: tuple[str, ...], report: Report) -> str:
    lines = _telling_lines(cause.excerpt[:MAX_EXCERPT]) if cause else []
    parts = ["\n".join(["Went wrong:", *lines])] if lines else []
    if cause and cause.file:
        parts.append(f"At {cause.file[:MAX_LINE]}{f':{cause.file_line}' if cause.file_line else ''}.")
    if tests:
        more = len(report.failing_tests) - len(tests)
        parts.append(f"Failing: {', '.join(tests)}{f' and {more} more' if more else ''}.")
    return "\n".join(parts)


def _telling_lines(excerpt: str) -> list[str]:
    """The lines of a root cause without rules; of pytest's only those that it marks as the error."""
    lines = [" ".join(line.split()) for line in excerpt.splitlines()]
    marked = [line for line in lines if line.startswith("E ")]
    return marked or [line for line in lines if line and not _RULE.match(line)]
