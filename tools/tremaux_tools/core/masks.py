"""Mask what differs between two runs of one failure, and nothing else.

Two levels. *Masked*: only tokens whose context says they are volatile (a clock, an address, a
labelled id, an elapsed time) are replaced. *Shape*: every remaining free-standing number is replaced
as well. Numbers that belong to a name (`mod1.py`, `test_step[2]`, `E0382`, `/users/17`) stay at both
levels: they say which test or file failed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tremaux_tools.core.scanner import Scanner

MAX_CONTEXT = 8  # characters before a token that a mask looks back on
MAX_LINE_CHARS = 600  # of one line, half from its head and half from its tail

# Lines with these words state what a time or a share is measured against, so it must stay readable.
TARGET = Scanner(
    r"\b(?:SLO|SLA|limit|budget|threshold|required?|goal|maximum|minimum|at least|at most|expected|actual|"
    r"got|want(?:ed)?|should|must|too slow|slower|faster|regress\w*|(?:below|above|missed) target|"
    r"target(?= ?(?:[:=<>\d]|of|is)))\b|[<>]=?\s?\d",
    marks=(
        *("slo", "sla", "limit", "budget", "threshold", "requir", "goal", "maximum", "minimum", "at least", "at most"),
        *("expected", "actual", "got", "want", "should", "must", "faster", "regress", "target", "<", ">"),
    ),
)
_TIMING = Scanner(
    r"\b(?:latency|p\d\d|percentile|response time|throughput|per (?:sec|op|iter)\w*)\b|ns/op",
    marks=("latency", "p", "response", "throughput", "ns/op"),
)
_SHARE = Scanner(
    r"\b(?:cover\w*|total|score|accuracy|precision|recall|rate|success\w*|match\w*|similar\w*|mutation|"
    r"translated|migrated|converted|pass(?:ed|ing)?)\b",
    marks=(
        *("cover", "total", "score", "accuracy", "precision", "recall", "rate", "success", "match", "similar"),
        *("mutation", "translated", "migrated", "converted", "pass"),
    ),
)
TIME_OUT = re.compile(r"time[-_ ]?d?[-_ ]?out|deadline", re.IGNORECASE)

_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"(?:[nmuµ]s|s|secs?|seconds?|millis(?:econds)?|mins?|minutes?|h(?:ours?)?)\b"
_DATE = (
    r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\d{4}-\d\d-\d\dT[\d_.-]{6,20}Z?"  # in a file's name
    r"|\d{1,2}:\d\d:\d\d(?:[.,]\d+)?"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6} {1,2}\d{1,2}(?:,? \d{4})?"
)
_HOST = r"(?<=\s):|localhost|(?:\d{1,3}\.){3}\d{1,3}|port[ =:]{1,2}|\[::1?\]|:::?"
_RUN = (
    r"p?pid|process|tid|thread|goroutine|session|attempt|retry|try|run|seed|job|build|request|req|trace|span|"
    r"txn|transaction|correlation"
)
_BUDGET = (
    r"time[-_ ]?out\w*|deadline|retries|(?:max|maximum|min)[-_ ](?:retries|attempts|iterations|memory|size|"
    r"time|wait|depth)|(?:heap|memory|stack|time|size|rate)[-_ ]limit|ulimit"
)

# (what it is, pattern); the first that matches at a place wins. A group `<name>_label` stays.
_VOLATILE: tuple[tuple[str, str], ...] = (
    (
        "pid",
        (
            r"(?P<pid_label>\b[A-Za-z][\w.-]{0,60}\[)\d+(?=\]:)|(?P<pid_frame>==)\d+(?===)"
            r"|^(?P<pid_log>\[)\d{3,}(?=[]:])|(?P<pid_node>\(node:)\d+(?=\))"
            r"|\b\d+(?= +(?:Segmentation fault|Killed|Aborted|Terminated|Bus error)\b)"
            r"|(?P<pid_thread>\bthread '[^']{1,120}' \()\d+(?=\))"
        ),
    ),
    ("keep", r"\b\w{1,80}\[[^\]\s]{1,80}\]"),
    ("uuid", r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    ("time", rf"\b(?:{_DATE})\b"),
    ("address", r"\b0x[0-9a-fA-F]+|(?P<address_label>\bid=['\"]?)\d{6,}"),
    ("port", rf"(?P<port_label>(?:\b|(?=:))(?:{_HOST})):?\d{{2,5}}\b"),
    (
        "tmp",
        r"(?:/private)?/(?:var/)?tmp/[\w.+-]+|/var/folders/[\w+]+/[\w+]+/T/[\w.+-]+|\\Temp\\[\w.+-]+|\bpytest-\d+\b",
    ),
    ("home", r"(?<![\w.])/(?:home|Users)/[\w.-]+"),
    (
        "position",
        (
            r"(?P<position_label>\bnode:[\w/]{1,80}|\.[A-Za-z]\w{0,5}|Tests?\.\w{1,60}|\b[Mm]akefile)"
            r"(?::\d+(?::\d+)?\b|\(\d+,\d+\)|\(\d+\)(?= ?: ))"
        ),
    ),
    ("line", r"(?P<line_label>, line |\bon line |^line (?=\d+:)|: line (?=\d+:))\d+"),
    ("gutter", r"^[>\s]*\d+(?P<gutter_label> ?\|)|^\d+:\d+(?=\s)|(?<=\(|\[)\d+:\d+(?=[)\]])"),
    (
        "id",
        (
            rf"(?<![Tt]ests )(?P<id_label>(?:\b|_)(?i:{_RUN})(?:[-_ ]?(?:id|no|number))?"
            r"[\"']?(?: ?[#=:(] ?| ))"
            r"(?=[\w-]{0,60}\d)[\w-]+(?:/\d+| of \d+)?"
        ),
    ),
    (
        "lock",
        (
            r"(?<=[\w.-])[.-]\d{3,}(?=\.(?:lock|pid|tmp|sock|log|swp|core)\b)|(?<=[a-z])\.\d{3,}(?![\w.])"
            r"|(?<=/proc/)\d+"
        ),
    ),
    ("hash", r"\b(?=[0-9a-f]{0,63}[a-f])(?=[0-9a-f]{0,63}\d)[0-9a-f]{7,64}\b"),
    ("epoch", r"\b\d{10,}\b"),
    (
        "limit",
        (
            rf"(?P<limit_label>\b(?:{_BUDGET})[\"']?(?: of| is| was| set to| after)?\s?[=:><(]{{0,2}}\s?)"
            rf"{_NUMBER}(?:\s?(?:{_UNIT}|[kKMG]i?B?\b))?"
        ),
    ),
    ("share", rf"\b{_NUMBER}\s?%"),
    (
        "elapsed",
        (
            rf"(?P<elapsed_label>\bduration_ms:? ){_NUMBER}|\b\d+m ?{_NUMBER}s\b"
            rf"|(?<![\w.]){_NUMBER}\s?{_UNIT}(?:\s?{_NUMBER}\s?{_UNIT}){{0,2}}"
        ),
    ),
    ("progress", r"(?<=\[)\s?\d+/\d+(?=\])|\[[#=>\-. █▓▒░]{3,}\]|[⠀-⣿]"),
)
# What a line must hold for a mask to match anywhere in it; most lines hold next to nothing of this. Trying
# only the masks that can match is several times faster than trying them all at every place.
_NEEDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    (
        "pid",
        re.compile(r"\[\d|==\d|\(node:|\d +(?:Seg|Kill|Abort|Term|Bus)|thread '").search,
    ),
    ("keep", re.compile(r"\w\[").search),
    ("uuid", re.compile(r"[0-9a-fA-F]{8}-").search),
    ("time", re.compile(r"\d{4}[-/]\d|\d:\d\d:|[JFMASOND][aepuco][nbrylgptvc][a-z]{0,6} {1,2}\d").search),
    ("address", re.compile(r"0x|id=['\"]?\d").search),
    ("port", re.compile(r":\d\d|(?:localhost|\]):?\d|port[ =:]{1,2}\d|\d\.\d+\.\d+\.\d").search),
    ("tmp", re.compile(r"tmp/|/folders/|\\Temp|pytest-\d").search),
    ("home", re.compile(r"/home/|/Users/").search),
    ("position", re.compile(r"\w[:(]\d").search),
    ("line", re.compile(r"line \d").search),
    ("gutter", re.compile(r"^[>\s]*\d+ ?[|:]|[(\[]\d+:\d").search),
    (
        "id",
        Scanner(
            rf"(?:{_RUN})(?:[-_ ]?(?:id|no|number))?[\"']?[ #=:(]",
            marks=(
                *("pid", "proc", "tid", "thread", "gorout", "session", "attempt", "try", "run", "seed", "job", "build"),
                *("req", "trace", "span", "txn", "transac", "correl"),
            ),
        ).is_in,
    ),
    ("lock", re.compile(r"[-.]\d{3}|/proc/\d").search),
    ("hash", re.compile(r"[0-9a-f]{7}").search),
    ("epoch", re.compile(r"\d{10}").search),
    ("limit", re.compile(r"time|deadline|retries|limit|max|min").search),
    ("share", re.compile(r"\d\s?%").search),
    ("elapsed", re.compile(r"\d\s?(?:[nmuµ]?s\b|sec|mill|min|h\b|hour|m ?\d)|duration_ms").search),
    ("progress", re.compile(r"\d/\d+\]|\[[#=>. █▓▒░-]|[⠀-⣿]").search),
)
_MAY_HOLD = dict(_NEEDS)
_PATTERNS = {name: re.compile(f"(?P<{name}>{pattern})") for name, pattern in _VOLATILE}
_LABELS: dict[str, tuple[str, ...]] = {
    name: tuple(group for group in pattern.groupindex if group != name) for name, pattern in _PATTERNS.items()
}
_MAY_MATCH = re.compile(
    r"\d|\\Temp\\|/(?:tmp|var|home|Users)/|\[[#=>. -]|[⠀-⣿█▓▒░]"
)  # most lines match nothing: skip fast
# The first character stands before the tests of what precedes it, so that Python can look for it alone.
_FREE_NUMBER = re.compile(
    r"[-+\d](?:(?<![A-Za-z0-9_./\[].)(?:(?<=\d)|(?=\d))\d*(?:[.,]\d+)*|(?<=[^\w\]]\[\d)\d*|(?<=^\[\d)\d*)"
)
_DIGIT = re.compile(r"\d")
_BRACKETED = re.compile(r"\b\w{1,80}\[[^\]\s]{1,80}\]")
_RULE = re.compile(r"([=_\-*~!^#.+])\1{2,}")


@dataclass(frozen=True, slots=True)
class MaskedLine:
    """One line at both levels."""

    text: str  #: volatile tokens masked
    shape: str  #: free-standing numbers masked as well
    masks: tuple[tuple[str, str], ...]  #: (token, mask) of what was masked for `text`


def masker(action: str = "") -> Callable[[str], MaskedLine]:
    """Return the function that masks one line of the output of `action`.

    A number of two digits or more that `action` names too is an echo of what was tried, not a finding.
    """
    echoed = frozenset(re.findall(r"(?<![\w.])\d{2,}(?:\.\d+)?(?![\w.])", action))

    def mask(line: str) -> MaskedLine:
        return _mask(line, echoed)

    return mask


def clip(line: str) -> str:
    """Cut the middle out of a line longer than `MAX_LINE_CHARS`."""
    if len(line) <= MAX_LINE_CHARS:
        return line
    half = MAX_LINE_CHARS // 2
    return f"{line[:half]} … {line[-half:]}"


def _mask(line: str, echoed: frozenset[str]) -> MaskedLine:
    line = clip(line).strip()
    if _MAY_MATCH.search(line) is None:
        text = _even_out(line)
        return MaskedLine(text, text, ())
    names = tuple(name for name, may_match in _NEEDS if may_match(line))
    kept = _kept(line, names)
    masks: list[tuple[str, str]] = []

    def replace(match: re.Match[str]) -> str:
        name = match.lastgroup or ""
        token = match.group()
        if name in kept:
            return token
        label = next((match.group(g) for g in _LABELS.get(name, ()) if match.group(g)), "")
        masked = f"<{name}>"
        if name == "gutter":
            masks.append((token, masked))
            return masked + label
        masks.append((token.removeprefix(label), masked))
        return label + masked

    text = _even_out(_substitute(line, names, replace))
    if echoed:
        text = _FREE_NUMBER.sub(lambda m: "<arg>" if m.group() in echoed else m.group(), text)
    return MaskedLine(text, _shape(text), tuple(masks))


def _kept(line: str, names: Sequence[str]) -> frozenset[str]:
    """Name the masks whose tokens say something on this line, so that they stay."""
    kept = {"keep"}
    if "share" in names or "elapsed" in names:
        has_target = TARGET.is_in(line)
        if has_target or _SHARE.is_in(line):
            kept.add("share")
        if (has_target or _TIMING.is_in(line)) and not TIME_OUT.search(line):
            kept.add("elapsed")
    return frozenset(kept)


def _substitute(line: str, names: Sequence[str], replace: Callable[[re.Match[str]], str]) -> str:
    """Replace each match of the named masks; of several, the leftmost and then the first named wins."""
    pending = [match for name in names if (match := _PATTERNS[name].search(line))]
    parts, end = [], 0
    while pending:
        first = min(pending, key=re.Match.start)
        parts += [line[end : first.start()], replace(first)]
        end = first.end()
        pending = [m for old in pending if (m := old if old.start() >= end else _next(old, line, end))]
    return "".join([*parts, line[end:]])


def _next(match: re.Match[str], line: str, start: int) -> re.Match[str] | None:
    """Find the next match of the same mask, unless the rest of the line cannot hold one."""
    may_match = _MAY_HOLD[str(match.lastgroup)]
    return match.re.search(line, start) if may_match(line[max(0, start - MAX_CONTEXT) :]) else None


def _even_out(text: str) -> str:
    """Make rulers and gaps one width: terminals differ."""
    return " ".join(_RULE.sub(r"\1\1\1", text).split())


def _shape(text: str) -> str:
    if _DIGIT.search(text) is None:
        return text
    if "[" not in text:
        return _FREE_NUMBER.sub("<n>", text)
    parts, end = [], 0
    for name in _BRACKETED.finditer(text):
        parts += [_FREE_NUMBER.sub("<n>", text[end : name.start()]), name.group()]
        end = name.end()
    return "".join([*parts, _FREE_NUMBER.sub("<n>", text[end:])])
