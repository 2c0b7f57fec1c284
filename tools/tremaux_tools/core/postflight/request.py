"""What a postflight is asked to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.job import JobRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to look at: exactly one of `job`, `output` and `output_path`."""

    job: JobRecord | None = None  #: one that has ended
    shown: str | None = None  #: what the job printed as it is to be read, where its log is for programs
    output: str | None = None
    output_path: str | None = None
    report_paths: Sequence[str] = ()  #: machine-readable reports that the run wrote
    path_anywhere: bool = False  #: a person named the files, so they may lie outside the project
    exit_code: int | None = None  #: of an output, or of a job that does not know its own
    task: str = ""
    goal: str | None = None  #: None: that of the job, if it has one
    notes: str = ""  #: what was learnt, in the agent's words; read as lines of an output are
    tools_used: Sequence[str] = ()
    recommendation_ids: Sequence[int] = ()  #: of what the task was done with; how it ended is their outcome
    notify: bool | None = None  #: None: by the rules; False: never; True: whatever the verdict
    client: str = ""
    agent: str = ""
