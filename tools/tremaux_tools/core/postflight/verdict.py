"""Decide whether a run passed, failed, or whether nobody can tell; and say why."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.endings import QUOTED
from tremaux_tools.core.evidence import PYTEST_COLLECTED_NOTHING
from tremaux_tools.core.postflight.report import Verdict
from tremaux_tools.core.runners import TestRun


@dataclass(frozen=True, slots=True)
class Signs:
    """What a verdict rests on."""

    exit_code: int | None
    is_exit_told: bool  #: the code was found in the log, not given by whoever ran the command
    runs: tuple[TestRun, ...]  #: what each runner counted last
    begun: str = ""  #: the runner that began and never summed up; empty if there is none
    end: str = ""  #: the line with which a failing tool ended the log; empty if there is none
    trouble: str = ""  #: the line that tells most of the last command's trouble; empty if there is none
    is_grave: bool = False  #: such trouble mostly ends a run
    is_silent: bool = False  #: nothing but blanks was printed


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]  #: sentences, the decisive one first
    validated: bool  #: it rests on an exit code or on counted tests
    warnings: tuple[str, ...]  #: sentences about what does not fit together


def decide(signs: Signs) -> Decision:
    """Judge by the exit code and the counted tests; by words only where there is neither.

    A red summary outranks an exit code of 0, which `|| true`, a pipe or a wrapper gives to anything.
    """
    code = signs.exit_code
    red = [run for run in signs.runs if run.is_red]
    said = _said(signs.runs)
    exit_said = f"{'The log says that the' if signs.is_exit_told else 'The'} exit code is {code}."
    if code:
        warnings = [f"{said}, but the exit code is {code}: something else failed."] if signs.runs and not red else []
        return _decision("failed", signs, [exit_said, *([f"{_said(red)}."] if red else [])], warnings=warnings)
    if red:
        masked = f"The exit code is 0, but {_said(red)}: something hides the failure, as `|| true` or a pipe does."
        return _decision("failed", signs, [f"{_said(red)}."], warnings=[masked] if code == 0 else [])
    if code == 0:
        return _decision("passed", signs, [exit_said, *([f"{said}."] if signs.runs else [])])
    return _by_words(signs, said)


def _by_words(signs: Signs, said: str) -> Decision:
    """Judge without an exit code where no test failed: the first line of this table that applies."""
    tested = any(not run.is_empty for run in signs.runs)
    is_pytest_empty = any(run.runner == "pytest" and run.is_empty for run in signs.runs) and not tested
    table: tuple[tuple[bool, Verdict, str], ...] = (
        (bool(signs.end), "failed", f"It ends as failing tools do: {signs.end[:QUOTED]!r}."),
        (is_pytest_empty, "failed", f"{said}, and pytest fails with {PYTEST_COLLECTED_NOTHING} then."),
        (bool(signs.begun), "uncertain", f"{signs.begun} began and never summed up."),
        (tested, "passed", f"{said}."),
        (signs.is_grave, "failed", f"Its last command tells of a failure: {signs.trouble[:QUOTED]!r}."),
        (bool(signs.runs), "uncertain", f"{said}, so nothing is proven."),
        (bool(signs.trouble), "uncertain", f"Its last command tells of trouble: {signs.trouble[:QUOTED]!r}."),
        (signs.is_silent, "uncertain", "Nothing was printed, and the exit code is not known."),
        (True, "passed", "Nothing in its last lines tells of a failure."),
    )
    verdict, reason = next((verdict, reason) for applies, verdict, reason in table if applies)
    return _decision(verdict, signs, [reason], validated=tested and verdict == "passed")


def _decision(
    verdict: Verdict,
    signs: Signs,
    reasons: Sequence[str],
    *,
    validated: bool = True,
    warnings: Sequence[str] = (),
) -> Decision:
    told = list(warnings)
    if signs.runs and all(run.is_empty for run in signs.runs):
        told.append(f"Nothing was tested: {_said(signs.runs)}.")
    if signs.begun:
        told.append(f"{signs.begun} began, but its summary is missing: it died, or the log was cut.")
    if signs.exit_code is None:
        told.append("The exit code is not known.")
    return Decision(verdict, tuple(reasons), validated, tuple(told))


def _said(runs: Sequence[TestRun]) -> str:
    return ", ".join(f"{run.runner} says {run}" for run in runs)
