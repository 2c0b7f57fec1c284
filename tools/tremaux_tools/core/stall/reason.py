"""Say a finding in one sentence, the fact first.

The sentence is the first thing an agent reads, and it stands outside the marks around quoted data. So it
holds counts, our own words and the agent's own actions, never a word of an output: a log may be hostile.
What the output said is quoted in `Verdict.unchanged_lines`.
"""

from collections.abc import Callable

from tremaux_tools.core.measures import FAILURES
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.verdict import Best, Ruling

MAX_QUOTED = 100  # characters of a quoted action
SHORT_ID = 10  # characters of a tree or commit id


def reason_for(finding: Finding, ruling: Ruling, level: int, best: Best | None) -> str:
    """Write the sentence for `finding` as it stands now."""
    fact = _FACTS[finding.rule](finding)
    if ruling is Ruling.WATCH:
        short = "" if finding.rule == "R9" else f": one short of {finding.threshold}"
        return fact + short
    if ruling is not Ruling.STALLED:
        return fact
    called = ", and the tries since this was first called did not leave the loop" if level > 1 else ""
    return f"{fact}{called}{_way_back(finding, best)}"


def _way_back(finding: Finding, best: Best | None) -> str:
    if best is None or best.attempt == finding.members[-1].attempt.id:
        return ""
    place = f"commit {best.commit[:SHORT_ID]}" if best.commit else f"tree {best.tree[:SHORT_ID]}" if best.tree else ""
    return f"; the best so far was attempt {best.attempt} ({_tally(best)}{', ' + place if place else ''})"


def _tally(best: Best) -> str:
    """Write what was measured: `1 failure`, `coverage 61`."""
    if best.name != FAILURES:
        return f"{best.name} {best.tally:g}"
    return "1 failure" if best.tally == 1 else f"{best.tally:g} failures"


def _silent(finding: Finding) -> str:
    return " without any output" if finding.members[-1].attempt.observation.is_empty else ""


def _numbers(finding: Finding) -> str:
    ids = [step.attempt.id for step in finding.members]
    return f"attempts {ids[0]} to {ids[-1]}"


def _repeat(finding: Finding) -> str:
    if finding.short is Ruling.WAITING and finding.count < finding.threshold:
        return f"{finding.count} failures in a row outside the program"
    actions = len({step.action for step in finding.members})
    tries = "the same action" if actions == 1 else f"{actions} different actions"
    return f"{finding.count} identical failures in a row after {tries}{_silent(finding)}"


def _noisy(finding: Finding) -> str:
    return f"{finding.count} failures in a row that differ only in numbers leading nowhere"


def _same_action(finding: Finding) -> str:
    action = finding.members[-1].attempt.action[:MAX_QUOTED]
    return f"{finding.count} failures of the very same action, none of them new: {action}"


def _cycle(finding: Finding) -> str:
    return f"a cycle of {finding.period} failures, {finding.laps} laps, {_numbers(finding)}"


def _interleaved(finding: Finding) -> str:
    return f"the same failure {finding.count} times with others in between, {_numbers(finding)}"


def _plateau(finding: Finding) -> str:
    measured = next((m.name for m in finding.members[-1].measures[:1] if m.better != "either"), "")
    what = {"": "nothing", FAILURES: "the number of failures"}.get(measured, measured)
    return f"{what} got no better for {finding.count} tries, and no failure was new, {_numbers(finding)}"


def _refused(finding: Finding) -> str:
    return f"refused {finding.count} times in the same way"


def _flaky(_finding: Finding) -> str:
    return "the same action on the same tree both passed and failed"


def _idle(finding: Finding) -> str:
    if finding.period:
        rounds = f"{finding.laps} rounds of the same {finding.period} looks"
        return f"{rounds} with the same answers, {_numbers(finding)}"
    return f"{finding.count} looks with the very same answer, {_numbers(finding)}"


def _churn(finding: Finding) -> str:
    return f"{finding.count} tries since the last new best, though none of them repeats"


_FACTS: dict[str, Callable[[Finding], str]] = {
    "R1": _repeat,
    "R1b": _noisy,
    "R2": _same_action,
    "R3": _cycle,
    "R4": _interleaved,
    "R5": _plateau,
    "R6": _refused,
    "R7": _flaky,
    "R8": _idle,
    "R9": _churn,
}
