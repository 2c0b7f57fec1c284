"""The folders of runs: each holds a run's prompt and its work tree, and goes when they are not needed any more."""

import re
import shutil
from pathlib import Path

import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.tickets.ticket import Run, Ticket
from tremaux_tools.errors import BadArgument, GitError
from tremaux_tools.store import runs, tickets
from tremaux_tools.store.database import Database

PROMPT, TREE = "prompt.md", "tree"
_NAME = re.compile(r"(\d{1,18})\.(\d{1,9})")


def run_folder(folder: Path, run: Run) -> Path:
    """Where the files of a run are."""
    return folder / f"{run.ticket_id}.{run.epoch}"


def branch_of(ticket: Ticket, run: Run) -> str:
    """The branch that a run with a work tree of its own works on."""
    return f"{git.BRANCHES}{git.ref_part(ticket.name)}/{run.epoch}"


class Folders:
    """Clears up behind runs whose folders lie in `folder`."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def clear(self, ticket: Ticket, run: Run, *, keep_tree: bool) -> None:
        """Remove a run's prompt, and its work tree unless it is to be kept or holds what is nowhere else."""
        if run.worktree and not keep_tree:
            try:
                project = await git.find_project(Path(ticket.root))
                branch = branch_of(ticket, run)
                keep_tree = not (await git.remove_worktree(project, Path(run.worktree), branch=branch)).is_removed
                if not keep_tree:
                    await git.drop_branch(project, branch, at=run.base)
                    async with self._database.transaction() as connection:
                        await runs.leave_tree(connection, run.run_id)
            except (BadArgument, GitError):
                keep_tree = True  # what git cannot tell is not removed
        has_tree = bool(run.worktree) and keep_tree
        await anyio.to_thread.run_sync(_remove, run_folder(self._folder, run), has_tree)

    async def sweep(self) -> None:
        """Clear up behind processes that died between the end of a run and the removal of its folder."""
        for name in await anyio.to_thread.run_sync(_names, self._folder):
            ticket_id, epoch = map(int, name)
            async with self._database.snapshot() as connection:
                run = await runs.of_epoch(connection, ticket_id, epoch)
                ticket = await tickets.get(connection, ticket_id) if run else None
            if run and ticket and run.state == "ended":
                can_merge = run.outcome == "completed" and bool(run.branch) and not ticket.merged
                await self.clear(ticket, run, keep_tree=can_merge)


def _names(folder: Path) -> list[tuple[str, str]]:
    if not folder.is_dir():
        return []
    return [(found[1], found[2]) for each in folder.iterdir() if (found := _NAME.fullmatch(each.name))]


def _remove(folder: Path, has_tree: bool) -> None:
    (folder / PROMPT).unlink(missing_ok=True)
    if not has_tree:
        shutil.rmtree(folder, ignore_errors=True)
