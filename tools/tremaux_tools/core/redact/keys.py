"""Private keys as files hold them, also of those that a log cut or a screen has scrolled in part.

RFC 7468 (PEM), RFC 4880 section 6.2 (OpenPGP), RFC 4716 as ssh.com writes it, and PuTTY's own form.
"""

import re

from tremaux_tools.core.redact.edits import Edit

_MARKS = ("PRIVATE KEY", "PuTTY-User-Key-File-", "Private-MAC: ")
_MARK = re.compile(
    r"----(?:-(?P<side>BEGIN|END) | (?P<ssh>BEGIN|END) )(?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?(?:-----| ----)"
    r"|(?P<putty>PuTTY-User-Key-File-\d|Private-MAC): [^\n]{0,100}"
)
_BEGINS = ("BEGIN", "PuTTY-User-Key-File-2", "PuTTY-User-Key-File-3")
_SIZE = 16_000  # characters between the marks
_BODY = re.compile(rf"[A-Za-z0-9+/=\s\\]{{0,{_SIZE}}}")
_LINE = re.compile(r"[A-Za-z0-9+/=]{1,100}[ \r]*")


def private_keys(text: str) -> list[Edit]:
    """Keys from mark to mark; or as far as they go on like one, where a mark is missing."""
    if not any(mark in text for mark in _MARKS):
        return []
    marks = list(_MARK.finditer(text))
    ends: list[re.Match[str] | None] = [None]
    for mark in reversed(marks):
        ends.append(ends[-1] if _begins(mark) else mark)
    edits: list[Edit] = []
    done = 0
    for mark, end in zip(marks, reversed(ends[1:]), strict=True):
        if mark.start() < done:
            continue
        start, done = mark.span()
        if not _begins(mark):
            start = _body_before(text, start)
        elif end and end.start() - mark.end() <= _SIZE:
            done = end.end()
        elif body := _BODY.match(text, mark.end()):
            done = body.end()
        if start < mark.start() or _begins(mark):
            edits.append(Edit.of((max(start, edits[-1].end if edits else 0), done), "private-key"))
    return edits


def _begins(mark: re.Match[str]) -> bool:
    return mark[mark.lastgroup or 0] in _BEGINS


def _body_before(text: str, end: int) -> int:
    """Where the lines begin that stand before the end mark of a key and look like one."""
    start = end
    while start and end - start < _SIZE:
        begin = text.rfind("\n", 0, start - 1) + 1
        if text[start - 1] != "\n" or not _LINE.fullmatch(text, begin, start - 1):
            break
        start = begin
    return start
