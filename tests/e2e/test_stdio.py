"""The server as clients meet it: a process with pipes."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from tests.driver import HANDSHAKE

MIB = 1024 * 1024
SENTENCE = 600  # characters


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
async def test_both_eras_of_the_protocol_are_served(tmp_path: Path, mode: str) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "tremaux_server", "--db", str(tmp_path / "t.db"), "serve"], cwd=tmp_path
    )
    async with Client(server, mode=mode) as client:
        result = await client.call_tool("record_attempt", {"action": "x", "gate": "pass", "gate_output": "1 passed"})
        tools = await client.list_tools()

    assert result.structured_content is not None
    assert result.structured_content["attempt_id"] == 1
    assert len(tools.tools) == 10


def test_the_server_introduces_itself(start: Callable[..., Any]) -> None:
    server = start()
    answer = server.handshake()

    assert answer["serverInfo"]["name"] == "tremaux"
    assert answer["serverInfo"]["version"]
    assert "resume_goal" in answer["instructions"]
    assert server.end() == 0


@pytest.mark.parametrize(("revision", "kinds"), [("2025-03-26", ["text"]), ("2025-06-18", ["text", "resource_link"])])
def test_a_client_gets_links_only_where_its_protocol_has_them(
    start: Callable[..., Any], revision: str, kinds: list[str]
) -> None:
    server = start()
    server.ask("initialize", HANDSHAKE | {"protocolVersion": revision})
    server.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    arguments = {"name": "recommend_skills", "arguments": {"prompt": "fix the cart"}}
    content = server.ask("tools/call", arguments)["content"]

    assert [block["type"] for block in content] == kinds


def test_nothing_is_opened_before_it_is_needed(start: Callable[..., Any], tmp_path: Path) -> None:
    server = start()
    server.handshake()
    server.ask("tools/list", {})
    opened = [str(link.readlink()) for link in Path(f"/proc/{server.process.pid}/fd").iterdir()]

    assert not (tmp_path / "t.db").exists()
    assert not [name for name in opened if name.endswith((".db", ".log")) and "stderr" not in name]


def test_garbage_on_the_wire_does_not_end_the_server(start: Callable[..., Any]) -> None:
    server = start()
    server.handshake()
    for line in (b"\n", b"{\n", b"\xff\xfe\x00\n", b"[]\n", b'{"jsonrpc":"2.0"}\n', b'"x"\n', b"null\n"):
        server.process.stdin.write(line)
    server.process.stdin.flush()

    assert server.call("check_stall")["verdict"] == "PROGRESS"


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("\x1b[31mE boom\x1b[0m\r\n\x00\x1b]0;title\x07\x9b1m", id="control sequences"),
        pytest.param("x" * (50 * MIB), id="50 MB in one line"),
        pytest.param("E   KeyError: 'a'\n" * (3 * MIB), id="50 MB in many lines"),
        pytest.param("\u202e\u200b\ufeff\U0010ffff", id="invisible characters"),
        pytest.param("(" * 5_000 + "a" * 5_000 + "\n" + "=" * 100_000, id="nested"),
    ],
)
def test_a_hostile_output_is_an_output(start: Callable[..., Any], output: str) -> None:
    server = start()
    server.handshake()
    answer = server.ask(
        "tools/call",
        {"name": "record_attempt", "arguments": {"action": "x", "gate": "fail", "gate_output": output}},
    )

    assert not answer.get("isError"), answer
    assert answer["structuredContent"]["fingerprint"]
    shown = json.dumps(answer["structuredContent"], ensure_ascii=False) + answer["content"][0]["text"]
    assert not any(character in shown for character in "\x1b\x00\x9b\u202e\u200b\ufeff")
    assert server.call("check_stall")["verdict"] == "PROGRESS"


@pytest.mark.parametrize("kind", ["fifo", "directory", "device", "missing", "link out", "bytes"])
def test_a_hostile_output_file_is_told_or_read(start: Callable[..., Any], tmp_path: Path, kind: str) -> None:
    path = tmp_path / "gate.log"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "directory":
            path.mkdir()
        case "device":
            path = Path("/dev/zero")
        case "link out":
            path.symlink_to("/etc/passwd")
        case "bytes":
            path.write_bytes(bytes(range(256)) * 1_000)
    server = start()
    server.handshake()
    answer = server.ask(
        "tools/call",
        {"name": "record_attempt", "arguments": {"action": "x", "gate": "fail", "gate_output_path": str(path)}},
    )

    text = answer["content"][0]["text"]
    assert bool(answer.get("isError")) is (kind != "bytes"), text
    if kind != "bytes":
        assert "gate_output_path" in text
        assert len(text) < SENTENCE


def test_what_a_dispatcher_does_is_announced_without_a_call(start: Callable[..., Any]) -> None:
    uri = "tremaux://tickets/a"
    server = start("--toolsets", "tickets")
    server.handshake()
    server.ask("resources/subscribe", {"uri": uri})
    ticket = {"id": "a", "description": "x", "command": "true", "place": "process"}
    server.post("tools/call", {"name": "spawn_ticket", "arguments": ticket})
    told: list[str] = []
    while told.count(uri) < 3:  # ready, in progress, and what comes of it
        message = server.read()
        assert message is not None
        told.append(message.get("params", {}).get("uri", ""))

    assert server.end() == 0
