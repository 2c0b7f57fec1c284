"""The words of `tremaux ticket`."""

import argparse
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any, get_args

from tremaux_server.cli.words import MAX_NUMBER, add_json, add_project, within
from tremaux_tools.core.tickets.checks import MAX_BUDGET_COST, MAX_BUDGET_TOKENS, MAX_RETRIES, MAX_TIMEOUT
from tremaux_tools.core.tickets.lifecycle import STATUSES, Decision
from tremaux_tools.core.tickets.ticket import (
    DEFAULT_PRIORITY,
    DEFAULT_RETRIES,
    LOWEST_PRIORITY,
)

PLACES = ("tmux", "docker", "process")
BEHIND = "--"
_DECISIONS: dict[Decision, str] = {
    "approve": "let a ticket run that waits for a person's word",
    "reject": "let it not run",
    "retry": "try again what failed, is blocked or was cancelled",
    "cancel": "end a ticket and its worker",
    "complete": "take a ticket for done",
    "block": "hold a ticket until somebody decides",
}
assert set(_DECISIONS) == set(get_args(Decision))


class CommandBehind(argparse.ArgumentParser):
    """A parser that takes all behind `--` as a command, wherever the options stand.

    By itself argparse (3.11) gives an optional positional only what stands before the first option.
    """

    takes_command = False

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse what stands before `--`; what stands behind it is `argv`."""
        words = list(args or ())
        if not self.takes_command:
            return super().parse_known_args(words, namespace)
        at = words.index(BEHIND) if BEHIND in words else len(words)
        found, rest = super().parse_known_args(words[:at], namespace)
        found.argv = words[at + 1 :]
        return found, rest


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words to the parser of `ticket`."""
    kinds = parser.add_subparsers(
        metavar="add|list|show|watch|wait|approve|reject|retry|cancel|complete|block|merge|import|export|graph",
        required=True,
        parser_class=CommandBehind,
    )
    _adding(_kind(kinds, "add", "add", "hand over a ticket"))
    found = _kind(kinds, "list", "list_tickets", "list the tickets, first those that go on or wait for a person")
    found.add_argument("--status", choices=STATUSES, metavar="S", help=", ".join(STATUSES))
    found.add_argument("-n", type=within(1, MAX_NUMBER, int), metavar="N", help="how many of them; all by default")
    _named(_kind(kinds, "show", "show_ticket", "show a ticket, its runs and what happened to it"))
    _kind(kinds, "watch", "watch", "watch the tickets until all are settled", module="watch")
    wait = _kind(kinds, "wait", "wait", "wait until tickets are settled; exits with 1 unless all are completed")
    wait.add_argument("ids", nargs="*", metavar="ID", help="all that are not settled, by default")
    wait.add_argument("--any", action="store_true", help="until one of them is")
    wait.add_argument("--timeout", type=within(0, inf, float), metavar="S", help="exits with 124 when it is over")
    for decision, text in _DECISIONS.items():
        decide = _named(_kind(kinds, decision, "decide", text))
        decide.set_defaults(decision=decision, prompt=None)
        decide.add_argument("--reason", default="", metavar="TEXT")
        if decision == "approve":
            decide.add_argument("--prompt", metavar="TEXT", help="what the worker gets instead of the description")
    _named(_kind(kinds, "merge", "merge", "merge a ticket's branch into the current one"))
    load = _kind(kinds, "import", "import_tickets", "take in tickets from a JSON list, Task Master or Beads")
    load.add_argument("file", metavar="FILE", help="- for standard input")
    load.add_argument("--runner", metavar="R", help="worker of those that name neither one nor a command")
    save = _kind(kinds, "export", "export_tickets", "write all tickets as a JSON list", has_json=False)
    save.add_argument("file", type=Path, nargs="?", metavar="FILE", help="standard output by default")
    _kind(kinds, "graph", "graph", "draw the graph as Mermaid text", has_json=False)


def _adding(parser: CommandBehind) -> None:
    parser.takes_command = True
    parser.usage = "tremaux ticket add [options] DESCRIPTION [-- COMMAND...]"
    parser.add_argument("description", metavar="DESCRIPTION", help="the whole task; the worker knows nothing else")
    parser.add_argument("--id", metavar="ID", help="made up by default")
    parser.add_argument(
        "--needs", metavar="A,B", action="append", default=[], help="ids that have to be completed first"
    )
    parser.add_argument("--runner", metavar="R", help="claude, codex, gemini, opencode, shell, or one of tremaux.toml")
    parser.add_argument("--command", dest="program", metavar="C", help="shell command; or give it behind --")
    parser.add_argument("--place", choices=PLACES, default="tmux")
    parser.add_argument("--image", metavar="I", help="for --place docker")
    parser.add_argument("--step", action="store_true", help="a person approves it before it runs")
    parser.add_argument("--context", action="append", default=[], metavar="FILE", help="shown pruned; many times")
    parser.add_argument("--target", metavar="FILE", help="shown whole")
    parser.add_argument("--symbol", action="append", default=[], metavar="S", help="shown whole; many times")
    parser.add_argument("--retries", type=within(0, MAX_RETRIES, int), default=DEFAULT_RETRIES, metavar="N")
    parser.add_argument("--timeout", type=within(0, MAX_TIMEOUT, float), metavar="S", help="tickets.timeout by default")
    parser.add_argument("--no-worktree", dest="worktree", action="store_false", help="work in your own work tree")
    parser.add_argument(
        "--priority",
        type=within(0, LOWEST_PRIORITY, int),
        default=DEFAULT_PRIORITY,
        metavar="N",
        help=f"0, the most urgent, to {LOWEST_PRIORITY}",
    )
    parser.add_argument("--budget-tokens", type=within(1, MAX_BUDGET_TOKENS, int), metavar="N")
    parser.add_argument("--budget-cost", type=within(0, MAX_BUDGET_COST, float), metavar="USD")
    parser.add_argument("--goal", metavar="G", help="its runs are attempts at this goal; one of its own by default")


def _named(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("id", metavar="ID")
    return parser


def _kind(
    kinds: Any, name: str, function: str, text: str, *, module: str = "ticket", has_json: bool = True
) -> CommandBehind:
    parser: CommandBehind = kinds.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(module=module, function=function)
    add_project(parser)
    if has_json:
        add_json(parser)
    return parser
