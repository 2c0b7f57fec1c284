"""Files and processes inside a container, through one shell that stays open.

Starting a program through the engine takes 50 to 100 ms. So one `sh` is started for a container and user; scripts are
written to its standard input, and each answer ends with a line that nothing in it can hold: a number of 128 random
bits. The shell may be any POSIX one; beside its built-in commands the container needs cat, head, mkdir, mv and rm, and
stty where the mode of a terminal shall be known. Process ids are those inside the container.
"""

import secrets
from types import TracebackType
from typing import Self

import anyio

from tremaux_tools.containers import scripts
from tremaux_tools.containers.engine import Container, Engine
from tremaux_tools.containers.stream import ExecStream
from tremaux_tools.errors import BadArgument, PlaceUnavailable, TremauxError, UnknownItem
from tremaux_tools.machine import Foreground

ANSWER_TIMEOUT = 5.0  # seconds for one answer; it takes a millisecond, so only a paused container needs longer
ANSWER_LIMIT = 80 * 1024 * 1024  # bytes; the log of a run, the longest file that is read, has up to 64 MiB
KILL_ROUNDS = 100  # looks for what a session still runs, as what was killed takes its time to die
KILL_PAUSE = 0.01  # seconds between them
NAME_ANOTHER = "Name a container with one, such as those made from debian or busybox."
_ENDED = (anyio.EndOfStream, anyio.BrokenResourceError)
_UNANSWERED = (*_ENDED, TimeoutError, PlaceUnavailable, UnknownItem)
_NOT_STARTED = (126, 127)  # exit codes of a program that could not be started
_WHY = {
    "paused": ("is paused", "Let it go on: `docker unpause {name}`."),
    "exited": ("has stopped", "Start it: `docker start {name}`."),
    "gone": ("was removed", "Name another container, or open the terminal again."),
    "running": ("does not answer", "Its programs may use all the CPU, memory or process ids that it is allowed."),
}


