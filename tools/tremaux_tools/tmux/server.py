"""Tremaux's own tmux server: where its socket is, how it is configured, which command lines reach it."""

import os
import re
import shlex
import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import anyio
import anyio.to_thread

from tremaux_tools.core.terminal.control_mode import quote
from tremaux_tools.errors import PlaceUnavailable

OLDEST = (3, 2)  # the first with `new-session -e`, `run-shell -C` and flags of a control client
MAX_SOCKET_PATH = 100  # bytes; the kernel takes 108, macOS 104, with the ending zero
CLIENT_DEADLINE = 2.0  # seconds for a client that asks one thing; tmux answers in milliseconds, a stopped server never
BLOCK = 512  # bytes; the unit of `ulimit -f` in a POSIX shell
DEAD = "dead"  # the name a window gets when its program has ended
# Notifications are not sent from inside a hook; run-shell makes a command of its own of the renaming. It comes when the
# window may be gone, and without a name of it would find another one.
CONFIGURATION = f"""\
set -g history-limit 50000
set -g remain-on-exit on
set -gq remain-on-exit-format ""
set -g status off
set -g allow-rename off
set -g automatic-rename off
set -g default-terminal tmux-256color
set -s escape-time 0
set -s set-clipboard off
set -s exit-empty on
set-hook -g pane-died 'run-shell -b -d 0 -C "rename-window -t #{{hook_pane}} {DEAD}"'
"""
# With a pipe, tmux reads all that a program printed before it takes the pane for dead; without, it drops the rest.
HOLD = "exec cat >/dev/null"
PLACEHOLDER = "exec cat"  # has the pane until the pipe is there: a program may end before anybody could set one
NO_TMUX = "Install tmux 3.2 or newer (Debian: apt install tmux, macOS: brew install tmux)."
_FORGOTTEN = ("TMUX", "TMUX_PANE")  # a client inside another tmux would refuse to nest


class HostTmux:
    """One private server per database on this host, on a socket that only its user can reach."""

    def __init__(self, label: str, environment: Mapping[str, str]) -> None:
        """`label` names the socket; `environment` is what programs in its panes get."""
        folder = Path(environment.get("TMUX_TMPDIR") or "/tmp") / f"tmux-{os.getuid()}"  # noqa: S108 - tmux's own rule
        self.socket = str(folder / label)  #: path; once tmux is ready with no link in it, as its programs are told
        self.environment = {name: value for name, value in environment.items() if name not in _FORGOTTEN}
        self._ready = False
        self._checking = anyio.Lock()

    async def ready(self) -> None:
        """See that a usable tmux is there and its socket's directory is ours.

        Raises:
            PlaceUnavailable: tmux is missing or too old, or the directory is another user's.
        """
        async with self._checking:
            if not self._ready:
                self.socket = await anyio.to_thread.run_sync(checked_socket, Path(self.socket))
                await usable_version(self.environment)
                self._ready = True


def new_session(
    socket: str, session: str, *, width: int, height: int, program: str, inherited: Iterable[str] = ()
) -> list[str]:
    """The client that starts a session with `program`, a line for /bin/sh, attached from its first byte.

    `inherited` names the variables that the session takes from the client's environment, not from the server's.
    """
    return [
        *_client(socket),
        *_configuration(),
        *("set-option", "-g", "update-environment", _whole(" ".join(inherited)), ";"),
        *("new-session", "-s", session, "-x", str(width), "-y", str(height), PLACEHOLDER, ";"),
        *("pipe-pane", "-O", HOLD, ";"),
        *("respawn-pane", "-k", "/bin/sh", "-c", _whole(program)),
    ]


def attach_session(socket: str, session: str) -> list[str]:
    """The client that joins a session that runs already, without any say in its environment and its windows' size."""
    return [*_client(socket), "attach-session", "-E", "-t", f"={session}", "-f", "ignore-size"]


def person_command(socket: str, session: str) -> list[str]:
    """The command with which a person sees and uses a session of the server at `socket`."""
    return ["tmux", "-u", "-S", socket, "attach-session", "-t", f"={session}"]


