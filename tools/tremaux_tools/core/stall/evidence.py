"""Show what a finding rests on, so that a reader can check it against the journal."""

import re
from collections.abc import Sequence

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.observation import Observation
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, Step
from tremaux_tools.core.stall.reason import reason_for
from tremaux_tools.core.stall.verdict import Advice, Best, Pattern, Ruling, Tried, Verdict

MAX_LISTED = 12  # actions, attempts and revisits named in a verdict
MAX_SHOWN = 5  # lines and masks shown
_RULER = re.compile(r"^([=_\-*~#─━])\1\1|([=_\-*~#─━])\2\2$")  # `=== FAILURES ===`, `___ test_x ___`
ALIKE = 0.6  # share of words in common at which two actions are one approach

_ADVICE = {
    Ruling.PROGRESS: Advice.CONTINUE,
    Ruling.WATCH: Advice.CONTINUE,
    Ruling.STALLED: Advice.SWITCH,
    Ruling.WAITING: Advice.WAIT,
    Ruling.FLAKY: Advice.RERUN,
    Ruling.BLOCKED: Advice.ASK,
}


def no_finding(past: Past) -> Verdict:
    """Build the verdict for a past in which no rule found anything."""
    if not past.tries:
        reason = "nothing has failed since the last pass or reset" if past.earlier else "nothing has failed yet"
    elif len(past.tries) == 1:
        reason = "the first failure since the start, the last pass or reset"
    else:
        reason = f"{len(past.tries)} failed tries, and none of them repeats another for long"
    return _verdict(past, None, Ruling.PROGRESS, 0, reason)


def verdict_on(past: Past, finding: Finding, level: int) -> Verdict:
    """Build the verdict for `finding`, on rung `level` of the ladder."""
    ruling = finding.current or Ruling.PROGRESS
    return _verdict(past, finding, ruling, level, reason_for(finding, ruling, level, best_of(past)))


def _verdict(past: Past, finding: Finding | None, ruling: Ruling, level: int, reason: str) -> Verdict:
    members = finding.members if finding else ()
    last = past.tries[-1].attempt if past.tries else None
    return Verdict(
        verdict=ruling,
        rule=finding.rule if finding else "",
        pattern=finding.pattern if finding else Pattern.NONE,
        level=level,
        stall_count=finding.count if finding else 0,
        threshold=finding.threshold if finding else 0,
        period=finding.period if finding else 0,
        laps=finding.laps if finding else 0,
        loop_id=finding.loop_id if finding and finding.loop else "",
        fingerprint=last.fingerprint if last else "",
        recommend=Advice.ESCALATE if level > 1 else _ADVICE[ruling],
        dead_ends=_dead_ends(past, finding) if ruling is Ruling.STALLED else (),
        tried=_tried(past.steps),
        untried=_untried(past.steps),
        unchanged_lines=_unchanged(members),
        masked=_masked(members),
        changed=_changed(members),
        best=best_of(past),
        tree_revisits=_revisits(past.tries),
        approaches=_approaches(members),
        evidence=tuple(step.attempt.id for step in members[-MAX_LISTED:]),
        reason=reason,
    )


def best_of(past: Past) -> Best | None:
    """Return the try of the segment with the best first measure; None without a measure.

    Of equals the newest, which carries most of the work done since.
    """
    measured = [(s.attempt, s.measures[0]) for s in past.tries if s.measures and s.measures[0].better != "either"]
    if not measured:
        return None
    name = measured[-1][1].name
    series = [(attempt, m) for attempt, m in measured if m.name == name]
    sign = -1.0 if series[0][1].better == "lower" else 1.0
    attempt, measure = max(series, key=lambda pair: (sign * pair[1].value, pair[0].id))
    return Best(attempt.id, measure.value, name, attempt.tree, attempt.commit)


def _dead_ends(past: Past, finding: Finding | None) -> tuple[str, ...]:
    """List the actions that ended where the loop's members did, also those of earlier visits."""
    if finding is None:
        return ()
    exact = {step.exact for step in finding.members}
    steps = past.steps if finding.pattern is Pattern.IDLE else past.tries
    loop = {step.attempt.id for step in finding.members}
    actions = dict.fromkeys(s.attempt.action for s in steps if s.exact in exact or s.attempt.id in loop)
    return tuple(actions)[-MAX_LISTED:]