class ContainerMachine:
    """The inside of a running container, as one user sees it.

    Calls take turns. Every one raises `PlaceUnavailable` when the container does not answer within `ANSWER_TIMEOUT`.
    Cancelling a call closes the shell, and the next call opens another.
    """

    def __init__(self, engine: Engine, container: Container, *, user: str | None = None) -> None:
        self._engine = engine
        self._container = container
        self._user = user
        self._turn = anyio.Lock()
        self._shell: ExecStream | None = None
        self._directory = ""

    async def private_directory(self) -> str:
        """A directory that no other user can read, made at the first call: in memory where that can be."""
        if not self._directory:
            status, out = await self._run(scripts.private_directory(secrets.token_hex(4)))
            if status:
                raise PlaceUnavailable(
                    f"no directory in the container {self._container.name!r} can be written by this user",
                    "Run it with `--tmpfs /tmp`, or name another user.",
                )
            self._directory = out.decode("utf-8", "surrogateescape")
        return self._directory

    async def write(self, path: str, data: bytes) -> None:
        """Create or replace a file of any bytes, readable by its owner only; parent directories are made.

        It is replaced at once: a reader sees the old content or the new.

        Raises:
            PlaceUnavailable: the file cannot be written.
        """
        status, said = await self._run(scripts.write(path, data, spare=secrets.token_hex(4)))
        if status:
            raise PlaceUnavailable(
                f"{path!r} cannot be written in the container {self._container.name!r}: {_last_line(said)}",
                "Look at the free space and the rights there.",
            )

    async def read(self, path: str, limit: int) -> bytes | None:
        """The first `limit` bytes of a file, as they are; None where there is none.

        Raises:
            PlaceUnavailable: the file cannot be read.
        """
        status, out = await self._run(scripts.read(path, limit))
        if status == scripts.MISSING:
            return None
        if status:
            raise PlaceUnavailable(
                f"{path!r} cannot be read in the container {self._container.name!r}", "Look at the rights of the file."
            )
        return out

    async def remove(self, path: str) -> None:
        """Remove a file, or a directory and what is in it; no error where there is none.

        Raises:
            BadArgument: the path is not absolute, or the root itself.
        """
        if not path.startswith("/") or not path.strip("/."):
            raise BadArgument(f"{path!r} is not removed", "Name the absolute path of a file or directory of ours.")
        await self._run(scripts.remove(path))

    async def foreground(self, pid: int) -> Foreground | None:
        """Who is in front on the terminal of process `pid`; None when `pid` is gone or has no terminal."""
        status, out = await self._run(scripts.foreground(pid))
        if status:
            return None
        line, _, settings = out.partition(scripts.SETTINGS)
        # The program's name stands in parentheses and may itself hold spaces and parentheses.
        number, _, rest = line.partition(b"(")
        name, _, fields = rest.rpartition(b")")
        words = settings.replace(b";", b" ").split()
        return Foreground(
            leader=int(number),
            program=name.decode("utf-8", "replace"),
            sleeping=fields.split()[0] == b"S",
            raw=None if b"icanon" not in settings else b"-icanon" in words,
        )

    async def tmux_version(self) -> str:
        """What the container's `tmux -V` says; empty where it has none."""
        status, out = await self._run(scripts.TMUX_VERSION)
        return "" if status else out.decode("utf-8", "replace").strip()

    async def kill_session(self, pid: int) -> None:
        """Kill the processes of the session that `pid` leads and all their descendants, at once and for good.

        They are stopped before they are killed, so that none can start another meanwhile, and are gone at the end.
        Processes of other users stay.
        """
        if pid <= 1:  # the container's own main process goes with the container
            return
        for _ in range(KILL_ROUNDS):
            _, killed = await self._run(scripts.kill_session(pid))
            if not killed:
                return
            await anyio.sleep(KILL_PAUSE)

    async def aclose(self) -> None:
        """Close the shell; it ends by itself then."""
        await self._drop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _run(self, script: str) -> tuple[int, bytes]:
        """Run a script: its exit status, and what it printed."""
        async with self._turn:
            try:
                with anyio.fail_after(ANSWER_TIMEOUT):
                    return await self._answer(script)
            except _UNANSWERED as error:
                raise await self._explain(error) from error
            except BaseException:
                await self._drop()  # half an answer may still come; nobody must take it for the next one
                raise

    async def _answer(self, script: str) -> tuple[int, bytes]:
        if self._shell is not None:
            try:
                return await self._ask(self._shell, script)
            except _ENDED:
                await self._drop()  # the container was started anew, or somebody killed the shell
        self._shell = await self._engine.open_stream(
            self._container.id, scripts.SHELL, user=self._user, environment=scripts.ENVIRONMENT
        )
        return await self._ask(self._shell, script)

    async def _ask(self, shell: ExecStream, script: str) -> tuple[int, bytes]:
        end = secrets.token_hex(16).encode()
        await shell.send(scripts.framed(script, end.decode()).encode("utf-8", "surrogateescape"))
        answer = bytearray()
        while True:
            seen = max(0, len(answer) - len(end) - 8)
            answer += await shell.receive()
            at = answer.find(end, seen)
            if at >= 0 and answer.endswith(b"\n"):
                return int(answer[at + len(end) :]), bytes(answer[:at])
            if len(answer) > ANSWER_LIMIT:
                raise PlaceUnavailable(
                    f"the container {self._container.name!r} answers without end", "Look at what its `sh` starts."
                )

    async def _drop(self) -> None:
        if self._shell is not None:
            shell, self._shell = self._shell, None
            with anyio.CancelScope(shield=True):
                await shell.aclose()

    async def _explain(self, error: BaseException) -> TremauxError:
        """Say why the container gave no answer, and let go of its shell."""
        name = self._container.name
        code = await self._shell.exit_code() if self._shell is not None else None
        await self._drop()
        status = (await self._engine.state(self._container.id)).status
        if status == "running" and isinstance(error, TremauxError):
            return error
        if status == "running" and code in _NOT_STARTED:
            return PlaceUnavailable(f"the container {name!r} has no shell (sh) that this user can start", NAME_ANOTHER)
        fact, hint = _WHY[status]
        return PlaceUnavailable(f"the container {name!r} {fact}", hint.format(name=name))


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else "no reason given"
