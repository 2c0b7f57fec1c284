"""The terminal tools: open terminals, type into them, wait for what is needed, read what they show."""

from collections.abc import Sequence
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from tremaux_server.app import App
from tremaux_server.look import MAX_LINES, MAX_QUIET, MAX_WAIT, IdleMode, Look, Wait
from tremaux_server.replies.terminal import (
    CaptureReply,
    ClosedReply,
    OpenedReply,
    PlaceName,
    RunReply,
    SentReply,
    SessionsReply,
)
from tremaux_server.targets import at_terminal, see
from tremaux_server.tool import ACTS, ENDS, READS, Offer, progress
from tremaux_server.where import ProjectName, Where
from tremaux_tools.core.terminal.values import (
    MAX_HEIGHT,
    MAX_NAME,
    MAX_WIDTH,
    MIN_MEMORY,
    MIN_PIDS,
    MIN_SIZE,
    Limits,
    Opening,
    Run,
    Sent,
)
from tremaux_tools.errors import BadArgument

MAX_TEXT = 1_000_000  # characters typed in one call
MAX_KEYS = 100
MAX_DELAY = 30.0  # seconds
MAX_ID = 200  # characters
MAX_NUMBER = 2**31 - 1
DEFAULTS = Limits()

Target = Annotated[
    str, Field(min_length=1, max_length=MAX_ID, description="A terminal's name, or a job's or ticket's id")
]
Pattern = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=0, le=MAX_WAIT)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Columns = Annotated[int, Field(ge=MIN_SIZE, le=MAX_WIDTH)]
Rows = Annotated[int, Field(ge=MIN_SIZE, le=MAX_HEIGHT)]


class TerminalTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def capture_pane(
        self,
        where: Where,
        target: Target,
        context: Context[Any, Any],
        lines: Annotated[int, Field(ge=0, le=MAX_LINES, description="Newest lines, 200 if not set; 0: screen")]
        | None = None,
        wait: Wait = "none",
        pattern: Annotated[Pattern, Field(description="Python regular expression that `wait` waits for")] | None = None,
        stop: Annotated[Pattern, Field(description="Pattern that ends the wait early, e.g. an error")] | None = None,
        idle_mode: IdleMode = "output",
        quiet_s: Annotated[float, Field(gt=0, le=MAX_QUIET)] = 0.5,
        timeout_s: Seconds = 30,
        ansi: bool = False,
        since: Annotated[str, Field(max_length=MAX_ID, description="A mark: only what came after it")] | None = None,
        project: ProjectName = None,
    ) -> CaptureReply:
        """Wait for something in a terminal, then read it, in one call; use it instead of sleeping and looking again.

        A wait looks at what came after the last send_keys. idle: no output for quiet_s ("screen": no change).
        shell_prompt: the shell takes commands again. A time-out is a result. For exit codes use run_command.
        """
        at = Look(
            target=target,
            lines=lines,
            wait=wait,
            pattern=pattern,
            stop=stop,
            idle_mode=idle_mode,
            quiet=quiet_s,
            timeout=timeout_s,
            ansi=ansi,
            since=since,
        )
        capture = await see(self._app, where, at, progress(context))
        return CaptureReply.of(capture, asked=lines is not None)

    async def open_session(
        self,
        where: Where,
        name: Annotated[str, Field(max_length=MAX_NAME)] | None = None,
        command: Annotated[Text, Field(description="A program to run; an interactive shell if not set")] | None = None,
        cwd: str | None = None,
        place: PlaceName = "tmux",
        image: Annotated[str, Field(description="Make a container from it, removed with the terminal")] | None = None,
        container: Annotated[str, Field(description="Use this running container")] | None = None,
        user: Annotated[str, Field(description="User in the container")] | None = None,
        width: Columns = 120,
        height: Rows = 40,
        memory_mb: Annotated[int, Field(ge=MIN_MEMORY, le=MAX_NUMBER)] = DEFAULTS.memory_mb,
        cpus: Annotated[float, Field(gt=0, le=MAX_NUMBER)] = DEFAULTS.cpus,
        pids: Annotated[int, Field(ge=MIN_PIDS, le=MAX_NUMBER)] = DEFAULTS.pids,
        network: Annotated[bool, Field(description="Let the container reach the network")] = DEFAULTS.network,
        project: ProjectName = None,
    ) -> OpenedReply:
        """Open a terminal on this host (tmux) or in a container (docker: image or container); it outlives the server.

        Use it for what needs a terminal or runs long: shells, REPLs, servers, other agents. Then run_command or
        send_keys, and capture_pane. memory_mb, cpus, pids and network are for a container made from image.
        """
        opening = Opening(
            name=name,
            command=command,
            cwd=str(where / (cwd or "")) if place == "tmux" else cwd,
            place=place,
            image=image,
            container=container,
            user=user,
            width=width,
            height=height,
            limits=Limits(memory_mb=memory_mb, cpus=cpus, pids=pids, network=network),
        )
        return OpenedReply.of(await self._app.terminals.open_session(opening, project=str(where)))

    async def send_keys(
        self,
        where: Where,
        target: Target,
        text: Text = "",
        enter: Annotated[bool, Field(description="Press Enter after the text")] = True,
        delay_enter_s: Annotated[float, Field(ge=0, le=MAX_DELAY, description="Pause before Enter")] = 0.0,
        keys: Annotated[
            list[Annotated[str, Field(min_length=1, max_length=MAX_NAME)]],
            Field(max_length=MAX_KEYS, description="tmux key names: C-c, Escape, Up"),
        ] = [],  # noqa: B006  pydantic copies it
        project: ProjectName = None,
    ) -> SentReply:
        """Type into a terminal; the text arrives letter by letter as it is, whatever characters it holds.

        Use it to talk to programs; delay_enter_s helps those that take a fast Enter for a part of a paste (agents).
        Follow with capture_pane and a wait. To run a shell command and get its exit code use run_command.
        """
        if not (text or enter or keys):
            raise BadArgument("there is nothing to send", "Give text or keys, or leave enter on.")

        async def send(name: str) -> Sent:
            return await self._app.terminals.send_keys(name, text, enter=enter, delay_enter=delay_enter_s, keys=keys)

        return SentReply.of(await at_terminal(self._app, where, target, send))

    async def run_command(
        self,
        where: Where,
        target: Target,
        command: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)],
        context: Context[Any, Any],
        timeout_s: Seconds = 50,
        project: ProjectName = None,
    ) -> RunReply:
        """Run a command in a terminal's shell and get its exact exit code and its output, without prompt and echo.

        The shell keeps its state (cd, variables). What is not done after timeout_s runs on as a job: get_job asks
        again. For programs that want to be typed to use send_keys.
        """

        async def run(name: str) -> Run:
            return await self._app.terminals.run_command(name, command, timeout=timeout_s, progress=progress(context))

        return RunReply.of(await at_terminal(self._app, where, target, run))

    async def list_sessions(self, project: ProjectName = None) -> SessionsReply:
        """List the terminals, of all projects, alive or ended. To see what one shows use capture_pane."""
        return SessionsReply.of(await self._app.terminals.list_sessions())

    async def close_session(self, where: Where, target: Target, project: ProjectName = None) -> ClosedReply:
        """End a terminal and every process in it, and its container if it was made for it; tells the exit code.

        To end only the program in front, send_keys with keys ["C-c"].
        """
        return ClosedReply.of(await at_terminal(self._app, where, target, self._app.terminals.close_session))

    def offers(self) -> Sequence[Offer]:
        """The tools, the one shown by default first."""
        return (
            Offer(self.capture_pane, "Look into a terminal", READS, core=True),
            Offer(self.open_session, "Open a terminal", ACTS),
            Offer(self.send_keys, "Type into a terminal", ACTS),
            Offer(self.run_command, "Run a command in a terminal", ACTS),
            Offer(self.list_sessions, "List terminals", READS),
            Offer(self.close_session, "Close a terminal", ENDS),
        )
