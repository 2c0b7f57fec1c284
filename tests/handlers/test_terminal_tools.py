"""What the terminal tools take and refuse, before any terminal is asked."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextContent

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
MAX_TOKENS = 2_200  # JSON characters / 4, all definitions of the toolset

ARGUMENTS = {
    "capture_pane": (
        *("target", "lines", "wait", "pattern", "stop", "idle_mode", "quiet_s", "timeout_s", "ansi", "since"),
    ),
    "open_session": (
        *("name", "command", "cwd", "place", "image", "container", "user", "width", "height"),
        *("memory_mb", "cpus", "pids", "network"),
    ),
    "send_keys": ("target", "text", "enter", "delay_enter_s", "keys"),
    "run_command": ("target", "command", "timeout_s"),
    "list_sessions": (),
    "close_session": ("target",),
    "get_job": ("job_id", "wait_s", "tail"),
    "cancel_job": ("job_id",),
}


async def refusal(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    result = await client.call_tool(tool, arguments)
    (block,) = result.content
    assert isinstance(block, TextContent)
    assert result.is_error
    assert len(block.text) < 500
    return block.text


async def test_the_tools_take_what_the_contract_says(connect: Connect) -> None:
    async with connect(toolsets="terminal") as client:
        tools = (await client.list_tools()).tools

    assert {tool.name: set(tool.input_schema["properties"]) for tool in tools} == {
        name: {*arguments, "project"} for name, arguments in ARGUMENTS.items()
    }
    assert {tool.name: tool.input_schema.get("required", []) for tool in tools} == {
        "capture_pane": ["target"],
        "open_session": [],
        "send_keys": ["target"],
        "run_command": ["target", "command"],
        "list_sessions": [],
        "close_session": ["target"],
        "get_job": ["job_id"],
        "cancel_job": ["job_id"],
    }


async def test_what_only_looks_says_so(connect: Connect) -> None:
    async with connect(toolsets="terminal") as client:
        tools = (await client.list_tools()).tools

    reading = {tool.name for tool in tools if tool.annotations and tool.annotations.read_only_hint}
    assert reading == {"capture_pane", "list_sessions", "get_job"}


async def test_the_definitions_cost_an_agent_little(connect: Connect) -> None:
    async with connect(toolsets="terminal") as client:
        tools = (await client.list_tools()).tools

    shown = [{"name": t.name, "description": t.description, "inputSchema": t.input_schema} for t in tools]
    assert len(json.dumps(shown)) / 4 <= MAX_TOKENS


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        pytest.param("capture_pane", {}, "'target' is missing", id="no target"),
        pytest.param("capture_pane", {"wait": "pattern"}, "needs a pattern", id="a wait without its pattern"),
        pytest.param("capture_pane", {"pattern": "x"}, "are for wait 'pattern'", id="a pattern without its wait"),
        pytest.param(
            "capture_pane", {"wait": "idle", "stop": "x"}, "are for wait 'pattern'", id="stop without pattern"
        ),
        pytest.param("capture_pane", {"wait": "pattern", "pattern": ""}, "'pattern' is ''", id="an empty pattern"),
        pytest.param("capture_pane", {"wait": "prompt"}, "'wait' is 'prompt'", id="an unknown wait"),
        pytest.param("capture_pane", {"idle_mode": "x"}, "'idle_mode'", id="an unknown idle mode"),
        pytest.param("capture_pane", {"lines": -1}, "'lines' is -1", id="negative lines"),
        pytest.param("capture_pane", {"lines": 50_001}, "'lines' is 50001", id="too many lines"),
        pytest.param("capture_pane", {"timeout_s": 601}, "'timeout_s' is 601", id="too long a wait"),
        pytest.param("capture_pane", {"quiet_s": 0}, "'quiet_s' is 0", id="no quiet"),
        pytest.param("capture_pane", {"patern": "x"}, "mean 'pattern'", id="a misspelt argument"),
        pytest.param("send_keys", {"enter": False}, "There is nothing to send", id="nothing to send"),
        pytest.param("send_keys", {"delay_enter_s": 30.1}, "'delay_enter_s'", id="too long a delay"),
        pytest.param("send_keys", {"text": "x" * 1_000_001}, "'text' is 'xxx", id="too long a text"),
        pytest.param("send_keys", {"keys": ["Up"] * 101}, "'keys' is ['Up'", id="too many keys"),
        pytest.param("send_keys", {"keys": ["x" * 65]}, "'keys.0'", id="no key's name"),
        pytest.param("run_command", {}, "'command' is missing", id="no command"),
        pytest.param("run_command", {"command": ""}, "'command' is ''", id="an empty command"),
        pytest.param("run_command", {"command": "ls", "timeout_s": -1}, "'timeout_s'", id="a negative time"),
    ],
)
async def test_a_wrong_argument_is_told(connect: Connect, tool: str, arguments: dict[str, Any], told: str) -> None:
    target = {} if told.startswith("'target'") else {"target": "t"}
    async with connect() as client:
        assert told in await refusal(client, tool, target | arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param({"width": 1}, "'width' is 1", id="too narrow"),
        pytest.param({"height": 201}, "'height' is 201", id="too high"),
        pytest.param({"name": "x" * 65}, "'name' is", id="too long a name"),
        pytest.param({"name": "a\nb"}, r"'a\nb' is no name", id="a name of two lines"),
        pytest.param({"name": " "}, "is no name", id="a blank name"),
        pytest.param({"place": "cluster"}, "'place' is 'cluster'", id="an unknown place"),
        pytest.param({"image": "debian"}, "are for place 'docker'", id="an image on the host"),
        pytest.param({"user": "root"}, "are for place 'docker'", id="a user on the host"),
        pytest.param({"place": "docker"}, "either image or container", id="no container"),
        pytest.param({"place": "docker", "image": "i", "container": "c"}, "either image or", id="two containers"),
        pytest.param({"network": True}, "container made from image", id="limits on the host"),
        pytest.param({"place": "docker", "container": "c", "pids": 9}, "made from image", id="limits for another's"),
        pytest.param({"memory_mb": 1}, "'memory_mb' is 1", id="too little memory"),
        pytest.param({"cpus": 0}, "'cpus' is 0", id="no cpu"),
        pytest.param({"project": "/no/such\0place"}, "is no path", id="no path"),
    ],
)
async def test_an_opening_that_makes_no_sense_is_told(connect: Connect, arguments: dict[str, Any], told: str) -> None:
    async with connect() as client:
        assert told in await refusal(client, "open_session", arguments)


def test_a_server_that_no_terminal_is_asked_of_loads_none(tmp_path: Path) -> None:
    script = """
import sys
import anyio
from pathlib import Path
from mcp import Client
from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.server import build

async def main():
    folder = Path(sys.argv[1])
    settings = Settings(database=folder / "t.db", log_file=folder / "t.log", environment={}, project=folder)
    async with Client(build(App(settings), "all")) as client:
        await client.list_tools()
        await client.call_tool("list_goals", {})
    loaded = ("libtmux", "docker", "psutil", "tremaux_tools.terminals", "tremaux_tools.matching")
    print([name for name in loaded if name in sys.modules])

anyio.run(main)
"""
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
