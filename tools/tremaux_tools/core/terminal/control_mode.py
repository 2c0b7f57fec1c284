r"""Speak tmux's control protocol (`tmux -C`): read what it writes, quote what it is told.

Source: tmux(1), "CONTROL MODE". One line is one event, but for the block between `%begin` and `%end`
or `%error` that answers a command. What a pane prints comes with each byte below a space, and the backslash, as `\ooo`;
the rows of a captured screen come as they are, so they can hold lines of the protocol itself.
"""

import re
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass

LIMIT = 64 * 1024 * 1024  # bytes of one line or answer; a history of 50,000 rows is a tenth of it
KEYS_PER_COMMAND = 1_000  # bytes; tmux 3.3a's parser breaks at somewhat over 5,000 arguments
_BEGIN = re.compile(rb"%begin \d+ \d+ (\d+)")  # time, number, flags: the block's last line repeats them
_OF_THIS_CLIENT = 1  # a flag; without it the block answers the command that tmux was started with


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command answered."""

    asked: bool  #: by this client; the command that tmux was started with was not
    ok: bool
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """What a pane's program wrote: the raw bytes, cut anywhere."""

    pane: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a client."""

    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Anything else; a line that is not of the protocol, as an error of a shell, has the name ""."""

    name: str  #: without its `%`
    rest: str


Event = Reply | Output | Ended | Notice


class ProtocolError(ValueError):
    """What came is not written by any tmux, or by a tmux that prints without end."""


@dataclass(slots=True)
class _Block:
    """A reply whose end has not come yet."""

    end: bytes  # its last line, if tmux did as told
    error: bytes  # its last line, if not
    asked: bool
    seal: bytes  # the first line of the next reply; empty: nobody knows it
    lines: list[bytes]


class ControlParser:
    """Turn the bytes of one client into events, wherever they are cut."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._rest: list[bytes] = []  # the pieces of the line that has not ended
        self._block: _Block | None = None
        self._pending = 0  # bytes since the last event, or a few more
        self._seals: deque[bytes] = deque()  # of the replies to come

    def expect(self, replies: int, seal: bytes = b"") -> None:
        """Be told of commands before they are given, and whether a line `seal` is the first that the second answers.

        The time and the number that end a reply can be guessed, and so be printed by the program whose screen it
        shows. A seal cannot: all before it is kept until it comes, and the last end before it is the true one.
        """
        self._seals += [seal, *[b""] * (replies - 1)]

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; return the events they complete, in order.

        Raises:
            ProtocolError: more bytes than the limit came without completing any, or a reply has no end.
        """
        events = self._feed(data)
        self._pending = 0 if events else self._pending + len(data)
        if self._pending > self._limit:
            raise ProtocolError(f"{self._pending} bytes of one answer, and no end")
        return events

    def _feed(self, data: bytes) -> list[Event]:
        first, newline, behind = data.partition(b"\n")
        self._rest.append(first)
        if not newline:
            return []
        lines = [b"".join(self._rest), *behind.split(b"\n")]
        self._rest = [lines.pop()]
        events: list[Event] = []
        at = 0
        while at < len(lines):
            if self._block is not None:
                lines, at = self._fill(self._block, lines[at:], events), 0
                continue
            if (event := self._line(lines[at])) is not None:
                events.append(event)
            at += 1
        return events

    def _line(self, line: bytes) -> Event | None:
        if begin := _BEGIN.fullmatch(line):
            mark = line.removeprefix(b"%begin ")
            asked = bool(int(begin[1]) & _OF_THIS_CLIENT)
            seal = self._seals.popleft() if asked and self._seals else b""
            self._block = _Block(b"%end " + mark, b"%error " + mark, asked, seal, [])
            return None
        word, _, rest = line.partition(b" ")
        return _READERS.get(word, _notice)(word, rest) if line else None

    def _fill(self, block: _Block, lines: list[bytes], events: list[Event]) -> list[bytes]:
        """Take the lines of a reply, up to its last one if that has come; returns those behind it."""
        if block.seal:
            come = _index(lines, block.seal)
            block.lines += lines[:come]
            if come == len(lines):
                return []
            last = _last_index(block.lines, (block.end, block.error))
            lines = block.lines[last:] + lines[come:]
            del block.lines[last:]
        else:
            last = min(_index(lines, block.end), _index(lines, block.error))
            block.lines += lines[:last]
            lines = lines[last:]
            if not lines:
                return []
        events.append(Reply(block.asked, lines[0] == block.end, tuple(block.lines)))
        self._block = None
        return lines[1:]


def _index(lines: list[bytes], line: bytes) -> int:
    """Where a line is first; behind all of them if nowhere. A screen is dozens of lines, and this walks them fast."""
    try:
        return lines.index(line)
    except ValueError:
        return len(lines)


def _last_index(lines: list[bytes], ends: Container[bytes]) -> int:
    for at in range(len(lines) - 1, -1, -1):
        if lines[at] in ends:
            return at
    raise ProtocolError("a reply has no end")


_ESCAPED = re.compile(rb"\\[0-3][0-7][0-7]")
_BYTE = {b"\\%03o" % value: bytes([value]) for value in range(256)}


def _unescape(data: bytes) -> bytes:
    if b"\\" not in data:
        return data
    # No result of these two holds a backslash, so they are safe before the others, and a flood is mostly them.
    data = data.replace(rb"\015\012", b"\r\n").replace(rb"\033", b"\x1b")
    return _ESCAPED.sub(lambda match: _BYTE[match[0]], data)


def _output(_word: bytes, rest: bytes) -> Output:
    pane, _, data = rest.partition(b" ")
    return Output(_text(pane), _unescape(data))


def _late_output(_word: bytes, rest: bytes) -> Output:
    """Read `%extended-output %1 AGE ... : data`, which a client asks for with `pause-after`."""
    head, _, data = rest.partition(b" : ")
    return Output(_text(head.partition(b" ")[0]), _unescape(data))


def _ended(_word: bytes, rest: bytes) -> Ended:
    return Ended(_text(rest))


def _notice(word: bytes, rest: bytes) -> Notice:
    if word.startswith(b"%"):
        return Notice(_text(word[1:]), _text(rest))
    return Notice("", _text(word + b" " + rest).rstrip(" "))


_READERS: Mapping[bytes, Callable[[bytes, bytes], Event]] = {
    b"%output": _output,
    b"%extended-output": _late_output,
    b"%exit": _ended,
}


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def quote(argument: str) -> str:
    """Write one argument of a tmux command line so that tmux takes it literally.

    Raises:
        ValueError: `argument` has a newline, which would end the command, or a NUL.
    """
    if "\n" in argument or "\0" in argument:
        raise ValueError("a tmux command holds no newline and no NUL")
    return "'" + argument.replace("'", r"'\''") + "'"


def hex_keys(data: bytes, *, size: int = KEYS_PER_COMMAND) -> Iterator[str]:
    """Write bytes as the arguments of `send-keys -H` (`c3 a9`), at most `size` bytes a command.

    With -H every byte from 0 to 255 arrives as it is; with -l a last `;` is lost (tmux 3.3a).
    """
    for start in range(0, len(data), size):
        yield data[start : start + size].hex(" ")
