"""Read the numbers of an output that tell better from worse.

A number counts only where its own words say what it measures: `3 failed`, `coverage 61%`, `p99 120 ms`,
`left: 10`. A pid, a progress percentage or a clock that happens to climb measures nothing.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tremaux_tools.core.scanner import Scanner
from tremaux_tools.core.wildcards import ValuePattern

Better = Literal["lower", "higher", "either"]

MAX_MEASURES = 24  # an output has one to three; more come from a table, whose rows say little
MAX_WORDS = 60  # of a line; a longer one is data, not a summary

FAILURES = "failures"
COVERAGE = "coverage"
PASSED = "passed"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A number next to one of these words is an exit code or an error number: `Error 2`.
_CODED = _words("fail fails error problem issue violation failure mismatch conflict")
_COUNTED = _CODED | _words(
    "failed failures failing errors problems violations issues offense offenses mismatches mismatched"
    " conflicts vulnerabilities unresolved"
)
_COSTS = _words("latency p50 p75 p90 p95 p99 p999 loss rmse mae mse perplexity wer cer remaining untranslated")
_SCORES = _words("score accuracy precision recall f1 auc bleu throughput rps qps fps")
# Words that measure something only on a line that also says what was asked for.
_COSTS_HELD = _words(
    "lag missing diff diffs differences duplicates leaks leaked allocations memory size rss bytes drift took time"
)
_SCORES_HELD = _words(
    "rate similarity matched matching success hits translated migrated converted processed completed ready"
    " healthy solved"
)
# Words that measure, each with the name of its series and the direction that is better.
_NAMES: dict[str, tuple[str, Better]] = {
    **dict.fromkeys(_COUNTED, (FAILURES, "lower")),
    **dict.fromkeys(_words("warning warnings"), ("warnings", "lower")),
    **dict.fromkeys(_words("coverage cover covered"), (COVERAGE, "higher")),
    **dict.fromkeys(_words("pass passes passed passing ok successes"), (PASSED, "higher")),
    **{word: (word, "lower") for word in _COSTS},
    **{word: (word, "higher") for word in _SCORES},
}
_NAMES_HELD: dict[str, tuple[str, Better]] = {
    **_NAMES,
    **{word: (word, "lower") for word in _COSTS_HELD},
    **{word: (word, "higher") for word in _SCORES_HELD},
}
# A value under test, or a place reached in an ordered piece of work: motion is news whichever way it goes.
_MOVING = _words(
    "left right actual got received assert asserted assertionerror value result returned step stage phase row"
    " record line item case chunk page batch example epoch level entry sample"
)
# What a value is held against does not move by itself.
_TARGETS = _words(
    "required require requires minimum maximum min max expected expect want wanted target goal limit budget"
    " threshold slo sla under over above below least most than allowed allow exceeds exceeded tolerance"
    " differ differs baseline"
)
_ADJECTIVES = _words("max maximum min minimum")  # `max 3` is a target, `max error 3` is not
_TOKEN = re.compile(r"<\w+>|[A-Za-z][A-Za-z_]*\d*(?![\w.])|[A-Za-z_]+|\d+(?:[.,]\d+)*|=+|[:%,;()|]")
_LABELLING = frozenset(":=")
_BOUNDARY = frozenset(",;()|")
_MASK = re.compile(r"<\w+>")
_COMPARED = re.compile(r"\d [!=]==? \S|\d of \d|^not ok \d|\d ?\w*/(?:op|s|sec)\b")
_BARE_COUNT = re.compile(  # `✗ 86 links broken`, `missing translations: 89`
    r"[^\w<]{0,4}\d+ [a-z]{2,}s\b|\W{0,4}[A-Za-z][a-z ]{2,40}s ?[:=] ?\d+$"
)
_DIGIT = re.compile(r"\d")
_SUMMARY_MARKS = ("#", "ℹ")
_NUMBER = re.compile(r"\d+(?:\.\d+)?$")
_ZERO_OF = re.compile(
    r"\b(?:0|no) (?:\w+ )?(?:fail\w*|errors?|problems?|warnings?|issues?|violations?)\b", re.IGNORECASE
)
_SOME_OF = re.compile(r"\b[1-9]\d* (?:\w+ )?(?:fail|error|problem)", re.IGNORECASE)
_FAILED_ITEM = Scanner(
    r"^(?:FAILED |FAIL:? |--- FAIL|not ok\b|[✖✗✕×●] |fail(?:ed)?:? |error\b)"
    r"|\bERROR\b|\b\w+(?:Error|Exception):|: (?:fatal )?error\b|\berror(?: TS\d+|\[\w+\])"
    r"|\.\.\. (?:FAILED|FAIL|ERROR)$",
    marks=("fail", "error", "not ok", "exception", *"✖✗✕×●"),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number that says how far a try got."""

    name: str  #: `failures`, `coverage` ...; a line's shape and place for a value under test
    value: float
    better: Better  #: `either`: strict motion one way is news, a direction is not known


