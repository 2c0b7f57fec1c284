"""Say a finding in one sentence, the fact first."""

from collections.abc import Callable

from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.verdict import Best, Ruling

MAX_QUOTED = 100  # characters of a quoted line
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
    return f"; the best so far was #{best.attempt} ({best.name}: {best.tally:g}{', ' + place if place else ''})"


def _quote(finding: Finding) -> str:
    lines = finding.members[-1].attempt.observation.lines
    text = next((line.text for line in lines if line.text), "")
    return f": {text[:MAX_QUOTED]}" if text else " without any output"


def _numbers(finding: Finding) -> str:
    ids = [step.attempt.id for step in finding.members]
    return f"#{ids[0]} to #{ids[-1]}"


def _repeat(finding: Finding) -> str:
    if finding.short is Ruling.WAITING and finding.count < finding.threshold:
        return f"{finding.count} failures in a row outside the program{_quote(finding)}"
    actions = len({step.action for step in finding.members})
    tries = "the same action" if actions == 1 else f"{actions} different actions"
    return f"{finding.count} identical failures in a row after {tries}{_quote(finding)}"


def _noisy(finding: Finding) -> str:
    return f"{finding.count} failures in a row that differ only in numbers leading nowhere{_quote(finding)}"


def _same_action(finding: Finding) -> str:
    action = finding.members[-1].attempt.action[:MAX_QUOTED]
    return f"{finding.count} failures of the very same action, none of them new: {action}"


def _cycle(finding: Finding) -> str:
    return f"{finding.laps} laps of the same {finding.period} failures, {_numbers(finding)}{_quote(finding)}"


def _interleaved(finding: Finding) -> str:
    return f"the same failure {finding.count} times with others in between, {_numbers(finding)}{_quote(finding)}"


def _plateau(finding: Finding) -> str:
    return f"{finding.count} tries without a new best and without a failure not seen before, {_numbers(finding)}"


def _refused(finding: Finding) -> str:
    return f"refused {finding.count} times in the same way{_quote(finding)}"


def _flaky(finding: Finding) -> str:
    return f"the same action on the same tree both passed and failed{_quote(finding)}"


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
