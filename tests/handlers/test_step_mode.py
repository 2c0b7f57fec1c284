"""A ticket in step mode runs only by a person's word, asked in both ways of asking, or decided later."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import ElicitRequestParams, ElicitResult, TextContent

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.handlers.approval import question
from tremaux_tools.core.tickets.ticket import Ticket

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
ERAS = ("legacy", "2026-07-28")
AGENT = {"id": "a", "description": "Drop it", "runner": "own", "place": "process", "step_mode": True}
TOML = '[workers.own]\ncommand = ["sh", "-c", "cat > said"]\n'
COMMAND = {"id": "a", "description": "Release", "command": "make\trelease", "place": "process", "step_mode": True}


class Person:
    """Answers every question in one way and remembers what was asked."""

    def __init__(self, action: str, **content: str) -> None:
        self.action = action
        self.content = content or None
        self.asked: list[ElicitRequestParams] = []

    async def __call__(self, _: Any, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params)
        return ElicitResult.model_validate({"action": self.action, "content": self.content})


def told(result: Any) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


async def standing(client: Client, name: str = "a") -> dict[str, Any]:
    ticket = (await client.call_tool("get_ticket", {"id": name})).structured_content
    assert ticket is not None
    return ticket


@pytest.mark.parametrize("mode", ERAS)
async def test_a_person_sees_all_they_agree_to(connect: Connect, mode: str) -> None:
    person = Person("accept", decision="later")
    async with connect(mode=mode, elicitation_callback=person) as client:
        await client.call_tool("spawn_ticket", COMMAND | {"timeout_s": 7, "max_retries": 0, "worktree": False})

    (asked,) = person.asked
    assert "a" in asked.message
    assert r"make\trelease" in asked.message
    assert "for: Release" in asked.message
    assert "in your work tree" in asked.message
    assert "at most 1 times for 7 seconds" in asked.message
    assert asked.requested_schema["properties"]["decision"]["enum"] == ["approve", "reject", "later"]
    assert "prompt" not in asked.requested_schema["properties"]


async def test_a_person_sees_the_time_limit_that_a_ticket_will_have(connect: Connect, settings: Settings) -> None:
    person = Person("accept", decision="later")
    async with App(settings) as elsewhere:
        await elsewhere.live_settings.set("tickets.timeout", "60")
    async with connect(elicitation_callback=person) as client:
        await client.call_tool("spawn_ticket", COMMAND)
        await client.call_tool(
            "spawn_ticket", {"tickets": [COMMAND | {"id": "b", "timeout_s": 7}, COMMAND | {"id": "c"}]}
        )
        limits = [(await standing(client, name))["timeout_s"] for name in "abc"]

    (asked,) = person.asked
    assert "at most 3 times for 60 seconds" in asked.message
    assert limits == [60.0, 7.0, 60.0]


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("tool", ["spawn_ticket", "wait_for_tickets"])
async def test_the_worker_gets_the_prompt_as_a_person_edited_it(
    connect: Connect, settings: Settings, tmp_path: Path, mode: str, tool: str
) -> None:
    (tmp_path / "tremaux.toml").write_text(TOML)
    async with App(settings) as app:
        known, path, _ = await app.gates.known(tmp_path)
        await app.services.trust.add(path, known.digest)
    person = Person("accept", decision="approve", prompt="Keep it\nand say so")
    if tool == "wait_for_tickets":
        async with connect(mode=mode) as unasked:
            await unasked.call_tool("spawn_ticket", AGENT)
    async with connect(mode=mode, elicitation_callback=person, dispatches=True) as client:
        if tool == "spawn_ticket":
            await client.call_tool("spawn_ticket", AGENT)
        waited = await client.call_tool("wait_for_tickets", {"timeout_s": 60})
        ticket = await standing(client)

    (asked,) = person.asked
    assert asked.requested_schema["properties"]["prompt"]["default"] == "Drop it"
    assert told(waited).startswith("DONE")
    assert (ticket["status"], ticket["prompt"]) == ("completed", "Keep it\nand say so")
    assert "Keep it\nand say so" in (tmp_path / "said").read_text()
    assert "Drop it" not in (tmp_path / "said").read_text()


@pytest.mark.parametrize("mode", ERAS)
async def test_approved_it_is_ready(connect: Connect, mode: str) -> None:
    person = Person("accept", decision="approve")
    async with connect(mode=mode, elicitation_callback=person) as client:
        result = await client.call_tool("spawn_ticket", COMMAND)
        ticket = await standing(client)

    assert "A person approved a." in told(result)
    assert (result.structured_content or {})["ready"] == ["a"]
    assert (ticket["status"], ticket["prompt"]) == ("ready", None)
    assert len(person.asked) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_rejected_it_is_blocked_for_the_reason(connect: Connect, mode: str) -> None:
    person = Person("accept", decision="reject", reason="too risky")
    async with connect(mode=mode, elicitation_callback=person, dispatches=True) as client:
        result = await client.call_tool("spawn_ticket", COMMAND)
        ticket = await standing(client)

    assert "A person rejected a" in told(result)
    assert (ticket["status"], ticket["reason"], ticket["runs"]) == ("blocked", "too risky", [])
    assert ticket["events"][-1]["by"] == "a person"


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    "person",
    [
        pytest.param(lambda: Person("accept", decision="later"), id="later"),
        pytest.param(lambda: Person("decline"), id="declines"),
        pytest.param(lambda: Person("cancel"), id="closes the question"),
    ],
)
async def test_undecided_it_waits(connect: Connect, mode: str, person: Callable[[], Person]) -> None:
    async with connect(mode=mode, elicitation_callback=person(), dispatches=True) as client:
        result = await client.call_tool("spawn_ticket", COMMAND)
        ticket = await standing(client)

    assert "has not decided yet" in told(result)
    assert (ticket["status"], ticket["runs"]) == ("awaiting_approval", [])


@pytest.mark.parametrize("mode", ERAS)
async def test_a_client_that_cannot_ask_is_told_who_decides(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        spawned = await client.call_tool("spawn_ticket", COMMAND)
        waited = await client.call_tool("wait_for_tickets", {"timeout_s": 0})
        approved = await client.call_tool("decide_ticket", {"id": "a", "decision": "approve"})

    assert "decide_ticket" in told(spawned)
    assert told(waited).startswith("AWAITING APPROVAL")
    assert "decide_ticket" in told(waited)
    assert (approved.structured_content or {})["status"] == "ready"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_wait_asks_about_the_first_and_goes_on(connect: Connect, mode: str) -> None:
    person = Person("accept", decision="approve")
    many = [COMMAND, COMMAND | {"id": "b", "step_mode": False}]
    async with connect(mode=mode, elicitation_callback=person) as client:
        await client.call_tool("spawn_ticket", {"tickets": many})
        unasked = len(person.asked)
        waited = await client.call_tool("wait_for_tickets", {"timeout_s": 0.1})
        ticket = await standing(client)

    assert unasked == 0
    assert len(person.asked) == 1
    assert "A person approved a." in told(waited)
    assert told(waited).startswith("NOT DONE")
    assert ticket["status"] == "ready"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_wait_hands_on_a_rejection(connect: Connect, mode: str) -> None:
    person = Person("accept", decision="reject", reason="no")
    async with connect(mode=mode) as other:
        await other.call_tool("spawn_ticket", COMMAND)
    async with connect(mode=mode, elicitation_callback=person) as client:
        waited = await client.call_tool("wait_for_tickets", {"ids": ["a"]})

    assert told(waited).startswith("DONE")
    assert "1 blocked" in told(waited)


async def test_who_was_faster_in_another_place_is_not_overruled(connect: Connect) -> None:
    async with connect() as other:

        async def person(_context: Any, _asked: ElicitRequestParams) -> ElicitResult:
            await other.call_tool("decide_ticket", {"id": "a", "decision": "approve"})
            return ElicitResult(action="accept", content={"decision": "reject"})

        async with connect(mode="legacy", elicitation_callback=person) as client:
            await other.call_tool("spawn_ticket", COMMAND)
            waited = await client.call_tool("wait_for_tickets", {"timeout_s": 0.1})
            ticket = await standing(client)

    assert "a was decided on elsewhere in the meantime." in told(waited)
    assert ticket["status"] == "ready"


async def test_nobody_is_asked_about_what_cannot_run_yet(connect: Connect) -> None:
    person = Person("accept", decision="approve")
    async with connect(elicitation_callback=person) as client:
        first = {"id": "first", "description": "x", "command": "true", "place": "process"}
        await client.call_tool("spawn_ticket", first)
        await client.call_tool("spawn_ticket", COMMAND | {"depends_on": ["first"]})
        ticket = await standing(client)

    assert not person.asked
    assert ticket["status"] == "todo"


@pytest.mark.parametrize("mistake", [{"max_retries": 99}, {"runner": "nobody"}, {"runner": 3}])
async def test_nobody_is_asked_about_a_mistake(connect: Connect, mistake: dict[str, Any]) -> None:
    person = Person("accept", decision="approve")
    async with connect(elicitation_callback=person) as client:
        result = await client.call_tool("spawn_ticket", COMMAND | mistake)

    assert result.is_error
    assert not person.asked


async def test_a_person_is_not_asked_about_what_they_could_not_read(connect: Connect) -> None:
    person = Person("accept", decision="approve")
    async with connect(elicitation_callback=person) as client:
        await client.call_tool("spawn_ticket", COMMAND | {"command": "true " + "x" * 5_000})
        ticket = await standing(client)

    assert not person.asked
    assert ticket["status"] == "awaiting_approval"


async def test_an_answer_that_fits_no_choice_creates_nothing(connect: Connect) -> None:
    person = Person("accept", decision="yes please")
    async with connect(elicitation_callback=person) as client:
        result = await client.call_tool("spawn_ticket", COMMAND)
        listed = await client.call_tool("list_tickets", {})

    assert result.is_error
    assert "fits none of the choices" in told(result)
    assert (listed.structured_content or {})["total"] == 0


def test_a_person_is_told_why_a_ticket_waits_that_ran_already() -> None:
    paused = Ticket(
        ticket_id=1,
        project="p",
        root="/p",
        name="a",
        description="Old words",
        prompt="New\u202ewords",
        status="awaiting_approval",
        reason="9,000 of 8,000 tokens were used",
        runner="claude",
    )
    asked = question(paused, "/p")

    assert asked is not None
    assert "Why it waits: 9,000 of 8,000 tokens were used" in asked.message
    assert r"New\u202ewords" in asked.message
    assert "Old words" not in asked.message