def has_no_failure(text: str) -> bool:
    """Tell whether the line only reports that nothing failed (`0 errors`)."""
    return _ZERO_OF.search(text) is not None and _SOME_OF.search(text) is None


def measures_of(lines: Iterable[tuple[str, str, int]]) -> tuple[Measure, ...]:
    """Collect the measures of an output from its distinct (masked text, shape digest, times) lines.

    Of several counts of failures the largest holds (a summary is never smaller than its parts), of every
    other named measure the last (a total stands at the foot). Without any count, the lines that each
    name one failed item are counted.
    """
    found: dict[str, Measure] = {}
    items = 0
    for text, shape, times in lines:
        items += times if _FAILED_ITEM.is_in(text) else 0
        for measure in _of_line(text, shape):
            known = found.get(measure.name)
            if known is None or measure.name != FAILURES or measure.value > known.value:
                found[measure.name] = measure
    if FAILURES in found and found[FAILURES].value:
        # More tests pass when tests are added; that says nothing about those that fail.
        found.pop(PASSED, None)
    elif items:
        found[FAILURES] = Measure(FAILURES, float(items), "lower")
    named = [m for m in found.values() if m.better != "either"]
    moving = [m for m in found.values() if m.better == "either"]
    return tuple([*named, *moving][:MAX_MEASURES])


def declared_measure(line: str, pattern: ValuePattern, better: Better) -> Measure | None:
    """Read the project's own metric from a line; None if it is not there."""
    value = pattern.value_in(line)
    return None if value is None else Measure("metric", value, better)


def _of_line(text: str, shape: str) -> Iterable[Measure]:
    if _DIGIT.search(text) is None:
        return
    tokens = [t.lower() for t in _TOKEN.findall(text) if not _MASK.match(t)][:MAX_WORDS]
    has_target = not _TARGETS.isdisjoint(tokens)
    names = _NAMES_HELD if has_target else _NAMES
    is_moving = has_target or not _MOVING.isdisjoint(tokens) or _COMPARED.search(text) is not None
    is_count = _BARE_COUNT.match(text) is not None
    is_named = any(_stem(token) in names for token in tokens)
    if not (is_moving or is_count or is_named or tokens[:1] == ["total"]):
        return
    told: set[str] = set()
    for place, token in enumerate(tokens):
        if not _NUMBER.match(token):
            continue
        label = _label(tokens, place, names, codes=not text.startswith(_SUMMARY_MARKS))
        if label in _TARGETS:
            continue
        if label:
            name, better = names[label]
            if name in told and name != FAILURES:
                continue  # `41 passed of 50`
            told.add(name)
            yield Measure(name, float(token), better)
        elif tokens[0] == "total" and tokens[place + 1 : place + 2] == ["%"]:
            yield Measure(COVERAGE, float(token), "higher")
        elif is_moving or is_count:
            yield Measure(f"{shape}:{place}", float(token), "either")


def _label(tokens: Sequence[str], place: int, names: Container[str], *, codes: bool) -> str:
    """Find the word that says what the number at `place` measures; "" if none does.

    With `codes`, a number after `error` or `fail` is an exit code or an error number, not a count.
    """
    before = _words_before(tokens, place)
    counted = next((w for w in map(_stem, _words_after(tokens, place)) if w in names), "")
    is_labelled = tokens[place - 1 : place] in ([":"], ["="])  # `failed: 2 passed: 3`, but `Tests: 2 failed`
    if counted and not (is_labelled and any(_stem(w) in names for w in before)):
        return counted
    target = next((w for i, w in enumerate(before) if w in _TARGETS and (not i or w not in _ADJECTIVES)), "")
    named = next((w for w in map(_stem, before) if w in names and not (codes and w in _CODED)), "")
    return target or named


def _stem(word: str) -> str:
    """Cut `val_loss` to `loss`; the name of a test is no label."""
    return word if word.startswith("test_") else word.rpartition("_")[2] or word


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
