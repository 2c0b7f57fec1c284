"""run_gate over the protocol: only a person's yes lets a command run, in both ways of asking."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp import Client
from mcp.types import ElicitRequestParams, ElicitResult, TextContent

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
ERAS = ("legacy", "2026-07-28")
TOML = '[gates.test]\ncommand = "echo ran >> ran; echo 1 failed in 0.1s; exit 1"\n\n[gates.lint]\ncommand = "true"\n'


class Person:
    """Answers every question in one way and remembers what was asked."""

    def __init__(self, action: str, decision: str = "", meanwhile: Callable[[], object] = lambda: None) -> None:
        self.action = action
        self.content = {"decision": decision} if decision else None
        self.meanwhile = meanwhile
        self.asked: list[str] = []

    async def __call__(self, _: Any, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        if len(self.asked) == 1:
            self.meanwhile()
        return ElicitResult.model_validate({"action": self.action, "content": self.content})


def told(result: Any) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> Path:
    (tmp_path / "tremaux.toml").write_text(TOML)
    return tmp_path


@pytest.mark.parametrize("mode", ERAS)
async def test_a_trusted_file_is_asked_about_once(connect: Connect, project: Path, mode: str) -> None:
    person = Person("accept", "trust this file")
    async with connect(mode=mode, elicitation_callback=person) as client:
        first = await client.call_tool("run_gate", {"name": "test", "goal": "g", "action": "edit"})
        second = await client.call_tool("run_gate", {"name": "test", "goal": "g", "action": "edit"})
        schema = next(tool.output_schema for tool in (await client.list_tools()).tools if tool.name == "run_gate")

    assert not first.is_error, told(first)
    assert len(person.asked) == 1
    assert (project / "ran").read_text() == "ran\n" * 2
    for result in (first, second):
        answer = result.structured_content
        assert answer is not None
        jsonschema.validate(answer, schema)
        assert (answer["status"], answer["exit_code"], answer["gate"], answer["goal"]) == ("exited", 1, "fail", "g")
        assert answer["tests"]["failed"] == 1
        assert answer["verdict"]["verdict"]
        assert "1 failed in 0.1s" in answer["log_tail"]


@pytest.mark.parametrize("mode", ERAS)
async def test_the_question_shows_all_that_is_agreed_to(connect: Connect, project: Path, mode: str) -> None:
    (project / "tremaux.toml").write_text(TOML + "[gates.evil]\ncommand = '''\ntrue\x20\u202e\n'''\n")
    (project / "tremaux.toml").write_text("allow_commands = true\n" + (project / "tremaux.toml").read_text())
    person = Person("accept", "run once")
    async with connect(mode=mode, elicitation_callback=person) as client:
        await client.call_tool("run_gate", {"name": "test"})

    (question,) = person.asked
    assert "echo ran >> ran; echo 1 failed in 0.1s; exit 1" in question
    assert f"in the directory {project}" in question
    assert "lint: true" in question
    assert r"evil: true \u202e\n" in question
    assert "ANY command" in question
    assert "is not trusted yet" in question


@pytest.mark.parametrize("mode", ERAS)
async def test_running_once_trusts_nothing(connect: Connect, project: Path, mode: str) -> None:
    person = Person("accept", "run once")
    async with connect(mode=mode, elicitation_callback=person) as client:
        for _ in range(2):
            await client.call_tool("run_gate", {"name": "test"})

    assert len(person.asked) == 2
    assert (project / "ran").read_text() == "ran\n" * 2


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    "person",
    [
        pytest.param(lambda: Person("decline"), id="declines"),
        pytest.param(lambda: Person("cancel"), id="closes the question"),
        pytest.param(lambda: Person("accept", "refuse"), id="refuses"),
        pytest.param(lambda: Person("accept"), id="gives no answer"),
        pytest.param(lambda: Person("accept", "yes please"), id="gives another answer"),
    ],
)
async def test_without_a_persons_yes_nothing_runs(
    connect: Connect, project: Path, mode: str, person: Callable[[], Person]
) -> None:
    async with connect(mode=mode, elicitation_callback=person()) as client:
        result = await client.call_tool("run_gate", {"name": "test"})
        goals = await client.call_tool("list_goals", {})

    assert result.is_error
    assert "Traceback" not in told(result)
    assert "Resolver" not in told(result)
    assert not (project / "ran").exists()
    assert (goals.structured_content or {})["goals"] == []


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("arguments", [{"name": "test"}, {"command": "touch ran"}])
async def test_a_client_that_cannot_ask_is_refused_with_the_way_out(
    connect: Connect, project: Path, mode: str, arguments: dict[str, str]
) -> None:
    async with connect(mode=mode) as client:
        result = await client.call_tool("run_gate", arguments)

    assert result.is_error
    assert "tremaux trust" in told(result)
    assert not (project / "ran").exists()


@pytest.mark.parametrize("mode", ERAS)
async def test_a_command_without_a_settings_file_is_refused_with_a_way_that_works(
    connect: Connect, project: Path, mode: str
) -> None:
    (project / "tremaux.toml").unlink()
    async with connect(mode=mode) as client:
        result = await client.call_tool("run_gate", {"command": "touch ran"})

    assert result.is_error
    assert "write `allow_commands = true` into the project's tremaux.toml" in told(result)
    assert "after reading its tremaux.toml" not in told(result)
    assert not (project / "ran").exists()


@pytest.mark.parametrize("mode", ERAS)
async def test_a_file_that_changes_behind_the_question_is_never_trusted_by_its_answer(
    connect: Connect, project: Path, mode: str
) -> None:
    person = Person(
        "accept",
        "trust this file",
        meanwhile=lambda: (project / "tremaux.toml").write_text('[gates.test]\ncommand = "touch swapped"\n'),
    )
    async with connect(mode=mode, elicitation_callback=person) as client:
        await client.call_tool("run_gate", {"name": "test"})
        await client.call_tool("run_gate", {"name": "test"})

    assert len(person.asked) == 2
    assert "touch swapped" not in person.asked[0]
    assert "touch swapped" in person.asked[1]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_command_of_the_agents_own_is_asked_about_each_time(connect: Connect, project: Path, mode: str) -> None:
    person = Person("accept", "run once")
    async with connect(mode=mode, elicitation_callback=person) as client:
        for _ in range(2):
            result = await client.call_tool("run_gate", {"command": "echo ran >> ran"})

    assert not result.is_error
    assert [question.splitlines()[1].strip() for question in person.asked] == ["echo ran >> ran"] * 2
    assert (project / "ran").read_text() == "ran\n" * 2


async def test_a_command_too_long_to_be_shown_whole_is_refused(connect: Connect, project: Path) -> None:
    person = Person("accept", "run once")
    async with connect(elicitation_callback=person) as client:
        result = await client.call_tool("run_gate", {"command": "true " + "x" * 5_000 + "; touch ran"})

    assert result.is_error
    assert "too long to be shown" in told(result)
    assert not person.asked


@pytest.mark.parametrize("mode", ERAS)
async def test_what_is_not_done_goes_on_and_records_itself(connect: Connect, project: Path, mode: str) -> None:
    os.mkfifo(project / "go")
    person = Person("accept", "run once")
    command = "echo started; read -r line < go; exit 7"
    async with connect(mode=mode, elicitation_callback=person) as client:
        running = (await client.call_tool("run_gate", {"command": command, "wait_s": 0.1})).structured_content
        assert running is not None
        (project / "go").write_text("on\n")
        job = (await client.call_tool("get_job", {"job_id": running["job_id"], "wait_s": 30})).structured_content
        attempts = (await client.call_tool("list_attempts", {})).structured_content
        log = await client.read_resource(running["log_uri"])

    assert (running["status"], running["attempt_id"], running["verdict"]) == ("running", None, None)
    assert job is not None
    assert attempts is not None
    assert (job["status"], job["exit_code"], job["kind"]) == ("exited", 7, "process")
    assert [attempt["attempt_id"] for attempt in attempts["attempts"]] == [job["attempt_id"]]
    assert log.contents[0].text == "started\n"


async def test_a_gate_under_way_can_be_cancelled(connect: Connect) -> None:
    person = Person("accept", "run once")
    async with connect(elicitation_callback=person) as client:
        running = (await client.call_tool("run_gate", {"command": "sleep 1000", "wait_s": 0})).structured_content
        assert running is not None
        job = (await client.call_tool("cancel_job", {"job_id": running["job_id"]})).structured_content

    assert job is not None
    assert (job["status"], job["cause"], job["log_tail"]) == ("killed", "cancel", "")


async def test_the_toolset_has_the_jobs_with_it(connect: Connect) -> None:
    async with connect(toolsets="postflight") as client:
        own = [tool.name for tool in (await client.list_tools()).tools]
    async with connect(toolsets="postflight,terminal") as client:
        both = [tool.name for tool in (await client.list_tools()).tools]

    assert {"run_gate", "get_job", "cancel_job"} <= set(own)
    assert len(both) == len(set(both))


@pytest.mark.parametrize(
    ("arguments", "told_"),
    [
        ({"name": "nope"}, "There is no gate 'nope'. This project has lint, test."),
        ({}, "Give either name or command."),
        ({"name": "test", "timeout_s": 0}, "'timeout_s' is 0"),
        ({"command": " "}, "Command is empty"),
        ({"name": "test", "goal": "a\nb"}, "is no name"),
    ],
)
async def test_a_wrong_call_is_told_and_nobody_is_asked_twice(
    connect: Connect, arguments: dict[str, Any], told_: str
) -> None:
    person = Person("accept", "run once")
    async with connect(elicitation_callback=person) as client:
        result = await client.call_tool("run_gate", arguments)

    assert result.is_error
    assert told_ in told(result)
