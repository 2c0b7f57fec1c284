"""The answers about single runs of commands."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, Self

from tremaux_server.replies.base import LINE, as_data
from tremaux_server.replies.terminal import MAX_IN_TEXT, MAX_MATCHED, MAX_SHOWN, PaneReply, StatusName, ended
from tremaux_server.shape import cut_end, newest, timestamp
from tremaux_server.uris import log_uri

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.job import Job

KindName = Literal["terminal", "process", "import"]
CauseName = Literal["", "timeout", "cancel", "size"]

WHY: Mapping[CauseName, str] = {
    "": "",
    "timeout": ", its time was over",
    "cancel": ", it was cancelled",
    "size": ", it printed too much",
}


class JobReply(PaneReply):
    """The answer of get_job and cancel_job."""

    job_id: str
    kind: KindName
    target: str
    command: str
    status: StatusName
    exit_code: int | None
    cause: CauseName
    attempt_id: int | None
    started_at: str
    duration_s: float
    log_tail: str
    log_uri: str
    redactions: int

    @classmethod
    def of(cls, job: "Job", attempt_id: int | None = None) -> Self:
        """Translate a job as it stands, and the attempt that its end was recorded as."""
        return cls(
            job_id=job.job_id,
            kind=job.kind,
            target=job.target,
            command=cut_end(job.command, MAX_MATCHED),
            status=job.status,
            exit_code=job.exit_code,
            cause=job.cause,
            attempt_id=attempt_id,
            started_at=timestamp(job.started_at),
            duration_s=round(job.duration, 3),
            log_tail=newest(job.log_tail, MAX_SHOWN),
            log_uri=log_uri(job.job_id),
            redactions=job.redactions,
        )

    def whole(self) -> str:
        """The log of the job."""
        return self.log_uri

    def lines(self) -> Iterator[str]:
        """How the job stands, then the end of its log."""
        yield ended(self.status, self.exit_code, self.duration_s) + WHY[self.cause]
        where = f" in {self.target!r}" if self.target else ""
        yield f"Job {self.job_id}{where}: {cut_end(self.command, LINE)!r}; whole log: {self.log_uri}"
        if self.attempt_id is not None:
            yield f"Recorded as attempt {self.attempt_id}."
        tail = newest(self.log_tail, MAX_IN_TEXT)
        yield from as_data(tail.split("\n") if tail else ())
