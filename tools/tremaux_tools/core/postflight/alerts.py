"""Which report is worth calling a person, and in what words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tremaux_tools.core.postflight.formats.blame import place_of
from tremaux_tools.core.postflight.inert import calm, fenced, plain
from tremaux_tools.core.postflight.report import Report
from tremaux_tools.core.redact import redact
from tremaux_tools.core.words import storable

Level = Literal["critical", "failure", "warning", "success"]

CRITICAL_EXITS = frozenset({126, 137, 254})  # not executable, killed (mostly for its memory), broken environment
LOW_SCORE = 50  # of 100; below it the run is worth a look whatever its verdict
ENOUGH_LEARNINGS = 2
MAX_TITLE = 120  # characters
MAX_NAME = 80  # characters of what ran, in the title
MAX_SENTENCE = 150  # characters; there are eight at most
MAX_BODY = 1_500  # characters; chats take 2,000 in one message


@dataclass(frozen=True, slots=True)
class Alert:
    """A message for a person, in plain text that no chat takes for more."""

    level: Level
    title: str  #: one line, at most `MAX_TITLE` characters
    body: str  #: at most `MAX_BODY` characters; the root cause is in a fence


@dataclass(frozen=True, slots=True)
class _Rule:
    level: Level
    holds: Callable[[Report], bool]


# The first that holds decides.
_RULES = (
    _Rule("critical", lambda report: report.exit_code in CRITICAL_EXITS),
    _Rule("failure", lambda report: report.verdict == "failed"),
    _Rule("warning", lambda report: report.quality_score < LOW_SCORE),
    _Rule("warning", lambda report: any(error.severity == "high" for error in report.errors)),
    _Rule("success", lambda report: report.verdict == "passed" and len(report.learnings) >= ENOUGH_LEARNINGS),
)


def alert_of(report: Report, *, name: str, always: bool = False) -> Alert | None:
    """The alert for a report, or None if it can wait until somebody looks; `name` is what ran.

    With `always` there is one in any case.
    """
    level = next((rule.level for rule in _RULES if rule.holds(report)), None)
    if level is None and always:
        level = "success" if report.verdict == "passed" else "warning"
    if level is None:
        return None
    shown = plain(redact(storable(name)).text)[:MAX_NAME]
    title = f"{level}: {shown or 'a run'} {report.verdict}"
    return Alert(level, title[:MAX_TITLE], _body(report))


def _body(report: Report) -> str:
    """Facts of ours first; the log's own words last and fenced, so that cutting never opens the fence."""
    text = "\n".join(_sentence(fact) for fact in _facts(report))
    cause = report.root_cause
    if cause is None:
        return text
    text += f"\nRoot cause at {_sentence(place_of(cause))}:\n"
    room = MAX_BODY - len(text) - len(fenced(""))
    return text + fenced(calm(redact(storable(cause.excerpt)).text)[:room])


def _facts(report: Report) -> list[str]:
    facts = [*report.reasons[:1]]
    if report.exit_meaning:
        facts.append(report.exit_meaning)
    if report.tests:
        facts.append(f"Tests: {report.tests}.")
    facts.append(f"Quality: {report.quality_score} of 100.")
    if high := [error for error in report.errors if error.severity == "high"]:
        facts.append(f"Severe errors: {', '.join(f'{error.type} ({error.count})' for error in high[:3])}.")
    if report.learnings:
        facts.append(f"Learnings: {len(report.learnings)}.")
    return [*facts, *(f"Next: {said}" for said in report.recommendations[:1])]


def _sentence(text: str) -> str:
    return plain(redact(storable(text)).text)[:MAX_SENTENCE]
