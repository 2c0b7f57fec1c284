"""Start a pane or join one that runs: on this host, or in a container, with tmux inside it or without."""

import shlex
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from tremaux_tools.containers.confinement import NONCE
from tremaux_tools.core.terminal.launch import program_line
from tremaux_tools.core.terminal.records import TerminalRecord
from tremaux_tools.core.terminal.values import Opening
from tremaux_tools.errors import BadArgument, PlaceUnavailable, TerminalGone, UnknownItem
from tremaux_tools.machine import Machine
from tremaux_tools.terminals.live import Live
from tremaux_tools.tmux import server
from tremaux_tools.tmux.client import ClientPipes
from tremaux_tools.tmux.control import CommandFailed, Control, Disconnected, Duplex
from tremaux_tools.tmux.host import Host

if TYPE_CHECKING:
    from tremaux_tools.containers.engine import Container, Engine
    from tremaux_tools.containers.machine import ContainerMachine

CONTAINER_SHELL = "command -v bash >/dev/null && exec bash -i; exec sh -i"  # where nobody's SHELL is set
MAX_COMMAND = 8_000  # bytes; tmux takes command lines of up to 16 KB
STRAY_PATIENCE = 600.0  # seconds; opening a terminal takes a few
TRIES = 3  # a server that just lost its last session may end while we ask it for another
PID_DEADLINE = 10.0  # seconds for a program behind the bridge to be started by the engine
PID_BYTES = 32
PID_PAUSE = 0.02  # seconds between looks for it
_FACTS = "#{pane_id} #{pane_pid}"


