"""`tremaux settings`: what Tremaux may change about itself, looked at and set from a person's shell."""

from argparse import Namespace
from importlib import import_module
from typing import Literal

from tremaux_server.app import App
from tremaux_server.cli.session import print_json, show, show_whole, with_app
from tremaux_server.replies.settings import HistoryReply, SettingPart, SettingReply, SettingsReply


def list_settings(options: Namespace) -> int:
    """List all settings in a table."""

    async def work(app: App) -> SettingsReply:
        return SettingsReply.of(await app.live_settings.everything())

    reply = with_app(options, work)
    if options.json:
        print_json(reply.model_dump(mode="json"))
    else:
        drawing = import_module("tremaux_server.cli.settings_table")  # no other command waits for it to load
        drawing.draw(reply.settings)
    return 0


def get(options: Namespace) -> int:
    """Show a setting."""
    return _change(options, "get")


def set_value(options: Namespace) -> int:
    """Set a setting."""
    return _change(options, "set")


def unset(options: Namespace) -> int:
    """Set a setting back to its default."""
    return _change(options, "unset")


def history(options: Namespace) -> int:
    """List the changes of a setting, or of all."""

    async def work(app: App) -> HistoryReply:
        return HistoryReply.of(await app.live_settings.history(options.name, limit=options.n))

    show_whole(with_app(options, work), options)
    return 0


def _change(options: Namespace, done: Literal["get", "set", "unset"]) -> int:
    async def work(app: App) -> SettingReply:
        live = app.live_settings
        match done:
            case "get":
                standing = await live.get(options.name)
            case "set":
                standing = await live.set(
                    options.name, options.value, reason=options.reason, is_fixed=not options.learnable
                )
            case "unset":
                standing = await live.unset(options.name, reason=options.reason)
        return SettingReply(done=done, setting=SettingPart.of(standing))

    show(with_app(options, work), options)
    return 0
