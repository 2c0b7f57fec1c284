"""The answers about one ticket, and what every answer tells of one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from tremaux_server.replies.base import LINE, Part, Reply, as_data, listed
from tremaux_server.shape import cut_end, timestamp
from tremaux_server.uris import report_uri, ticket_uri
from tremaux_tools.core.counted import counted
from tremaux_tools.core.tickets.lifecycle import Status

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.tickets.ticket import Run, Ticket, TicketEvent, Usage
    from tremaux_tools.tickets import History, Merged

DESCRIPTION = 80  # characters of a description in a list
REASON = 120  # characters of a reason in a list
WHY = 500  # characters of a reason where the answer is about one ticket
NAMED = 10  # ids named in one line
WHOLE = 1_000  # characters of a description where the answer is about one ticket
RESULT = 1_500  # characters of a worker's last words
NEWEST = 8  # events in a text

# In the order in which a person wants to know of them.
WORDS: Mapping[Status, str] = {
    "awaiting_approval": "awaiting approval",
    "blocked": "blocked",
    "failed": "failed",
    "in_progress": "in progress",
    "ready": "ready",
    "todo": "waiting",
    "completed": "completed",
    "cancelled": "cancelled",
}


class UsagePart(Part):
    """What models were asked for and cost."""

    input_tokens: int
    output_tokens: int
    cost_usd: float

    @classmethod
    def of(cls, usage: "Usage") -> Self:
        """Translate a usage."""
        return cls(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=round(usage.cost_usd, 6),
        )

    def told(self) -> str:
        """The usage in words; empty where nothing is known."""
        if not (self.input_tokens or self.output_tokens or self.cost_usd):
            return ""
        cost = f", {self.cost_usd:.4f} USD" if self.cost_usd else ""
        return f"{self.input_tokens} tokens in, {self.output_tokens} out{cost}"


class TicketPart(Part):
    """A ticket as it stands, with what its newest run shows."""

    id: str
    description: str
    status: Status
    reason: str
    depends_on: list[str]
    priority: int
    assigned_to: str
    retry_count: int
    model: str | None
    place: str
    pane: str | None
    attach: str | None
    job_id: str | None
    worktree: str | None
    branch: str | None
    exit_code: int | None
    usage: UsagePart
    created_at: str
    started_at: str | None
    finished_at: str | None
    heartbeat_at: str | None

    @classmethod
    def of(cls, ticket: "Ticket") -> Self:
        """Translate a ticket."""
        return cls(**fields_of(ticket))

    def line(self) -> str:
        """Where it stands, in a line."""
        model = f" ({self.model})" if self.model else ""
        doer = f", {self.assigned_to}{model} in {self.place}" if self.status == "in_progress" else ""
        again = f", {counted(self.retry_count, 'failed run')} before" if self.retry_count else ""
        needs = f", needs {named(self.depends_on)}" if self.status == "todo" and self.depends_on else ""
        why = f": {cut_end(one_line(self.reason), REASON)}" if self.reason else ""
        title = cut_end(one_line(self.description), DESCRIPTION)
        return f"{self.id} [{WORDS[self.status]}{doer}{again}{needs}{why}] {title}"


class RunPart(Part):
    """One run of a ticket by a worker."""

    run: int
    state: str
    outcome: str
    reason: str
    model: str | None
    place: str
    pane: str | None
    job_id: str | None
    branch: str | None
    exit_code: int | None
    fingerprint: str
    report_id: int | None
    result: str
    usage: UsagePart
    started_at: str | None
    ended_at: str | None

    @classmethod
    def of(cls, run: "Run") -> Self:
        """Translate a run."""
        return cls(
            run=run.epoch,
            state=run.state,
            outcome=run.outcome,
            reason=run.reason,
            model=run.model,
            place=run.place,
            pane=run.terminal or None,
            job_id=run.job_name,
            branch=run.branch or None,
            exit_code=run.exit_code,
            fingerprint=run.fingerprint,
            report_id=run.report_id,
            result=cut_end(run.result, RESULT),
            usage=UsagePart.of(run.usage),
            started_at=_time(run.started_at),
            ended_at=_time(run.ended_at),
        )

    def line(self) -> str:
        """How it went, in a line."""
        how = self.outcome or self.state
        code = "" if self.exit_code is None else f", exit code {self.exit_code}"
        model = f" with {self.model}" if self.model else ""
        report = f", {report_uri(self.report_id)}" if self.report_id is not None else ""
        why = f": {cut_end(one_line(self.reason), REASON)}" if self.reason else ""
        return f"run {self.run}{model} {how}{code} ({self.job_id or 'no job'}{report}){why}"


class EventPart(Part):
    """A change of a ticket; `old` is null where it was created, and equals `new` where something was only noted."""

    at: str
    ticket: str
    old: Status | None
    new: Status
    reason: str
    by: str

    @classmethod
    def of(cls, event: "TicketEvent") -> Self:
        """Translate an event."""
        return cls(
            at=timestamp(event.at),
            ticket=event.ticket,
            old=event.old,
            new=event.new,
            reason=event.reason,
            by=event.by,
        )

    def line(self) -> str:
        """The change, in a line."""
        by = f" by {self.by}" if self.by else ""
        why = f": {cut_end(one_line(self.reason), REASON)}" if self.reason else ""
        what = "noted" if self.old == self.new else WORDS[self.new]
        return f"{self.at} {self.ticket} {what}{by}{why}"


class ContextPart(Part):
    """A file that a worker was given, and what pruning made of it, in tokens."""

    path: str
    how: str
    tokens_before: int
    tokens_after: int
    note: str


class TicketReply(TicketPart, Reply):
    """A whole ticket: the answer of decide_ticket and report_usage."""

    goal: str
    report_id: int | None
    merged: str | None
    context_tokens_before: int | None
    context_tokens_after: int | None

    @classmethod
    def of(cls, ticket: "Ticket") -> Self:
        """Translate a ticket."""
        return cls(**more_of(ticket))

    def whole(self) -> str:
        """The ticket with all that happened to it."""
        return ticket_uri(self.id)

    def lines(self) -> Iterator[str]:
        """Where it stands, what can be done now, and how it came to that."""
        yield from self.head()
        yield from self.advice()
        yield from self.details()

    def head(self) -> Iterator[str]:
        """Where it stands and why."""
        yield f"{WORDS[self.status].upper()} {self.id}: {cut_end(one_line(self.description), LINE)}"
        if self.reason:
            yield f"Why: {cut_end(one_line(self.reason), WHY)}"

    def details(self) -> Iterator[str]:
        """Who does it, what it used, and where its work is."""
        model = f" ({self.model})" if self.model else ""
        again = f", after {counted(self.retry_count, 'failed run')}" if self.retry_count else ""
        yield f"Worker: {self.assigned_to}{model} in {self.place}{again}{f', {self.job_id}' if self.job_id else ''}"
        if self.depends_on:
            yield f"Needs: {named(self.depends_on)}"
        if used := self.usage.told():
            yield f"Used: {used}."
        if self.context_tokens_before is not None:
            yield f"Context: {self.context_tokens_before} tokens of files, shown in {self.context_tokens_after}."
        if self.branch:
            at = f", merged as {self.merged}" if self.merged else ""
            yield f"Branch: {self.branch}{at}; work tree: {self.worktree or 'removed'}."
        if self.attach:
            yield f"A person can look at it with: {self.attach}"

    def advice(self) -> Iterator[str]:
        """What can be done now, in a line; nothing where nothing need be."""
        call = f"decide_ticket({self.id!r}, ...)"
        match self.status:
            case "awaiting_approval":
                yield f"It runs once a person agrees: {call} with approve, or reject and a reason."
            case "blocked":
                yield f"Mend what blocks it, then {call} with retry; or complete or cancel it."
            case "failed":
                yield f"It may be tried again: {call} with retry."
            case "completed" if self.branch and not self.merged:
                yield f"Bring its work back with merge_ticket({self.id!r})."


class HistoryReply(TicketReply):
    """The answer of get_ticket: the ticket with its runs and all that happened to it, oldest first."""

    command: str | None
    prompt: str | None
    step_mode: bool
    context_files: list[str]
    target_file: str | None
    target_symbols: list[str]
    max_retries: int
    timeout_s: float
    budget_tokens: int | None
    budget_cost_usd: float | None
    runs: list[RunPart]
    context: list[ContextPart]
    events: list[EventPart]

    @classmethod
    def told(cls, ticket: "Ticket", history: "History") -> Self:
        """Translate a ticket and what happened to it."""
        return cls(
            **more_of(ticket),
            command=ticket.command,
            prompt=ticket.prompt,
            step_mode=ticket.step_mode,
            context_files=list(ticket.context_files),
            target_file=ticket.target_file,
            target_symbols=list(ticket.target_symbols),
            max_retries=ticket.max_retries,
            timeout_s=ticket.timeout,
            budget_tokens=ticket.budget_tokens,
            budget_cost_usd=ticket.budget_cost,
            runs=[RunPart.of(run) for run in history.runs],
            context=[ContextPart(**asdict(part)) for part in history.parts],
            events=[EventPart.of(event) for event in history.events],
        )

    def details(self) -> Iterator[str]:
        """What is to be done and by whom, its runs, what changed last, and what its worker said at the end."""
        if self.command:
            yield f"Command: {cut_end(one_line(self.command), WHY)}"
        if self.prompt:
            yield f"Prompt, as a person edited it: {cut_end(one_line(self.prompt), WHY)}"
        elif len(one_line(self.description)) > LINE:
            yield f"Task: {cut_end(one_line(self.description), WHOLE)}"
        yield from super().details()
        yield from listed("Runs", (run.line() for run in self.runs))
        yield from listed("Newest changes", (event.line() for event in self.events[-NEWEST:]))
        said = self.runs[-1].result if self.runs else ""
        yield from as_data(said.split("\n") if said else ())


class MergeReply(Reply):
    """The answer of merge_ticket; `commit` is null where nothing was merged."""

    id: str
    merged: bool
    commit: str | None
    files: int
    conflicts: list[str]
    branch: str | None

    @classmethod
    def of(cls, merged: "Merged") -> Self:
        """Translate what came of a merge."""
        return cls(
            id=merged.ticket.name,
            merged=bool(merged.commit),
            commit=merged.commit or None,
            files=merged.files,
            conflicts=list(merged.conflicts),
            branch=(merged.ticket.run.branch or None) if merged.ticket.run else None,
        )

    def lines(self) -> Iterator[str]:
        """Whether the work is in, then the files."""
        if self.merged:
            yield f"MERGED {self.id} as {self.commit}: {counted(self.files, 'file')}."
        elif self.conflicts:
            yield f"CONFLICT in {counted(len(self.conflicts), 'file')}: {self.id} was not merged. Nothing is lost."
            yield f"Its work is on branch {self.branch}: merge that by hand, or ask a worker to."
        else:
            yield f"NOTHING TO MERGE: {self.id} changed nothing."
        yield from listed("Conflicts", self.conflicts)


def fields_of(ticket: "Ticket") -> dict[str, Any]:
    """What every answer tells of a ticket."""
    run = ticket.run
    live = run.terminal if run and run.state != "ended" else ""
    return {
        "id": ticket.name,
        "description": ticket.description,
        "status": ticket.status,
        "reason": ticket.reason,
        "depends_on": list(ticket.depends_on),
        "priority": ticket.priority,
        "assigned_to": ticket.runner,
        "retry_count": ticket.retry_count,
        "model": run.model if run else None,
        "place": ticket.place,
        "pane": (run.terminal or None) if run else None,
        "attach": f"tremaux pane attach {live}" if live else None,
        "job_id": run.job_name if run else None,
        "worktree": (run.worktree or None) if run else None,
        "branch": (run.branch or None) if run else None,
        "exit_code": run.exit_code if run else None,
        "usage": UsagePart.of(ticket.usage),
        "created_at": timestamp(ticket.created_at),
        "started_at": _time(ticket.started_at),
        "finished_at": _time(ticket.finished_at),
        "heartbeat_at": _time(run.heartbeat_at) if run else None,
    }


def more_of(ticket: "Ticket") -> dict[str, Any]:
    """What an answer about one ticket tells of it."""
    return fields_of(ticket) | {
        "goal": ticket.goal_name,
        "report_id": ticket.run.report_id if ticket.run else None,
        "merged": ticket.merged or None,
        "context_tokens_before": ticket.context_before,
        "context_tokens_after": ticket.context_after,
    }


def named(ids: Sequence[str]) -> str:
    """Ids in a line, at most `NAMED` of them."""
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def one_line(text: str) -> str:
    """A text with every gap as one space, so that no line of a worker's passes for one of ours."""
    return " ".join(text.split())


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else timestamp(seconds)
