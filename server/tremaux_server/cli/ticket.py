"""`tremaux ticket`: work for workers, handed over and looked after from a person's shell."""

import json
import shlex
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from importlib import import_module
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from tremaux_server.app import App
from tremaux_server.cli.session import print_json, project, show, with_app
from tremaux_server.replies.base import Reply
from tremaux_server.replies.ticket import WORDS, HistoryReply, MergeReply, TicketPart, TicketReply
from tremaux_server.replies.tickets import ListReply, SpawnedReply, WaitReply
from tremaux_tools.core.tickets.flat import as_flat, parse
from tremaux_tools.core.tickets.graph import draw
from tremaux_tools.core.tickets.lifecycle import SETTLED, Decision, Status
from tremaux_tools.core.tickets.ticket import RUN_VARIABLE, NewTicket
from tremaux_tools.errors import BadArgument

FAILED = 1  # exit code: a ticket was not completed, or not merged
RUNNABLE: frozenset[Status] = frozenset({"ready", "in_progress"})
UNDONE = SETTLED - {"completed"}
TIMED_OUT = 124  # exit code, as `timeout` tells it
STDIN = "-"
EVERYTHING = 1_000_000  # more tickets than a project has
MAX_IMPORT = 64 * 1024 * 1024  # bytes
PERSON = "a person"  # who decided, in the history of a ticket
MAX_HINTS = 5  # tickets whose decisions are spelt out
DECIDE: Mapping[Status, tuple[Decision, ...]] = {
    "awaiting_approval": ("approve", "reject"),
    "blocked": ("retry", "cancel"),
    "failed": ("retry",),
}
NOBODY = "tremaux: no process runs tickets now; start `tremaux dispatch`."


def add(options: Namespace) -> int:
    """Hand over a ticket."""
    if options.program is not None and options.argv:
        raise BadArgument("--command and a command behind -- are both given", "Give one of them.")
    command = options.program or _command(options.argv)
    ticket = NewTicket(
        description=options.description,
        id=options.id,
        depends_on=tuple(need.strip() for needs in options.needs for need in needs.split(",") if need.strip()),
        priority=options.priority,
        runner=options.runner,
        command=command,
        place=options.place,
        image=options.image,
        step_mode=options.step,
        context_files=tuple(options.context),
        target_file=options.target,
        target_symbols=tuple(options.symbol),
        max_retries=options.retries,
        timeout=options.timeout,
        worktree=options.worktree,
        budget_tokens=options.budget_tokens,
        budget_cost=options.budget_cost,
        goal=options.goal,
    )

    async def work(app: App) -> SpawnedReply:
        where, agent = project(options, app), app.settings.agent
        spawned = await app.tickets.spawn(where, [ticket], client="tremaux ticket", agent=agent)
        await warn_if_idle(app, where)
        return SpawnedReply.of(spawned)

    reply = with_app(options, work)
    _show(reply, reply.facts(), reply.tickets, options)
    return 0


def list_tickets(options: Namespace) -> int:
    """List the tickets in a table."""

    async def work(app: App) -> ListReply:
        where = project(options, app)
        found = await app.tickets.list(where, status=options.status, limit=options.n or EVERYTHING)
        return ListReply.of(found, await app.tickets.usage(where))

    reply = with_app(options, work)
    if options.json:
        print_json(_whole(reply))
    else:
        print(reply.head())
        if reply.tickets:
            drawing = import_module("tremaux_server.cli.table")  # no other command waits for it to load
            drawing.console().print(drawing.table(reply.tickets, now=time.time()))
        sys.stdout.writelines(f"{line}\n" for line in reply.spent())
        if any(part.attach for part in reply.tickets):
            print("Look at a worker at its work with `tremaux pane attach ID`.")
    return 0


def show_ticket(options: Namespace) -> int:
    """Show a ticket with its runs and what happened to it."""

    async def work(app: App) -> HistoryReply:
        where = project(options, app)
        return HistoryReply.told(*await app.tickets.whole(where, options.id))

    reply = with_app(options, work)
    _show(reply, [*reply.head(), *reply.details()], [reply], options)
    return 0


