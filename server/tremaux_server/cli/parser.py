"""The command line's words: every command, its options, and the function that carries it out."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tremaux_server import __version__
from tremaux_server.cli.words import MAX_NUMBER, add_goal, add_json, add_project, amount, exit_code, number, within
from tremaux_server.config import MOST_WORKERS
from tremaux_server.look import MAX_LINES, MAX_QUIET, MAX_WAIT
from tremaux_tools.core.terminal.values import MAX_HEIGHT, MAX_WIDTH, MIN_SIZE, Limits

MAX_RECENT = 100  # jobs judged at once
GATES = ("pass", "fail", "blocked", "none")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser; its result names the `module` under `tremaux_server.cli` and the `function` in it."""
    parser = argparse.ArgumentParser(
        prog="tremaux", description="Tells coding agents when they go in circles.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"tremaux {__version__}")
    parser.add_argument("--db", type=Path, metavar="FILE", help="the database, instead of TREMAUX_DB")
    words = Words(parser)
    words.server()
    words.recording()
    words.looking()
    words.files()
    words.proofs()
    words.skills()
    words.snapshots()
    words.panes()
    words.tickets()
    words.learning()
    return parser


class LateParser(argparse.ArgumentParser):
    """The parser of a command, which learns its words when they are needed: a server must not wait for all of them."""

    def __init__(self, *, fill: Callable[[argparse.ArgumentParser], None] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._fill = fill

    def parse_known_args(self, *arguments: Any, **options: Any) -> Any:
        """Parse, as the base class does."""
        if self._fill is not None:
            self._fill(self)
            self._fill = None
        return super().parse_known_args(*arguments, **options)


def _tickets(parser: argparse.ArgumentParser) -> None:
    import_module("tremaux_server.cli.ticket_words").add(parser)


def _recommend(parser: argparse.ArgumentParser) -> None:
    import_module("tremaux_server.cli.skill_words").add_recommend(parser)


def _skill(parser: argparse.ArgumentParser) -> None:
    import_module("tremaux_server.cli.skill_words").add_skill(parser)


def _knowledge(parser: argparse.ArgumentParser) -> None:
    import_module("tremaux_server.cli.skill_words").add_knowledge(parser)


def _learn(parser: argparse.ArgumentParser) -> None:
    import_module("tremaux_server.cli.learn_words").add_learn(parser)


def _settings(parser: argparse.ArgumentParser) -> None:
    import_module("tremaux_server.cli.settings_words").add(parser)


class Words:
    """Adds the commands to a parser, group by group."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._commands = parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True, parser_class=LateParser
        )

    def server(self) -> None:
        """Add what runs and looks after the server."""
        serve = self._add("serve", "serve", "serve", "serve MCP on standard input and output")
        serve.add_argument("--toolsets", help="core (default), all, or names joined by commas")
        doctor = self._add("doctor", "doctor", "doctor", "look at the health of the state; --prune makes room")
        doctor.add_argument("--prune", action="store_true", help="drop old outputs of gates; attempts stay")
        doctor.add_argument("--keep-days", type=amount, default=90.0, metavar="N", help="keep outputs this young")
        doctor.add_argument("--keep-mib", type=amount, default=1024.0, metavar="N", help="keep at most this much")
        add_json(doctor)
        self._add("demo", "demo", "demo", "watch an agent go in circles and get out, on a real project")

    def recording(self) -> None:
        """Add what writes attempts."""
        run = self._add("run", "run", "run", "run a gate, record it, print the verdict, exit with its code")
        add_goal(run)
        run.add_argument("--action", default="", help="what was changed before this run")
        run.add_argument("--hypothesis", default="", help="why it should work")
        run.add_argument("argv", nargs="+", metavar="COMMAND", help="the gate, after `--`")
        add_json(run)
        gate = self._add("gate", "run", "gate", "run a gate of tremaux.toml and record it; without NAME list them")
        gate.add_argument("name", nargs="?", metavar="NAME")
        add_goal(gate)
        gate.add_argument("--action", default="", help="what was changed before this run")
        gate.add_argument("--hypothesis", default="", help="why it should work")
        add_json(gate)
        trust = self._add("trust", "trust", "trust", "let the gates of this project's tremaux.toml run, as it is now")
        kinds = trust.add_mutually_exclusive_group()
        kinds.add_argument("--list", action="store_true", help="list all that is trusted")
        kinds.add_argument("--revoke", action="store_true", help="trust this project's file no more")
        add_json(trust)
        record = self._add("record", "journal", "record", "record an attempt")
        record.add_argument("action", help="what was changed or done, one line")
        record.add_argument("--gate", choices=GATES, required=True)
        record.add_argument("--output", metavar="FILE", help="what the gate printed; - for standard input")
        record.add_argument("--exit-code", type=exit_code)
        record.add_argument("--command", dest="gate_command", help="what produced the output")
        record.add_argument("--hypothesis", default="")
        record.add_argument("--iteration", type=number)
        record.add_argument("--note", default="")
        record.add_argument("--tree", help="state id of the work tree; asked from git by default")
        record.add_argument("--reset", action="store_true", help="a person gave new direction before this")
        record.add_argument("--metric", metavar="NAME=VALUE:lower|higher", help="a number the work should move")
        add_goal(record)
        add_json(record)

    def looking(self) -> None:
        """Add what reads the journal."""
        stall = self._add("stall", "journal", "stall", "tell whether a goal goes in circles")
        stall.add_argument("-k", type=int, help="equal failures that make a stall; 3 if not set")
        stall.add_argument("--exit-code", action="store_true", help="exit with 10 when stalled")
        resume = self._add("resume", "journal", "resume", "tell where a goal stands")
        resume.add_argument("-n", type=number, default=12, metavar="N", help="items in each list")
        status = self._add("status", "journal", "status", "list the goals, or the newest attempts at one")
        status.add_argument("-n", type=within(1, MAX_NUMBER, int), default=10, metavar="N", help="how many of them")
        since = self._add("since", "journal", "since", "list what changed since the last recorded attempt")
        for parser in (stall, resume, since):
            add_goal(parser)
            add_json(parser)
        add_goal(status, default=None)
        add_json(status)

    def files(self) -> None:
        """Add what reads and writes files."""
        name = self._add("fingerprint", "journal", "fingerprint", "name the failure in a log")
        name.add_argument("file", nargs="?", default="-", metavar="FILE", help="the log; - for standard input")
        name.add_argument("--exit-code", type=exit_code)
        add_json(name)
        journal = self._commands.add_parser("journal", help="import and export journals as JSON lines")
        kinds = journal.add_subparsers(metavar="import|export", required=True)
        load = kinds.add_parser("import", help="add the attempts of a loop_journal.jsonl")
        load.set_defaults(module="journal", function="import_journal")
        load.add_argument("file", type=Path, metavar="FILE")
        save = kinds.add_parser("export", help="write a goal's attempts as JSON lines")
        save.set_defaults(module="journal", function="export_journal")
        save.add_argument("file", type=Path, nargs="?", metavar="FILE", help="standard output by default")
        save.add_argument("--outputs", action="store_true", help="with what the gates printed")
        for parser in (load, save):
            add_goal(parser)
            add_project(parser)
        add_json(load)

    def proofs(self) -> None:
        """Add what judges finished runs, and what they taught."""
        judge = self._add("postflight", "postflight", "postflight", "say what really happened in a finished run")
        judge.add_argument("what", nargs="?", metavar="WHAT", help="a job, its directory, a log, or - ; the newest job")
        judge.add_argument("--recent", type=within(1, MAX_RECENT, int), metavar="N", help="the newest N jobs")
        judge.add_argument(
            "--exited", type=exit_code, metavar="CODE", help="exit code of the run, where it is not known"
        )
        judge.add_argument("--task", default="", help="what was to be done")
        judge.add_argument("--notes", default="", help='what was learnt: "Root cause: ...", "Fix: ..."')
        judge.add_argument("--tool", action="append", default=[], metavar="T", help="a tool that was used; many times")
        judge.add_argument(
            "--recommendation", action="append", type=number, default=[], metavar="ID", help="it was given; many times"
        )
        judge.add_argument(
            "--report", action="append", default=[], metavar="FILE", help="JUnit XML, TAP or JSON report"
        )
        judge.add_argument("--notify", action=argparse.BooleanOptionalAction, help="tell people, or not; by the rules")
        add_goal(judge, default=None)
        _format(judge)
        report = self._commands.add_parser("report", help="look at reports again")
        kinds = report.add_subparsers(metavar="list|show", required=True)
        found = kinds.add_parser("list", help="list the reports, newest first")
        found.set_defaults(module="postflight", function="list_reports")
        found.add_argument("-n", type=within(1, MAX_RECENT, int), default=10, metavar="N", help="how many of them")
        found.add_argument("--verdict", choices=("passed", "failed", "uncertain"))
        shown = kinds.add_parser("show", help="show a report")
        shown.set_defaults(module="postflight", function="show_report")
        shown.add_argument("report_id", type=number, metavar="ID")
        _format(shown)
        for parser in (found, shown):
            add_project(parser)
        add_json(found)
        context = self._add(
            "context", "context", "context", "print files as a ticket shows them: cut to what they declare"
        )
        context.add_argument(
            "files", nargs="*", metavar="FILE", help="relative to the project; the first is shown whole"
        )
        context.add_argument("--target", metavar="FILE", help="the file to show whole, or around its symbols")
        context.add_argument("--symbol", action="append", default=[], metavar="NAME", help="`Class.method`; many times")
        context.add_argument(
            "--max-tokens",
            type=within(1, MAX_NUMBER, int),
            metavar="N",
            help="at most about so many; 24,000 if not set",
        )
        add_json(context)

    def skills(self) -> None:
        """Add what tells what helped before, and what is known."""
        self._commands.add_parser("recommend", help="tell what helped with such a task before", fill=_recommend)
        self._commands.add_parser("skill", help="look at what was learnt, rate it, share it", fill=_skill)
        self._commands.add_parser("knowledge", help="search and tend the knowledge graph", fill=_knowledge)

    def snapshots(self) -> None:
        """Add what keeps the files of a work tree and brings them back."""
        snapshot = self._commands.add_parser("snapshot", help="keep all files, untracked ones too; bring them back")
        kinds = snapshot.add_subparsers(metavar="take|list|restore", required=True)
        take = kinds.add_parser("take", help="keep all files as they are now; touches neither index nor HEAD")
        take.set_defaults(module="snapshot", function="take")
        take.add_argument("label", nargs="?", default="snapshot", metavar="LABEL", help="what to find it by")
        found = kinds.add_parser("list", help="list the snapshots, newest first")
        found.set_defaults(module="snapshot", function="list_snapshots")
        restore = kinds.add_parser("restore", help="make files what they were; how they are now is kept first")
        restore.set_defaults(module="snapshot", function="restore")
        restore.add_argument("snapshot", metavar="ID", help="its first digits or its ref")
        restore.add_argument("paths", nargs="*", metavar="PATH", help="only these files and directories")
        for parser in (take, found, restore):
            add_project(parser)
            add_json(parser)

    def panes(self) -> None:
        """Add what opens, shows and uses terminals."""
        pane = self._commands.add_parser("pane", help="open, read and type into terminals")
        kinds = pane.add_subparsers(metavar="open|send|capture|run|list|close|attach", required=True)
        _opening(_pane(kinds, "open", "open_session", "open a terminal; it outlives this command"))
        send = _pane(kinds, "send", "send_keys", "type text as it is into a terminal, then Enter")
        send.add_argument("target", metavar="TARGET")
        send.add_argument("text", nargs="?", default="", metavar="TEXT", help="put `--` before one that begins with -")
        send.add_argument("--key", action="append", default=[], metavar="K", help="C-c, Escape, Up, ...; many times")
        send.add_argument("--no-enter", dest="enter", action="store_false", help="press no Enter")
        send.add_argument("--delay-enter", type=amount, default=0.0, metavar="S", help="pause before Enter")
        _looking(_pane(kinds, "capture", "capture_pane", "print what a terminal shows, after waiting for something"))
        run = _pane(kinds, "run", "run_command", "run a command in a terminal's shell and exit with its code")
        run.add_argument("target", metavar="TARGET")
        run.add_argument("--timeout", type=within(0, MAX_WAIT, float), default=MAX_WAIT, metavar="S")
        run.add_argument("argv", nargs="+", metavar="COMMAND", help="the command, after `--`")
        _pane(kinds, "list", "list_sessions", "list the terminals")
        close = _pane(kinds, "close", "close_session", "end a terminal and all that runs in it")
        close.add_argument("target", metavar="TARGET")
        attach = _pane(kinds, "attach", "attach", "show a terminal here, to type into it", has_json=False)
        attach.add_argument("target", metavar="TARGET")

    def tickets(self) -> None:
        """Add what hands work over to workers, and runs it."""
        self._commands.add_parser("ticket", help="hand work over to workers, watch it, decide on it", fill=_tickets)
        dispatch = self._add("dispatch", "dispatch", "dispatch", "run tickets that are ready, and do nothing else")
        dispatch.add_argument("--max-workers", type=within(1, MOST_WORKERS, int), metavar="N", help="workers at once")
        dispatch.add_argument("--until-idle", action="store_true", help="end when nothing is left to run")

    def learning(self) -> None:
        """Add what tells what Tremaux changes about itself, and what looks at its settings."""
        self._commands.add_parser("learn", help="see what changes by itself, and decide about it", fill=_learn)
        text = "look at the settings and set them, in all processes at once"
        self._commands.add_parser("settings", help=text, fill=_settings)

    def _add(self, name: str, module: str, function: str, text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = self._commands.add_parser(
            name, help=text, description=text, allow_abbrev=False
        )
        parser.set_defaults(module=module, function=function)
        if name not in ("serve", "demo"):
            add_project(parser)
        return parser


def _pane(kinds: Any, name: str, function: str, text: str, *, has_json: bool = True) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(module="pane", function=function)
    add_project(parser)
    if has_json:
        add_json(parser)
    return parser


def _opening(parser: argparse.ArgumentParser) -> None:
    limits = Limits()
    parser.add_argument("name", nargs="?", metavar="NAME", help="what to call it; made up by default")
    parser.add_argument("--command", dest="program", metavar="C", help="run this instead of an interactive shell")
    parser.add_argument("--cwd", metavar="D", help="directory to start in; the project's by default")
    parser.add_argument("--place", choices=("tmux", "docker"), default="tmux", help="this host, or a container")
    parser.add_argument("--image", metavar="I", help="make a container from it, removed with the terminal")
    parser.add_argument("--container", metavar="C", help="use this running container")
    parser.add_argument("--user", metavar="U", help="user in the container")
    parser.add_argument("--width", type=within(MIN_SIZE, MAX_WIDTH, int), default=120, metavar="COLUMNS")
    parser.add_argument("--height", type=within(MIN_SIZE, MAX_HEIGHT, int), default=40, metavar="ROWS")
    parser.add_argument("--memory-mb", type=number, default=limits.memory_mb, metavar="MIB")
    parser.add_argument("--cpus", type=amount, default=limits.cpus, metavar="N")
    parser.add_argument("--pids", type=number, default=limits.pids, metavar="N", help="processes in the container")
    parser.add_argument("--network", action="store_true", help="let the container reach the network")


def _looking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET")
    parser.add_argument("-n", type=within(0, MAX_LINES, int), metavar="LINES", help="newest lines; 0: the screen")
    parser.add_argument("--wait", choices=("none", "idle", "shell_prompt", "pattern"), default="none")
    parser.add_argument("--pattern", metavar="P", help="Python regular expression to wait for")
    parser.add_argument("--stop", metavar="P", help="pattern that ends the wait early")
    parser.add_argument("--quiet", type=within(0, MAX_QUIET, float), default=0.5, metavar="S", help="for --wait idle")
    parser.add_argument("--timeout", type=within(0, MAX_WAIT, float), default=30.0, metavar="S")
    parser.add_argument("--ansi", action="store_true", help="keep colours")
    parser.add_argument("--since", metavar="MARK", help="only what came after the mark of an earlier answer")


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json", "junit", "ctrf", "md"), default="text")
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 unless it is proven to have passed")
    add_json(parser)
