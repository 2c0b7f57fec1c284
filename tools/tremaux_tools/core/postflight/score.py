"""Give a run a score of which every point is explained."""

from collections.abc import Sequence
from dataclasses import replace

from tremaux_tools.core.postflight.report import Alarm, Learning, Report, ScorePart, Success

BASE = 50
LOWEST, HIGHEST = 0, 100
EXIT_ZERO = 30
EXIT_OTHER = -20
SEVERITY_POINTS = {"high": -15, "medium": -8, "low": 0}  # for each type of error
SUCCESS_POINTS = 5  # for each type of success
LEARNING_POINTS = 3  # for each learning
LEARNINGS_COUNTED = 5  # more are noted, but a log that repeats itself earns nothing with it


def score_parts(
    exit_code: int | None, errors: Sequence[Alarm], successes: Sequence[Success], learnings: Sequence[Learning]
) -> tuple[ScorePart, ...]:
    """Say what a run's score is made of; the points add up to a score from 0 to 100.

    The points are those of the table in the design: a base, the exit code, each type of error by its
    severity, each type of success, each learning. What leaves the scale is taken back by a last part.
    """
    parts = [ScorePart("base", BASE, f"Every run begins with {BASE}."), _exit_part(exit_code)]
    parts += (_error_part(alarm) for alarm in errors if SEVERITY_POINTS[alarm.severity])
    firsts = {success.type: success for success in reversed(successes)}
    parts += (
        ScorePart(f"success:{success.type}", SUCCESS_POINTS, f"Line {success.line} tells of {_words(success.type)}.")
        for success in sorted(firsts.values(), key=lambda success: (success.line, success.type))
    )
    if learnings:
        parts.append(_learning_part(len(learnings)))
    over = quality_score(parts) - min(max(quality_score(parts), LOWEST), HIGHEST)
    if over:
        parts.append(ScorePart("limit", -over, f"A score is at least {LOWEST} and at most {HIGHEST}."))
    return tuple(parts)


def quality_score(parts: Sequence[ScorePart]) -> int:
    """Add up the points."""
    return sum(part.points for part in parts)


def with_learnings(report: Report, learnings: Sequence[Learning]) -> Report:
    """The report with these learnings instead of its own, each once, and the score that comes of it."""
    once = tuple({learning.words: learning for learning in reversed(learnings)}.values())[::-1]
    parts = score_parts(report.exit_code, report.errors, report.successes, once)
    return replace(report, learnings=once, score_parts=parts, quality_score=quality_score(parts))


def _exit_part(exit_code: int | None) -> ScorePart:
    if exit_code is None:
        return ScorePart("exit", 0, "The exit code is not known.")
    return ScorePart("exit", EXIT_OTHER if exit_code else EXIT_ZERO, f"The exit code is {exit_code}.")


def _error_part(alarm: Alarm) -> ScorePart:
    lines = f"Line {alarm.line}" if alarm.count == 1 else f"{alarm.count} lines, the first of them {alarm.line},"
    verb = "tells" if alarm.count == 1 else "tell"
    why = f"{lines} {verb} of {_words(alarm.type)} ({alarm.severity} severity)."
    return ScorePart(f"error:{alarm.type}", SEVERITY_POINTS[alarm.severity], why)


def _learning_part(count: int) -> ScorePart:
    counted = min(count, LEARNINGS_COUNTED)
    why = f"{count} learning{'s' if count > 1 else ''} noted" + (
        f", {counted} of them counted." if count > counted else "."
    )
    return ScorePart("learnings", counted * LEARNING_POINTS, why)


def _words(kind: str) -> str:
    return kind.replace("_", " ")
