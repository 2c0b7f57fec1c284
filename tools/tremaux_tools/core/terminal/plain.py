"""Turn what a program writes to a terminal into plain text, while it comes.

Lines are kept as a person read them: a row that was written over shows what is left of it, and a text
on another row is another line. Colours, titles and all else that moves nothing is dropped.
Source: ECMA-48, and for the strings and their ends tmux 3.3a, `input.c`.
"""

import codecs
import re
from collections import deque
from collections.abc import Callable, Mapping

from tremaux_tools.core.cleaning import INVISIBLE
from tremaux_tools.core.terminal.row import Row

LIMIT = 65_536  # characters that are kept
WIDTH = 1_000  # columns of a terminal of unknown width; few are wider
STRING_LIMIT = 4_096  # characters of a title, link, image ...; one that goes on is taken for text
SLICE = 65_536  # bytes read at once; a regular expression lets no other thread of this process run meanwhile
GROWTH = 8  # times as many characters as bytes; a move of the cursor can make a row of spaces from a few bytes

_CSI = r"\x1b\[[0-?]{0,64}[ -/]{0,8}"
_STRING = rf"\x1b[\]PX^_k][^\x07\x18\x1a\x1b\x9c]{{0,{STRING_LIMIT}}}"
_UNFINISHED = re.compile(rf"(?:{_CSI}|{_STRING}\x1b?|\x1b[ -/]{{0,8}})\Z")
_MOVING = "@C-HJKPX`df"  # the sequences below; the rest leaves the text as it is
_INERT = re.compile(
    rf"(?>{_CSI})(?![{_MOVING}])[@-~]?"
    rf"|{_STRING}(?:[\x07\x18\x1a\x9c]|\x1b\\|(?=\x1b)|\Z)"  # at the end: the next escape is held
    r"|\x1b(?!\[)[ -/]{0,8}[0-~]?"
)
_LINE_END = re.compile(r"\r+\n")
_SPECIAL = re.compile(f"[{INVISIBLE}]")
_EDIT = re.compile(rf"\x1b\[(?P<numbers>[0-?]*)[ -/]*(?P<final>[@-~])|(?P<text>(?:[^{INVISIBLE}]|\u200d)+)|[\b\r]")
_OTHER_ROW = "EHfd"  # where the text goes on, on another row; A and B come in pairs, around what is erased again

# Select Graphic Rendition and its like are gone by now. A count that is absent or 0 is 1; K and J take 0.
_EDITS: Mapping[str, Callable[[Row, int], None]] = {
    "@": lambda row, count: row.insert(count or 1),
    "C": lambda row, count: row.move(count or 1),
    "D": lambda row, count: row.move(-(count or 1)),
    "F": lambda row, _count: row.go(0),
    "G": lambda row, count: row.go(count - 1),
    "`": lambda row, count: row.go(count - 1),
    "J": lambda row, part: row.erase(part),
    "K": lambda row, part: row.erase(part),
    "P": lambda row, count: row.delete(count or 1),
    "X": lambda row, count: row.blank(count or 1),
}


class Plain:
    """The newest `limit` characters of a terminal that is `width` columns wide, as plain text.

    However the bytes are cut, the text is the same once they are all there.
    """

    def __init__(self, limit: int = LIMIT, *, width: int = WIDTH) -> None:
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""  # an escape sequence that has not ended
        self._width = width
        self._row = Row(width)
        self._finished: deque[str] = deque()
        self._kept = 0  # characters in `_finished`
        self._total = 0  # characters that were ever finished

    @property
    def text(self) -> str:
        """The newest characters, the unfinished last line with its trailing spaces included."""
        finished = "".join(self._finished)[-self._limit :]
        self._finished = deque([finished])
        self._kept = len(finished)
        return (finished + self._row.text)[-self._limit :]

    @property
    def total(self) -> int:
        """How many characters there ever were, kept or not; less again when the last line is erased."""
        return self._total + len(self._row.text)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        text = self._held + self._decoder.decode(data)
        self._held = ""
        if "\x1b" in text:
            # The last escape, or the one before it when the last may only be the end of a string.
            unfinished = _UNFINISHED.search(text, max(0, text.rfind("\x1b", 0, -1)))
            if unfinished:
                text, self._held = text[: unfinished.start()], unfinished[0]
            text = _INERT.sub("", text)
        text = text.replace("\r\n", "\n")
        self._read(_LINE_END.sub("\n", text) if "\r\n" in text else text)

    def finish(self) -> None:
        """No more bytes come: a character that was cut becomes U+FFFD, an escape sequence is dropped."""
        self._read(self._decoder.decode(b"", final=True))
        self._held = ""

    def _read(self, text: str) -> None:
        first, newline, behind = text.partition("\n")
        self._edit(first)
        if not newline:
            return
        self._end_line()
        lines, newline, last = behind.rpartition("\n")
        lines += newline
        if not _SPECIAL.search(lines):  # a flood, taken whole
            self._finish(lines)
        else:
            for line in lines.split("\n")[:-1]:
                if _SPECIAL.search(line):
                    self._edit(line)
                    self._end_line()
                else:
                    self._finish(line + "\n")
        self._edit(last)

    def _edit(self, line: str) -> None:
        for match in _EDIT.finditer(line):
            if match["text"]:
                self._finish(self._row.write(match["text"]))
            elif match["final"]:
                self._obey(match["final"], match["numbers"])
            elif match[0] == "\r":
                self._row.go(0)
            else:
                self._row.move(-1)

    def _obey(self, final: str, numbers: str) -> None:
        first, _, second = numbers.partition(";")
        if final in _OTHER_ROW:
            if self._row.text:
                self._end_line()
            self._row.go(_number(second) - 1 if final in "Hf" else 0)
        else:
            continued = self._row.continues
            _EDITS[final](self._row, _number(first))
            if continued and not self._row.continues:
                self._finish("\n")

    def _end_line(self) -> None:
        self._finish(self._row.text + "\n")
        self._row = Row(self._width)

    def _finish(self, text: str) -> None:
        if not text:
            return
        self._total += len(text)
        self._finished.append(text)
        self._kept += len(text)
        while self._kept - len(self._finished[0]) >= self._limit:
            self._kept -= len(self._finished.popleft())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def plain(data: bytes, *, width: int = WIDTH) -> str:
    """Read a whole output; of one that grows beyond all measure, the newest part."""
    reader = Plain(GROWTH * len(data) + width, width=width)
    for start in range(0, len(data), SLICE):
        reader.feed(data[start : start + SLICE])
    reader.finish()
    return reader.text
