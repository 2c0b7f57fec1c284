"""Read the numbers of an output that tell better from worse.

A number counts only where its own words say what it measures: `3 failed`, `coverage 61%`, `p99 120 ms`,
`left: 10`. A pid, a progress percentage or a clock that happens to climb measures nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", "either"]

MAX_MEASURES = 24  # an output has one to three; more come from a table, whose rows say little

FAILURES = "failures"
COVERAGE = "coverage"

_NAMED: tuple[tuple[str, Better, str], ...] = (
    (
        FAILURES,
        "lower",
        "fail fails failed failure failures failing error errors problem problems violation violations issue issues "
        "offense offenses mismatch mismatches mismatched conflict conflicts vulnerabilities unresolved",
    ),
    ("warnings", "lower", "warning warnings"),
    (
        "cost",
        "lower",
        "latency p50 p75 p90 p95 p99 p999 lag loss rmse mae mse residual remaining left_over missing differences diff "
        "diffs duplicates leaks leaked allocations regressions perplexity wer cer cost drift outstanding todo rss "
        "bytes",
    ),
    (COVERAGE, "higher", "coverage cover covered"),
    ("passed", "higher", "pass passes passed passing ok successes"),
    (
        "score",
        "higher",
        "score accuracy precision recall f1 auc bleu throughput rps qps fps similarity matched matching success hits "
        "translated migrated converted processed completed ready healthy solved mutation",
    ),
)
_NAME_OF = {word: (name, better) for name, better, words in _NAMED for word in words.split()}

# A value under test, or a place reached in an ordered piece of work: motion is news whichever way it goes.
_MOVING = frozenset(
    "left right actual got received assert asserted assertionerror value result returned step stage phase row record "
    "item case chunk page batch example epoch level entry sample".split()
)
# What a value is held against does not move by itself.
_TARGET = frozenset(
    "required require requires minimum maximum min max expected expect want wanted target goal limit budget threshold "
    "slo sla under over above below least most than allowed allow".split()
)
_TOKEN = re.compile(r"<\w+>|[A-Za-z][A-Za-z_]*\d*(?![\w.])|[A-Za-z_]+|\d+(?:[.,]\d+)*|[:=%,;()|]")
_LABELLING = frozenset(":=")
_BOUNDARY = frozenset(",;()|")
_MASK = re.compile(r"<\w+>")
_NUMBER = re.compile(r"\d+(?:\.\d+)?$")
_ZERO_OF = re.compile(
    r"\b(?:0|no) (?:\w+ )?(?:fail\w*|errors?|problems?|warnings?|issues?|violations?)\b", re.I
)
_FAILED_ITEM = re.compile(
    r"^(?:FAILED |FAIL:? |ERROR:? |--- FAIL|not ok\b|[✖✗✕×●] |fail(?:ed)?:? |error\b|E {2,3}\w+Error\b)"
    r"|: (?:fatal )?error\b|\berror(?: TS\d+|\[\w+\])|\.\.\. (?:FAILED|FAIL|ERROR)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number that says how far a try got."""

    name: str  #: `failures`, `coverage` ...; a line's shape and place for a value under test
    value: float
    better: Better  #: `either`: strict motion one way is news, a direction is not known


def has_no_failure(text: str) -> bool:
    """Tell whether the line only reports that nothing failed (`0 errors`)."""
    return _ZERO_OF.search(text) is not None and not re.search(
        r"\b[1-9]\d* (?:\w+ )?(?:fail|error|problem)", text
    )


def measures_of(lines: Iterable[tuple[str, str]]) -> tuple[Measure, ...]:
    """Collect the measures of an output from its (masked text, shape digest) lines, in their order.

    Of several counts of failures the largest holds (a summary is never smaller than its parts), of every
    other named measure the last (a total stands at the foot). Without any count, the lines that each
    name one failed item are counted.
    """
    found: dict[str, Measure] = {}
    items = 0
    for text, shape in lines:
        items += _FAILED_ITEM.search(text) is not None
        for measure in _of_line(text, shape):
            known = found.get(measure.name)
            if known is None or measure.name != FAILURES or measure.value > known.value:
                found[measure.name] = measure
    if FAILURES not in found and items:
        found[FAILURES] = Measure(FAILURES, float(items), "lower")
    named = [m for m in found.values() if m.better != "either"]
    moving = [m for m in found.values() if m.better == "either"]
    return tuple([*named, *moving][:MAX_MEASURES])


def declared_measure(line: str, pattern: re.Pattern[str], better: Better) -> Measure | None:
    """Read the project's own metric from a line; None if the pattern or its number is not there.

    The number is the group `value` if there is one, else the first group, else the whole match.
    """
    match = pattern.search(line)
    if match is None:
        return None
    group: int | str = "value" if "value" in pattern.groupindex else min(pattern.groups, 1)
    try:
        return Measure("metric", float(match.group(group)), better)
    except (TypeError, ValueError):
        return None


def _of_line(text: str, shape: str) -> Iterable[Measure]:
    if not any(c.isdigit() for c in text):
        return
    tokens = [t.lower() for t in _TOKEN.findall(text) if not _MASK.match(t)]
    is_moving = not _MOVING.isdisjoint(tokens)
    for place, token in enumerate(tokens):
        if not _NUMBER.match(token):
            continue
        label = _label(tokens, place)
        if label in _TARGET:
            continue
        if label in _NAME_OF:
            name, better = _NAME_OF[label]
            # `cost` and `score` are families: keep each word's own series apart.
            yield Measure(label if name in {"cost", "score"} else name, float(token), better)
        elif tokens[0] == "total" and tokens[place + 1 : place + 2] == ["%"]:
            yield Measure(COVERAGE, float(token), "higher")
        elif is_moving or not _TARGET.isdisjoint(tokens):
            yield Measure(f"{shape}:{place}", float(token), "either")


def _label(tokens: Sequence[str], place: int) -> str:
    """Find the word that says what the number at `place` measures; "" if none does."""
    before = _words_before(tokens, place)
    after = _words_after(tokens, place)
    if place and tokens[place - 1] in _LABELLING:
        after = []
    target = next((w for w in before if w in _TARGET), "")
    known = next((w for w in [*after, *before] if w in _NAME_OF), "")
    if target and known not in after:
        return target
    return known


def _words_before(tokens: Sequence[str], place: int) -> list[str]:
    words: list[str] = []
    for token in reversed(tokens[max(0, place - 6) : place]):
        if token[0].isdigit() or token in _BOUNDARY:
            break
        if token[0].isalpha():
            words.append(token)
    return words[:4]


def _words_after(tokens: Sequence[str], place: int) -> list[str]:
    words: list[str] = []
    for token in tokens[place + 1 : place + 4]:
        if token[0].isdigit() or token in _LABELLING:
            return words[:-1]  # the last word belongs to the number or value that follows it
        if token in _BOUNDARY:
            break
        if token[0].isalpha():
            words.append(token)
    return words[:2]
