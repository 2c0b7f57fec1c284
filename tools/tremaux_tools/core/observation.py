"""Keep of an output what judging needs, so that the output is never read again.

An observation is small (at most `MAX_BYTES` as JSON, whatever the output), holds no clock, and does not
depend on the order of the lines: a randomised test order or `make -j` changes nothing.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.masks import TIME_OUT, clip, masker
from tremaux_tools.core.measures import Better, Measure, declared_measure, has_no_failure, measures_of
from tremaux_tools.core.scanner import Scanner
from tremaux_tools.core.wildcards import ValuePattern, is_in

MAX_BYTES = 32_768  # of one observation as JSON; the limits below add up to less
HEAD_CHARS = 64 * 1024  # read from the start of an output,
TAIL_CHARS = 192 * 1024  # and from its end, where the failure is usually summed up
HEAD_LINES = 1_000  # distinct lines looked at from the start,
LAST_LINES = 3_000  # and from the end: real failures have a few hundred, a flood of tiny lines has no end
MAX_LINES = 120  # telling lines kept
MAX_TEXT_BYTES = 12_000  # of their wording, as JSON
MAX_TEXT_CHARS = 240  # of one of them
MAX_MASKED = 8  # examples of masked tokens
NO_OUTPUT = "<no output>"

_FAILING = Scanner(
    r"error|fail|exception|assert|panic|traceback|fatal|undefined|unresolved|undeclared|unknown|unexpected|"
    r"expect|cannot|can't|could not|couldn't|unable|no such|missing|invalid|illegal|mismatch|denied|refus|"
    r"reject|forbidden|abort|killed|segfault|signal|core dumped|time[- ]?d?[- ]?out|conflict|violat|leak|"
    r"overflow|problem|broken|\bnot\b|duplicate|unreachable|unused|circular|deprecated|"
    r"too (?:long|many|few|large|deep)|\b(?:should|must)\b|"
    r"[✖✗✕×●]|^\S+<position>|^<gutter> ?\|",
    marks=(
        *("error", "fail", "except", "assert", "panic", "traceback", "fatal", "undef", "unres", "undec", "unknown"),
        *("expect", "cannot", "can't", "could", "unable", "no such", "missing", "invalid", "illegal", "mismatch"),
        *("denied", "refus", "reject", "forbid", "abort", "killed", "segfault", "signal", "core dumped", "time"),
        *("conflict", "violat", "leak", "overflow", "problem", "broken", "not", "duplicate", "unreach", "unused"),
        *("circular", "deprec", "too ", "should", "must", *"✖✗✕×●", "<position>", "<gutter>"),
    ),
)
# Of the failing lines, those that name the failure rather than sum up or locate it.
_NAMING = re.compile(
    r"\b\w*(?:Error|Exception|Warning)\b.{0,4}: ?\S|\berror(?:\[\w+\]| \w+\d+)?: |\bERROR\b|panic|assert|"
    r"undefined|not found|No such|denied|refused|[Ee]xpected|\bgot\b|!==|timed out|\boverflow\b"
)
_SUMMARY = re.compile(
    r"^\W*\d+ (?:\w+ )?(?:failed|errors?|problems?)\b|^\W*(?:Tests?\b|short test summary)|"
    r"could not compile|Error \d|returned \d|only once|not remade|aborting due|exit(?:ed)? (?:code|status|with)"
)
_SOURCE = re.compile(r"^> \S|<gutter>")  # the program's text, quoted next to its failure
# Lines that tell of work done, not of the failure: which of them appear depends on caches and scheduling.
_CHATTER = re.compile(
    r"^(?:<time>[ ,|-]*)?\[?(?:INFO|DEBUG|TRACE|VERBOSE|NOTICE)\b"
    r"|^---? ?Captured|^(?:PASS(?:ED)?\b|[✓✔√]|--- PASS|=== (?:RUN|PAUSE|CONT)|ok\s+\S|test \S+ \.\.\. ok$)"
    r"|^(?:\S+\.\w+ )?[.FEsxXpPRr,]+(?: ?\[ ?<share>\]| ?\[ ?\d+%\])?$"
    r"|^(?:Compiling|Checking|Downloading|Downloaded|Fetching|Collecting|Resolving|Installing|Linking|"
    r"Updating|Unpacking|Preparing|Using cached|Finished|npm notice)\b"
    r"|^[^A-Za-z]*(?:building|progress|loading|downloading|fetching|compiling)\b[^A-Za-z]*<share>[^A-Za-z]*$"
)
_PASSED = re.compile(r"\bPASSED(?: ?\[.*\])?$")
_INFRA = Scanner(
    r"\b(?:HTTP(?:/[\d.]+)?|status(?: code)?|error(?: code)?|code)[ :=(]{1,3}(?:429|502|503|504|529)\b"
    r"|\b(?:429|502|503|504|529),? (?:too many|service|bad gateway|gateway|temporar|overload)"
    r"|too many requests|rate[ -]limit(?:ed| exceeded| reached| hit)|overloaded_error"
    r"|\b(?:ECONNRESET|EAI_AGAIN|ETIMEDOUT)\b|socket hang up|connection reset by peer|TLS handshake time"
    r"|temporarily unavailable|service unavailable|temporary failure in name resolution",
    marks=(
        *("429", "502", "503", "504", "529", "too many requests", "rate limit", "rate-limit", "overloaded_error"),
        *("econnreset", "eai_again", "etimedout", "hang up", "reset by peer", "tls handshake", "unavailable"),
        "name resolution",
    ),
)
# A test that checks how the program answers a 503 is about the program, not about the network.
_ABOUT_THE_PROGRAM = re.compile(r"\bFAILED\b|--- FAIL|\bnot ok\b|[Aa]ssert|\b[Ee]xpect")
_WAITING = Scanner(
    r"\b(?:wait(?:ing)?(?: for)?|poll(?:ing)?|pending|queued|in progress|still (?:running|building|starting)|"
    r"not (?:yet )?ready|provisioning)\b",
    marks=("wait", "poll", "pending", "queued", "in progress", "still ", "ready", "provisioning"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A telling line of an output."""

    digest: str  #: 12 hex digits of the line, volatile tokens masked
    shape: str  #: the same with every free number masked
    failing: bool  #: it has a word of failure
    text: str  #: its masked wording; "" once the room for wordings was used up


