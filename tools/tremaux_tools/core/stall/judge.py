"""Tell work that is stuck from work that is only hard.

A pure function of the journal: the same attempts give the same verdict, today, after a restart and in
another process. Nothing is remembered; the ladder is read off the prefixes of the segment.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tremaux_tools.core.attempt import Attempt
from tremaux_tools.core.stall.evidence import no_finding, verdict_on
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, prepare
from tremaux_tools.core.stall.rules.cycles import cycle, interleaved
from tremaux_tools.core.stall.rules.gates import flaky, refused
from tremaux_tools.core.stall.rules.idle import idle
from tremaux_tools.core.stall.rules.plateau import churn, plateau
from tremaux_tools.core.stall.rules.repeats import noisy_failure, same_action, same_failure
from tremaux_tools.core.stall.settings import DEFAULT, StallSettings
from tremaux_tools.core.stall.verdict import Ruling, Verdict

WINDOW = 120  # newest attempts looked at; the longest pattern, 3 laps of 16, fits more than twice

Rule = Callable[[Past, StallSettings], Finding | None]

# The most specific first: of two rules that fire, the earlier one names the verdict.
_RULES: tuple[tuple[str, Rule], ...] = (
    ("R7", flaky),
    ("R6", refused),
    ("R1", same_failure),
    ("R3", cycle),
    ("R1b", noisy_failure),
    ("R2", same_action),
    ("R4", interleaved),
    ("R5", plateau),
    ("R8", idle),
    ("R9", churn),
)
_DECISIVE = frozenset({Ruling.FLAKY, Ruling.BLOCKED, Ruling.STALLED})


def judge(attempts: Sequence[Attempt], settings: StallSettings = DEFAULT, *, repeats: int | None = None) -> Verdict:
    """Judge the attempts at one goal, oldest first; only the newest `WINDOW` count.

    `repeats` is the K of R1 instead of `settings.repeats`; out of its bounds it raises ValueError.
    """
    if repeats is not None:
        settings = replace(settings, repeats=repeats)
    past = prepare(attempts[-WINDOW:])
    finding = _find(past, settings)
    if finding is None:
        return no_finding(past)
    level = _level(past, finding, settings) if finding.current is Ruling.STALLED else 0
    return verdict_on(past, finding, level)


def _find(past: Past, settings: StallSettings) -> Finding | None:
    """Return the first decisive finding, else one that waits, else one that watches."""
    found: list[Finding] = []
    for name, rule in _RULES:
        finding = None if name in settings.disabled_rules else rule(past, settings)
        if finding is None or finding.current is None:
            continue
        if finding.current in _DECISIVE:
            return finding
        found.append(finding)
    return min(found, key=lambda f: f.current is Ruling.WATCH, default=None)


def _level(past: Past, finding: Finding, settings: StallSettings) -> int:
    """Return 1 when the loop was called just now, 2 when the tries since then stayed in it.

    Leaving a loop forgets nothing, so entering it again climbs on. A pass, a reset (both begin a segment)
    and a new best do forget.
    """
    calls: Counter[str] = Counter()
    for earlier in _verdict_points(past):
        if earlier.steps[-1].is_best:
            calls.clear()
        called = _find(earlier, settings)
        if called is not None and called.current is Ruling.STALLED:
            calls[called.loop_id] += 1
    return 2 if calls[finding.loop_id] > settings.escalate_after else 1


def _verdict_points(past: Past) -> Iterable[Past]:
    """Yield the prefixes that judge something new: looks between two tries count only when they idle."""
    tries = -1
    for prefix in past.prefixes():
        if len(prefix.tries) != tries or not prefix.tries:
            yield prefix
        tries = len(prefix.tries)
