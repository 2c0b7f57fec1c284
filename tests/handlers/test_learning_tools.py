"""What Tremaux changes about itself, as a client sees it: proposed, decided, looked at."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import jsonschema
import pytest
from mcp import Client
from mcp.types import TextContent, TextResourceContents
from tests.handlers.calls import call, refused
from tests.handlers.test_step_mode import Person

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_tools.core.learning.delta import Proposal

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
ERAS = ("legacy", "2026-07-28")
HIGHER: dict[str, Any] = {
    "type": "strategy",
    "operation": "modify",
    "target": "retry.first_rung",
    "new_value": 1,
    "reasoning": "The second model passes more often.",
    "confidence": 0.8,
    "impact": 3.0,
}
GUARDED = HIGHER | {"type": "resource", "target": "tickets.timeout", "new_value": 7200.0}
BULLET = HIGHER | {
    "type": "playbook",
    "operation": "add",
    "target": "building",
    "new_value": "Run make clean before make test.",
}


@pytest.mark.parametrize("mode", ERAS)
async def test_the_status_says_what_learning_waits_for(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        result = await client.call_tool("get_learning_status", {})
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}

    status = result.structured_content
    assert status is not None
    jsonschema.validate(status, tools["get_learning_status"].output_schema or {})
    assert (status["enabled"], status["interval_s"], status["cycles"]) == (True, 30.0, 0)
    assert (status["tasks"], status["tasks_needed"], status["deltas"]["total"]) == (0, 30, 0)
    assert isinstance(result.content[0], TextContent)
    assert "0 of the 30" in result.content[0].text


async def test_a_proposal_is_scored_part_by_part(connect: Connect) -> None:
    async with connect() as client:
        delta = (await call(client, "propose_delta", **HIGHER))["delta"]
        listed = await call(client, "list_deltas", status="pending")

    assert (delta["status"], delta["old_value"], delta["new_value"]) == ("pending", 0, 1)
    assert {part["name"]: part["most"] for part in delta["score_parts"]} == {
        "confidence": 40,
        "reasoning": 30,
        "impact": 20,
        "risk": 10,
    }
    assert delta["score"] == pytest.approx(sum(part["points"] for part in delta["score_parts"]))
    assert [each["id"] for each in listed["deltas"]] == [delta["id"]]


async def test_an_approved_delta_is_on_trial_until_it_is_rolled_back(connect: Connect) -> None:
    async with connect() as client:
        number = (await call(client, "propose_delta", **HIGHER))["delta"]["id"]
        approved = (await call(client, "decide_delta", id=number, decision="approve"))["delta"]
        status = await call(client, "get_learning_status")
        rolled_back = (await call(client, "decide_delta", id=number, decision="rollback", reason="dear"))["delta"]
        again = await refused(client, "decide_delta", id=number, decision="rollback")

    assert approved["status"] == "trial"
    assert [trial["id"] for trial in status["trials"]] == [number]
    assert (rolled_back["status"], rolled_back["reason"]) == ("rolled_back", "dear")
    assert f"Delta {number} is rolled back" in again


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(("answer", "status"), [("approve", "kept"), ("reject", "rejected")])
async def test_a_person_decides_about_high_risk(connect: Connect, mode: str, answer: str, status: str) -> None:
    person = Person("accept", decision=answer)
    async with connect(mode=mode, elicitation_callback=person) as client:
        number = (await call(client, "propose_delta", **GUARDED))["delta"]["id"]
        decided = (await call(client, "decide_delta", id=number, decision="approve"))["delta"]

    (asked,) = person.asked
    assert "tickets.timeout from 3600.0 to 7200.0" in asked.message
    assert decided["status"] == status


async def test_high_risk_is_not_approved_by_an_agent_alone(connect: Connect) -> None:
    async with connect() as client:
        number = (await call(client, "propose_delta", **GUARDED))["delta"]["id"]
        told = await refused(client, "decide_delta", id=number, decision="approve")
        (delta,) = (await call(client, "list_deltas"))["deltas"]

    assert f"tremaux learn approve {number}" in told
    assert delta["status"] == "pending"


async def test_the_playbook_is_read_as_a_tool_and_as_a_resource(connect: Connect) -> None:
    async with connect() as client:
        number = (await call(client, "propose_delta", **BULLET))["delta"]["id"]
        await call(client, "decide_delta", id=number, decision="approve")
        read = await call(client, "get_playbook")
        (content,) = (await client.read_resource("tremaux://playbook")).contents

    (bullet,) = read["bullets"]
    assert (bullet["id"], bullet["section"], bullet["text"]) == ("bullet-1", "building", BULLET["new_value"])
    assert isinstance(content, TextResourceContents)
    assert json.loads(content.text)["bullets"] == [bullet]


async def test_a_turn_of_the_cycle_is_told(connect: Connect) -> None:
    async with connect() as client:
        turn = await call(client, "run_learning_cycle")
        status = await call(client, "get_learning_status")

    assert turn["cycle"]["error"] == ""
    assert turn["deltas"] == []
    assert status["cycles"] == 1
    assert status["last_cycle"] == turn["cycle"]


async def test_the_reflect_prompt_gives_the_figures_and_the_settings(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "propose_delta", **HIGHER)
        (message,) = (await client.get_prompt("reflect")).messages

    assert isinstance(message.content, TextContent)
    assert "propose_delta" in message.content.text
    assert "retry.first_rung = 0 [strategy] a whole number from 0 to 10" in message.content.text
    assert "1 pending" in message.content.text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"type": "other"}, "type"),
        ({"operation": "other"}, "operation"),
        ({"confidence": 2}, "confidence"),
        ({"impact": 1_000}, "impact"),
        ({"new_value": [1]}, "new_value"),
        ({"reasoning": ""}, "reasoning"),
        ({"target": ""}, "target"),
        ({"target": "x" * 10_000}, "target"),
    ],
)
async def test_a_proposal_that_makes_no_sense_is_refused_in_a_sentence(
    connect: Connect, changes: dict[str, Any], word: str
) -> None:
    async with connect() as client:
        told = await refused(client, "propose_delta", **HIGHER | changes)
        listed = await call(client, "list_deltas")

    assert word in told
    assert "Traceback" not in told
    assert listed["deltas"] == []


async def test_a_bullet_of_another_process_is_announced(connect: Connect, settings: Settings) -> None:
    async with (
        connect(mode="2026-07-28") as client,
        client.listen(resource_subscriptions=["tremaux://playbook"]) as stream,
    ):
        async with App(settings) as other:
            await other.learning.propose(Proposal(**BULLET, source="test"))
        with anyio.fail_after(30):
            event = await anext(aiter(stream))

    assert event.uri == "tremaux://playbook"
