"""`tremaux recommend` and `tremaux skill`: what helped before, for a person's shell."""

import json
import sys
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tremaux_server.app import App
from tremaux_server.cli.session import print_json, project, show, show_whole, standard_input, with_app
from tremaux_server.fields import MAX_SHOWN
from tremaux_server.replies.recommend import RecommendReply
from tremaux_server.replies.sharing import ExportReply, ImportReply
from tremaux_server.replies.skills import FadingReply, ProfileReply, RateReply, RecordedReply
from tremaux_server.replies.trace import TraceReply
from tremaux_server.task_spec import new_task
from tremaux_tools.errors import BadArgument

FAILED = 1  # exit code: parts of a file could not be read
STDIN = "-"
MAX_FILE = 16 * 1024 * 1024  # bytes of a task


def recommend(options: Namespace) -> int:
    """Tell what helped with such a task, and what to avoid."""
    prompt = standard_input() if options.prompt == STDIN else options.prompt

    async def work(app: App) -> RecommendReply:
        found = await app.skills.recommend(
            project(options, app), prompt, limit=options.n, include_other_projects=not options.this_project
        )
        return RecommendReply.of(found)

    reply = with_app(options, work)
    if options.json:
        show(reply, options)
        return 0
    number = reply.recommendation_id
    print("\n".join(reply.facts()))
    print(f"Once the task is over: `tremaux postflight --recommendation {number}`, so that its outcome counts.")
    if reply.items:
        print(
            f"`tremaux skill trace {number}` shows the proof; `tremaux skill rate {number} SKILL --helped` your word."
        )
    return 0


def profile(options: Namespace) -> int:
    """Tell what was learnt in all."""
    show(_profile(options), options)
    return 0


def tree(options: Namespace) -> int:
    """Draw what was learnt as a tree."""
    reply = _profile(options)
    if options.json:
        print_json({"tree": [branch.model_dump(mode="json") for branch in reply.tree]})
    else:
        print("\n".join(reply.drawn()) or "Nothing was learnt yet.")
    return 0


def report(options: Namespace) -> int:
    """List what fades."""

    async def work(app: App) -> FadingReply:
        return FadingReply.of(await app.skills.fading(_chosen(options, app)))

    show_whole(with_app(options, work), options)
    return 0


def trace(options: Namespace) -> int:
    """Tell where a recommendation came from and what came of it."""

    async def work(app: App) -> TraceReply:
        return TraceReply.of(await app.skills.trace(options.recommendation_id))

    show(with_app(options, work), options)
    return 0


def rate(options: Namespace) -> int:
    """Take a person's word on a recommended skill."""

    async def work(app: App) -> RateReply:
        number, helped = options.recommendation_id, options.helped
        rated = await app.skills.rate(number, options.skill, helped=helped, note=options.note, by_person=True)
        return RateReply.of(number, rated, helped=helped)

    show(with_app(options, work), options)
    return 0


def record(options: Namespace) -> int:
    """Record a finished task."""
    told = _task(options.file)
    nested = isinstance(told.get("task"), dict)
    if nested and (unknown := sorted(told.keys() - {"task", "qa_results"})):
        raise BadArgument(f"unknown field {unknown[0][:MAX_SHOWN]!r}", "Known beside the task is qa_results.")
    task = new_task(told["task"] if nested else told, "task." if nested else "")
    qa_results = told.get("qa_results", {}) if nested else {}
    if not isinstance(qa_results, dict):
        raise BadArgument("qa_results is no object", "Give what the check found by name.")

    async def work(app: App) -> RecordedReply:
        return RecordedReply.of(await app.skills.record(project(options, app), task, qa_results))

    show(with_app(options, work), options)
    return 0


def export_skills(options: Namespace) -> int:
    """Write what was learnt."""
    path = str(Path(options.path).absolute())

    async def work(app: App) -> ExportReply:
        written = await app.sharing.export(
            project(options, app), path, options.format, include_candidates=options.all, anywhere=True
        )
        return ExportReply.of(written)

    show(with_app(options, work), options)
    return 0


def import_skills(options: Namespace) -> int:
    """Take in what others learnt; exits with 1 where parts of it could not be read."""
    path = str(Path(options.path).absolute())

    async def work(app: App) -> ImportReply:
        return ImportReply.of(await app.sharing.import_(project(options, app), path, options.format, anywhere=True))

    reply = with_app(options, work)
    show(reply, options)
    return FAILED if reply.bad_lines else 0


def _profile(options: Namespace) -> ProfileReply:
    async def work(app: App) -> ProfileReply:
        return ProfileReply.of(await app.skills.profile(_chosen(options, app)))

    return with_app(options, work)


def _chosen(options: Namespace, app: App) -> Path | None:
    """The project to look at, or None for all."""
    return project(options, app) if options.this_project else None


def _task(name: str) -> dict[str, Any]:
    """The object in a file."""
    with nullcontext(sys.stdin.buffer) if name == STDIN else Path(name).open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise BadArgument(f"{name!r} is larger than {MAX_FILE // 1024**2} MiB", "Leave out what is not about the task.")
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadArgument(f"{name!r} holds no JSON", "Write the task as a JSON object.") from error
    if not isinstance(told, dict):
        raise BadArgument(f"{name!r} holds no JSON object", "Write the task's fields by name.")
    return told
