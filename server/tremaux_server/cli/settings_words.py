"""The words of `tremaux settings`."""

import argparse

from tremaux_server.cli.words import add_json, within

MAX_CHANGES = 1_000


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words to the parser of `settings`."""
    kinds = parser.add_subparsers(metavar="list|get|set|unset|history", required=True)
    for name, function, text in (
        ("list", "list_settings", "list all settings, what they are set to and by whom"),
        ("get", "get", "show a setting"),
        ("set", "set_value", "set a setting, in all processes at once; learning leaves it alone from then on"),
        ("unset", "unset", "set a setting back to its default, and leave it to learning"),
        ("history", "history", "list the changes of a setting, or of all, the newest first"),
    ):
        kind = kinds.add_parser(name, help=text, description=text, allow_abbrev=False)
        kind.set_defaults(module="settings", function=function)
        if name in ("get", "set", "unset"):
            kind.add_argument("name", metavar="NAME")
        if name == "set":
            kind.add_argument("value", metavar="VALUE")
            kind.add_argument("--learnable", action="store_true", help="only to start from: learning may change it")
        if name in ("set", "unset"):
            kind.add_argument("--reason", default="", metavar="TEXT", help="kept in the history")
        if name == "history":
            kind.add_argument("name", nargs="?", metavar="NAME")
            kind.add_argument("-n", type=within(1, MAX_CHANGES, int), default=20, metavar="N", help="how many of them")
        add_json(kind)
