"""The files in a job's directory, and the fence before its start. Blocks on the disk.

`launch` tells the supervisor what to run and goes once it has read it; `begun` names the supervisor that may run it;
`meta.json` describes the job, `output.log` is what it printed and `exit.json` how it ended.

The supervisor loads it before the command may begin, so it imports next to nothing.
"""

import os
from collections.abc import Mapping, Sequence

LAUNCH = "launch"
BEGUN = "begun"
META = "meta.json"
LOG = "output.log"
EXIT = "exit.json"
GROUP = b"TREMAUX_CPU_GROUP"  # among the variables in `launch`: a directory, for the supervisor alone
MAX_LOG_BYTES = 2 * 1024**3
WORTH_CUTTING = 65_536  # bytes; a smaller log is not what fills a disk
REVOKED = ""  # who may run a job that nobody may run any more


def claim(directory: str, who: str) -> bool:
    """Be the one that says who may run the job; false where somebody was before.

    A link makes the file with what it says at once: nobody can see it half written.

    Raises:
        OSError: the directory is no more, or nothing can be written there.
    """
    draft = _draft(f"{directory}/{BEGUN}", who.encode())
    try:
        os.link(draft, f"{directory}/{BEGUN}")
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def runner(directory: str) -> str | None:
    """Who may run the job, as `claim` was told; None where that is open yet, or the directory is no more."""
    try:
        with open(f"{directory}/{BEGUN}", "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return None


def write_launch(
    directory: str, argv: Sequence[str], environment: Mapping[str, str], *, cwd: str, stdin: str | None
) -> None:
    """Write what to run, for our user alone: there may be secrets in the environment.

    Raises:
        ValueError: a part of it holds a NUL, or half a character.
    """
    words = [cwd, stdin or "", str(len(argv)), *argv, *(f"{name}={value}" for name, value in environment.items())]
    if any("\0" in word for word in words):
        raise ValueError("a NUL")
    _replace(f"{directory}/{LAUNCH}", "\0".join(words).encode("utf-8", "surrogateescape"))


def take_launch(directory: str) -> tuple[list[bytes], dict[bytes, bytes], bytes, bytes]:
    """What to run, its environment, its working directory and the file it reads; the file `launch` goes.

    Raises:
        OSError: somebody has taken it.
    """
    path = f"{directory}/{LAUNCH}"
    with open(path, "rb") as file:
        cwd, stdin, count, *words = file.read().split(b"\0")
    os.unlink(path)
    argv, settings = words[: int(count)], words[int(count) :]
    environment = {name: value for name, _, value in (setting.partition(b"=") for setting in settings)}
    return argv, environment, cwd, stdin


def write_meta(directory: str, text: str) -> None:
    """Write what describes the job; where the machine goes down, it does as well."""
    _replace(f"{directory}/{META}", text.encode())


def write_end(directory: str, text: str) -> None:
    """Write how the job ended, to the disk."""
    _replace(f"{directory}/{EXIT}", text.encode(), to_disk=True)


def open_log(directory: str) -> int:
    """A descriptor that adds to what the job printed."""
    return os.open(f"{directory}/{LOG}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def give_way(log: str) -> bool:
    """Cut a log that has filled its disk to half its length; false where that would free next to nothing."""
    size = os.stat(log).st_size
    if size < WORTH_CUTTING:
        return False
    os.truncate(log, size // 2)
    return True


def is_ours(name: str) -> bool:
    """Whether a file of this name belongs into a job's directory."""
    return any(name == ours or name.startswith(f"{ours}.") for ours in (LAUNCH, BEGUN, META, LOG, EXIT))


def _replace(path: str, content: bytes, *, to_disk: bool = False) -> None:
    os.replace(_draft(path, content, to_disk=to_disk), path)


def _draft(path: str, content: bytes, *, to_disk: bool = False) -> str:
    """Write what a file is to hold beside it, under a name that nobody else takes."""
    draft = f"{path}.{os.urandom(4).hex()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if to_disk:
            file.flush()
            os.fsync(descriptor)
    return draft
