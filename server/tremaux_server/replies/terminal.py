"""The answers of the terminal tools."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field

from tremaux_server.replies.base import LINE, Part, Reply, as_data
from tremaux_server.shape import cut_end, cut_middle, newest, timestamp
from tremaux_server.uris import log_uri
from tremaux_tools.core.counted import counted

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.terminal.values import Capture, Run, Sent, Terminal

# Sizes of what a pane shows are bytes as JSON, for that is what clients count.
MAX_SHOWN = 6_800  # by default: a whole answer stays under 8,000
MAX_ASKED = 64 * 1024  # when the caller says how many lines
MAX_IN_TEXT = 3_000
MAX_OUTPUT = 32_000  # characters of a run's output
MAX_MATCHED = 300  # characters of what a pattern matched
COMMAND = 60  # characters of a command in a list
CONTAINER_ID = 12  # digits that docker itself shows

OutcomeName = Literal["none", "matched", "stopped", "idle", "timed_out", "gone"]
PlaceName = Literal["tmux", "docker"]
StatusName = Literal["running", "exited", "killed", "lost"]


class CursorPart(Part):
    """Column and row, from 0."""

    x: int
    y: int


class PaneReply(Reply):
    """An answer that carries what a pane showed: too much to shorten as other answers are."""

    def structured(self) -> dict[str, Any]:
        """The answer as a JSON object."""
        return self.model_dump(mode="json", by_alias=True)


class CaptureReply(PaneReply):
    """The answer of capture_pane."""

    target: str
    pane_id: str
    shown: str = Field(alias="text")  # `text` and `lines` are what every reply can do
    line_count: int = Field(alias="lines")
    cursor: CursorPart
    command: str
    alive: bool
    exit_code: int | None
    outcome: OutcomeName
    waited_s: float
    matched: str | None
    timed_out: bool
    truncated: bool
    redactions: int
    mark: str

    @classmethod
    def of(cls, capture: "Capture", *, asked: bool) -> Self:
        """Translate what was seen; where the caller `asked` for a number of lines, more of it."""
        column, row = capture.cursor
        whole = cls(
            target=capture.target,
            pane_id=capture.pane_id,
            text=capture.text,
            lines=capture.lines,
            cursor=CursorPart(x=column, y=row),
            command=cut_end(capture.command, LINE),
            alive=capture.alive,
            exit_code=capture.exit_code,
            outcome=capture.outcome.value,
            waited_s=round(capture.waited, 3),
            matched=None if capture.matched is None else cut_end(capture.matched, MAX_MATCHED),
            timed_out=capture.outcome.value == "timed_out",
            truncated=capture.truncated,
            redactions=capture.redactions,
            mark=capture.mark,
        )
        kept = newest(capture.text, MAX_ASKED if asked else MAX_SHOWN)
        if len(kept) == len(capture.text):
            return whole
        return whole.model_copy(update={"shown": kept, "line_count": len(kept.split("\n")), "truncated": True})

    def lines(self) -> Iterator[str]:
        """How the wait ended, where the terminal stands, and what it shows."""
        yield self.decision()
        if self.pane_id:
            yield f"{self.target!r} (pane {self.pane_id}): {_in_front(self)}; mark {self.mark}"
        else:
            yield f"The log that was kept of {self.target!r}: {cut_end(self.command, LINE)!r}"
        text = newest(self.shown, MAX_IN_TEXT)
        if self.truncated or len(text) < len(self.shown):
            yield "Older text is left out here; ask for more with lines, or for what is new with since."
        if text:
            yield from as_data(text.split("\n"))
        else:
            yield "Nothing is shown."

    def decision(self) -> str:
        """How the wait ended, in a line."""
        return _DECISIONS[self.outcome](self)


class SentReply(Reply):
    """The answer of send_keys."""

    target: str
    size: int
    mark: str

    @classmethod
    def of(cls, sent: "Sent") -> Self:
        """Translate what was typed."""
        return cls(target=sent.target, size=sent.size, mark=sent.mark)

    def lines(self) -> Iterator[str]:
        """What was typed and how to see what came of it."""
        yield f"SENT {counted(self.size, 'byte')} to {self.target!r}."
        yield f"See what came of it: capture_pane with a wait, or with since={self.mark!r}."


class RunReply(PaneReply):
    """The answer of run_command."""

    job_id: str
    target: str
    status: StatusName
    exit_code: int | None
    output: str
    duration_s: float
    outcome: Literal["exited", "timed_out", "gone"]
    timed_out: bool
    truncated: bool
    redactions: int
    log_uri: str

    @classmethod
    def of(cls, run: "Run") -> Self:
        """Translate a run; of a long output both ends are kept."""
        uri = log_uri(run.job_id)
        output = cut_middle(run.output, MAX_OUTPUT, whole=uri)
        return cls(
            job_id=run.job_id,
            target=run.target,
            status=run.status,
            exit_code=run.exit_code,
            output=output,
            duration_s=round(run.duration, 3),
            outcome=run.outcome,
            timed_out=run.outcome == "timed_out",
            truncated=run.truncated or output != run.output,
            redactions=run.redactions,
            log_uri=uri,
        )

    def whole(self) -> str:
        """The log of the run."""
        return self.log_uri

    def lines(self) -> Iterator[str]:
        """The exit code, then the output."""
        yield self.decision()
        yield from as_data(self.output.split("\n") if self.output else ())

    def decision(self) -> str:
        """How the run ended, in a line."""
        if self.outcome == "timed_out":
            return f"RUNNING after {self.duration_s:.1f} s: ask again with get_job({self.job_id!r}), or cancel_job."
        return ended(self.status, self.exit_code, self.duration_s)


class TerminalPart(Part):
    """A terminal."""

    target: str
    pane_id: str
    place: PlaceName
    width: int
    height: int
    command: str
    container: str
    alive: bool
    reachable: bool
    exit_code: int | None
    attach: str
    project: str
    last_job: str
    opened_at: str
    used_at: str

    @classmethod
    def of(cls, terminal: "Terminal") -> Self:
        """Translate a terminal as it is known."""
        times = {"opened_at": timestamp(terminal.opened_at), "used_at": timestamp(terminal.used_at)}
        return cls.model_validate(asdict(terminal) | {"command": cut_end(terminal.command, LINE)} | times)

    def work(self) -> str:
        """What it was opened with, and what ran in it last."""
        run = f", last run: {self.last_job}" if self.last_job else ""
        return f"{cut_end(self.command, COMMAND) or 'a shell'!r}{run}"

    def state(self) -> str:
        """Where it is, of what size, and whether it lives."""
        life = "alive" if self.alive else _code(self.exit_code)
        life = life if self.reachable else "cannot be reached now"
        where = f"in container {self.container[:CONTAINER_ID]}" if self.container else "on this host"
        return f"{self.target!r} (pane {self.pane_id}) {where}, {self.width}x{self.height}, {life}"


class OpenedReply(TerminalPart, Reply):
    """The answer of open_session."""

    def lines(self) -> Iterator[str]:
        """The name to use from now on, and how a person looks at it."""
        yield f"OPENED {self.state()}"
        if self.attach:
            yield f"A person can look at it with: {self.attach}"


class ClosedReply(TerminalPart, Reply):
    """The answer of close_session: the terminal as it stood before."""

    def lines(self) -> Iterator[str]:
        """What was closed."""
        yield f"CLOSED {self.state()}"


class SessionsReply(Reply):
    """The answer of list_sessions: the latest used first."""

    total: int
    sessions: list[TerminalPart]

    @classmethod
    def of(cls, terminals: Sequence["Terminal"]) -> Self:
        """Translate all terminals."""
        return cls(total=len(terminals), sessions=[TerminalPart.of(terminal) for terminal in terminals])

    def lines(self) -> Iterator[str]:
        """One line a terminal."""
        yield f"{self.total} {'terminal' if self.total == 1 else 'terminals'}."
        yield from (f"- {part.state()}: {part.work()}" for part in self.sessions)


def _code(exit_code: int | None) -> str:
    return "its exit code is not known" if exit_code is None else f"ended with exit code {exit_code}"


def ended(status: StatusName, exit_code: int | None, seconds: float) -> str:
    """How a run of a command ended, in a line."""
    after = f"after {seconds:.1f} s"
    match status:
        case "running":
            return f"RUNNING {after}"
        case "exited" if exit_code is not None:
            return f"EXIT {exit_code} {after}"
        case "killed":
            return f"KILLED {after}: {_code(exit_code)}"
        case _:
            return f"GONE {after}: {_code(exit_code)}"


def _matched(reply: CaptureReply) -> str:
    return repr(cut_end(reply.matched, LINE)) if reply.matched is not None else "the prompt"


def _in_front(reply: CaptureReply) -> str:
    if not reply.alive:
        return _code(reply.exit_code)
    return f"{reply.command or 'a program'!r} in front, cursor at column {reply.cursor.x}, row {reply.cursor.y}"


_DECISIONS: Mapping[OutcomeName, Callable[[CaptureReply], str]] = {
    "none": lambda reply: f"READ {reply.line_count} lines" if reply.alive else f"GONE: {_code(reply.exit_code)}",
    "matched": lambda reply: f"MATCHED {_matched(reply)} after {reply.waited_s:.1f} s",
    "stopped": lambda reply: f"STOPPED by {_matched(reply)} after {reply.waited_s:.1f} s",
    "idle": lambda reply: f"IDLE after {reply.waited_s:.1f} s",
    "timed_out": lambda reply: f"TIMED OUT after {reply.waited_s:.1f} s: what was waited for did not come",
    "gone": lambda reply: f"GONE: {_code(reply.exit_code)}",
}
