"""Run git: quietly, without hooks, deaf to the variables of a git that started us."""

import os
import subprocess
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import anyio

from tremaux_tools.errors import GitError

GIT_TIMEOUT = 10.0  # seconds for one question; a monorepo's first status takes some of it
WORK_TIMEOUT = 120.0  # seconds for what writes a whole work tree; `worktree remove` took 38 s on a busy disk
_SILENT = {
    "GIT_OPTIONAL_LOCKS": "0",  # `git status` would otherwise refresh the user's index
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# A repository's own configuration may name programs that git starts; these we can do without. Its clean filters we
# cannot: without them equal files would have other trees than in the user's own commits.
_PLAIN = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.filesRefLockTimeout=5000",  # ms; workers share the repository
    "core.packedRefsTimeout=5000",
    "core.safecrlf=false",  # "true" lets `git add` fail on mixed line ends
    "gc.auto=0",
    "submodule.recurse=false",
    "worktree.useRelativePaths=false",  # git 2.48; we compare the paths
)
_OPTIONS = tuple(word for setting in _PLAIN for word in ("-c", setting))
_IDENTITY = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
_MISSING_GIT = "git is not installed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git said that ended as it may."""

    code: int
    text: str  #: bytes that are no UTF-8 are surrogates


async def call(
    directory: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    failing: Container[int] = (),
    said: str | None = None,
    patience: float | None = None,
) -> Answer:
    """Run git in `directory` with `said` on its standard input; exit codes in `failing` are taken for success.

    `patience` is in seconds, `GIT_TIMEOUT` by default. Git is killed when it is over, or when the caller is cancelled.

    Raises:
        GitError: it failed, is missing, or took too long.
    """
    allowed = GIT_TIMEOUT if patience is None else patience
    try:
        with anyio.fail_after(allowed):
            async with _standard_input(said) as stdin:
                done = await anyio.run_process(
                    ["git", *_OPTIONS, *arguments],
                    cwd=directory,
                    env=_environment() | _SILENT | dict(env or {}),
                    stdin=stdin,
                    check=False,
                )
    except FileNotFoundError as error:
        raise GitError(_MISSING_GIT, "Install git, or go on without change tracking.") from error
    except TimeoutError as error:
        raise GitError(
            f"`git {arguments[0]}` took longer than {allowed:.0f} s in {printable(str(directory))}",
            "List large untracked files in .gitignore, or pass `tree` yourself.",
        ) from error
    if done.returncode != 0 and done.returncode not in failing:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        told = (line for line in lines if line.startswith(("fatal: ", "error: ")))  # the rest is advice to a person
        why = next(told, lines[-1] if lines else str(done.returncode))
        raise GitError(f"`git {arguments[0]}` failed in {printable(str(directory))}: {why}")
    return Answer(done.returncode, done.stdout.decode("utf-8", "surrogateescape"))


@asynccontextmanager
async def _standard_input(said: str | None) -> AsyncIterator[int | IO[bytes]]:
    """A file to read from, and no pipe: a git that fails before it has read all would break that."""
    if said is None:
        yield subprocess.DEVNULL
        return
    async with AsyncExitStack() as stack:
        try:
            file = await stack.enter_async_context(anyio.TemporaryFile())
            await file.write(said.encode("utf-8", "surrogateescape"))
            await file.seek(0)
        except OSError as error:
            raise GitError(f"no temporary file can be written: {error.strerror}", "Look at TMPDIR's disk.") from error
        yield file.wrapped


def _environment() -> dict[str, str]:
    """Our environment but for what redirects git: a hook or another git may have started us."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _IDENTITY}


def printable(name: str) -> str:
    """A file's name with line ends, control characters and bytes that are no UTF-8 as escapes."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)


def plain(text: str) -> str:
    """Text as git can be given it: what is no Unicode becomes a question mark."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def split(listed: str) -> list[str]:
    """The items of a list that git printed with `-z`."""
    return [item for item in listed.split("\0") if item]
