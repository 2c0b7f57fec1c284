"""The trust service: which projects' settings a person lets run commands, by the content of the file."""

from collections.abc import Callable
from dataclasses import dataclass

from tremaux_tools import git
from tremaux_tools.git import Project
from tremaux_tools.store import trust
from tremaux_tools.store.database import Database

SETTINGS = "tremaux.toml"
"""The file of a project that may name commands, once a person trusts it."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """One content of one file that is trusted."""

    path: str
    digest: str  #: SHA-256, hexadecimal
    trusted_at: float  #: Unix seconds


class Trust:
    """Remembers what a person trusts. `clock` gives Unix seconds."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def add(self, path: str, digest: str) -> None:
        """Trust this content of a file; a changed one has to be trusted anew."""
        async with self._database.transaction() as connection:
            await trust.add(connection, path, digest, at=self._clock())

    async def has(self, path: str, digest: str) -> bool:
        """Whether this content of a file is trusted."""
        async with self._database.snapshot() as connection:
            return await trust.has(connection, path, digest)

    async def knows(self, path: str) -> bool:
        """Whether another content of a file is trusted: then it has changed since."""
        async with self._database.snapshot() as connection:
            return await trust.knows(connection, path)

    async def everything(self) -> list[Trusted]:
        """All that is trusted, by path."""
        async with self._database.snapshot() as connection:
            return [Trusted(*row) for row in await trust.everything(connection)]

    async def revoke(self, path: str) -> int:
        """Trust no content of a file any more; returns how many were trusted."""
        async with self._database.transaction() as connection:
            return await trust.revoke(connection, path)


def trust_path(project: Project) -> str:
    """The settings file that trust is kept for: one for all work trees that the repository itself knows of.

    Any directory can claim to be a work tree of a trusted repository, by a `.git` file that points there.
    """
    is_known = project.root == project.path or _is_linked(project)
    return f"{project.name if is_known else git.printable(str(project.root))}/{SETTINGS}"


def _is_linked(project: Project) -> bool:
    """Whether the repository points back at the work tree, gitrepository-layout(5)."""
    if project.git_dir is None:
        return False
    try:
        known = project.git_dir / (project.git_dir / "gitdir").read_text().strip()
        # Not the file itself: a `.git` that is a link may lead to that of another work tree.
        return known.parent.resolve() == project.root.resolve()
    except (OSError, ValueError):
        return False
