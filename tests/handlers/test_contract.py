"""What every tool promises, whatever it does."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import jsonschema
import pytest
from mcp import Client
from mcp.types import TextContent

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.server import INSTRUCTIONS, build
from tremaux_tools.errors import BadArgument

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
ERAS = ("legacy", "2026-07-28")
MAX_CORE_TOKENS = 3_000  # JSON characters / 4, names, descriptions and input schemas of the core tools


@pytest.mark.parametrize("mode", ERAS)
async def test_every_tool_tells_when_to_use_it_and_what_it_answers(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        tools = (await client.list_tools()).tools

    assert len(tools) == 46
    for tool in tools:
        assert tool.title
        assert tool.description
        assert tool.output_schema is not None
        assert tool.input_schema["additionalProperties"] is False
        assert "project" in tool.input_schema["properties"]
        assert tool.annotations is not None
        hints = tool.annotations.model_dump(exclude={"title"})
        assert None not in hints.values()
        assert not (hints["read_only_hint"] and (hints["destructive_hint"] or hints["open_world_hint"]))
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)


async def test_only_what_runs_commands_may_destroy_or_reach_outside(connect: Connect) -> None:
    async with connect() as client:
        tools = (await client.list_tools()).tools

    destructive = {tool.name for tool in tools if tool.annotations and tool.annotations.destructive_hint}
    open_world = {tool.name for tool in tools if tool.annotations and tool.annotations.open_world_hint}
    running = {"open_session", "send_keys", "run_command", "run_gate", "spawn_ticket", "decide_ticket"}
    assert destructive == running | {"close_session", "cancel_job", "restore_snapshot", "forget"}
    assert open_world == running


async def test_the_core_definitions_cost_an_agent_little(connect: Connect) -> None:
    async with connect(toolsets="core") as client:
        tools = (await client.list_tools()).tools

    shown = [{"name": t.name, "description": t.description, "inputSchema": t.input_schema} for t in tools]
    journal = ["record_attempt", "check_stall", "resume_goal", "changes_since"]
    tickets = ["spawn_ticket", "list_tickets", "decide_ticket"]
    proofs = ["run_postflight", "recommend_skills"]
    assert [tool.name for tool in tools] == [*journal, *proofs, *tickets, "capture_pane"]
    assert len(json.dumps(shown)) / 4 <= MAX_CORE_TOKENS


def test_an_unknown_toolset_is_refused_with_the_known_ones(settings: Settings) -> None:
    with pytest.raises(BadArgument, match="no toolset 'jornal'") as caught:
        build(App(settings), "core,jornal")
    assert "journal" in caught.value.hint


def test_the_first_512_characters_of_the_instructions_stand_alone() -> None:
    alone = INSTRUCTIONS.split("\n\n")[0]

    assert len(alone) <= 512
    assert all(word in alone for word in ("resume_goal", "recommend_skills", "record_attempt", "STALLED", "data"))


@pytest.mark.parametrize("mode", ERAS)
async def test_answers_fit_their_schema_and_their_limits(connect: Connect, mode: str) -> None:
    loud = "\n".join(f"FAILED tests/test_{n}.py::test_{'x' * 200}{n} - assert {n} == 0" for n in range(500))
    async with connect(toolsets="journal", mode=mode) as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        for n in range(12):
            arguments = {"action": f"edit {n} " + "y" * 3_000, "gate": "fail", "gate_output": loud, "goal": "g"}
            results = {"record_attempt": await client.call_tool("record_attempt", arguments)}
        for name in ("check_stall", "resume_goal", "changes_since", "list_attempts"):
            results[name] = await client.call_tool(name, {"goal": "g"})
        results["list_goals"] = await client.call_tool("list_goals", {})
        results["fingerprint_failure"] = await client.call_tool("fingerprint_failure", {"text": loud})
        results["close_goal"] = await client.call_tool("close_goal", {"goal": "g", "outcome": "abandoned"})

    assert set(results) == set(schemas)
    for name, result in results.items():
        (block,) = result.content
        assert isinstance(block, TextContent)
        assert not result.is_error, block.text
        assert len(block.text) <= 4_000
        assert len(json.dumps(result.structured_content, ensure_ascii=False)) <= 8_000
        jsonschema.validate(result.structured_content, schemas[name])


WRONG_CALLS = [
    pytest.param("record_attempt", {"gate": "fail"}, "'action' is missing", id="a missing argument"),
    pytest.param("record_attempt", {"action": "x", "gate": "maybe"}, "'gate' is 'maybe'", id="a wrong value"),
    pytest.param("record_attempt", {"action": "x", "gate": "fail", "gaol": "y"}, "mean 'goal'", id="a misspelt name"),
    pytest.param("record_attempt", {"action": "x", "gate": "fail", "exit_code": 2**40}, "'exit_code'", id="too large"),
    pytest.param("record_attempt", {"action": "x", "gate": "fail", "goal": "a\nb"}, "is no name", id="no proper goal"),
    pytest.param(
        "record_attempt", {"action": "x", "gate": "fail", "gate_output_path": "/etc/passwd"}, "lies outside", id="path"
    ),
    pytest.param("record_attempt", {"action": "x", "gate": "fail", "metric": {"name": "n"}}, "metric.value", id="deep"),
    pytest.param("check_stall", {"k": 1}, "'k' is 1", id="out of range"),
    pytest.param("check_stall", {"project": "/no/such/place"}, "no directory", id="no such project"),
    pytest.param("check_stall", {"project": "~nobody-by-that-name"}, "is no path", id="no such user"),
    pytest.param("check_stall", {"project": "x" * 5_000}, "no directory", id="a name no file system takes"),
    pytest.param("close_goal", {"goal": "never", "outcome": "x"}, "Nothing was recorded", id="an unknown goal"),
    pytest.param("fingerprint_failure", {}, "either text or path", id="neither of two"),
    pytest.param("no_such_tool", {}, "no_such_tool", id="an unknown tool"),
]


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(("tool", "arguments", "told"), WRONG_CALLS)
async def test_a_mistake_gets_a_sentence_and_writes_nothing(
    connect: Connect, mode: str, tool: str, arguments: dict[str, object], told: str
) -> None:
    async with connect(mode=mode) as client:
        result = await client.call_tool(tool, arguments)
        goals = await client.call_tool("list_goals", {})

    (block,) = result.content
    assert isinstance(block, TextContent)
    assert result.is_error
    assert told in block.text
    assert "Traceback" not in block.text
    assert len(block.text) < 500
    assert goals.structured_content == {"goals": [], "shortened": []}


async def test_a_database_that_cannot_be_used_is_told_and_the_server_stays_up(
    connect: Connect, settings: Settings
) -> None:
    settings.database.parent.mkdir()
    settings.database.write_bytes(b"this is no database" * 100)
    async with connect() as client:
        refused = await client.call_tool("check_stall", {})
        settings.database.unlink()
        answered = await client.call_tool("check_stall", {})

    (block,) = refused.content
    assert isinstance(block, TextContent)
    assert refused.is_error
    assert "damaged or no SQLite database" in block.text
    assert not answered.is_error


async def test_a_fault_of_ours_is_told_without_its_details(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("tremaux_tools.journal.judge", fault)
    async with connect() as client:
        result = await client.call_tool("check_stall", {})

    (block,) = result.content
    assert isinstance(block, TextContent)
    assert "fault in Tremaux" in block.text
    assert "secret detail" not in block.text
    assert "secret detail" in caplog.text


async def test_settings_of_the_project_are_obeyed(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "tremaux.toml").write_text("[stall]\nrepeats = 2\n")
    async with connect() as client:
        for action in ("a", "b"):
            arguments = {"action": action, "gate": "fail", "gate_output": "E  boom\n1 failed in 0.1s"}
            result = await client.call_tool("record_attempt", arguments)

    assert result.structured_content is not None
    assert result.structured_content["verdict"]["verdict"] == "STALLED"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[stall]\nrepeat = 2\n", "unknown key 'repeat'"),
        ("[stall]\nrepeats = 1\n", "repeats must be between"),
        ("[stall]\nrepeats = 'x'\n", "repeats"),
        ("[stall]\ndisabled_rules = [['R1']]\n", "names no rule"),
        ("stall = 3\n", "no table"),
        ("[stall\n", "tremaux.toml cannot be read"),
    ],
)
async def test_settings_that_make_no_sense_are_told(connect: Connect, tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "tremaux.toml").write_text(content)
    async with connect() as client:
        result = await client.call_tool("check_stall", {})

    (block,) = result.content
    assert isinstance(block, TextContent)
    assert result.is_error
    assert told in block.text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"[stall]\nrepeats = '{'x' * 200_000}'\n", id="value"),
        pytest.param(f"[stall]\n{'x' * 200_000} = 1\n", id="key"),
        pytest.param(f"[{'x' * 100_000}]\n[{'x' * 100_000}]\n", id="table"),
    ],
)
async def test_a_strangers_settings_do_not_flood_the_agent(connect: Connect, tmp_path: Path, content: str) -> None:
    (tmp_path / "tremaux.toml").write_text(content)
    async with connect() as client:
        result = await client.call_tool("check_stall", {})

    (block,) = result.content
    assert isinstance(block, TextContent)
    assert result.is_error
    assert len(block.text) < 1_000
