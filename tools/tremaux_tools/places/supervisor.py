"""The parent of a job's command: it sees the command through, whatever becomes of the Tremaux process that began it.

As a program, `supervisor.py DIRECTORY` reads what to run from `meta.json` in that directory and leaves its starter's
family. It ends the command and all that descends from it when its time is up, when its log grows too large, or when it
gets SIGTERM; how the command ended it writes to `exit.json`. Of what the command left behind, it ends what still has
the log open; a daemon, which has let go of it, lives on. It imports nothing of ours, so a job costs little to keep.

On Linux orphans of the command become children of the supervisor, so no process of the family gets lost, not even one
with a session of its own. Elsewhere the family is the command's process group.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

META = "meta.json"
EXIT = "exit.json"
LOG = "output.log"
DRAFT = ".new"  # what `write` names a file before it is whole
WRITTEN = {name for file in (META, EXIT) for name in (file, str(Path(file).with_suffix(DRAFT)))}
MARK = "TREMAUX_JOB"  # environment variable that all processes of a job inherit
DRAIN = 1.0  # seconds in which what the command left behind may print its last
GRACE = 5.0  # seconds from SIGTERM to SIGKILL
STUBBORN = 5.0  # seconds from SIGKILL until processes that the kernel does not let die are given up
TICK = 1.0  # seconds between two looks at the size of the log
GLANCE = 0.1  # seconds between two looks at what was left behind
SOON = 0.02  # seconds between two looks at a family that was killed
WORTH_CUTTING = 65_536  # bytes; a smaller log is not what fills a disk
MAX_LOG_BYTES = 2 * 1024**3
CANNOT_RUN, NOT_FOUND = 126, 127  # exit codes of a command that cannot start, as shells tell it
PROC = Path("/proc")  # Linux; elsewhere `ps` is asked
_SET_CHILD_SUBREAPER = 36  # prctl(2)
_WOKEN_BY = {signal.SIGCHLD, signal.SIGTERM, signal.SIGALRM}


@dataclass(frozen=True, slots=True)
class _Process:
    """One line of the process table."""

    parent: int
    is_alive: bool  #: not only waiting to be reaped
    began: str  #: ticks since the start of the machine


def born(pid: int) -> str:
    """When a process began, as the system tells it; empty where it is no more. With the pid it names one process."""
    if PROC.is_dir():
        process = _process(pid)
        if process is None or not process.is_alive:
            return ""
        return f"{(PROC / 'sys/kernel/random/boot_id').read_text().strip()}:{process.began}"
    asked = ["ps", "-o", "lstart=", "-p", str(pid)]
    told = subprocess.run(asked, check=False, capture_output=True, text=True)  # noqa: S603
    return told.stdout.strip()


def is_alive(pid: int, birth: str) -> bool:
    """Whether a process still runs, and not another one by its number."""
    return bool(birth) and born(pid) == birth


def family(root: int, mark: str) -> set[int]:
    """The living processes that descend from `root` or inherited `mark`; `root` is not among them."""
    table = {pid: process for pid in _pids() if (process := _process(pid)) and process.is_alive}
    found = {pid for pid in table if pid == root or (mark and _has_mark(pid, mark))}
    while grown := {pid for pid, process in table.items() if process.parent in found} - found:
        found |= grown
    return found - {root, os.getpid()}


def kill(pids: set[int], number: signal.Signals) -> None:
    """Send a signal to each of these processes that there still is."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def write(path: Path, content: dict[str, object]) -> None:
    """Write a file as a whole or not at all, to the disk."""
    draft = path.with_suffix(DRAFT)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def give_way(log: Path) -> bool:
    """Cut a log that has filled its disk to half its length; false where that would free next to nothing."""
    size = log.stat().st_size
    if size < WORTH_CUTTING:
        return False
    os.truncate(log, size // 2)
    return True


def main(directory: Path) -> int:
    """Begin the job and leave; the supervisor stays behind. Returns 0 once the job has begun."""
    meta = json.loads((directory / META).read_text())
    begun, tell = os.pipe()
    if os.fork():
        os.close(tell)
        return 0 if os.read(begun, 1) else 1
    os.close(begun)
    os.setsid()
    _adopt_orphans()
    signal.pthread_sigmask(signal.SIG_BLOCK, _WOKEN_BY)
    write(directory / META, meta | {"pid": os.getpid(), "born": born(os.getpid())})
    command = _spawn(meta["argv"])
    os.chdir("/")
    os.write(tell, b".")
    os.close(tell)
    exit_code, cause = _Watch(command, directory / LOG, meta["timeout_s"]).see_through()
    _write_end(directory, {"exit_code": exit_code, "cause": cause, "ended_at": time.time()})
    return 0


def _write_end(directory: Path, end: dict[str, object]) -> None:
    """Write how the command ended; where its own log has taken all room, that matters less."""
    while True:
        try:
            write(directory / EXIT, end)
        except OSError:
            if not give_way(directory / LOG):
                raise
        else:
            return


class _Watch:
    """Sees a command through; SIGCHLD, SIGTERM and SIGALRM are blocked and waited for."""

    def __init__(self, command: int, log: Path, timeout: float | None) -> None:
        self._command = command
        self._log = log
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._exit_code: int | None = None

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
        got = self._sleep(min(left, TICK))
        if self._exit_code is not None:
            return ""
        if got == signal.SIGTERM:
            return "cancel"
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return "timeout"
        return "size" if self._log.exists() and self._log.stat().st_size > MAX_LOG_BYTES else ""

    def _end(self) -> None:
        """End the family: ask, then force."""
        self._signal(signal.SIGTERM)
        self._until_gone(GRACE, TICK)
        deadline = time.monotonic() + STUBBORN
        while not self._is_gone() and time.monotonic() < deadline:  # again and again: they may still multiply
            self._signal(signal.SIGKILL)
            self._until_gone(SOON, SOON)

    def _end_writers(self) -> None:
        """End what is left of the family and would go on to write to the log, which nobody reads any more."""
        for number, patience in ((None, DRAIN), (signal.SIGTERM, GRACE), (signal.SIGKILL, STUBBORN)):
            if number:
                kill(self._writers(), number)
            deadline = time.monotonic() + patience
            while self._writers() and (left := deadline - time.monotonic()) > 0:
                self._sleep(min(left, GLANCE))

    def _writers(self) -> set[int]:
        return {pid for pid in self._members() if _has_open(pid, self._log)} if PROC.is_dir() else set()

    def _until_gone(self, patience: float, pause: float) -> None:
        deadline = time.monotonic() + patience
        while not self._is_gone() and (left := deadline - time.monotonic()) > 0:
            self._sleep(min(left, pause))

    def _is_gone(self) -> bool:
        return self._exit_code is not None and not self._members()

    def _members(self) -> set[int]:
        if PROC.is_dir():
            return family(os.getpid(), "")
        return {self._command} if self._exit_code is None else set()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._command, number)
        kill(self._members(), number)

    def _sleep(self, seconds: float) -> int:
        """Sleep until a signal comes, at most `seconds`; takes leave of the children that have died."""
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
        got = signal.sigwait(_WOKEN_BY)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._command:
                    code = os.waitstatus_to_exitcode(ended[1])
                    self._exit_code = code if code >= 0 else 128 - code
        return got


def _spawn(argv: list[str]) -> int:
    """Start the command in a session of its own."""
    if pid := os.fork():
        return pid
    os.setsid()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and a child would inherit that
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        os.execvp(argv[0], argv)  # noqa: S606  what a person or a trusted file asked for
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode("utf-8", "replace"))
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_RUN)


def _adopt_orphans() -> None:
    """Have processes that lose their parent become our children, where the kernel can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()) if PROC.is_dir() else iter(())


def _process(pid: int) -> _Process | None:
    """Read `/proc/PID/stat`, proc(5); the name before the last parenthesis may hold anything."""
    try:
        fields = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return _Process(parent=int(fields[1]), is_alive=fields[0] not in (b"Z", b"X"), began=fields[19].decode())


def _has_mark(pid: int, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _has_open(pid: int, path: Path) -> bool:
    try:
        return any(file.samefile(path) for file in (PROC / str(pid) / "fd").iterdir())
    except OSError:  # it has ended, or closed a file meanwhile: the next look tells
        return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
