"""The words of `tremaux recommend`, `tremaux skill` and `tremaux knowledge`."""

import argparse
from pathlib import Path
from typing import Any

from tremaux_server.cli.words import add_json, add_project, number, within
from tremaux_tools.core.skills.recommendation import MAX_ITEMS

FORMATS = ("skill-md", "memory-jsonl", "json")
MAX_MATCHES = 100
MAX_DEPTH = 3  # relations away


def add_recommend(parser: argparse.ArgumentParser) -> None:
    """Add the words to the parser of `recommend`."""
    parser.description = "Tell what helped with such a task before, with proof, and what to avoid."
    parser.set_defaults(module="skill", function="recommend")
    parser.add_argument("prompt", metavar="PROMPT", help="the task; - for standard input")
    parser.add_argument("-n", type=within(1, MAX_ITEMS, int), default=MAX_ITEMS, metavar="N", help="at most so many")
    parser.add_argument("--this-project", action="store_true", help="only what was learnt in it")
    add_project(parser)
    add_json(parser)


def add_skill(parser: argparse.ArgumentParser) -> None:
    """Add the words to the parser of `skill`."""
    kinds = parser.add_subparsers(metavar="profile|tree|report|trace|rate|record|export|import", required=True)
    for name, function, text in (
        ("profile", "profile", "tell what was learnt in all, and whether recommendations help"),
        ("tree", "tree", "draw what was learnt as a tree of skills"),
        ("report", "report", "list learnings that outcomes speak against, or that nobody used for long"),
    ):
        looked = _kind(kinds, name, "skill", function, text)
        looked.add_argument("--this-project", action="store_true", help="only what was learnt in it")
    trace = _kind(kinds, "trace", "skill", "trace", "tell where a recommendation came from and what came of it")
    rate = _kind(kinds, "rate", "skill", "rate", "say that a recommended skill helped or hurt; it counts twice")
    for rated in (trace, rate):
        rated.add_argument("recommendation_id", type=number, metavar="ID", help="of the recommendation")
    rate.add_argument("skill", metavar="SKILL", help="as it was named in the recommendation")
    verdict = rate.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--helped", action="store_true")
    verdict.add_argument("--hurt", dest="helped", action="store_false")
    rate.add_argument("--note", default="", metavar="TEXT")
    record = _kind(kinds, "record", "skill", "record", "record a finished task, so that it teaches skills")
    record.add_argument("file", metavar="FILE", help="JSON: the task, or {task, qa_results}; - for standard input")
    save = _kind(kinds, "export", "skill", "export_skills", "write what was learnt, to be shared")
    save.add_argument("--all", action="store_true", help="also what is not proven yet")
    load = _kind(kinds, "import", "skill", "import_skills", "take in what others learnt; nothing in it is run")
    for shared in (save, load):
        shared.add_argument("path", metavar="PATH", help="a directory for skill-md, else a file")
        shared.add_argument("--format", choices=FORMATS, required=True)


def add_knowledge(parser: argparse.ArgumentParser) -> None:
    """Add the words to the parser of `knowledge`."""
    kinds = parser.add_subparsers(metavar="search|show|remember|forget|stats|merge|export", required=True)
    search = _kind(kinds, "search", "knowledge", "search", "search all that was learnt or remembered")
    search.add_argument("query", nargs="+", metavar="QUERY")
    search.add_argument("--kind", metavar="K", help="finding, pitfall, tool, ...")
    search.add_argument("-n", type=within(1, MAX_MATCHES, int), default=10, metavar="N", help="how many of them")
    view = _kind(kinds, "show", "knowledge", "show_entity", "show one thing and what it has to do with others")
    view.add_argument("--depth", type=within(0, MAX_DEPTH, int), default=1, metavar="N", help="relations away")
    remember = _kind(kinds, "remember", "knowledge", "remember", "add something that holds beyond one task")
    forget = _kind(kinds, "forget", "knowledge", "forget", "remove something for good, with its outcomes")
    for named in (view, remember, forget):
        named.add_argument("name", metavar="NAME")
    remember.add_argument("kind", metavar="KIND", help="finding, pitfall, tool, pattern, or your own")
    remember.add_argument("content", metavar="TEXT", help="what is to be known")
    remember.add_argument(
        "--relation", action="append", default=[], metavar="TYPE=NAME", help="to something known; many times"
    )
    _kind(kinds, "stats", "knowledge", "stats", "count what is known")
    merge = _kind(kinds, "merge", "knowledge", "merge", "find learnings that say the same")
    merge.add_argument("--apply", action="store_true", help="make one of each group; nothing they say is lost")
    save = kinds.add_parser("export", help="write it all as JSON lines, as the reference memory server keeps it")
    save.set_defaults(module="knowledge", function="export")
    save.add_argument("file", type=Path, nargs="?", metavar="FILE", help="standard output by default")


def _kind(kinds: Any, name: str, module: str, function: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(module=module, function=function)
    add_project(parser)
    add_json(parser)
    return parser
