"""The ticket tools: hand over work as a graph, watch it, decide what needs a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve
from pydantic import Field

from tremaux_server.app import App, app_of
from tremaux_server.handlers.approval import NOT_ASKED, PERSON, REJECTED, Approval, Choice, can_ask, decided, question
from tremaux_server.look import MAX_WAIT
from tremaux_server.replies.ticket import HistoryReply, MergeReply, TicketReply
from tremaux_server.replies.tickets import LIMIT, ListReply, SpawnedReply, WaitReply
from tremaux_server.spec import new_ticket, new_tickets
from tremaux_server.tool import ACTS, ADDS, READS, SETS, Offer, client_name
from tremaux_server.where import ProjectName, Where
from tremaux_tools.core.counted import counted
from tremaux_tools.core.tickets.checks import check_list
from tremaux_tools.core.tickets.lifecycle import Decision, Status
from tremaux_tools.core.tickets.ticket import (
    DEFAULT_PRIORITY,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    RUN_VARIABLE,
    NewTicket,
    PlaceName,
    Ticket,
    Usage,
)
from tremaux_tools.errors import BadArgument, UnknownItem

if TYPE_CHECKING:  # a wait loads the tickets, describing one does not
    from tremaux_tools.tickets import Waited

MAX_LISTED = 10_000  # tickets in a list
MAX_AWAITED = 1_000  # ids in one wait
MAX_NAME = 200  # characters of an id or a model
MAX_NUMBER = 2**53 - 1  # what JSON can tell exactly
PULSE = 10.0  # seconds between two signs of life: some clients end a call that was silent for 60

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Ids = Annotated[list[Name], Field(max_length=MAX_AWAITED)]
Tokens = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Dollars = Annotated[float, Field(ge=0, le=MAX_NUMBER)]
Until = Literal["any", "all"]


async def _handed(context: Context[Any, Any]) -> list[NewTicket]:
    """What is handed over, checked before anybody is asked about it."""
    params = context.request_context.params or {}
    given = {name: value for name, value in params.get("arguments", {}).items() if value is not None}
    given.pop("project", None)
    if "tickets" in given and len(given) > 1:
        other = next(name for name in given if name != "tickets")
        raise BadArgument(f"{other} and tickets are both given", "Give one ticket's fields, or a list of tickets.")
    handed = new_tickets(given["tickets"]) if "tickets" in given else [new_ticket(given)]
    check_list(handed)
    return list(await app_of(context).tickets.timed(handed))  # a person is shown the limit that it will have


async def _at_once(
    context: Context[Any, Any], where: Where, handed: Annotated[list[NewTicket], Resolve(_handed)]
) -> Elicit[Approval] | Approval:
    """The question about a single ticket that could run at once; who cannot be asked now decides later."""
    first = handed[0]
    if len(handed) > 1 or not first.step_mode or not can_ask(context):
        return NOT_ASKED
    tickets = app_of(context).tickets
    try:
        for name in first.depends_on:
            if (await tickets.get(where, name)).status != "completed":
                return NOT_ASKED
    except UnknownItem:
        return NOT_ASKED  # creating it will tell
    await tickets.check(where, handed)
    return question(first, str(where)) or NOT_ASKED


@dataclass(frozen=True, slots=True)
class Watch:
    """How a wait went until somebody had to be asked."""

    waited: "Waited"
    began: float  #: on this process's own clock
    awaiting: Ticket | None  #: the first that awaits an approval


async def _watch(context: Context[Any, Any], where: Where, ids: list[str], until: Until, timeout_s: float) -> Watch:
    began = monotonic()
    waited = await _wait(context, where, ids, until, timeout_s)
    first = next((ticket for ticket in waited.tickets if ticket.name in waited.awaiting), None)
    return Watch(waited, began, first)


async def _wait(context: Context[Any, Any], where: Where, ids: list[str], until: Until, at_most: float) -> "Waited":
    """Wait, and tell a client that asked for it how many are settled: at each change, and every `PULSE`."""
    began = monotonic()

    async def told(done: int, of: int) -> None:
        await context.report_progress(monotonic() - began, at_most, f"{done} of {counted(of, 'ticket')} settled")

    while True:
        left = max(at_most - (monotonic() - began), 0.0)
        waited = await app_of(context).tickets.wait(where, ids, until=until, timeout=min(left, PULSE), progress=told)
        if waited.is_done or waited.awaiting or left <= PULSE:
            return waited
        ids = [ticket.name for ticket in waited.tickets]


async def _of_first(
    context: Context[Any, Any], where: Where, watch: Annotated[Watch, Resolve(_watch)]
) -> Elicit[Approval] | Approval:
    """The question about the first ticket that awaits an approval."""
    if watch.awaiting is None or not can_ask(context):
        return NOT_ASKED
    return question(watch.awaiting, str(where)) or NOT_ASKED


class TicketTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def spawn_ticket(
        self,
        where: Where,
        context: Context[Any, Any],
        handed: Annotated[list[NewTicket], Resolve(_handed)],
        answer: Annotated[ElicitationResult[Approval], Resolve(_at_once)],
        description: Annotated[str, Field(description="The whole task; the worker knows nothing else")] | None = None,
        id: str | None = None,  # noqa: A002  the contract's own name
        depends_on: list[str] = [],  # noqa: B006  pydantic copies it
        priority: Annotated[int, Field(description="0 first")] = DEFAULT_PRIORITY,
        runner: Annotated[str, Field(description="claude, codex, gemini, opencode, shell, or one of tremaux.toml")]
        | None = None,
        command: Annotated[str, Field(description="Shell command to run instead of an agent")] | None = None,
        place: PlaceName = "tmux",
        image: Annotated[str, Field(description="For place docker")] | None = None,
        step_mode: Annotated[bool, Field(description="A person approves it first")] = False,
        context_files: Annotated[list[str], Field(description="Shown to the worker, pruned")] = [],  # noqa: B006
        target_file: Annotated[str, Field(description="Shown whole")] | None = None,
        target_symbols: list[str] = [],  # noqa: B006
        max_retries: int = DEFAULT_RETRIES,
        timeout_s: float = DEFAULT_TIMEOUT,
        worktree: Annotated[bool, Field(description="Work in a git work tree and branch of its own")] = True,
        budget_tokens: int | None = None,
        budget_cost_usd: float | None = None,
        goal: str | None = None,
        tickets: Annotated[list[dict[str, Any]], Field(description="Many at once: objects with these same fields")]
        | None = None,
        project: ProjectName = None,
    ) -> SpawnedReply:
        """Hand work over to worker agents: one ticket, or with tickets a whole graph (all or none is created).

        A ticket runs by itself once all it depends_on is completed; failures are retried with stronger models.
        Then wait_for_tickets. For one command whose result you need now use run_gate or run_command.
        """
        choice = decided(answer, handed[0])
        spawned = await self._app.tickets.spawn(
            where,
            handed,
            client=client_name(context),
            agent=self._app.settings.agent,
            approved=choice.decision == "approve",
            edited=choice.prompt,
        )
        if choice.decision == "reject":
            name = spawned.tickets[0].name
            ticket = await self._app.tickets.decide(where, name, "reject", reason=choice.reason or REJECTED, by=PERSON)
            spawned = replace(spawned, tickets=[ticket], ready=[], blocked=[name])
        return SpawnedReply.of(spawned, note=_note(choice, spawned.tickets[0].name))

    async def list_tickets(
        self,
        where: Where,
        status: Status | None = None,
        limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] = LIMIT,
        project: ProjectName = None,
    ) -> ListReply:
        """List the project's tickets and count them by status; to see one with its runs use get_ticket."""
        found = await self._app.tickets.list(where, status=status, limit=limit)
        return ListReply.of(found, await self._app.tickets.usage(where))

    async def get_ticket(
        self,
        where: Where,
        id: Name,  # noqa: A002  the contract's own name
        project: ProjectName = None,
    ) -> HistoryReply:
        """Tell all of a ticket: where it stands and why, each run of it, and what happened to it.

        To see its worker's terminal use capture_pane with the ticket's id; for the log get_job with its job_id.
        """
        return HistoryReply.told(*await self._app.tickets.whole(where, id))

    async def decide_ticket(
        self,
        where: Where,
        context: Context[Any, Any],
        id: Name,  # noqa: A002  the contract's own name
        decision: Decision,
        reason: str = "",
        prompt: Annotated[str, Field(description="With approve: what the worker gets instead")] | None = None,
        project: ProjectName = None,
    ) -> TicketReply:
        """Approve or reject a ticket that awaits it (only as a person told you), retry, cancel, complete or block one.

        cancel and block end its worker.
        """
        ticket = await self._app.tickets.decide(
            where,
            id,
            decision,
            reason=reason,
            prompt=prompt,
            by=client_name(context) or "an agent",
            caller=self._caller(),
        )
        return TicketReply.of(ticket)

    async def wait_for_tickets(
        self,
        where: Where,
        context: Context[Any, Any],
        watch: Annotated[Watch, Resolve(_watch)],
        answer: Annotated[ElicitationResult[Approval], Resolve(_of_first)],
        ids: Annotated[Ids, Field(description="All that are not settled if empty")] = [],  # noqa: B006
        until: Until = "all",
        timeout_s: Annotated[float, Field(ge=0, le=MAX_WAIT)] = 50,
        project: ProjectName = None,
    ) -> WaitReply:
        """Wait until any or all tickets are settled (completed, failed, blocked or cancelled), and tell how they stand.

        Use it instead of listing again and again. It comes back early when one awaits approval, after asking a
        person where the client can.
        """
        waited, note = watch.waited, ""
        if watch.awaiting is not None:
            choice, name = decided(answer, watch.awaiting), watch.awaiting.name
            note = _note(choice, name)
            if choice.decision in ("approve", "reject"):
                try:
                    await self._decide(where, name, choice)
                except BadArgument:  # somebody else was faster, in a terminal
                    note = f"{name} was decided on elsewhere in the meantime."
                names = [ticket.name for ticket in waited.tickets]
                left = max(timeout_s - (monotonic() - watch.began), 0.0)
                waited = await _wait(context, where, names, until, left)
        return WaitReply.of(waited, seconds=monotonic() - watch.began, note=note)

    async def report_usage(
        self,
        where: Where,
        id: Name,  # noqa: A002  the contract's own name
        input_tokens: Tokens,
        output_tokens: Tokens,
        model: Annotated[str, Field(max_length=MAX_NAME)] | None = None,
        cost_usd: Dollars = 0.0,
        project: ProjectName = None,
    ) -> TicketReply:
        """Add what models were asked for in a ticket's run; for workers whose program does not tell it by itself."""
        usage = Usage(input_tokens, output_tokens, cost_usd)
        told = await self._app.tickets.report_usage(where, id, usage, model=model, caller=self._caller())
        return TicketReply.of(told)

    async def merge_ticket(
        self,
        where: Where,
        context: Context[Any, Any],
        id: Name,  # noqa: A002  the contract's own name
        project: ProjectName = None,
    ) -> MergeReply:
        """Merge a completed ticket's branch into the project's current one; with conflicts nothing is changed."""
        return MergeReply.of(await self._app.tickets.merge(where, id, by=client_name(context) or "an agent"))

    def _caller(self) -> str:
        """The run whose worker started this server; empty where a person's client did."""
        return self._app.settings.environment.get(RUN_VARIABLE, "")

    async def _decide(self, where: Where, name: str, choice: Choice) -> None:
        reason = choice.reason or (REJECTED if choice.decision == "reject" else "")
        decision: Decision = "approve" if choice.decision == "approve" else "reject"
        await self._app.tickets.decide(where, name, decision, reason=reason, prompt=choice.prompt, by=PERSON)

    def offers(self) -> Sequence[Offer]:
        """The tools, those shown by default first."""
        return (
            Offer(self.spawn_ticket, "Hand over tickets", ACTS, core=True),
            Offer(self.list_tickets, "List tickets", READS, core=True),
            Offer(self.decide_ticket, "Decide on a ticket", ACTS, core=True),
            Offer(self.get_ticket, "Look at a ticket", READS),
            Offer(self.wait_for_tickets, "Wait for tickets", SETS),
            Offer(self.report_usage, "Report what a ticket used", ADDS),
            Offer(self.merge_ticket, "Merge a ticket's work", ADDS),
        )


_NOTES: Mapping[str, str] = {
    "approve": "A person approved {}.",
    "reject": "A person rejected {}: it will not run.",
    "later": "A person was asked about {} and has not decided yet; do not ask again at once.",
}


def _note(choice: Choice, name: str) -> str:
    return _NOTES[choice.decision].format(name) if choice.decision in _NOTES else ""
