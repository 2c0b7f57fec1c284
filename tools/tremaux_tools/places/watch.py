"""See a job's command through to its end, in the supervisor.

The command ends with all that descends from it when its time is up, when its log grows too large, or when the
supervisor gets SIGTERM. When it ended by itself, that of what it left behind ends which still has the log or its
terminal open; a daemon, which has let go of them, lives on.
"""

import json
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress

from tremaux_tools.places import files
from tremaux_tools.places.family import family, has_open, has_proc, kill

TYPE_CHECKING = False  # as `typing` would say, which takes longer to load than all the rest
if TYPE_CHECKING:
    from typing import Any

    from tremaux_tools.places.relay import Relay
    from tremaux_tools.places.typist import Typist

DRAIN = 1.0  # seconds in which what the command left behind may print its last
GRACE = 5.0  # seconds from SIGTERM to SIGKILL
STUBBORN = 5.0  # seconds from SIGKILL until processes that the kernel does not let die are given up
TICK = 1.0  # seconds between two looks at the size of the log
GLANCE = 0.1  # seconds between two looks at what was left behind
SOON = 0.02  # seconds between two looks at a family that was killed
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, getrusage(2)


def see_through(directory: str, command: int, heard: int, relay: "Relay | None") -> int | None:
    """Wait for the command's end, or bring it about; write down how it ended, and return its exit code.

    `heard` is where the numbers of signals can be read.
    """
    with open(f"{directory}/{files.META}") as file:
        meta = json.load(file)
    if relay:
        relay.keep(directory, _typist(meta["typed"]))
    exit_code, cause = _Watch(command, heard, f"{directory}/{files.LOG}", meta["timeout_s"], relay).see_through()
    if relay:
        relay.finish()
    cpu, memory = _used(meta["container"])
    if held := meta.get("group"):
        from tremaux_tools.places import group  # noqa: PLC0415 - only where there is one

        group.remove(held)
    end = {
        "exit_code": exit_code,
        "cause": cause,
        "ended_at": time.time(),
        "cpu_s": cpu,
        "memory_bytes": memory,
    }
    _write_end(directory, json.dumps(end))
    return exit_code


def _used(box: "dict[str, str] | None") -> tuple[float | None, int | None]:
    """What the command has used; the container it ran in, if it had one, is removed with all that is left in it."""
    if box is None:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime, used.ru_maxrss * _MAXRSS_UNIT
    from tremaux_tools.places import container  # noqa: PLC0415 - only where there is one

    told = container.used(box["engine"], box["id"])
    container.remove(box["engine"], box["id"])
    return told


def _typist(typed: "dict[str, Any] | None") -> "Typist | None":
    if typed is None:
        return None
    from tremaux_tools.places.typist import Typist  # noqa: PLC0415 - only where there is something to type

    return Typist(typed["text"], typed["ready"])


def _write_end(directory: str, end: str) -> None:
    """Write how the command ended; where its own log has taken all room, that matters less."""
    while True:
        try:
            files.write_end(directory, end)
        except OSError:
            if not files.give_way(f"{directory}/{files.LOG}"):
                raise
        else:
            return


class _Watch:
    """Sees a command through."""

    def __init__(self, command: int, heard: int, log: str, timeout: float | None, relay: "Relay | None") -> None:
        self._command = command
        self._heard = heard
        self._log = log
        self._relay = relay
        self._output = log if relay is None else os.ttyname(relay.terminal)
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._exit_code: int | None = None
        self._cancelled = False

    def see_through(self) -> tuple[int | None, str]:
        """Wait for the command's end, or bring it about; the exit code and why it was ended, empty for by itself."""
        while self._exit_code is None:
            if cause := self._wait():
                self._end()
                return self._exit_code, cause
        self._end_writers()
        return self._exit_code, ""

    def _wait(self) -> str:
        """Wait until something happened; says why the command has to end now, empty for not."""
        left = TICK if self._deadline is None else self._deadline - time.monotonic()
        self._sleep(min(left, TICK))
        if self._exit_code is not None:
            return ""
        if self._cancelled:
            return "cancel"
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return "timeout"
        with suppress(OSError):
            return "size" if os.stat(self._log).st_size > files.MAX_LOG_BYTES else ""
        return ""

    def _end(self) -> None:
        """End the family: ask, then force."""
        self._signal(signal.SIGTERM)
        self._until_gone(GRACE, TICK)
        deadline = time.monotonic() + STUBBORN
        while not self._is_gone() and time.monotonic() < deadline:  # again and again: they may still multiply
            self._signal(signal.SIGKILL)
            self._until_gone(SOON, SOON)

    def _end_writers(self) -> None:
        """End what is left of the family and would go on to write, which nobody reads any more."""
        for number, patience in ((None, DRAIN), (signal.SIGTERM, GRACE), (signal.SIGKILL, STUBBORN)):
            if number:
                kill(self._writers(), number)
            deadline = time.monotonic() + patience
            while self._writers() and (left := deadline - time.monotonic()) > 0:
                self._sleep(min(left, GLANCE))

    def _writers(self) -> set[int]:
        return {pid for pid in self._members() if has_open(pid, self._output)} if has_proc() else set()

    def _until_gone(self, patience: float, pause: float) -> None:
        deadline = time.monotonic() + patience
        while not self._is_gone() and (left := deadline - time.monotonic()) > 0:
            self._sleep(min(left, pause))

    def _is_gone(self) -> bool:
        return self._exit_code is not None and not self._members()

    def _members(self) -> set[int]:
        if has_proc():
            return family(os.getpid(), "")
        return {self._command} if self._exit_code is None else set()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._command, number)
        kill(self._members(), number)

    def _sleep(self, seconds: float) -> None:
        """Sleep until something comes, at most `seconds`; takes leave of the children that have died."""
        readers, writers = self._relay.wants() if self._relay else ([], [])
        seconds = self._relay.patience(seconds) if self._relay else seconds
        ready, writable, _ = select.select([self._heard, *readers], writers, [], max(seconds, 0.0))
        if self._heard in ready:
            self._cancelled |= signal.SIGTERM in os.read(self._heard, 4096)
        if self._relay:
            self._relay.carry(ready, writable)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._command:
                    code = os.waitstatus_to_exitcode(ended[1])
                    self._exit_code = code if code >= 0 else 128 - code