@dataclass(slots=True)
class _Heard:
    """A distinct masked line while it is being looked at."""

    text: str
    digest: str
    shape: str  # digest
    masks: tuple[tuple[str, str], ...]
    times: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What one output said, order-free and bounded."""

    whole: str  #: 16 hex digits of the set of all lines, volatile tokens masked
    exact: str  #: the same without chatter; two tries with one `exact` met the same failure
    shape: str  #: `exact` with every free number masked
    lines: tuple[Line, ...]  #: telling lines, those that name the failure first; at most `MAX_LINES`
    measures: tuple[Measure, ...]
    masked: tuple[tuple[str, str], ...]  #: examples of (token, mask)
    is_empty: bool
    is_infra: bool  #: the network or a rate limit failed, not the program
    is_waiting: bool  #: something else is still at work

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form that `from_dict` reads back unchanged."""
        return {
            "whole": self.whole,
            "exact": self.exact,
            "shape": self.shape,
            "lines": [[n.digest, n.shape, int(n.failing), n.text] for n in self.lines],
            "measures": [[m.name, m.value, m.better] for m in self.measures],
            "masked": [list(pair) for pair in self.masked],
            "flags": [int(self.is_empty), int(self.is_infra), int(self.is_waiting)],
        }

    @classmethod
    def named(cls, name: str) -> "Observation":
        """Return what is known of an output that is lost: the name of its failure, "" for none."""
        identity = _digest_of_set([name or NO_OUTPUT])
        return cls(identity, identity, identity, (), (), (), is_empty=not name, is_infra=False, is_waiting=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Observation":
        """Read what `to_dict` wrote; anything else raises KeyError, TypeError or ValueError."""
        empty, infra, waiting = (bool(flag) for flag in data["flags"])
        return cls(
            whole=data["whole"],
            exact=data["exact"],
            shape=data["shape"],
            lines=tuple(Line(digest, shape, bool(f), text) for digest, shape, f, text in data["lines"]),
            measures=tuple(Measure(name, float(value), better) for name, value, better in data["measures"]),
            masked=tuple((token, mask) for token, mask in data["masked"]),
            is_empty=empty,
            is_infra=infra,
            is_waiting=waiting,
        )


def observe(
    output: str,
    *,
    action: str = "",
    exit_code: int | None = None,
    ignore_patterns: Sequence[str] = (),
    metric_pattern: str | None = None,
    metric_better: Better = "higher",
) -> Observation:
    """Observe the output of one try; linear in its length.

    Numbers that `action` names are masked as echoes; `exit_code` tells silent failures apart. A line that
    one of the `ignore_patterns` matches is not looked at. `metric_pattern` finds the project's own metric;
    one that `ValuePattern` cannot read raises ValueError. For both see `wildcards`.
    """
    raw = Counter(line for line in _raw_lines(output) if not any(is_in(p, line) for p in ignore_patterns))
    if len(raw) > HEAD_LINES + LAST_LINES:
        texts = list(raw)
        raw = Counter({line: raw[line] for line in (*texts[:HEAD_LINES], *texts[-LAST_LINES:])})
    lines = _mask_all(raw, action)
    heard = [line for line in lines if not _is_chatter(line.text)] or lines
    texts = [line.text for line in lines]
    silence = [f"{NO_OUTPUT} {exit_code}"]
    measures = measures_of((line.text, line.shape, line.times) for line in lines)
    if metric_pattern is not None:
        pattern = ValuePattern.parse(metric_pattern)
        declared = [m for line in raw if (m := declared_measure(line, pattern, metric_better))]
        measures = (*declared[-1:], *measures)
    return Observation(
        whole=_digest_of_set([line.digest for line in lines] or silence),
        exact=_digest_of_set([line.digest for line in heard] or silence),
        shape=_digest_of_set([line.shape for line in heard] or silence),
        lines=_telling(heard),
        measures=measures,
        masked=_examples(heard),
        is_empty=not lines,
        is_infra=_is_infra(texts),
        is_waiting=_is_waiting(texts),
    )


def is_wait(text: str) -> bool:
    """Tell whether `text` speaks of waiting for something that is still at work."""
    return _WAITING.is_in(text)


def _raw_lines(output: str) -> list[str]:
    """Split into clean, non-empty lines, without the middle of a huge output."""
    if len(output) > HEAD_CHARS + TAIL_CHARS:
        head, tail = output[:HEAD_CHARS], output[-TAIL_CHARS:]
        # The two lines the cut went through are not whole: they would differ from run to run.
        output = head[: head.rfind("\n") + 1 or None] + "\n" + tail[tail.find("\n") + 1 :]
    lines = [clip(line).strip() for line in strip_controls(output).split("\n")]
    return [line for line in lines if line]


def _mask_all(raw: Mapping[str, int], action: str) -> list[_Heard]:
    """Mask each distinct line once; lines that are the same when masked become one."""
    mask = masker(action)
    heard: dict[str, _Heard] = {}
    for line, times in raw.items():
        masked = mask(line)
        known = heard.get(masked.text)
        if known:
            known.times += times
        else:
            digest = _digest(masked.text)
            shape = digest if masked.shape == masked.text else _digest(masked.shape)
            heard[masked.text] = _Heard(masked.text, digest, shape, masked.masks, times)
    return list(heard.values())


def _rank(line: Line) -> int:
    """Sort lines that name the failure before others, and quoted source and summaries last."""
    if _SUMMARY.search(line.text):
        return 3
    if _SOURCE.search(line.text):
        return 2
    return 0 if _NAMING.search(line.text) else 1


def _is_chatter(text: str) -> bool:
    if _CHATTER.match(text) or ("PASSED" in text and _PASSED.search(text)):
        return True
    return text.startswith("<time>") and not _FAILING.is_in(text)  # a line of a log


def _telling(heard: Sequence[_Heard]) -> tuple[Line, ...]:
    """Choose the lines that say what failed, or all of them when no word of failure is there.

    Of too many, those with the smallest digests stay: a sample that two outputs draw alike, so that
    their lines can still be compared (Broder 1997, min-wise sampling).
    """
    failing = [h for h in heard if _FAILING.is_in(h.text) and not has_no_failure(h.text)]
    chosen = failing or heard
    if len(chosen) > MAX_LINES:
        chosen = sorted(chosen, key=lambda h: h.digest)[:MAX_LINES]
    lines = [Line(h.digest, h.shape, bool(failing), h.text[:MAX_TEXT_CHARS]) for h in chosen]
    lines.sort(key=_rank)
    room, kept = MAX_TEXT_BYTES, []
    for line in lines:
        room -= len(json.dumps(line.text))
        kept.append(line if room >= 0 else Line(line.digest, line.shape, line.failing, ""))
    return tuple(kept)


def _examples(lines: Iterable[_Heard]) -> tuple[tuple[str, str], ...]:
    """Pick masked tokens to show: one of each kind before a second of any."""
    seen: dict[str, list[str]] = {}
    for line in lines:
        for token, mask in line.masks:
            tokens = seen.setdefault(mask, [])
            if len(tokens) < MAX_MASKED and token not in tokens:
                tokens.append(token[:80])
    ranked = sorted((rank, mask, token) for mask, tokens in seen.items() for rank, token in enumerate(tokens))
    return tuple((token, mask) for _, mask, token in ranked[:MAX_MASKED])


def _is_infra(texts: Sequence[str]) -> bool:
    is_found = any(map(_INFRA.is_in, texts))
    return is_found and not any(map(_ABOUT_THE_PROGRAM.search, texts))


def _is_waiting(texts: Sequence[str]) -> bool:
    """Tell whether something is still at work; what timed out or names an error is not any more."""
    is_at_work = any(map(is_wait, texts))
    return is_at_work and not any(TIME_OUT.search(text) or _NAMING.search(text) for text in texts)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _digest_of_set(digests: Iterable[str]) -> str:
    joined = "\n".join(sorted(set(digests)))
    return hashlib.blake2b(joined.encode(), digest_size=8).hexdigest()
