"""Secrets that tell by what stands beside them: a name that says so, a header, a flag, a place in a URL.

High precision comes first, for the text is shown to who debugs by it: code (`password = get_password()`), types
(`password: str`), placeholders (`$TOKEN`, `***`) and short test values stay.

Sources: RFC 3986 user information, RFC 6265 cookies, RFC 6750 and 7617 headers, the .netrc of ftp(1), the connection
strings of ADO.NET and Azure, signed URLs of AWS, Azure and Google; and the formats that Mailchimp, Telegram, HashiCorp
and Microsoft publish for tokens whose mark stands in their middle.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tremaux_tools.core.redact.edits import Edit, edited


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret: words every line with one holds, in lower case, and its shape.

    Only the group of the shape that took part goes, or the whole where there is none: a reader still sees what was set.
    """

    name: str
    hints: tuple[str, ...]
    shape: re.Pattern[str]


_NAMES = (
    "passw(?:or)?d|passphrase|secret(?:[_-]?key)?|(?:api|access|account)[_-]?key"
    "|(?:auth|access|refresh|session|api)[_-]?token|_auth"
)
_NAME_HINTS = (
    *("passw", "passphrase", "secret", "token", "_auth", "api_key", "api-key", "apikey"),
    *("access_key", "access-key", "accesskey", "account_key", "account-key", "accountkey"),
)
_IS = r"\s{0,3}(?:=>|:=|::|=(?!=)|:)\s{0,3}"  # ways to give a name a value
_QUOTE = r"(?:\\{0,3}[\"'])"  # escaped where the text is a string itself
_END = r"(?=[\s\"',;&<>(){}\[\]\\]|$)"
_PLACEHOLDER = rf"(?:\$\{{?\w{{1,60}}\}}?|%\w{{1,60}}%|\{{\w{{0,60}}\}}|<[^>\s]{{0,60}}>|[*xX.]{{1,60}}){_END}"
_CODE = rf"(?:[A-Za-z_][A-Za-z_]{{0,99}}|[A-Za-z_]\w{{0,60}}(?:(?:\.|::|->)[A-Za-z_]\w{{0,60}}){{1,9}})[.:!?]?{_END}"
_WORDS = rf"(?:[A-Za-z_][A-Za-z_-]{{0,99}}[.:!?]?{_END}|{_CODE})"  # prose
_VALUE = r"[^\s\"',;&<>(){}\[\]]{6,200}+(?![\[({<])"  # shorter, it is no secret worth hiding the bug for

