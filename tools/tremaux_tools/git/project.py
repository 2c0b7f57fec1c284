"""Where work happens: the repository and the work tree that a directory belongs to."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from tremaux_tools.errors import BadArgument, GitError
from tremaux_tools.git.command import Answer, call, printable

MAX_SHOWN = 200  # characters of a path in a message


@dataclass(frozen=True, slots=True)
class Project:
    """Where work happens."""

    path: Path  #: names the project: the main work tree of a repository, or a plain directory
    root: Path  #: the work tree at hand; differs from `path` in a linked work tree
    git_dir: Path | None  #: None outside git

    @property
    def name(self) -> str:
        """The path as text that can be stored."""
        return printable(str(self.path))


async def find_project(directory: Path) -> Project:
    """Name the project that `directory` belongs to; all work trees of one repository are one project.

    Outside git, without git, or in a broken repository the directory itself is the project.

    Raises:
        BadArgument: there is no such directory.
    """
    real, is_inside = await anyio.to_thread.run_sync(_look_around, directory)
    if not is_inside:
        return Project(path=real, root=real, git_dir=None)
    asked = ("--path-format=absolute", "--show-toplevel", "--git-common-dir", "--git-dir")
    try:
        root, common, git_dir = (Path(line) for line in (await call(real, "rev-parse", *asked)).text.splitlines())
    except (GitError, ValueError):
        return Project(path=real, root=real, git_dir=None)
    return Project(path=common.parent if common.name == ".git" else common, root=root, git_dir=git_dir)


async def ask(
    project: Project,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    failing: Container[int] = (),
    said: str | None = None,
    patience: float | None = None,
) -> Answer:
    """Run git in the project's work tree, on the repository it was found in.

    Git is told where that is and does not look itself: a worker may have pointed the `.git` file of its work tree at
    a repository of its own, whose configuration names programs to run.

    Raises:
        GitError: as of `call`, or the project is in no git repository.
    """
    if project.git_dir is None:
        raise GitError(f"{project.name[:MAX_SHOWN]} is in no git repository", "Run `git init` there first.")
    here = {"GIT_DIR": str(project.git_dir), "GIT_WORK_TREE": str(project.root)}
    return await call(
        project.root, *arguments, env=here | dict(env or {}), failing=failing, said=said, patience=patience
    )


async def git(project: Project, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What git prints in the project's work tree.

    Raises:
        GitError: as of `ask`.
    """
    return (await ask(project, *arguments, env=env)).text


async def common_dir(project: Project) -> Path:
    """The directory that all work trees of the repository share."""
    return Path((await git(project, "rev-parse", "--path-format=absolute", "--git-common-dir")).rstrip("\n"))


def _look_around(directory: Path) -> tuple[Path, bool]:
    """The real directory, and whether it may be in a repository: far cheaper than asking git in vain."""
    try:
        real = directory.resolve()
        if real.is_dir():
            return real, any((folder / ".git").exists() for folder in (real, *real.parents))
    except (OSError, RuntimeError, ValueError):
        pass  # a name too long, a loop of links: no directory either
    raise BadArgument(f"project {str(directory)[:MAX_SHOWN]!r} is no directory", "Name a directory inside the project.")
