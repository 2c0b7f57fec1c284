"""The job tools: look at a run of a command and end it, wherever it runs."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from tremaux_server.app import App
from tremaux_server.look import MAX_WAIT
from tremaux_server.replies.jobs import JobReply
from tremaux_server.targets import job_of
from tremaux_server.tool import ENDS, READS, Offer
from tremaux_server.where import ProjectName, Where

MAX_ID = 200  # characters
MAX_TAIL = 1_000  # lines

JobId = Annotated[str, Field(min_length=1, max_length=MAX_ID, description="A job's id, or a ticket's: its newest run")]
Seconds = Annotated[float, Field(ge=0, le=MAX_WAIT)]


class JobTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def get_job(
        self,
        where: Where,
        job_id: JobId,
        wait_s: Seconds = 0,
        tail: Annotated[int, Field(ge=0, le=MAX_TAIL, description="Newest lines of its log")] = 50,
        project: ProjectName = None,
    ) -> JobReply:
        """Tell how a run of a command stands, after waiting up to wait_s seconds for its end.

        Use it when run_command or run_gate came back still running, and after a restart of the server.
        """
        job_id = await job_of(self._app, where, job_id)
        return JobReply.of(*await self._app.services.get_job(job_id, wait=wait_s, tail=tail))

    async def cancel_job(self, where: Where, job_id: JobId, project: ProjectName = None) -> JobReply:
        """End a run of a command, with all it started; a terminal stays open. To end both use close_session.

        A ticket whose run is ended so is blocked; to cancel the ticket use decide_ticket.
        """
        return JobReply.of(*await self._app.services.cancel_job(await job_of(self._app, where, job_id)))

    def offers(self) -> Sequence[Offer]:
        """The tools."""
        return (
            Offer(self.get_job, "Look at a job", READS),
            Offer(self.cancel_job, "Cancel a job", ENDS),
        )