# Quantifiers are bounded: a hostile line cannot make a shape slow.
KINDS = (
    Kind("url-password", ("://",), re.compile(r"://[^\s:/@\[]{0,80}:([^\s:/@\[]{1,200})@")),
    Kind(
        "bearer",
        ("authorization", "bearer"),
        re.compile(
            rf"(?i:authorization){_QUOTE}?\s{{0,3}}[:=]\s{{0,4}}{_QUOTE}?"
            r"(?:(?i:bearer|basic|token|apikey)\s{1,4}([\w.~+/=-]{8,4000}+)|(?=[^\s\"']{0,60}\d)([\w.~+/=-]{20,4000}+))"
            r"|\b[Bb]earer\s{1,4}(?=[^\s\"']{0,60}\d)([\w.~+/=-]{20,4000}+)"
        ),
    ),
    Kind(
        "cookie",
        ("cookie",),
        re.compile(
            r"(?i:sess|sid|auth|token|csrf|xsrf|jwt|remember|logged_in)[\w.-]{0,40}=(?!deleted|\[)([^\s;,\"'\[\]]{8,4000}+)"
        ),
    ),
    Kind(
        "assigned",
        _NAME_HINTS,
        re.compile(
            rf"(?i:{_NAMES}){_QUOTE}?\]?{_IS}(?:"
            rf"\\{{0,3}}\"(?!{_PLACEHOLDER}|[A-Za-z]{{1,7}}\\{{0,3}}\")([^\s\"\[\]\\]{{6,200}}+)(?=\\{{0,3}}\"|$)"
            rf"|\\{{0,3}}'(?!{_PLACEHOLDER}|[A-Za-z]{{1,7}}\\{{0,3}}')([^\s'\[\]\\]{{6,200}}+)(?=\\{{0,3}}'|$)"
            rf"|(?<==)(?!{_PLACEHOLDER}|{_CODE})({_VALUE})"
            rf"|(?<!=)(?!{_PLACEHOLDER}|{_WORDS})({_VALUE})"
            r")"
            rf"|(?:{_NAMES.upper()})[A-Z0-9_]{{0,20}}=(?!{_PLACEHOLDER})({_VALUE})"
            rf"|(?<![\w-])--(?:[a-z]{{1,20}}-){{0,3}}(?i:{_NAMES}|token)\s{{1,3}}"
            rf"(?!-|{_PLACEHOLDER}|{_WORDS})({_VALUE})"
            rf"|(?i:token|credentials?){_QUOTE}?\]?{_IS}{_QUOTE}?"
            r"(?=[^\s\"']{0,60}\d)([A-Za-z0-9_~+/=-]{20,200}+)(?![\w.])",
            re.MULTILINE,
        ),
    ),
    Kind(
        "assigned",
        ("password=", "pwd=", "password =", "pwd ="),
        re.compile(
            r"\b(?i:server|data source|host|user(?: ?id|name)?|uid|database|initial catalog)\s?=[^;\n\[]{0,100};"
            r"(?:[^;\n\[]{0,100};){0,5}?\s?(?i:password|pwd)\s?=\s?([^;\s\"'\[\]]{1,200}+)"
        ),
    ),
    Kind(
        "assigned",
        ("curl ", "login "),
        re.compile(
            r"\bcurl [^\n\[]{0,120}?(?:-u|--user)[ =]?[\"']?[^\s:\"']{1,80}:([^\s\"'\[\]]{1,200}+)"
            r"|\b(?:machine\s+\S{1,200}|default)\s+login\s+\S{1,80}\s+password\s+([^\s\[\]]{1,200}+)"
        ),
    ),
    Kind(
        "signature",
        ("sig=", "signature=", "security-token="),
        re.compile(r"(?i:[?&;]sig|x-(?:amz|goog)-(?:signature|security-token))=([A-Za-z0-9%+/=_-]{32,4000}+)"),
    ),
    Kind("mailchimp-key", ("-us",), re.compile(r"\b[0-9a-f]{32}-us\d{1,2}\b")),
    Kind("telegram-token", (":aa",), re.compile(r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}(?![\w-])")),
    Kind("terraform-token", (".atlasv1.",), re.compile(r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}+")),
    Kind("azure-secret", ("q~",), re.compile(r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])")),
)


CONTEXT_HINTS = tuple(hint for kind in KINDS for hint in kind.hints)


def in_context(text: str, hints: Collection[str]) -> Iterable[tuple[str, list[Edit]]]:
    """For each kind that is there, in order: the edits of what the kinds before have left, and the text after them.

    `hints` are those of `CONTEXT_HINTS` that the text may have.
    """
    if not hints:
        return
    lowered = ""
    for kind in KINDS:
        there = [hint for hint in kind.hints if hint in hints]
        if not there:
            continue
        lowered = lowered or _lower(text)
        if not (lines := _lines_with(there, lowered)):
            continue
        if edits := [
            Edit.of(match.span(match.lastindex or 0), kind.name)
            for line in lines
            for match in kind.shape.finditer(text, *line)
        ]:
            text = edited(text, edits)
            lowered = _lower(text)
            yield text, edits


def _lower(text: str) -> str:
    """Lower case, each character in its place: U+0130 alone would become two."""
    return text.replace("\u0130", "I").lower()


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
