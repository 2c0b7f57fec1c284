"""`tremaux pane` as a person types it, up to the call."""

from typing import Any

import pytest

from tremaux_server.cli.parser import build_parser


@pytest.mark.parametrize(
    ("line", "function", "read"),
    [
        ("open", "open_session", {"name": None, "place": "tmux", "width": 120, "height": 40, "program": None}),
        ("open x --place docker --image i --memory-mb 64 --cpus 0.5 --network", "open_session", {"memory_mb": 64}),
        ("send t -- -foo", "send_keys", {"text": "-foo", "enter": True, "key": []}),
        ("send t --key C-c --key Up --no-enter", "send_keys", {"text": "", "enter": False, "key": ["C-c", "Up"]}),
        ("capture t -n 5 --wait pattern --pattern x --json", "capture_pane", {"n": 5, "pattern": "x", "json": True}),
        ("capture t", "capture_pane", {"n": None, "wait": "none", "timeout": 30.0, "quiet": 0.5, "since": None}),
        ("run t --timeout 5 -- ls -la --json", "run_command", {"argv": ["ls", "-la", "--json"], "json": False}),
        ("list --json", "list_sessions", {"json": True}),
        ("close t", "close_session", {"target": "t"}),
        ("attach t", "attach", {"target": "t"}),
    ],
)
def test_a_line_is_read_as_it_is_meant(line: str, function: str, read: dict[str, Any]) -> None:
    options = vars(build_parser().parse_args(["pane", *line.split()]))

    assert (options["module"], options["function"]) == ("pane", function)
    assert read.items() <= options.items()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "open|send|capture"),
        ("open --width 1", "--width: '1' is no number from 2 to 500"),
        ("open --height x", "--height: 'x' is no number from 2 to 200"),
        ("capture t --timeout nan", "'nan' is no number from 0 to 600"),
        ("capture t --wait prompt", "invalid choice"),
        ("run t", "COMMAND"),
        ("close", "TARGET"),
    ],
)
def test_a_line_that_makes_no_sense_is_told(line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(["pane", *line.split()])

    assert caught.value.code == 2
    assert told in capsys.readouterr().err
