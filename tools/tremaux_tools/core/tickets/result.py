"""What a worker found and used, read from what its program printed."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.tickets.events import MAX_OBJECT_CHARS, Events
from tremaux_tools.core.tickets.output.claude import ClaudeReader
from tremaux_tools.core.tickets.output.codex import CodexReader
from tremaux_tools.core.tickets.output.gemini import GeminiReader
from tremaux_tools.core.tickets.output.opencode import OpenCodeReader
from tremaux_tools.core.tickets.output.reader import Reader
from tremaux_tools.core.tickets.output.text import MAX_LINE_CHARS, RESULT_LINES, result_of
from tremaux_tools.core.tickets.profile import OutputFormat
from tremaux_tools.core.tickets.ticket import Usage

_READERS: Mapping[OutputFormat, type[Reader]] = {
    "claude": ClaudeReader,
    "codex": CodexReader,
    "gemini": GeminiReader,
    "opencode": OpenCodeReader,
}


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """How a worker's run ended, in its own words and figures."""

    result: str  #: its final answer, without control characters; its last lines where there is none
    usage: Usage = field(default_factory=Usage)
    usage_by_model: Mapping[str, Usage] = field(default_factory=dict)  #: "" for a model that is not told
    is_error: bool = False  #: the program says that it failed
    session: str = ""  #: by which the program could go on; empty where it does not tell
    aside: str = ""  #: the last lines it printed beside its events: warnings, or how it crashed

    @property
    def words(self) -> str:
        """Its answer and what it printed aside: all there is to find the cause of a failure in."""
        return "\n".join(filter(None, dict.fromkeys((self.result, self.aside))))


def read_result(output: OutputFormat, text: str) -> WorkerResult:
    """Read all that a worker's program printed, also to a terminal, also cut anywhere. Never fails.

    Where the program did not get as far as an answer, the last lines it printed beside its events stand for one.
    """
    meter = UsageMeter(output)
    meter.feed(text.encode("utf-8", "replace"))
    meter.end()
    if meter.reader is None:
        return WorkerResult(result_of(strip_controls(text)))
    reader, aside = meter.reader, result_of(strip_controls(meter.aside))
    usage = dict(reader.usage_by_model)
    return WorkerResult(reader.result or aside, meter.usage, usage, reader.is_error, reader.session, aside)


class UsageMeter:
    """Counts what a worker uses while it runs; at the end it says what `read_result` says."""

    def __init__(self, output: OutputFormat) -> None:
        kind = _READERS.get(output)
        self.reader: Reader | None = kind() if kind else None  #: None for plain text, which tells no usage
        self._events = Events()
        self._aside: deque[str] = deque(maxlen=RESULT_LINES)
        self._line = bytearray()
        self._is_too_long = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, cut anywhere. Keeps at most one line."""
        if self.reader is None:
            return
        *ended, begun = chunk.split(b"\n")
        for piece in ended:
            self._add(piece)
            self._end_line()
        self._add(begun)

    def end(self) -> None:
        """There is no more: a line that was begun counts as whole."""
        self.feed(b"\n")

    @property
    def aside(self) -> str:
        """The last lines that held no event."""
        return "\n".join(self._aside)

    @property
    def usage(self) -> Usage:
        """What was used up to the last whole line."""
        return sum(self.reader.usage_by_model.values(), Usage()) if self.reader else Usage()

    @property
    def usage_by_model(self) -> Mapping[str, Usage]:
        """The same by model; "" for one that is not told."""
        return self.reader.usage_by_model if self.reader else {}

    def _add(self, piece: bytes) -> None:
        if len(self._line) + len(piece) > MAX_OBJECT_CHARS:
            self._line.clear()
            self._is_too_long = True
        if not self._is_too_long:
            self._line += piece

    def _end_line(self) -> None:
        line, self._is_too_long = self._line.decode("utf-8", "replace"), False
        self._line.clear()
        event = self._events.line(line)
        if event is not None and self.reader is not None:
            self.reader.take(event)
        elif not self._events.is_open:
            self._aside.append(line[:MAX_LINE_CHARS])
