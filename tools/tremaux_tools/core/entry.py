"""What an agent tells of an attempt."""

from dataclasses import dataclass

from tremaux_tools.core.attempt import Gate, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an agent tells of one attempt. Either `output` or `output_path`; texts may be of any length."""

    action: str
    gate: Gate
    output: str = ""
    output_path: str | None = None
    path_anywhere: bool = False  #: a person named the file, so it may lie outside the project
    exit_code: int | None = None
    command: str | None = None
    hypothesis: str = ""
    goal: str = "default"
    iteration: int | None = None  #: None: one more than the goal's last
    note: str = ""
    tree: str | None = None  #: None: asked from git
    reset: bool = False
    metric: Metric | None = None
    job_id: int | None = None  #: row of the job that ran it: an attempt belongs to at most one, so it is stored once
    client: str = ""
    agent: str = ""
