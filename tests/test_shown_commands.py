"""Every command that the README and the guides show is one that the program takes."""

import re
import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tremaux_server.cli.parser import build_parser

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ENDS = (";", "|", "&&", "||", "&", ">", "<", ">>", "2>&1")  # of a command, as a shell reads it


def shown(page: Path) -> Iterator[list[str]]:
    """The command lines of Tremaux in the blocks that a page shows, each without the program's name."""
    text = page.read_text("utf-8")
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        lines = block.replace("\\\n", " ").splitlines()
        for line in lines if kind == "sh" else [line.partition("$ ")[2] for line in lines if "$ " in line]:
            if "tremaux " in line:
                yield from commands(line)


def commands(line: str) -> Iterator[list[str]]:
    """The commands of one line; none of one whose quotes end in a later line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return
    for is_end, group in groupby(words, key=ENDS.__contains__):
        program, *arguments = group
        if not is_end and program == "tremaux":
            yield arguments


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_that_is_shown_is_taken(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = build_parser()
    refused = []
    for words in shown(page):
        try:
            parser.parse_args(words)
        except SystemExit:
            refused.append((words, capsys.readouterr().err))

    assert refused == []


def test_the_guides_show_every_command_of_learning_and_settings() -> None:
    told = {tuple(words[:2]) for page in PAGES for words in shown(page)}
    kinds = {
        "settings": ("list", "get", "set", "unset", "history"),
        "learn": ("status", "deltas", "show", "propose", "approve", "reject", "rollback", "cycle", "playbook"),
    }

    assert {(name, kind) for name, those in kinds.items() for kind in those} - told == set()
