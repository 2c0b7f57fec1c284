"""Which figures a reasoning cites, and whether the data show them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tremaux_tools.core.learning.work import Figure

TOLERANCE = 0.1  # of a figure, as somebody rounds it
RATE_TOLERANCE = 0.02  # of a rate near 0: 2 points
MAX_READ = 4_000  # characters of a reasoning

_NUMBER = r"(?<![0-9.])(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)\s{0,2}(?P<unit>%|percent\b|ms\b|s\b|seconds\b)?"
_BETWEEN = r"[^0-9;\n]{0,30}?"  # "success rate is now only 62 %"
_OTHER_NAMES: Mapping[str, str] = {
    "cpu": "cpu_percent",
    "latency": "latency_ms",
    "pass rate": "success_rate",
    "workers": "agents",
    "time-out rate": "timeout_rate",
}
_CRITERION = re.compile(
    r"\b(?:criterion|(?:judged|measured) by|(?:succeeds?|keep|keep it) (?:if|when)|(?:roll|take) (?:it )?back)\b",
    re.IGNORECASE,
)
_COUNT = "tasks"  # how much was looked at tells nothing of how it went
_KEYWORDS = ("%", "observed", "because")  # what the first version of Tremaux took for a good reason


@dataclass(frozen=True, slots=True)
class Cited:
    """A figure that a reasoning names."""

    metric: str
    told: float
    is_true: bool  #: the data show it
    tasks: int  #: that it was taken of


def cited(reasoning: str, figures: Mapping[str, Figure]) -> Cited | None:
    """A figure of the reasoning that the data show, else one that they do not; None: it names none.

    `success rate 62 %`, `stall_rate: 0.3`, `CPU 91%` and `120 ms latency` are read alike.
    """
    found = list(_cited(reasoning[:MAX_READ], figures))
    return next((each for each in found if each.is_true), found[0] if found else None)


def is_shown(metric: str, told: float, figures: Mapping[str, Figure]) -> bool:
    """Whether the data show that figure, give or take how people round."""
    if metric not in figures:
        return False
    actual = figures[metric].value
    least = RATE_TOLERANCE if _is_rate(metric) else 0.0
    return abs(told - actual) <= max(TOLERANCE * abs(actual), least)


def names_criterion(reasoning: str) -> bool:
    """Whether it says how to tell afterwards that the change was right."""
    return bool(_CRITERION.search(reasoning[:MAX_READ]))


def keyword_share(reasoning: str) -> tuple[float, tuple[str, ...]]:
    """The first version's measure of a reason: the share of its three words that it holds, and which."""
    held = tuple(word for word in _KEYWORDS if word in reasoning.casefold())
    return len(held) / len(_KEYWORDS), held


def _cited(text: str, figures: Mapping[str, Figure]) -> Iterator[Cited]:
    names = {name.replace("_", " "): name for name in figures if name != _COUNT}
    names |= {other: name for other, name in _OTHER_NAMES.items() if name in figures}
    for words in sorted(names, key=len, reverse=True):  # `retry success rate` is no `success rate`
        metric = names[words]
        name = rf"(?<![\w-]){'[ _-]'.join(map(re.escape, words.split()))}(?![\w-])"
        for told in re.finditer(rf"{name}{_BETWEEN}{_NUMBER}|{_flipped(name)}", text, re.IGNORECASE):
            value = _scaled(metric, *_number(told))
            yield Cited(metric, value, is_shown(metric, value, figures), figures[metric].tasks)
        text = re.sub(name, lambda match: " " * len(match[0]), text, flags=re.IGNORECASE)


def _flipped(name: str) -> str:
    """The number before the name, as in `62 % success rate`."""
    return rf"{_NUMBER.replace('<number>', '<number2>').replace('<unit>', '<unit2>')} (?:of )?{name}"


def _number(told: re.Match[str]) -> tuple[float, str]:
    return float(told["number"] or told["number2"]), (told["unit"] or told["unit2"] or "").casefold()


def _scaled(metric: str, value: float, unit: str) -> float:
    """The number in the metric's own unit."""
    if _is_rate(metric):
        return value / 100 if unit in ("%", "percent") or value > 1 else value
    if metric == "cpu_percent":
        return value * 100 if not unit and value <= 1 else value
    if metric == "latency_ms":
        return value * 1_000 if unit in ("s", "seconds") else value
    return value


def _is_rate(metric: str) -> bool:
    return "_rate" in metric
