"""`tremaux learn`: see what Tremaux learns about itself, and decide about it."""

import json
from argparse import Namespace
from typing import Any

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, show_whole, with_app
from tremaux_server.replies.base import Reply
from tremaux_server.replies.learning import DeltaReply, DeltasReply, PlaybookReply, StatusReply, TurnReply
from tremaux_tools.core.learning.delta import Proposal

FAILED = 1  # exit code


def status(options: Namespace) -> int:
    """Tell how learning stands."""

    async def work(app: App) -> Reply:
        return StatusReply.of(await app.learning.status())

    show(with_app(options, work), options)
    return 0


def list_deltas(options: Namespace) -> int:
    """List deltas, the newest first."""

    async def work(app: App) -> Reply:
        return DeltasReply.of(await app.learning.deltas(options.status, limit=options.n))

    show_whole(with_app(options, work), options)
    return 0


def show_delta(options: Namespace) -> int:
    """Show a delta with its score and the figures of its trial."""

    async def work(app: App) -> Reply:
        return DeltaReply.of(await app.learning.delta(options.delta_id))

    show_whole(with_app(options, work), options)
    return 0


def propose(options: Namespace) -> int:
    """Propose a change; exits with 1 where it is turned down at once."""

    async def work(app: App) -> DeltaReply:
        name = await app.services.project_name(project(options, app)) if options.type == "playbook" else None
        proposal = Proposal(
            type=options.type,
            operation=options.operation,
            target=options.target,
            new_value=_value(options.new_value),
            reasoning=options.reasoning,
            confidence=options.confidence,
            impact=options.impact,
            source="a person",
            project=name,
        )
        return DeltaReply.of(await app.learning.propose(proposal))

    reply = with_app(options, work)
    show(reply, options)
    return FAILED if reply.delta.status == "rejected" else 0


def decide(options: Namespace) -> int:
    """Approve, reject or roll back a delta."""

    async def work(app: App) -> Reply:
        act = {"approve": app.learning.approve, "reject": app.learning.reject, "rollback": app.learning.roll_back}
        return DeltaReply.of(await act[options.decision](options.delta_id, reason=options.reason))

    show(with_app(options, work), options)
    return 0


def turn(options: Namespace) -> int:
    """Make a turn of the cycle now."""

    async def work(app: App) -> Reply:
        return TurnReply.of(await app.learning.turn())

    show(with_app(options, work), options)
    return 0


def playbook(options: Namespace) -> int:
    """Print the playbook of a project."""

    async def work(app: App) -> Reply:
        name = None if options.all else await app.services.project_name(project(options, app))
        return PlaybookReply.of(await app.learning.playbook(name))

    show_whole(with_app(options, work), options)
    return 0


def _value(text: str) -> Any:
    """A number or truth value where it is one; else the text."""
    try:
        read = json.loads(text)
    except ValueError:
        return text
    return read if isinstance(read, bool | int | float) else text
