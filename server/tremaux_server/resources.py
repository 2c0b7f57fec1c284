"""What a reply is too short for: resources."""

import json
import re
from collections.abc import Awaitable
from importlib import import_module
from typing import TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import ResourceSecurity
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from tremaux_server import answers
from tremaux_server.app import App
from tremaux_server.fields import MAX_SHOWN
from tremaux_server.replies.base import Reply
from tremaux_server.replies.journal import AttemptPart
from tremaux_server.replies.postflight import PostflightReply
from tremaux_server.replies.ticket import HistoryReply, TicketPart
from tremaux_server.replies.tickets import tally
from tremaux_server.shape import cut_middle
from tremaux_server.uris import (
    ATTEMPTS_TEMPLATE,
    JSON,
    KNOWLEDGE_TEMPLATE,
    LOG_TEMPLATE,
    OUTPUT_TEMPLATE,
    PLAYBOOK,
    RECOMMENDATION_TEMPLATE,
    REPORT_OUTPUT_TEMPLATE,
    REPORT_TEMPLATE,
    SKILLS,
    TICKET_TEMPLATE,
    TICKETS,
)
from tremaux_tools.errors import TremauxError, UnknownItem

MAX_ATTEMPTS = 1_000  # attempts in one reading of a goal
MAX_TICKETS = 10_000  # tickets in one reading of a project's
MAX_LEARNINGS = 200  # learnings in one reading of all
MAX_OUTPUT_CHARS = 1_000_000  # characters of one output; clients load a resource whole

_ID = re.compile(r"[0-9]{1,19}")  # no id of a row has more digits

# They name rows, not files: a goal may be called "../x".
_GOALS = ResourceSecurity(exempt_params={"goal"})
_TICKETS = ResourceSecurity(exempt_params={"id"})
_KNOWLEDGE = ResourceSecurity(exempt_params={"name"})

T = TypeVar("T")


def register(server: MCPServer[App], app: App) -> None:
    """Offer the resources."""

    @server.resource(ATTEMPTS_TEMPLATE, title="Attempts at a goal", mime_type=JSON, security=_GOALS)
    async def attempts(goal: str) -> str:
        """All attempts at a goal of the current project, newest first."""
        found = app.journal.list_attempts(app.whereabouts.current(), goal, limit=MAX_ATTEMPTS)
        records, total = await _told(found)
        shown = [AttemptPart.of(record).model_dump() for record in records]
        return json.dumps({"goal": goal, "total": total, "attempts": shown}, ensure_ascii=False)

    @server.resource(OUTPUT_TEMPLATE, title="Output of an attempt")
    async def output(id: str) -> str:  # noqa: A002  the template's own word
        """What the gate of an attempt printed, without control sequences and secrets."""
        return cut_middle(await _told(app.journal.output(_number(id, "attempt"))), MAX_OUTPUT_CHARS)

    @server.resource(LOG_TEMPLATE, title="Log of a job")
    async def log(id: str) -> str:  # noqa: A002  the template's own word
        """What a run of a command printed, without control sequences and secrets."""
        return cut_middle(await _told(app.services.job_log(id)), MAX_OUTPUT_CHARS)

    @server.resource(REPORT_TEMPLATE, title="Report of a run", mime_type=JSON)
    async def report(id: str) -> str:  # noqa: A002  the template's own word
        """What really happened in a finished run, in full."""
        filed = await _told(app.postflight.get_report(_number(id, "report")))
        return PostflightReply.of(filed).model_dump_json()

    @server.resource(REPORT_OUTPUT_TEMPLATE, title="Output of a run")
    async def report_output(id: str) -> str:  # noqa: A002  the template's own word
        """What the run printed that a report is about, without control sequences and secrets."""
        return cut_middle(await _told(app.postflight.output(_number(id, "report"))), MAX_OUTPUT_CHARS)

    _register_tickets(server, app)
    _register_skills(server, app)


def _register_tickets(server: MCPServer[App], app: App) -> None:
    @server.resource(TICKETS, title="Tickets", mime_type=JSON)
    async def tickets() -> str:
        """All tickets of the current project."""
        found = await _told(app.tickets.list(app.whereabouts.current(), limit=MAX_TICKETS))
        parts = [TicketPart.of(ticket) for ticket in found.tickets]
        path, shown = list(found.critical_path), [part.model_dump(mode="json") for part in parts]
        told = {"total": found.total, "counts": tally(parts), "critical_path": path, "tickets": shown}
        return json.dumps(told, ensure_ascii=False)

    @server.resource(TICKET_TEMPLATE, title="A ticket", mime_type=JSON, security=_TICKETS)
    async def ticket(id: str) -> str:  # noqa: A002  the template's own word
        """A ticket with each run of it and all that happened to it."""
        where = app.whereabouts.current()
        return HistoryReply.told(*await _told(app.tickets.whole(where, id))).model_dump_json()


def _register_skills(server: MCPServer[App], app: App) -> None:
    """Offer what was learnt; the shapes of these answers are not even imported before one is read."""

    @server.resource(SKILLS, title="Skills", mime_type=JSON)
    async def skills() -> str:
        """What was learnt in all projects: each learning, the best first, as a tree, and how it fares."""
        found = await _told(app.skills.profile(None))
        listed = await _told(app.skills.learnings(None, MAX_LEARNINGS))
        return _json(import_module("tremaux_server.replies.skills").LibraryReply.told(found, listed))

    @server.resource(RECOMMENDATION_TEMPLATE, title="Where a recommendation came from", mime_type=JSON)
    async def recommendation(id: str) -> str:  # noqa: A002  the template's own word
        """A recommendation with its learnings, the reports that prove them, the attempts that led to those."""
        found = await _told(app.skills.trace(_number(id, "recommendation")))
        return _json(import_module("tremaux_server.replies.trace").TraceReply.of(found))

    @server.resource(KNOWLEDGE_TEMPLATE, title="An entity of the knowledge graph", mime_type=JSON, security=_KNOWLEDGE)
    async def entity(name: str) -> str:
        """What is known of one thing, what it has to do with others, and what proves it."""
        found = await _told(app.knowledge.get(name))
        return _json(import_module("tremaux_server.replies.knowledge").EntityReply.of(found))

    @server.resource(PLAYBOOK, title="Playbook", mime_type=JSON)
    async def playbook() -> str:
        """What workers of the current project are told, a bullet at a time, with how often each helped and harmed."""
        name = await _told(app.services.project_name(app.whereabouts.current()))
        found = await _told(app.learning.playbook(name))
        return _json(import_module("tremaux_server.replies.learning").PlaybookReply.of(found))


def _json(reply: Reply) -> str:
    """An answer in full."""
    return reply.model_dump_json(exclude={"shortened"})


def _number(text: str, kind: str) -> int:
    if not _ID.fullmatch(text):
        raise ResourceNotFoundError(f"There is no {kind} {text[:MAX_SHOWN]!r}. Its id is a number.")
    return int(text)


async def _told(answer: Awaitable[T]) -> T:
    """Await a service's answer; what it cannot give is told in the protocol's words."""
    try:
        return await answer
    except UnknownItem as error:
        raise ResourceNotFoundError(answers.explain(error)) from error
    except TremauxError as error:
        raise ResourceError(answers.explain(error)) from error