class Connector:
    """Makes panes of this process's terminals. Connections live in `tasks`; terminals outlive them.

    `owner` marks the containers we make, so that others' are never removed.
    """

    def __init__(
        self, tasks: TaskGroup, tmux: server.HostTmux, host: Host, *, engine_address: str | None, owner: str
    ) -> None:
        self._tasks = tasks
        self._tmux = tmux
        self._host = host
        self._engine: Engine | None = None
        self._address = engine_address
        self._owner = owner
        self._strays: dict[str, float] = {}  # containers without a terminal, and when they were first seen
        # Of many clients that each start the same server, most fail: one at a time for each container and socket.
        self._opening: dict[tuple[str, str], anyio.Lock] = {}
        self._machines: dict[tuple[str, str | None], ContainerMachine] = {}

    async def prepare(self, record: TerminalRecord, opening: Opening) -> TerminalRecord:
        """Find where the terminal can run; make its container if it asks for an image.

        Raises:
            PlaceUnavailable: tmux or the container engine is missing.
            UnknownItem: there is no such image or container.
            BadArgument: the command is too long.
        """
        if len((opening.command or "").encode("utf-8", "replace")) > MAX_COMMAND:
            raise BadArgument(f"command is longer than {MAX_COMMAND} bytes", "Put it into a file and run that.")
        if opening.place == "tmux":
            await self._tmux.ready()
            return replace(record, socket=self._tmux.socket)
        made = opening.image is not None
        container = await self._container(opening)
        record = replace(record, container=container.id, user=opening.user, made=made)
        try:
            return await self._settle(record)
        except BaseException:
            await self.destroy(record, None)
            raise

    async def _settle(self, record: TerminalRecord) -> TerminalRecord:
        """Say where the tmux server of a terminal in a container runs: inside it, if it has a usable one."""
        machine = await self._inside(record)
        directory = await machine.private_directory()
        if server.is_usable(await machine.tmux_version()):
            return replace(record, tmux_inside=True, socket=f"{directory}/tmux")
        await self._tmux.ready()
        return replace(record, directory=directory, socket=self._tmux.socket)

    async def start(self, record: TerminalRecord, opening: Opening) -> Live:
        """Start the terminal's program in a pane of its own.

        Raises:
            BadArgument: tmux refuses.
            PlaceUnavailable: tmux, the engine or the container does not answer.
        """
        command = opening.command or (CONTAINER_SHELL if record.container else None)
        shell = self._tmux.environment.get("SHELL") or "/bin/sh"
        program = program_line(command, cwd=opening.cwd, shell=shell)
        pid_file = None
        if _is_bridged(record):
            pid_file = _pid_file(record)
            program = await self._bridge(record, program, pid_file)
        client = server.new_session(
            record.socket,
            record.session,
            width=record.width,
            height=record.height,
            program=program,
            inherited=() if record.tmux_inside else self._tmux.environment,
        )
        live = await self._live(record)
        try:
            await self._start(record, live, client)
            if pid_file:
                live.leader = await _await_pid(live, pid_file)
        except BaseException:  # the session may be there, and nobody would know of it
            with suppress(PlaceUnavailable):
                await self.destroy(replace(record, made=False), live)
            raise
        return live

    async def _start(self, record: TerminalRecord, live: Live, client: Sequence[str]) -> None:
        place = (record.container if record.tmux_inside else "", record.socket)
        for _ in range(TRIES):
            try:
                async with self._opening.setdefault(place, anyio.Lock()):
                    return await self._connect(record, live, client)
            except Disconnected:
                continue
            except CommandFailed as error:
                raise BadArgument(f"tmux refuses the terminal: {error}", "Check width, height and command.") from error
        raise PlaceUnavailable("tmux ended while the terminal was opened", "Try again; `tmux -V` tells if it works.")

    async def join(self, record: TerminalRecord) -> Live:
        """Join a terminal that this process did not open.

        Raises:
            TerminalGone: its session or its container is no more.
            PlaceUnavailable: tmux, the engine or the container does not answer.
        """
        live = await self._live(record)
        try:
            await self._attach(record, live)
            if _is_bridged(record):
                live.leader = await _await_pid(live, _pid_file(record))
            await live.end(pulse=0.0)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await live.close()
            raise
        return live

    async def destroy(self, record: TerminalRecord, live: Live | None) -> None:
        """End the terminal and every process of its session; remove its container if we made it.

        Raises:
            PlaceUnavailable: it cannot be reached; nothing was ended.
        """
        with anyio.CancelScope(shield=True):
            if record.made:
                await (await self._reach()).remove(record.container)
            if live is not None:
                await _end(live, killed=record.made)

    async def leave(self, record: TerminalRecord) -> None:
        """Remove our directory and shell from a person's container, in which no terminal of that user is left."""
        machine = self._machines.pop((record.container, record.user), None)
        if machine is not None:
            with suppress(PlaceUnavailable, UnknownItem):
                await machine.remove(record.directory or str(PurePosixPath(record.socket).parent))
            await machine.aclose()

    async def remove_strays(self, kept: Collection[str], *, now: float) -> None:
        """Remove the containers we made but those `kept`, once they have been strays for `STRAY_PATIENCE`.

        Another server may have made one for a terminal that it is just opening. Nothing is done before this process
        has had a container to do with.
        """
        if self._engine is None:
            return
        with suppress(PlaceUnavailable):
            owned = await self._engine.owned(self._owner)
            strays = {each.id for each in owned if NONCE not in each.labels}.difference(kept)  # those are jobs'
            self._strays = {each: self._strays.get(each, now) for each in strays}
            for each, since in self._strays.items():
                if now - since >= STRAY_PATIENCE:
                    await self._engine.remove(each)

    def person_command(self, record: TerminalRecord) -> list[str]:
        """The command that shows the terminal to a person."""
        command = server.person_command(record.socket, record.session)
        if record.tmux_inside:
            return ["docker", "exec", "-it", *(("-u", record.user) if record.user else ()), record.container, *command]
        return command

    async def logs(self, record: TerminalRecord) -> Machine:
        """The machine where the terminal's tmux runs."""
        return await self._machine_of(record) if record.tmux_inside else self._host

    async def aclose(self) -> None:
        """Leave the engine; terminals and containers go on."""
        await self._host.aclose()
        for machine in self._machines.values():
            await machine.aclose()
        if self._engine is not None:
            await self._engine.aclose()

    async def _live(self, record: TerminalRecord) -> Live:
        """A terminal that has no client yet."""
        try:
            machine = await self._machine_of(record)
        except (PlaceUnavailable, UnknownItem):
            await self._check_container(record)
            raise
        logs = machine if record.tmux_inside else self._host
        return Live(machine, logs, width=record.width, regain=partial(self._attach, record))

    async def _attach(self, record: TerminalRecord, live: Live) -> None:
        """Give a terminal a client of its session.

        Raises:
            TerminalGone: there is no such session, or its container has ended.
            PlaceUnavailable: tmux, the engine or the container does not answer.
        """
        try:
            await self._connect(record, live, server.attach_session(record.socket, record.session))
        except (CommandFailed, Disconnected) as error:
            raise TerminalGone(f"terminal {record.name!r} is gone: {error}") from error
        except (PlaceUnavailable, UnknownItem):
            await self._check_container(record)
            raise

    async def _check_container(self, record: TerminalRecord) -> None:
        """Tell a container that has ended from one that only does not answer.

        Raises:
            TerminalGone: it has.
        """
        if record.container:
            state = await (await self._reach()).state(record.container)
            if state.status in ("exited", "gone"):
                what = "has stopped" if state.status == "exited" else "was removed"
                raise TerminalGone(f"terminal {record.name!r} is gone: its container {what}")

    async def _connect(self, record: TerminalRecord, live: Live, command: Sequence[str]) -> None:
        """Start a control-mode client and learn which pane it shows."""
        control = Control(await self._stream(record, command), on_output=live.output, on_notice=live.notice)
        self._tasks.start_soon(_run, control, live)
        try:
            await control.started()
            ((told,),) = await control.ask(f"display-message -p '{_FACTS}'")
            pane, leader = told.decode().split()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await control.close()
            raise
        # Behind the bridge the program has another process id, which its file tells.
        live.attach(control, pane, live.leader if _is_bridged(record) else int(leader))

    async def _stream(self, record: TerminalRecord, command: Sequence[str]) -> Duplex:
        if record.tmux_inside:
            return await (await self._reach()).open_stream(record.container, command, user=record.user)
        return await ClientPipes.start(command, self._tmux.environment)

    async def _container(self, opening: Opening) -> "Container":
        engine = await self._reach()
        if opening.image is not None:
            return await engine.create(opening.image, opening.limits, user=opening.user, owner=self._owner)
        assert opening.container is not None
        return await engine.container(opening.container)

    async def _machine_of(self, record: TerminalRecord) -> Machine:
        """Where the terminal's programs run."""
        return await self._inside(record) if record.container else self._host

    async def _inside(self, record: TerminalRecord) -> "ContainerMachine":
        """The inside of the terminal's container, as its user sees it."""
        key = (record.container, record.user)
        if key not in self._machines:
            engine = await self._reach()
            container = await engine.container(record.container)
            module = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.machine")
            self._machines[key] = module.ContainerMachine(engine, container, user=record.user)
        return self._machines[key]

    async def _bridge(self, record: TerminalRecord, program: str, pid_file: str) -> str:
        """The line that runs a program in a container without tmux, behind a pane of this host."""
        bridge = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.bridge")
        address = await (await self._reach()).address()
        argv = ("sh", "-c", program)
        words = bridge.command(address, record.container, argv, user=record.user, pid_file=pid_file)
        return f"exec {shlex.join(words)}"

    async def _reach(self) -> "Engine":
        """The engine; docker's package is loaded only where a container is asked for."""
        if self._engine is None:
            module = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.engine")
            self._engine = module.Engine(self._address)
        return self._engine


async def _run(control: Control, live: Live) -> None:
    """Read what the client tells until it ends, and let those who wait see the end."""
    try:
        await control.run()
    finally:
        live.wake()


async def _end(live: Live, *, killed: bool) -> None:
    """Kill the session's processes, unless they were `killed` with their container, then the session itself."""
    with suppress(TerminalGone):
        await live.connected()
        if live.leader and not killed:
            await live.machine.kill_session(live.leader)
        await live.tell("kill-session")
    await live.close(gone=True)


def _is_bridged(record: TerminalRecord) -> bool:
    return bool(record.container) and not record.tmux_inside


def _pid_file(record: TerminalRecord) -> str:
    return f"{record.directory}/{record.session}.pid"


async def _await_pid(live: Live, pid_file: str) -> int:
    """The process id of the program behind the bridge, once the engine has started it; 0 when it never did."""
    with anyio.move_on_after(PID_DEADLINE):
        while not (told := await live.machine.read(pid_file, PID_BYTES)) or not told.strip().isdigit():
            if await live.end():
                return 0
            await anyio.sleep(PID_PAUSE)
        return int(told)
    raise PlaceUnavailable("the engine did not start the program in the container", "Look at its log.")
