"""Take secrets out of text before it is stored or shown; what was taken cannot be had back.

The shapes are the published formats of the issuers' tokens, as secret scanners list them (GitHub's and GitLab's
token prefixes, AWS access key ids, RFC 7468 private keys, RFC 7519 tokens, RFC 3986 user information), and values
given to names that say they are secret.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MIN_ASSIGNED = 6  # characters; `password=x` in a test is no secret worth hiding the bug for
MASK = "[redacted:"  # and the kind

_SECRET_NAMES = (
    *("password", "passwd", "secret", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey"),
    *("auth_token", "auth-token", "authtoken", "access_token", "access-token", "accesstoken"),
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of secret: words every line with one holds, in lower case, and its shape.

    Only the group `secret` of a shape goes, or the whole where there is none, so a reader still sees what was set.
    """

    name: str
    hints: tuple[str, ...]
    shape: re.Pattern[str]


# Quantifiers are bounded: a hostile line cannot make a shape slow.
_KINDS = (
    _Kind("aws-key", ("akia", "asia"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    _Kind(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})\b"),
    ),
    _Kind("gitlab-token", ("glpat-",), re.compile(r"\bglpat-[A-Za-z0-9_-]{20,255}")),
    _Kind("slack-token", ("xox",), re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,255}")),
    _Kind(
        "api-key",
        ("sk-", "k_live_", "k_test_"),
        re.compile(
            r"\b(?:sk-(?=[A-Za-z_-]{0,255}\d)(?:[a-z0-9]{2,10}-){0,3}[A-Za-z0-9_-]{20,255}"
            r"|[spr]k_(?:live|test)_[A-Za-z0-9]{10,255})"
        ),
    ),
    _Kind("google-key", ("aiza",), re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    _Kind("npm-token", ("npm_",), re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    _Kind("pypi-token", ("pypi-",), re.compile(r"\bpypi-[A-Za-z0-9_-]{50,255}")),
    _Kind("jwt", ("eyj",), re.compile(r"\beyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}")),
    _Kind("url-password", ("://",), re.compile(r"://[^\s:/@\[]{0,80}:(?P<secret>[^\s:/@\[]{1,200})@")),
    _Kind(
        "bearer",
        ("authorization",),
        re.compile(
            r"authorization[\"']?:\s{0,4}[\"']?(?:bearer|basic|token)\s{1,4}(?P<secret>[\w.~+/=-]{8,4000})",
            re.IGNORECASE,
        ),
    ),
    _Kind(
        "assigned",
        _SECRET_NAMES,
        re.compile(
            rf"(?:{'|'.join(_SECRET_NAMES)})[\"']?\s{{0,3}}[=:]\s{{0,3}}[\"']?"
            rf"(?P<secret>(?!\[redacted:)[^\s\"',;&<>(){{}}\[\]]{{{MIN_ASSIGNED},200}})",
            re.IGNORECASE,
        ),
    ),
)
_CHARACTERS = frozenset("".join(hint for kind in _KINDS for hint in kind.hints))
_KEY_MARKS = "PRIVATE KEY-----"
_KEY_MARK = re.compile(r"-----(?P<side>BEGIN|END) (?:[A-Z]{2,10} ){0,3}PRIVATE KEY-----")
_KEY_SIZE = 16_000  # characters between the marks
_KEY_BODY = re.compile(rf"[A-Za-z0-9+/=\s\\]{{0,{_KEY_SIZE}}}")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{1,100}[ \r]*")
# Colours and links of ECMA-48, and shifts of the character set; not what a mask would make of a lone escape.
_ESCAPE = re.compile(
    r"\x1b\[(?!redacted:)[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[\x0e\x0f]"
)
_LINK = "\x1b]"  # may itself hold a secret


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets, and how many were taken out."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class _Edit:
    """One secret: where it stood, and what stands there now."""

    start: int
    end: int
    mask: str


def redact(text: str) -> Redacted:
    """Replace each secret by `[redacted:kind]`, also one with colours in it; they stay, behind it.

    Idempotent: what is redacted already stays as it is and counts as none.
    """
    if "\x1b" not in text:
        left, rounds = _redacted(text)
        return Redacted(left, sum(map(len, rounds)))
    escapes = list(_ESCAPE.finditer(text))
    bare, places = _without(escapes, text)
    left, rounds = _redacted(bare)
    for edits in rounds:
        places = _moved(places, edits)
    count = sum(map(len, rounds))
    parts: list[str] = []
    done = 0
    for place, escape in zip(places, escapes, strict=True):
        sequence = _redact_link(escape[0])
        parts += (left[done:place], sequence.text)
        done = place
        count += sequence.count
    return Redacted("".join([*parts, left[done:]]), count)


def redact_part(text: str, start: int, end: int) -> str:
    """What is left of `text[start:end]` when all of `text` is redacted; a secret it reaches into is one mask."""
    left, rounds = _redacted(text)
    for edits in rounds:
        (start,), (end,) = _moved([start], edits, back=True), _moved([end], edits)
    return left[start:end]


def _redact_link(sequence: str) -> Redacted:
    left, rounds = _redacted(sequence) if sequence.startswith(_LINK) else (sequence, [])
    return Redacted(left, sum(map(len, rounds)))


def _redacted(text: str) -> tuple[str, list[list[_Edit]]]:
    """The text without secrets; and what was done to it for each kind, in order, on what the one before had left."""
    rounds: list[list[_Edit]] = []
    if _KEY_MARKS in text and (edits := _private_keys(text)):
        text = _edited(text, edits)
        rounds.append(edits)
    lowered = _lower(text)
    absent = _absent_from(lowered)
    for kind in _KINDS:
        # Searching for plain words first is many times faster than matching shapes everywhere.
        there = [hint for hint in kind.hints if absent.isdisjoint(hint) and hint in lowered]
        if not (lines := _lines_with(there, lowered)):
            continue
        if edits := [_edit(match, kind.name) for line in lines for match in kind.shape.finditer(text, *line)]:
            text = _edited(text, edits)
            lowered = _lower(text)
            absent = _absent_from(lowered)
            rounds.append(edits)
    return text, rounds


def _edit(match: re.Match[str], kind: str) -> _Edit:
    return _Edit(*match.span("secret" if "secret" in match.re.groupindex else 0), f"{MASK}{kind}]")


def _edited(text: str, edits: Iterable[_Edit]) -> str:
    parts: list[str] = []
    done = 0
    for edit in edits:
        parts += (text[done : edit.start], edit.mask)
        done = edit.end
    return "".join([*parts, text[done:]])


def _moved(places: Iterable[int], edits: Sequence[_Edit], *, back: bool = False) -> list[int]:
    """Where places, in order, are after the edits; one inside a secret is behind its mask, or with `back` before."""
    moved: list[int] = []
    shift = at = 0
    for place in places:
        while at < len(edits) and edits[at].end <= place:
            shift += len(edits[at].mask) - (edits[at].end - edits[at].start)
            at += 1
        inside = at < len(edits) and edits[at].start < place
        moved.append(shift + (edits[at].start + (0 if back else len(edits[at].mask)) if inside else place))
    return moved


def _without(escapes: Iterable[re.Match[str]], text: str) -> tuple[str, list[int]]:
    """The text without escape sequences, and where in it each of them stood."""
    parts: list[str] = []
    places: list[int] = []
    done = size = 0
    for escape in escapes:
        parts.append(text[done : escape.start()])
        size += escape.start() - done
        places.append(size)
        done = escape.end()
    return "".join([*parts, text[done:]]), places


def _private_keys(text: str) -> list[_Edit]:
    """Keys from mark to mark; or as far as they go on like one, where a log was cut or a screen has scrolled."""
    marks = list(_KEY_MARK.finditer(text))
    ends: list[re.Match[str] | None] = [None]
    for mark in reversed(marks):
        ends.append(mark if mark["side"] == "END" else ends[-1])
    edits: list[_Edit] = []
    done = 0
    for mark, end in zip(marks, reversed(ends[1:]), strict=True):
        if mark.start() < done:
            continue
        start, done = mark.span()
        if mark["side"] == "END":
            start = _body_before(text, start)
        elif end and end.start() - mark.end() <= _KEY_SIZE:
            done = end.end()
        elif body := _KEY_BODY.match(text, mark.end()):
            done = body.end()
        if start < mark.start() or mark["side"] == "BEGIN":
            edits.append(_Edit(max(start, edits[-1].end if edits else 0), done, f"{MASK}private-key]"))
    return edits


def _body_before(text: str, end: int) -> int:
    """Where the lines begin that stand before the end mark of a key and look like one."""
    start = end
    while start and end - start < _KEY_SIZE:
        begin = text.rfind("\n", 0, start - 1) + 1
        if text[start - 1] != "\n" or not _KEY_LINE.fullmatch(text, begin, start - 1):
            break
        start = begin
    return start


def _lower(text: str) -> str:
    # Some letters grow in lower case, which would shift every place in the text: what is not ASCII is left out.
    return text.lower() if text.isascii() else text.encode("ascii", "replace").decode("ascii").lower()


def _absent_from(lowered: str) -> set[str]:
    """The characters of hints that a text has not: to look for one is far cheaper than to look for a word."""
    return {character for character in _CHARACTERS if character not in lowered}


def _lines_with(hints: Iterable[str], lowered: str) -> list[tuple[int, int]]:
    """Where the lines that hold one of the words begin and end, in order, each once."""
    found = set()
    for hint in hints:
        at = lowered.find(hint)
        while at >= 0:
            end = lowered.find("\n", at)
            end = len(lowered) if end < 0 else end
            found.add((lowered.rfind("\n", 0, at) + 1, end))
            at = lowered.find(hint, end)
    return sorted(found)
