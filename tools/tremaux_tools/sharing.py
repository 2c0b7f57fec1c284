"""The sharing service: hand on what was learnt, in the forms that other people and programs read."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import anyio.from_thread
import anyio.to_thread

from tremaux_tools import git, shared_files, skill_files
from tremaux_tools.core.confidence import DAY
from tremaux_tools.core.recall.document import Document, document_of
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.sharing.cleaned import clean_items, clean_relation
from tremaux_tools.core.sharing.exchange import as_exchange, is_exchange, read_exchange
from tremaux_tools.core.sharing.memory_lines import as_memory_lines, is_memory_line, read_memory_lines
from tremaux_tools.core.sharing.parcel import Item, Parcel, gathered
from tremaux_tools.core.sharing.skill_folder import Skill, skills_of
from tremaux_tools.outputs import project_roots, readable_roots
from tremaux_tools.store import exchange
from tremaux_tools.store.database import Database

Format = Literal["skill-md", "memory-jsonl", "json"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    path: str
    format: Format
    entities: int
    relations: int
    skills: int
    left_out: int  #: entities that are not written in this form


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read, and what of it was new."""

    format: Format
    entities_new: int
    entities_known: int
    observations_new: int
    relations_new: int
    relations_dangling: int  #: not stored: one of their ends is nowhere
    outcomes_new: int
    bad_lines: int  #: parts that could not be read, and were passed over
    skills: int


class Sharing:
    """Exports and imports the knowledge of one database.

    `clock` gives Unix seconds, `session` the directory the client works in.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float],
        session: Callable[[], Path],
        redactor: Redactor = PUBLISHED,
    ) -> None:
        self._database = database
        self._clock = clock
        self._session = session
        self._redactor = redactor

    async def export(
        self,
        directory: Path,
        path: str,
        format: Format,  # noqa: A002
        *,
        include_candidates: bool = False,
        anywhere: bool = False,
    ) -> Exported:
        """Write what was learnt in all projects to `path`, relative to the project of `directory`.

        As skills only learnings go out that have proved themselves, and with `include_candidates` those that may yet;
        `path` is then the folder that holds theirs. A person may name a place `anywhere`. Each file is written as a
        whole or not at all, and what somebody else wrote is left as it is.

        Raises:
            BadArgument: the path lies where an agent may not write, or holds something else.
            StateError: the database cannot be used.
        """
        base, roots = await self._places(directory, project_roots, anywhere=anywhere)
        parcel = await self._everything()

        def write() -> Exported:
            target = shared_files.destination(path, base=base, roots=roots)
            if format == "skill-md":
                skills = skills_of(parcel.items, at=self._clock(), candidates=include_candidates)
                written, _ = skill_files.write(target, skills)
                return Exported(git.printable(str(target)), format, 0, 0, written, len(parcel.items) - written)
            if format == "json":
                shared_files.replace(target, "".join(as_exchange(parcel)), is_ours=is_exchange)
            else:
                shared_files.replace(target, "\n".join(as_memory_lines(parcel)), is_ours=is_memory_line)
            return Exported(git.printable(str(target)), format, len(parcel.items), len(parcel.relations), 0, 0)

        return await anyio.to_thread.run_sync(write)

    async def import_(self, directory: Path, path: str, format: Format, *, anywhere: bool = False) -> Imported:  # noqa: A002
        """Add what is new in `path`, relative to the project of `directory`; importing it again adds nothing.

        A person may name a place `anywhere`. All or nothing is stored. What was merged into another entity here
        stays so, and no text of an entity that is known here is replaced.

        Raises:
            BadArgument: the file cannot be read, or lies where an agent may not read.
            StateError: the database cannot be used.
        """
        base, roots = await self._places(directory, readable_roots, anywhere=anywhere)
        parcel, found_by = await anyio.to_thread.run_sync(self._read, path, format, base, roots)
        async with self._database.transaction() as connection:
            added = await exchange.add(connection, parcel, found_by, at=self._clock(), only_new=format == "skill-md")
        return Imported(
            format=format,
            entities_new=added.entities_new,
            entities_known=added.entities_known,
            observations_new=added.observations_new,
            relations_new=added.relations_new,
            relations_dangling=added.relations_dangling,
            outcomes_new=added.outcomes_new,
            bad_lines=parcel.bad,
            skills=len(parcel.items) if format == "skill-md" else 0,
        )

    async def skills(self) -> list[Skill]:
        """The learnings that have proved themselves, as skills; the same until midnight unless an outcome comes in."""
        tonight = (self._clock() // DAY + 1) * DAY  # what a reader was told the digest of must not age meanwhile
        async with self._database.snapshot() as connection:
            items = await exchange.tried(connection)
        return await anyio.to_thread.run_sync(lambda: skills_of(items, at=tonight, candidates=False))

    async def knowledge_lines(self) -> AsyncIterator[str]:
        """The knowledge graph, line by line, as the reference memory server keeps it."""
        for line in as_memory_lines(await self._everything()):
            yield line

    async def _everything(self) -> Parcel:
        async with self._database.snapshot() as connection:
            return await exchange.everything(connection)

    def _read(
        self,
        path: str,
        format: Format,  # noqa: A002
        base: Path,
        roots: Sequence[Path] | None,
    ) -> tuple[Parcel, dict[str, Document]]:
        """What a file or folder tells, without secrets, and what each entity of it is found by."""
        if format == "skill-md":
            folder = shared_files.folder(path, base=base, roots=roots)
            found = list(skill_files.read(folder, roots=roots))
            items = tuple(item for item in found if item)
            parcel = Parcel(items, bad=len(found) - len(items))
        else:
            text = shared_files.read(shared_files.source(path, base=base, roots=roots))
            parcel = read_exchange(text) if format == "json" else read_memory_lines(text)
        cleaned = self._cleaned(parcel)
        return cleaned, {item.entity.name: document_of(item.entity) for item in cleaned.items}

    async def _places(
        self, directory: Path, roots_of: Callable[..., tuple[Path, ...]], *, anywhere: bool
    ) -> tuple[Path, tuple[Path, ...] | None]:
        """What a path is relative to, and where an agent's may lie; None is anywhere."""
        project = await git.find_project(directory)

        def looked_up() -> tuple[Path, ...]:
            return roots_of(project.root, is_repository=project.git_dir is not None, session=self._session())

        return project.root, None if anywhere else await anyio.to_thread.run_sync(looked_up)

    def _cleaned(self, parcel: Parcel) -> Parcel:
        """A parcel without secrets, each name in it once; stops when the call that asked for it is cancelled."""
        items: list[Item] = []
        for some in clean_items(parcel.items, self._redactor):
            anyio.from_thread.check_cancelled()
            items += some
        relations = dict.fromkeys(clean_relation(relation, self._redactor) for relation in parcel.relations)
        return replace(parcel, items=gathered(items), relations=tuple(relations))
