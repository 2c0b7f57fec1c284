"""`tremaux snapshot`: keep all files of a work tree, and bring them back."""

from argparse import Namespace
from os import path
from pathlib import Path

from tremaux_server.app import App
from tremaux_server.cli.hints import in_shell
from tremaux_server.cli.session import project, show, with_app
from tremaux_server.replies.base import Reply
from tremaux_server.replies.git import RestoreReply, SnapshotReply, SnapshotsReply

FAILED = 1  # exit code


def take(options: Namespace) -> int:
    """Keep all files as they are now."""

    async def work(app: App) -> SnapshotReply:
        return SnapshotReply.of(await app.git_safety.take_snapshot(project(options, app), options.label))

    _show(with_app(options, work), options)
    return 0


def list_snapshots(options: Namespace) -> int:
    """List what is kept, the newest first."""

    async def work(app: App) -> SnapshotsReply:
        return SnapshotsReply.of(await app.git_safety.list_snapshots(project(options, app)))

    show(with_app(options, work), options)
    return 0


def restore(options: Namespace) -> int:
    """Make files what they were; exit with 1 where something was in the way of one."""
    paths = [
        path.normpath(Path.cwd() / name) for name in options.paths
    ] or None  # a person names them from where they stand

    async def work(app: App) -> RestoreReply:
        return RestoreReply.of(*await app.git_safety.restore_snapshot(project(options, app), options.snapshot, paths))

    reply = with_app(options, work)
    _show(reply, options)
    return FAILED if reply.blocked else 0


def _show(reply: Reply, options: Namespace) -> None:
    if options.json:
        show(reply, options)
    else:
        print(in_shell(reply.text()))
