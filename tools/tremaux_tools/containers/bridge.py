"""Show a program of a container in the terminal that this one runs in: a pane on the host, without tmux inside.

    python -m tremaux_tools.containers.bridge --engine unix:///var/run/docker.sock --container ID -- sh -i

Ends with the program's exit code: 128 + n for signal n, 126 or 127 when it cannot be started, 125 when the engine
does not answer. The engine leaves the program running when the bridge is killed: whoever does that kills the session
whose number stands in the file `--pid-file` inside the container.

It runs once for each such terminal, so it imports little and does without the SDK, which would take a third of a
second and 30 MB each time.
"""

import argparse
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tremaux_tools.containers import wire

UNREACHABLE = 125  # exit code, as `docker exec` has it: the engine failed, not the program
KILLED = 137  # exit code of a program that went with its container
LAST_WORDS = 2.0  # seconds the engine may take to learn the exit code after the output has ended
LOOK_AGAIN = 0.02  # seconds; the engine has no way to wait for an exit code
CHUNK = 65536  # bytes
MAX_PENDING = 65536  # bytes typed ahead of a program that does not read; more stay in our own terminal
# Waits for one line, which is sent once the size is set, so no program sees a terminal of 0 x 0.
START = 'read -r _; LANG="${LANG:-C.UTF-8}"; export LANG; f=$1; shift; [ -z "$f" ] || (umask 077; echo $$ >"$f"); '
START += 'unset f _; exec "$@"'
_ECHO = b"\r\n"  # of that line


def command(address: str, container: str, argv: Sequence[str], *, user: str | None, pid_file: str) -> list[str]:
    """The command line of a bridge to `argv` in the container `container` of the engine at `address`.

    `pid_file` is a path in the container, in a directory that is there; empty: none is written.
    """
    options = ["--engine", address, "--container", container, "--user", user or "", "--pid-file", pid_file]
    return [sys.executable, "-m", "tremaux_tools.containers.bridge", *options, "--", *argv]


class Bridge:
    """A program in a container, and the terminal it is shown in."""

    def __init__(self, engine: str, container: str, argv: Sequence[str], *, user: str, pid_file: str) -> None:
        program = {
            "Cmd": ["sh", "-c", START, "sh", pid_file, *argv],
            "Env": [f"TERM={os.environ.get('TERM', 'xterm-256color')}"],
            "User": user,
            **dict.fromkeys(("Tty", "AttachStdin", "AttachStdout", "AttachStderr"), True),
        }
        self._engine = engine
        self._exec = wire.ask(engine, f"/containers/{container}/exec", program)["Id"]
        self._keyboard, self._screen = sys.stdin.fileno(), sys.stdout.fileno()
        self._reads_keys = True
        self._pending = bytearray()
        # Asked before the start and carried out with it: the engine makes a request for the size wait till then.
        sizing = wire.send(engine, self._resize_path(), {})
        self._stream, early = wire.open_stream(engine, f"/exec/{self._exec}/start", {"Tty": True})
        with sizing, suppress(wire.Refused, OSError):
            if sizing in select.select([sizing, self._stream], [], [], wire.ANSWER_TIMEOUT)[0]:
                wire.answer(sizing)
            self._stream.sendall(b"\n")
        self._early = early

    def carry(self) -> int:
        """Carry bytes both ways until the program ends; its exit code."""
        self._stream.setblocking(False)
        with self._stream, _resized() as resized, _raw(self._keyboard):
            self._show(self._without_echo())
            while self._carry_some(resized):
                pass
        return self._exit_code()

    def _without_echo(self) -> bytes:
        """What comes first, without the echo of the line that started the program."""
        early = self._early
        while len(early) < len(_ECHO) and _ECHO.startswith(early):
            select.select([self._stream], [], [])
            if not (data := self._stream.recv(CHUNK)):
                break
            early += data
        return early.removeprefix(_ECHO)

    def _carry_some(self, resized: int) -> bool:
        """Wait for something and carry it; whether there may be more."""
        hears = self._reads_keys and len(self._pending) < MAX_PENDING
        readers = [self._stream, resized, *([self._keyboard] if hears else [])]
        ready, writable, _ = select.select(readers, [self._stream] if self._pending else [], [])
        if self._keyboard in ready:
            typed = os.read(self._keyboard, CHUNK)
            self._pending += typed
            self._reads_keys = bool(typed)
        if resized in ready:
            os.read(resized, CHUNK)
            with suppress(wire.Refused):  # it has ended; the stream says so next
                wire.ask(self._engine, self._resize_path(), {})
        if writable:
            try:
                del self._pending[: self._stream.send(self._pending)]
            except ConnectionError:
                self._pending.clear()  # nobody reads it any more, but there may be last words
        if self._stream in ready:
            try:
                data = self._stream.recv(CHUNK)
            except ConnectionError:
                return False
            self._show(data)
            return bool(data)
        return True

    def _show(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._screen, data) :]

    def _exit_code(self) -> int:
        deadline = time.monotonic() + LAST_WORDS
        with suppress(wire.Refused):  # the container was removed, and the program with it
            while time.monotonic() < deadline:
                found = wire.ask(self._engine, f"/exec/{self._exec}/json")
                if not found["Running"] and found["ExitCode"] is not None:
                    return int(found["ExitCode"])
                time.sleep(LOOK_AGAIN)
        return KILLED

    def _resize_path(self) -> str:
        width, height = _size(self._screen)
        return f"/exec/{self._exec}/resize?w={width}&h={height}"


def _size(terminal: int) -> tuple[int, int]:
    """Columns and rows."""
    try:
        height, width = struct.unpack("4H", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))[:2]
    except OSError:
        return 80, 24  # shown in no terminal
    return width or 80, height or 24


@contextmanager
def _raw(terminal: int) -> Iterator[None]:
    """Hand over every key at once, Ctrl-C too, until the end."""
    if not os.isatty(terminal):
        yield
        return
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def _resized() -> Iterator[int]:
    """A file descriptor that can be read when the terminal's size has changed."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGWINCH, lambda *_: None)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(-1)
        os.close(reader)
        os.close(writer)


def main() -> int:
    """Parse the command line, carry, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tremaux_tools.containers.bridge")
    parser.add_argument("--engine", required=True, help="unix:///path or tcp://host:port")
    parser.add_argument("--container", required=True)
    parser.add_argument("--user", default="")
    parser.add_argument("--pid-file", default="", help="in the container; takes the number of the program's session")
    parser.add_argument("argv", nargs="+")
    given = parser.parse_args()
    try:
        return Bridge(given.engine, given.container, given.argv, user=given.user, pid_file=given.pid_file).carry()
    except (wire.Refused, OSError) as error:
        sys.stderr.write(f"tremaux: the container cannot be reached: {error}\r\n")
        return UNREACHABLE


if __name__ == "__main__":
    sys.exit(main())
