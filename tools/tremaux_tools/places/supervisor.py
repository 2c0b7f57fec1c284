"""The parent of a job's command: it sees the command through, whatever becomes of the Tremaux process that began it.

It runs what the file `launch` in the job's directory says, but only where it is the first to claim the file `begun`
there: whoever took the job over from its starter has claimed it before, and then nothing is ever run. It leaves its
starter's family, and how the command ended it writes to `exit.json`.

Nothing that takes long to import is loaded before the command has begun.

On Linux orphans of the command become children of the supervisor, so no process of the family gets lost, not even one
with a session of its own. Elsewhere the family is the command's process group.
"""

import os
import signal
import sys

from tremaux_tools.places import family, files

CANNOT_RUN, NOT_FOUND = 126, 127  # exit codes of a command that cannot start, as shells tell it
HEARD = (signal.SIGCHLD, signal.SIGTERM)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # and a child would inherit that
_SET_CHILD_SUBREAPER = 36  # prctl(2)
_IN_TERMINAL = "--in-terminal"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
_BEGIN = f"import sys; sys.path.append({_ROOT!r}); from tremaux_tools.places.supervisor import main; sys.exit(main())"


def command_line(directory: str, *, in_terminal: bool = False) -> list[str]:
    """The words that start a supervisor, without anything of the surroundings: no site, no variables.

    `in_terminal`: the command gets a terminal, which is shown in the one that the supervisor is started in.
    """
    words = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _BEGIN, directory]
    return [*words, _IN_TERMINAL] if in_terminal else words


def main() -> int:
    """Begin the job; the supervisor stays behind.

    Returns 0 once the job has begun. In a terminal it returns when the job has ended, with its exit code.
    """
    directory = sys.argv[1]
    return _show(directory) if _IN_TERMINAL in sys.argv[2:] else _launch(directory)


def _launch(directory: str) -> int:
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        return 0 if os.read(told, 1) else 1
    os.close(told)
    os.setsid()
    heard = _listen()
    command = _begin(directory, None)
    if command is None:
        return 1
    os.write(tell, b".")
    os.close(tell)
    os.chdir("/")
    from tremaux_tools.places.watch import see_through  # noqa: PLC0415 - it takes longer to load than all before

    see_through(directory, command, heard, None)
    return 0


def _show(directory: str) -> int:
    from tremaux_tools.places import relay  # noqa: PLC0415 - only where there is a terminal

    front, resized = os.pipe()
    told, tell = os.pipe()
    relay.pass_on_sizes(resized)
    if middle := os.fork():
        os.close(front)
        os.close(tell)
        os.waitpid(middle, 0)
        return relay.stand_in_front(told)
    if os.fork():  # so that it does not descend from the pane's program: what ends that leaves it alone
        os._exit(0)
    os.close(resized)
    os.close(told)
    os.setsid()
    signal.signal(signal.SIGWINCH, signal.SIG_DFL)
    heard = _listen()
    shown = relay.Relay(os.ttyname(0), front)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    command = _begin(directory, shown.terminal)
    if command is None:
        os.write(tell, relay.NEVER)
        return 1
    os.chdir("/")
    from tremaux_tools.places.watch import see_through  # noqa: PLC0415

    os.write(tell, str(see_through(directory, command, heard, shown)).encode())
    return 0


def _begin(directory: str, terminal: int | None) -> int | None:
    """Run the command, once and for all; its pid, or None where it is not ours to run."""
    try:
        argv, environment, cwd, stdin = files.take_launch(directory)
        if not files.claim(directory, f"{os.getpid()} {family.born(os.getpid())}"):
            return None
    except OSError:  # somebody else has taken it, or the whole directory
        return None
    _adopt_orphans()
    if terminal is not None:
        environment[b"TERM"] = os.environb.get(b"TERM", b"xterm-256color")
        return _spawn(argv, environment, cwd, stdin, terminal, is_terminal=True)
    return _spawn(argv, environment, cwd, stdin or os.devnull.encode(), files.open_log(directory), is_terminal=False)


def _listen() -> int:
    """Hear of signals from now on; they can be read where this returns, and are never lost."""
    heard, hear = os.pipe()
    os.set_blocking(hear, False)
    os.set_blocking(heard, False)
    signal.set_wakeup_fd(hear)
    for number in HEARD:
        signal.signal(number, lambda *_: None)
    return heard


def _spawn(
    argv: list[bytes], environment: dict[bytes, bytes], cwd: bytes, stdin: bytes, output: int, *, is_terminal: bool
) -> int:
    """Start the command in a session of its own."""
    if pid := os.fork():
        return pid
    signal.set_wakeup_fd(-1)
    for number in (*_IGNORED_BY_PYTHON, *HEARD):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    if is_terminal:
        from tremaux_tools.places.relay import control  # noqa: PLC0415 - it is loaded

        control(output)
    for descriptor in range(3):
        os.dup2(output, descriptor)
    _join(environment.pop(files.GROUP, b""))
    asked = cwd
    try:
        os.chdir(cwd)
        if asked := stdin:
            os.dup2(os.open(stdin, os.O_RDONLY), 0)
        asked = argv[0]
        os.execvpe(argv[0], argv, environment)  # noqa: S606  what a person or a trusted file asked for
    except OSError as error:
        os.write(2, asked + f": {error.strerror}\n".encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_RUN)


def _join(group: bytes) -> None:
    """Go into the control group that is to hold the command and all that descends from it, if there is one."""
    if not group:
        return
    try:
        procs = os.open(group + b"/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
        os.write(procs, b"0")  # whoever writes it
    except OSError as error:  # the group was tried when it was made; the command matters more than its limit
        os.write(2, f"tremaux: no limit of processors is kept: {error.strerror}\n".encode())


def _adopt_orphans() -> None:
    """Have processes that lose their parent become our children, where the kernel can do that."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only there

        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