def _client(socket: str) -> list[str]:
    return ["tmux", "-u", "-S", socket, "-f", "/dev/null", "-C"]  # -u: else tmux writes `_` for what is not ASCII


def _configuration() -> list[str]:
    """The configuration as words of a command line: no file of it need lie on any machine."""
    return [word for line in CONFIGURATION.splitlines() for word in (*shlex.split(line), ";")]


def _whole(word: str) -> str:
    r"""Write a word so that tmux takes it as it is: a last `;` would end the command, and a last `\;` become `;`."""
    return f"{word[:-1]}\\;" if word.endswith(";") else word


def copy_command(pane: str, path: str, limit: int) -> str:
    """The control command that copies what a pane prints from now on to a file, up to `limit` bytes."""
    folder = shlex.quote(str(PurePosixPath(path).parent))
    # cat writes each piece at once; what else would count bytes keeps the last ones back. The second one reads on.
    limits = f"umask 077; ulimit -c 0; ulimit -f {limit // BLOCK}"
    copy = f"{limits}; mkdir -p {folder}; cat >{shlex.quote(path)}; {HOLD}"
    # pipe-pane expands formats and times of day in its argument.
    return f"pipe-pane -O -t {pane} {quote(copy.replace('#', '##').replace('%', '%%'))}"


def hold_command(pane: str) -> str:
    """The control command that ends a copy."""
    return f"pipe-pane -O -t {pane} '{HOLD}'"


async def ask(*words: str, environment: Mapping[str, str]) -> bytes:
    """What a tmux client prints before it ends; one that takes longer than `CLIENT_DEADLINE` is killed.

    Raises:
        PlaceUnavailable: there is no tmux, or it does not answer.
    """
    try:
        with anyio.fail_after(CLIENT_DEADLINE):
            answer = await anyio.run_process(
                ["tmux", *words], stdin=subprocess.DEVNULL, env=environment, check=False, start_new_session=True
            )
    except TimeoutError as error:
        raise PlaceUnavailable(
            f"tmux did not answer for {CLIENT_DEADLINE:.0f} s", "See what `tmux -V` does in a shell."
        ) from error
    except OSError as error:
        raise PlaceUnavailable("tmux is not installed", NO_TMUX) from error
    return answer.stdout


async def usable_version(environment: Mapping[str, str]) -> str:
    """What `tmux -V` says.

    Raises:
        PlaceUnavailable: there is no tmux, it is too old, or it does not answer.
    """
    answer = await ask("-V", environment=environment)
    told = answer.decode("utf-8", "replace").strip()
    if not is_usable(told):
        raise PlaceUnavailable(f"{told or 'a tmux without a version'} is too old for Tremaux", NO_TMUX)
    return told


def is_usable(told: str) -> bool:
    """Whether a tmux that answers `told` to `tmux -V` has what we need; no answer is no tmux."""
    found = re.search(r"(\d+)\.(\d+)", told)
    # A build without a number is newer than any release.
    return (int(found[1]), int(found[2])) >= OLDEST if found else bool(told)


def checked_socket(given: Path) -> str:
    """Make the directory of the socket, for this user alone, as tmux does; returns the path with links resolved.

    Raises:
        PlaceUnavailable: another user could reach what is in it, or the socket's path is too long.
    """
    socket = Path(os.path.realpath(given.parent.parent), *given.parts[-2:])
    if len(os.fsencode(socket)) > MAX_SOCKET_PATH:
        raise PlaceUnavailable(f"the path {socket} is too long for a socket", "Set TMUX_TMPDIR to a shorter directory.")
    folder = socket.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise PlaceUnavailable(
            f"the directory {folder} for tmux's socket cannot be made: {error.strerror}", "Set TMUX_TMPDIR to another."
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & stat.S_IRWXO:
        raise PlaceUnavailable(
            f"the directory {folder} for tmux's socket is open to other users", f"Run `chmod 700 {folder}`."
        )
    return str(socket)
