"""Commits and trees: find, compare and make them without touching any work tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tremaux_tools.errors import GitError
from tremaux_tools.git.command import WORK_TIMEOUT, plain, printable, split
from tremaux_tools.git.index import GITLINK
from tremaux_tools.git.project import Project, ask, git

OURS = {
    "GIT_AUTHOR_NAME": "tremaux",
    "GIT_AUTHOR_EMAIL": "tremaux@localhost",
    "GIT_COMMITTER_NAME": "tremaux",
    "GIT_COMMITTER_EMAIL": "tremaux@localhost",
}
_NO = (1,)


@dataclass(frozen=True, slots=True)
class Changed:
    """A path that differs between two trees."""

    path: str
    letter: str  #: A added, M modified, T of another type, D deleted
    modes: tuple[str, str]  #: before and after

    @property
    def is_file(self) -> bool:
        """Whether it is, or was, a file or link and no other repository."""
        return self.modes[self.letter != "D"] != GITLINK


async def resolve(project: Project, name: str) -> str | None:
    """The commit that a name stands for; None if there is none."""
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{plain(name)}^{{commit}}")
    return (await ask(project, *asked, failing=_NO)).text.strip() or None


async def commit_named(project: Project, name: str) -> str:
    """The commit that a name stands for.

    Raises:
        GitError: there is none.
    """
    found = await resolve(project, name)
    if found is None:
        raise GitError(f"git knows no commit {printable(name)!r}", "Look with `git log --all`.")
    return found


async def head_of(project: Project) -> str | None:
    """The commit that is checked out; None before the first."""
    return await resolve(project, "HEAD")


async def tree_of(project: Project, commit: str) -> str:
    """The tree of a commit."""
    return (await git(project, "rev-parse", "--verify", f"{commit}^{{tree}}")).strip()


async def changed(project: Project, old: str | None, new: str, paths: Sequence[str] = ()) -> list[Changed]:
    """What differs between two trees or commits, or between nothing and one, in `paths` or everywhere."""
    if old is None:
        old = (await ask(project, "mktree", said="")).text.strip()  # the empty tree
    asked = ("--literal-pathspecs", "diff-tree", "-r", "-z", "--raw", "--no-renames", old, new, "--", *paths)
    items = split((await ask(project, *asked, patience=WORK_TIMEOUT)).text)
    rows = zip(items[::2], items[1::2], strict=True)
    return [Changed(path, row[-1], (row[1:7], row[8:14])) for row, path in rows]


async def contains(project: Project, descendant: str, ancestor: str) -> bool:
    """Whether a commit has another among its ancestors, or is the same."""
    return (await ask(project, "merge-base", "--is-ancestor", ancestor, descendant, failing=_NO)).code == 0


async def commit_tree(
    project: Project, tree: str, parents: Sequence[str], message: str, *, env: Mapping[str, str]
) -> str:
    """Make a commit of a tree; nothing points at it yet."""
    known = [word for parent in parents for word in ("-p", parent)]
    asked = ("-c", "i18n.commitEncoding=utf-8", "commit-tree", tree, *known, "-F", "-")
    return (await ask(project, *asked, env=env, said=message)).text.strip()


async def identity(project: Project) -> Mapping[str, str]:
    """The variables that say whose a commit is: none where the user has told git, else those that name us."""
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if (await ask(project, "-c", "user.useConfigOnly=true", "var", who, failing=(1, 128))).code:
            return OURS
    return {}


async def with_trailers(project: Project, message: str, trailers: Mapping[str, str]) -> str:
    """A commit's message with trailers at its end, each there once."""
    text = plain(message).strip()
    if not text:
        raise GitError("the message of a commit is empty", "Say in a line what was done.")
    if not trailers:
        return f"{text}\n"
    words = [f"--trailer={key}: {' '.join(plain(value).split())}" for key, value in trailers.items()]
    how = ("--no-divider", "--where=end", "--if-exists=addIfDifferent", "--if-missing=add")
    return (await ask(project, "interpret-trailers", *how, *words, said=f"{text}\n")).text
