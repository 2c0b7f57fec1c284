"""The words of `tremaux learn`."""

import argparse
from typing import Any

from tremaux_server.cli.words import add_json, add_project, number, within
from tremaux_tools.core.learning.delta import OPERATIONS, STATUSES, TYPES

MAX_LISTED = 1_000  # deltas


def add_learn(parser: argparse.ArgumentParser) -> None:
    """Add the words to the parser of `learn`."""
    kinds = parser.add_subparsers(
        metavar="status|deltas|show|propose|approve|reject|rollback|cycle|playbook", required=True
    )
    _kind(kinds, "status", "status", "tell whether it learns, what it sees, what is on trial")
    found = _kind(kinds, "deltas", "list_deltas", "list proposed changes, the newest first")
    found.add_argument("--status", choices=STATUSES)
    found.add_argument("-n", type=within(1, MAX_LISTED, int), default=20, metavar="N", help="how many of them")
    view = _kind(kinds, "show", "show_delta", "show a change: its score part by part, its trial")
    propose = _kind(kinds, "propose", "propose", "propose a change of a setting or of the playbook")
    propose.add_argument("type", choices=TYPES)
    propose.add_argument("operation", choices=OPERATIONS)
    propose.add_argument("target", metavar="TARGET", help="a setting, bullet-12, or a section to add to")
    propose.add_argument("new_value", metavar="VALUE", help="the new value, or the bullet's text")
    propose.add_argument("--reasoning", required=True, metavar="TEXT", help="a metric and its value of now")
    propose.add_argument("--confidence", type=within(0, 1, float), default=0.5, metavar="C")
    propose.add_argument("--impact", type=within(-100, 100, float), default=0.0, metavar="POINTS")
    for name, text in (
        ("approve", "apply a change that waits for a person"),
        ("reject", "turn a change down that waits for a person"),
        ("rollback", "take a change back that is on trial or was kept"),
    ):
        decided = _kind(kinds, name, "decide", text)
        decided.set_defaults(decision=name)
        decided.add_argument("delta_id", type=number, metavar="ID")
        decided.add_argument("--reason", default="", metavar="TEXT")
    view.add_argument("delta_id", type=number, metavar="ID")
    _kind(kinds, "cycle", "turn", "make a turn of the cycle now")
    book = _kind(kinds, "playbook", "playbook", "print what workers of this project are told")
    book.add_argument("--all", action="store_true", help="of all projects")


def _kind(kinds: Any, name: str, function: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(module="learn", function=function)
    add_project(parser)
    add_json(parser)
    return parser
