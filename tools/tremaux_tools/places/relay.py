"""Show a command's terminal in a pane and keep what it prints: the supervisor copies between the two, like script(1).

The command has a terminal of its own, so the pane may go, with its whole tmux server, and the command goes on.

The pane's own program only waits beside it, to tell of the pane's size and to end when the command has.
"""

import fcntl
import os
import select
import signal
import termios
import time
import tty
from contextlib import suppress

from tremaux_tools.places import files

TYPE_CHECKING = False  # as `typing` would say, which takes longer to load than all the rest
if TYPE_CHECKING:
    from tremaux_tools.places.typist import Typist

CHUNK = 65_536  # bytes
MAX_WAITING = 65_536  # bytes typed that the command has not read, or printed that the pane has not shown
STUCK = 5.0  # seconds without any progress after which a pane is not waited for: its server may be stopped
LAST_LOOK = 0.05  # seconds to wait for what was printed last
LAST_SHOWN = 2.0  # seconds for the pane to take it
_SIZE = bytes(8)  # struct winsize
NEVER = b"-"  # what is told of a command that will never begin
_UNTOLD = 137  # exit code of a pane whose supervisor was killed


class Relay:
    """The command's terminal, and the pane that it is shown in."""

    def __init__(self, pane: str, front: int) -> None:
        """`pane` is the path of its terminal; from `front` comes a byte when its size has changed, until it is gone."""
        self._pane = os.open(pane, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._front = front
        self._master, self.terminal = os.openpty()
        os.set_blocking(self._master, False)
        self._has_pane = True
        self._is_stuck = False
        self._taken_at = 0.0  # when the pane last took something, or had nothing to take
        self._typed = bytearray()
        self._shown = bytearray()
        self._log = -1
        self._path = ""
        self._typist: Typist | None = None
        with suppress(termios.error):
            termios.tcsetattr(self.terminal, termios.TCSANOW, termios.tcgetattr(self._pane))
            tty.setraw(self._pane)
        self._resize()

    def keep(self, directory: str, typist: "Typist | None") -> None:
        """Keep what comes in the log of a job's directory; let somebody type at it."""
        self._path = f"{directory}/{files.LOG}"
        self._log = files.open_log(directory)
        self._typist = typist

    def wants(self) -> tuple[list[int], list[int]]:
        """What it waits to read from, and to write to."""
        readers = []
        if len(self._shown) < MAX_WAITING or self._is_stuck or not self._has_pane:
            readers.append(self._master)
        if self._has_pane:
            readers += [self._front, *([self._pane] if len(self._typed) < MAX_WAITING else [])]
        writers = [self._master] if self._typed else []
        return readers, [*writers, self._pane] if self._has_pane and (self._shown or self._is_stuck) else writers

    def patience(self, seconds: float) -> float:
        """How long it may wait, of `seconds`."""
        left = self._typist.patience() if self._typist else None
        if self._shown and not self._is_stuck:
            seconds = min(seconds, max(0.0, self._taken_at + STUCK - time.monotonic()))
        return seconds if left is None else min(seconds, left)

    def carry(self, ready: list[int], writable: list[int]) -> None:
        """Carry what can be carried without waiting."""
        if self._front in ready and not os.read(self._front, CHUNK):
            self._lose_pane()
        elif self._front in ready:
            self._resize()
        if self._has_pane and self._pane in ready:
            self._hear_keys()
        if self._master in ready:
            self._take(self._read())
        if self._typist and (keys := self._typist.keys()):
            self._typed += keys
        if self._master in writable:
            with suppress(BlockingIOError):
                del self._typed[: os.write(self._master, self._typed)]
        if self._has_pane:
            self._show(can=self._pane in writable)

    def finish(self) -> None:
        """Take what was printed last, once the command has ended, and let go of the pane when it has shown it."""
        os.close(self.terminal)
        while select.select([self._master], [], [], LAST_LOOK)[0] and (data := self._read()):
            self._take(data)
        deadline = time.monotonic() + LAST_SHOWN
        while self._has_pane and self._shown and (left := deadline - time.monotonic()) > 0:
            self._show(can=bool(select.select([], [self._pane], [], left)[1]))
        os.close(self._log)
        if self._has_pane:
            os.close(self._pane)

    def _read(self) -> bytes:
        try:
            return os.read(self._master, CHUNK)
        except OSError:  # nobody has it open any more
            return b""

    def _take(self, data: bytes) -> None:
        if self._typist:
            self._typist.hear(data)
        if self._has_pane and not self._is_stuck:
            if not self._shown:
                self._taken_at = time.monotonic()
            self._shown += data
        try:
            while data:
                data = data[os.write(self._log, data) :]
        except OSError:  # a full disk: the command matters more than its log, and so does the record of it
            files.give_way(self._path)

    def _hear_keys(self) -> None:
        try:
            keys = os.read(self._pane, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            keys = b""
        self._typed += keys
        if not keys:
            self._lose_pane()

    def _show(self, *, can: bool) -> None:
        """Let the pane take what it can; do without it as long as it takes nothing."""
        now = time.monotonic()
        if can:
            self._taken_at, self._is_stuck = now, False
            try:
                del self._shown[: os.write(self._pane, self._shown)]
            except BlockingIOError:
                return
            except OSError:
                self._lose_pane()
        elif self._shown and now - self._taken_at >= STUCK:
            self._is_stuck = True
            self._shown.clear()

    def _lose_pane(self) -> None:
        self._has_pane = False
        self._shown.clear()
        os.close(self._pane)

    def _resize(self) -> None:
        """Give the command's terminal the size of the pane; its programs hear of it from the kernel."""
        with suppress(OSError):
            size = fcntl.ioctl(self._pane, termios.TIOCGWINSZ, _SIZE)
            if size[:4] != _SIZE[:4]:
                fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)


def control(terminal: int) -> None:
    """Make a terminal the controlling one of our session."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def pass_on_sizes(resized: int) -> None:
    """Write a byte to `resized` from now on whenever the size of our terminal has changed."""
    os.set_blocking(resized, False)

    def pass_on(*_: object) -> None:
        with suppress(OSError):
            os.write(resized, b".")

    signal.signal(signal.SIGWINCH, pass_on)


def stand_in_front(told: int) -> int:
    """Be the pane's program until the command has ended; its exit code, which can be read from `told`.

    The pane of a command that will never begin goes with its program: whoever had it opened may have died meanwhile,
    and whoever cleared up behind that may have come before tmux had opened it.
    """
    code = os.read(told, CHUNK)
    if code == NEVER:
        with suppress(OSError, KeyError):
            os.execvp("tmux", ["tmux", "kill-pane", "-t", os.environ["TMUX_PANE"]])  # noqa: S606, S607 - as the pane's
    return int(code) if code.isdigit() else _UNTOLD
