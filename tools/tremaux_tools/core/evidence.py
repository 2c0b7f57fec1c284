"""Weigh what an agent says of a gate against what the gate printed and how it ended.

A failed test or a non-zero exit code is believed before any claim; a phrase such as `make: *** Error 1`
only where no exit code is known. A claim is only ever changed from `pass` to `fail`: an agent may have its
own reasons to reject what its tests accept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.endings import failing_end
from tremaux_tools.core.runners import TestRun, read_tests, total

PYTEST_COLLECTED_NOTHING = 5  # docs.pytest.org/en/stable/reference/exit-codes.html


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a gate is to be judged by."""

    gate: str  #: "pass", "fail", "blocked" or "none"
    warnings: tuple[str, ...]  #: sentences for the agent, each with its evidence
    tests: TestRun | None  #: summed over the runners in the output; None if none counted


def weigh(claimed: str, text: str, exit_code: int | None) -> Evidence:
    """Decide which gate to judge by: the one claimed, or the one the evidence shows.

    A claimed `pass` turns to `fail` when the exit code is not 0, a test failed, or, with `exit_code`
    None (not known), the output ends as failing tools do. Any other claim stays. Whatever contradicts
    the claim is told in `warnings`.
    """
    runs = read_tests(text)
    tests = total(runs)
    if claimed == "pass":
        return _weigh_pass(text, exit_code, runs)
    warnings: tuple[str, ...] = ()
    red = [run for run in runs if run.is_red]
    if red and claimed != "fail":
        warnings = (f"claimed {claimed}, but {_said(red)}.",)
    elif claimed == "fail" and exit_code == 0 and tests is not None and not red and not tests.is_empty:
        warnings = (f"claimed fail, but the exit code is 0 and {_said(runs)}: kept as fail.",)
    return Evidence(claimed, warnings, tests)


def _weigh_pass(text: str, exit_code: int | None, runs: tuple[TestRun, ...]) -> Evidence:
    tests = total(runs)
    proof = _proof_of_failure(text, exit_code, runs)
    if proof:
        return Evidence("fail", (f"claimed pass, but {proof}: judged as fail.",), tests)
    if tests is not None and tests.is_empty:
        return Evidence("pass", (f"claimed pass, but nothing was tested: {_said(runs)}.",), tests)
    return Evidence("pass", (), tests)


def _proof_of_failure(text: str, exit_code: int | None, runs: tuple[TestRun, ...]) -> str:
    """Say what shows that the gate failed; empty if nothing does."""
    facts = []
    if red := [run for run in runs if run.is_red]:
        facts.append(_said(red))
    if exit_code:
        facts.append(f"the exit code is {exit_code}")
    if exit_code == PYTEST_COLLECTED_NOTHING and any(run.runner == "pytest" and run.is_empty for run in runs):
        facts.append("nothing was tested")
    if not facts and exit_code is None and (line := failing_end(text)):
        facts.append(f"the output says {line!r}")
    return " and ".join(facts)


def _said(runs: Sequence[TestRun]) -> str:
    return ", ".join(f"{run.runner} says {run}" for run in runs)