def wait(options: Namespace) -> int:
    """Wait until tickets are settled; exits with 1 unless all of those waited for are completed, 124 on a time-out."""
    timeout = inf if options.timeout is None else options.timeout

    async def work(app: App) -> WaitReply:
        until: Literal["any", "all"] = "any" if options.any else "all"
        where, began = project(options, app), monotonic()
        await warn_if_idle(app, where)
        waited = await app.tickets.wait(where, options.ids, until=until, timeout=timeout)
        return WaitReply.of(waited, seconds=monotonic() - began)

    reply = with_app(options, work)
    _show(reply, reply.facts(), reply.tickets, options)
    if reply.timed_out:
        return TIMED_OUT
    return FAILED if reply.awaiting or any(part.status in UNDONE for part in reply.tickets) else 0


def decide(options: Namespace) -> int:
    """Decide on a ticket."""

    async def work(app: App) -> TicketReply:
        ticket = await app.tickets.decide(
            project(options, app),
            options.id,
            options.decision,
            reason=options.reason,
            prompt=options.prompt,
            by=PERSON,
            caller=app.settings.environment.get(RUN_VARIABLE, ""),
        )
        return TicketReply.of(ticket)

    reply = with_app(options, work)
    _show(reply, [*reply.head(), *reply.details()], [reply], options)
    return 0


def merge(options: Namespace) -> int:
    """Merge a ticket's branch; exits with 1 where it collides."""

    async def work(app: App) -> MergeReply:
        return MergeReply.of(await app.tickets.merge(project(options, app), options.id, by=PERSON))

    reply = with_app(options, work)
    show(reply, options)
    return FAILED if reply.conflicts else 0


def import_tickets(options: Namespace) -> int:
    """Take in tickets from a flat JSON list; all or none."""
    text = _read(options.file)

    async def work(app: App) -> SpawnedReply:
        where = project(options, app)
        runners = await app.tickets.runners(where)
        try:
            imported = parse(text, runners=runners, runner=options.runner)
        except BadArgument as error:
            if options.file == STDIN:
                raise
            raise BadArgument(f"{options.file!r}: {error}", error.hint) from error
        taken = await app.tickets.take_in(where, imported)
        await warn_if_idle(app, where)
        return SpawnedReply.taken(taken)

    reply = with_app(options, work)
    _show(reply, reply.facts(), reply.tickets, options)
    return 0


def export_tickets(options: Namespace) -> int:
    """Write all tickets as the JSON list that `import` reads."""

    async def work(app: App) -> list[dict[str, Any]]:
        return as_flat(await app.tickets.export(project(options, app)))

    text = json.dumps(with_app(options, work), ensure_ascii=False, indent=2) + "\n"
    if options.file is None:
        sys.stdout.write(text)
    else:
        options.file.write_text(text, "utf-8")
    return 0


def graph(options: Namespace) -> int:
    """Draw the graph of all tickets as Mermaid text."""

    async def work(app: App) -> str:
        found = await app.tickets.list(project(options, app), limit=EVERYTHING)
        return draw(found.tickets, limit=EVERYTHING)

    print(with_app(options, work))
    return 0


def _show(reply: Reply, lines: Iterable[str], tickets: Iterable[TicketPart], options: Namespace) -> None:
    """Print an answer, and what a person may decide now by the words of this command."""
    if options.json:
        print_json(_whole(reply))
        return
    print("\n".join(lines))
    standing: dict[Status, list[str]] = {}
    for part in tickets:
        standing.setdefault(part.status, []).append(part.id)
    for status, decisions in DECIDE.items():
        for name in standing.get(status, [])[:MAX_HINTS]:
            print(f"  {WORDS[status]}: " + ", or ".join(f"`tremaux ticket {word} {name}`" for word in decisions))


def _whole(reply: Reply) -> Mapping[str, Any]:
    """The tool's object with nothing left out: a program can read as many tickets as there are."""
    return reply.model_dump(mode="json")


def _read(name: str) -> str:
    with nullcontext(sys.stdin.buffer) if name == STDIN else Path(name).open("rb") as file:
        data = file.read(MAX_IMPORT + 1)
    if len(data) > MAX_IMPORT:
        raise BadArgument(f"{name!r} is larger than {MAX_IMPORT // 1024**2} MiB", "Import it in parts.")
    return data.decode("utf-8", "replace")


async def warn_if_idle(app: App, where: Path) -> None:
    """Tell a person of work that nobody will do: no process of theirs runs tickets."""
    if (await app.tickets.list(where, limit=0)).counts.keys() & RUNNABLE and not await app.tickets.dispatchers():
        print(NOBODY, file=sys.stderr)


def _command(argv: list[str]) -> str | None:
    """One word is a command line as it is; of more words each arrives as it is."""
    if not argv:
        return None
    return argv[0] if len(argv) == 1 else shlex.join(argv)
