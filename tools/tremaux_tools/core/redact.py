"""Take secrets out of text before it is stored or shown; what was taken cannot be had back.

The shapes are the published formats of the issuers' tokens, as secret scanners list them (GitHub's and GitLab's
token prefixes, AWS access key ids, RFC 7468 private keys, RFC 7519 tokens, RFC 3986 user information), and values
given to names that say they are secret.
"""

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass

MIN_ASSIGNED = 6  # characters; `password=x` in a test is no secret worth hiding the bug for

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
# ASCII only: some other letters grow in lower case, which would shift every place in the text.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_KEY_BEGINS = "PRIVATE KEY-----"
# Up to its end or, where a log was cut, as far as it goes on like one.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z]{2,10} ){0,3}PRIVATE KEY-----"
    r"(?:[\s\S]{0,16000}?-----END (?:[A-Z]{2,10} ){0,3}PRIVATE KEY-----|[A-Za-z0-9+/=\s\\]{0,16000})"
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets, and how many were taken out."""

    text: str
    count: int


def redact(text: str) -> Redacted:
    """Replace each secret by `[redacted:kind]`.

    Idempotent: what is redacted already stays as it is and counts as none.
    """
    count = 0
    if _KEY_BEGINS in text:
        text, count = _PRIVATE_KEY.subn("[redacted:private-key]", text)
    lowered = _lower(text)
    for kind in _KINDS:
        # Searching for plain words first is many times faster than matching shapes everywhere.
        if lines := _lines_with(kind.hints, lowered):
            text, found = _redact_lines(text, lines, kind)
            count += found
            lowered = _lower(text) if found else lowered
    return Redacted(text, count)


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_LOWER)


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


def _redact_lines(text: str, lines: Iterable[tuple[int, int]], kind: _Kind) -> tuple[str, int]:
    parts: list[str] = []
    done = count = 0
    for start, end in lines:
        line, found = kind.shape.subn(lambda match: _mask(match, kind.name), text[start:end])
        parts += (text[done:start], line)
        done = end
        count += found
    return "".join([*parts, text[done:]]), count


def _mask(match: re.Match[str], kind: str) -> str:
    whole = match.group()
    if "secret" not in match.re.groupindex:
        return f"[redacted:{kind}]"
    start, end = match.span("secret")
    return f"{whole[: start - match.start()]}[redacted:{kind}]{whole[end - match.start() :]}"