def _tried(steps: Sequence[Step]) -> tuple[Tried, ...]:
    table: dict[tuple[str, Gate], Tried] = {}
    for attempt in (step.attempt for step in steps):
        key = attempt.action, attempt.gate
        times = table.pop(key).times + 1 if key in table else 1
        table[key] = Tried(attempt.action, attempt.gate, times, attempt.iteration)
    return tuple(reversed(table.values()))[:MAX_LISTED]


def _untried(steps: Sequence[Step]) -> tuple[str, ...]:
    """List hypotheses that only steps without a gate carry: noted down, never tested."""
    tested = {step.attempt.hypothesis for step in steps if step.attempt.gate is not Gate.NONE}
    noted = [step.attempt.hypothesis for step in steps if step.attempt.gate is Gate.NONE]
    return tuple(dict.fromkeys(h for h in noted if h and h not in tested))[-MAX_LISTED:]


def _unchanged(members: Sequence[Step]) -> tuple[str, ...]:
    """Quote what every member said, what names the failure first, without rulers."""
    seen = [step.attempt.observation for step in members]
    if not seen:
        return ()
    shared = set.intersection(*({line.shape for line in o.lines} for o in seen))
    quoted = [line.text for line in seen[-1].lines if line.shape in shared and line.text]
    return tuple(text for text in quoted if not _RULER.search(text))[:MAX_SHOWN]


def _masked(members: Sequence[Step]) -> tuple[str, ...]:
    """Show masked tokens of the newest member, first those that did differ before."""
    seen = [step.attempt.observation.masked for step in members]
    if not seen:
        return ()
    constant = set(seen[0]).intersection(*seen[1:])
    ranked = sorted(seen[-1], key=lambda example: example in constant)
    return tuple(f"{token} -> {mask}" for token, mask in ranked[:MAX_SHOWN])


def _changed(members: Sequence[Step]) -> str:
    if len(members) < 2:
        return ""
    attempts = [step.attempt for step in members]
    parts = [_count(len({a.action for a in attempts}), "action")]
    trees = {a.tree for a in attempts}
    if None not in trees:
        parts.append(_count(len(trees), "work tree"))
    parts.append(_changed_lines([a.observation for a in attempts]))
    return "; ".join(parts)


def _count(number: int, thing: str) -> str:
    return f"the {thing} never" if number == 1 else f"{number} different {thing}s"


def _changed_lines(seen: Sequence[Observation]) -> str:
    if len({o.exact for o in seen}) == 1:
        return "nothing in the output but what is masked"
    if len({o.shape for o in seen}) == 1:
        return "only numbers in the output"
    before = {line.shape for o in seen[:-1] for line in o.lines}
    new = len({line.shape for line in seen[-1].lines} - before)
    return (
        f"{new} new {'line' if new == 1 else 'lines'} in the last output" if new else "which of the known lines appear"
    )


def _revisits(tries: Sequence[Step]) -> tuple[str, ...]:
    """Name tries made on the tree of an earlier one, with other trees in between."""
    first: dict[str, Attempt] = {}
    found: list[str] = []
    previous: str | None = None
    for attempt in (step.attempt for step in tries):
        if attempt.tree is None:
            continue
        if attempt.tree in first and attempt.tree != previous:
            found.append(f"attempt {attempt.id} is back at the tree of attempt {first[attempt.tree].id}")
        first.setdefault(attempt.tree, attempt)
        previous = attempt.tree
    return tuple(found[-MAX_LISTED:])


def _approaches(members: Sequence[Step]) -> int:
    """Count the distinct approaches: actions whose words differ by more than a rewording."""
    kinds: list[frozenset[str]] = []
    for step in members[-MAX_LISTED:]:
        words = frozenset(f"{step.action} {step.attempt.hypothesis.casefold()}".split())
        if not any(len(words & kind) >= ALIKE * len(words | kind) for kind in kinds):
            kinds.append(words)
    return len(kinds)
