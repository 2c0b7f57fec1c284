"""The git safety tools: keep all files, bring them back, commit a finished task."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from tremaux_server.app import App
from tremaux_server.replies.git import FinishReply, RestoreReply, SnapshotReply
from tremaux_server.tool import ADDS, REPLACES, Offer
from tremaux_server.where import ProjectName, Where

MAX_NAME = 200  # characters of a label, a snapshot's name, a ticket's id
MAX_MESSAGE = 10_000  # characters
MAX_PATHS = 1_000
MAX_PATH = 4_096  # characters


class GitTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def take_snapshot(
        self,
        where: Where,
        label: Annotated[str, Field(min_length=1, max_length=MAX_NAME, description="What to find it by")],
        project: ProjectName = None,
    ) -> SnapshotReply:
        """Keep all files of the work tree, untracked ones too, without touching HEAD, index, branches or files.

        Use it before a risky edit instead of `git stash`, which leaves untracked files out. Ignored files are not
        kept. Bring them back with restore_snapshot.
        """
        return SnapshotReply.of(await self._app.git_safety.take_snapshot(where, label))

    async def restore_snapshot(
        self,
        where: Where,
        snapshot: Annotated[str, Field(max_length=MAX_NAME, description="snapshot or ref of take_snapshot")],
        paths: Annotated[
            list[Annotated[str, Field(max_length=MAX_PATH)]],
            Field(min_length=1, max_length=MAX_PATHS, description="From the project's root; all if not set"),
        ]
        | None = None,
        project: ProjectName = None,
    ) -> RestoreReply:
        """Make files what they were in a snapshot; files that it does not have are deleted, ignored ones stay.

        How all is now is kept first: restore safety_snapshot to undo. HEAD and index stay; to see the difference
        first, use `git diff <snapshot>`.
        """
        commit, restored = await self._app.git_safety.restore_snapshot(where, snapshot, paths)
        return RestoreReply.of(commit, restored)

    async def finish_task(
        self,
        where: Where,
        message: Annotated[str, Field(min_length=1, max_length=MAX_MESSAGE, description="The commit's message")],
        ticket_id: Annotated[str, Field(max_length=MAX_NAME)] | None = None,
        project: ProjectName = None,
    ) -> FinishReply:
        """Commit all changes that are not ignored on the current branch, with the ticket in the message's trailers.

        Use it once the gate has passed. No hook of the repository runs and nothing is pushed. Where nothing has
        changed commit is null.
        """
        ticket = None if ticket_id is None else (await self._app.tickets.get(where, ticket_id)).name
        return FinishReply.of(await self._app.git_safety.finish_task(where, message, ticket=ticket))

    def offers(self) -> Sequence[Offer]:
        """The tools."""
        return (
            Offer(self.take_snapshot, "Take a snapshot", ADDS),
            Offer(self.restore_snapshot, "Restore a snapshot", REPLACES),
            Offer(self.finish_task, "Finish a task", ADDS),
        )
