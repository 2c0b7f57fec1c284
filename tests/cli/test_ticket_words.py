"""`tremaux ticket` and `tremaux dispatch` as a person types them, up to the call."""

from typing import Any

import pytest

from tremaux_server.cli.parser import build_parser

PLAIN = {
    "id": None,
    "needs": [],
    "runner": None,
    "program": None,
    "argv": [],
    "place": "tmux",
    "step": False,
    "retries": 2,
    "timeout": None,
    "worktree": True,
    "priority": 2,
    "budget_tokens": None,
    "goal": None,
}


@pytest.mark.parametrize(
    ("words", "function", "read"),
    [
        (["add", "do it"], "add", PLAIN | {"description": "do it"}),
        (["add", "do it", "--", "make", "-k", "--json"], "add", {"argv": ["make", "-k", "--json"], "json": False}),
        (["add", "do it", "--id", "a", "--", "make"], "add", {"description": "do it", "id": "a", "argv": ["make"]}),
        (["add", "--id", "a", "do it", "--", "make"], "add", {"description": "do it", "id": "a", "argv": ["make"]}),
        (["add", "x", "--command", "make; ls"], "add", {"program": "make; ls", "argv": []}),
        (["add", "x", "--needs", "a,b", "--needs", "c"], "add", {"needs": ["a,b", "c"]}),
        (["add", "x", "--context", "a.py", "--context", "b.py"], "add", {"context": ["a.py", "b.py"]}),
        (["add", "x", "--step", "--no-worktree", "--retries", "0"], "add", {"step": True, "worktree": False}),
        (["list", "--status", "failed", "-n", "3"], "list_tickets", {"status": "failed", "n": 3}),
        (["show", "a", "--json"], "show_ticket", {"id": "a", "json": True}),
        (["show", "--", "-a"], "show_ticket", {"id": "-a"}),
        (["wait"], "wait", {"ids": [], "any": False, "timeout": None}),
        (["wait", "a", "b", "--any", "--timeout", "5"], "wait", {"ids": ["a", "b"], "any": True, "timeout": 5.0}),
        (["approve", "a", "--prompt", "p"], "decide", {"decision": "approve", "prompt": "p", "reason": ""}),
        (["reject", "a", "--reason", "r"], "decide", {"decision": "reject", "prompt": None, "reason": "r"}),
        (["cancel", "a"], "decide", {"decision": "cancel", "id": "a"}),
        (["merge", "a"], "merge", {"id": "a"}),
        (["import", "-"], "import_tickets", {"file": "-"}),
        (["export"], "export_tickets", {"file": None}),
        (["graph"], "graph", {}),
    ],
)
def test_a_line_is_read_as_it_is_meant(words: list[str], function: str, read: dict[str, Any]) -> None:
    options = vars(build_parser().parse_args(["ticket", *words]))

    assert (options["module"], options["function"]) == ("ticket", function)
    assert read.items() <= options.items()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ticket", "add|list|show"),
        ("ticket add", "DESCRIPTION"),
        ("ticket add x y", "unrecognized arguments: y"),
        ("ticket add x --priority 5", "'5' is no number from 0 to 4"),
        ("ticket add x --place cluster", "invalid choice"),
        ("ticket list --status done", "invalid choice"),
        ("ticket reject a --prompt x", "unrecognized arguments"),
        ("ticket wait --timeout -1", "'-1' is no number from 0 to inf"),
        ("dispatch --max-workers 0", "'0' is no number from 1 to 256"),
    ],
)
def test_a_line_that_makes_no_sense_is_told(line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(line.split())

    assert caught.value.code == 2
    assert told in capsys.readouterr().err
