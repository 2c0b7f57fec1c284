"""The ticket tools over the protocol: what is handed over, told, decided and announced."""

import json
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import jsonschema
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import EmptyResult, ResourceTemplateReference, SubscribeRequest, SubscribeRequestParams, TextContent

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.handlers import tickets
from tremaux_tools.core.tickets.ticket import NewTicket

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
ERAS = ("legacy", "2026-07-28")


def shell(name: str, command: str = "true", **more: Any) -> dict[str, Any]:
    return {"id": name, "description": f"Do {name}", "command": command, "place": "process", **more}


GRAPH = [shell("a"), shell("b"), shell("c", depends_on=["a", "b"])]


def told(result: Any) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool whose answer is to fit its schema."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, told(result)
    schema = next(each.output_schema for each in (await client.list_tools()).tools if each.name == tool)
    jsonschema.validate(result.structured_content, schema)
    assert result.structured_content is not None
    return {**result.structured_content, "said": told(result)}


@pytest.mark.parametrize("mode", ERAS)
async def test_a_graph_is_handed_over_in_one_call(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        spawned = await call(client, "spawn_ticket", tickets=GRAPH)
        listed = await call(client, "list_tickets")
        one = await call(client, "get_ticket", id="c")

    assert (spawned["ready"], spawned["blocked"]) == (["a", "b"], ["c"])
    assert spawned["said"].splitlines()[0] == "3 tickets: 2 ready, 1 waiting"
    assert [ticket["id"] for ticket in spawned["tickets"]] == ["a", "b", "c"]
    assert "graph" in spawned["graph"] or "flowchart" in spawned["graph"]
    assert (listed["counts"], listed["total"]) == ({"ready": 2, "todo": 1}, 3)
    assert listed["critical_path"] in (["a", "c"], ["b", "c"])
    assert (one["status"], one["depends_on"], one["runs"]) == ("todo", ["a", "b"], [])
    assert [event["new"] for event in one["events"]] == ["todo"]


async def test_a_single_ticket_needs_no_more_than_what_is_to_be_done(connect: Connect) -> None:
    async with connect() as client:
        spawned = await call(client, "spawn_ticket", description="Do it", command="true", place="process")

    (ticket,) = spawned["tickets"]
    assert (ticket["status"], ticket["priority"], ticket["assigned_to"]) == ("ready", 2, "shell")
    assert spawned["ready"] == [ticket["id"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Argument 'description' is missing."),
        ({"description": "x", "tickets": GRAPH}, "Description and tickets are both given"),
        ({"tickets": []}, "list of tickets is empty"),
        ({"tickets": [shell("a"), {"id": "b"}]}, "Argument 'tickets[1].description' is missing."),
        ({"tickets": [shell("a", prio=1)]}, "Unknown argument 'tickets[0].prio'. Did you mean 'priority'?"),
        ({"tickets": [shell("a"), shell("a")]}, "'a' is used twice"),
        ({"tickets": [shell("a", depends_on=["z"])]}, "'z', which is unknown"),
        ({"tickets": [shell("a", depends_on=["b"]), shell("b", depends_on=["a"])]}, "a -> b -> a"),
        (shell("a", priority=9), "Priority 9"),
        (shell("a", place="cluster"), "no cluster is configured"),
        (shell("a", place="moon"), "'moon'"),
        ({"description": "x", "runner": "nobody"}, "no worker 'nobody'"),
        (shell("a", runner="codex"), "The worker 'codex' takes no command"),
        ({"description": "x", "prio": 1}, "Did you mean 'priority'?"),
    ],
)
async def test_a_mistake_is_one_sentence_and_nothing_is_created(
    connect: Connect, arguments: dict[str, Any], said: str
) -> None:
    async with connect() as client:
        result = await client.call_tool("spawn_ticket", arguments)
        listed = await call(client, "list_tickets")

    assert result.is_error
    assert said in told(result)
    assert listed["total"] == 0


async def test_a_ticket_is_held_and_let_go_by_decisions(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "spawn_ticket", tickets=GRAPH)
        held = await call(client, "decide_ticket", id="a", decision="block", reason="not today")
        again = await call(client, "decide_ticket", id="a", decision="retry")
        done = await call(client, "decide_ticket", id="a", decision="complete")
        wrong = await client.call_tool("decide_ticket", {"id": "a", "decision": "cancel"})
        unknown = await client.call_tool("decide_ticket", {"id": "z", "decision": "cancel"})

    assert (held["status"], held["reason"]) == ("blocked", "not today")
    assert held["said"].startswith("BLOCKED a: Do a\nWhy: not today\n")
    assert (again["status"], done["status"]) == ("ready", "completed")
    assert "ticket is completed" in told(wrong)
    assert "no ticket 'z'" in told(unknown)


async def test_a_wait_ends_when_its_tickets_are_settled(connect: Connect) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def progressed(done: float, total: float | None, message: str | None) -> None:
        seen.append((done, total, message))

    async with connect(dispatches=True) as client:
        await call(client, "spawn_ticket", tickets=GRAPH)
        result = await client.call_tool("wait_for_tickets", {"timeout_s": 60}, progress_callback=progressed)

    waited = result.structured_content
    assert waited is not None
    assert (waited["done"], waited["timed_out"]) == (True, False)
    assert {ticket["status"] for ticket in waited["tickets"]} == {"completed"}
    assert seen[0][1:] == (60, "0 of 3 tickets settled")
    assert [at for at, _, _ in seen] == sorted({at for at, _, _ in seen})


async def test_a_wait_without_news_gives_signs_of_life(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    async def progressed(done: float, _total: float | None, _message: str | None) -> None:
        seen.append(done)

    monkeypatch.setattr(tickets, "PULSE", 0.05)
    async with connect() as client:
        await call(client, "spawn_ticket", tickets=GRAPH)
        await client.call_tool("wait_for_tickets", {"timeout_s": 0.5}, progress_callback=progressed)

    assert len(seen) > 2


async def test_a_wait_is_over_in_time(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "spawn_ticket", tickets=GRAPH)
        waited = await call(client, "wait_for_tickets", ids=["a"], timeout_s=0.1)
        unknown = await client.call_tool("wait_for_tickets", {"ids": ["z"]})

    assert (waited["done"], waited["timed_out"]) == (False, True)
    assert waited["said"].startswith("NOT DONE")
    assert "no ticket 'z'" in told(unknown)


async def test_a_run_is_told_with_its_job_and_its_report(connect: Connect) -> None:
    async with connect(dispatches=True) as client:
        await call(client, "spawn_ticket", **shell("a", "echo hello; exit 3", max_retries=0))
        await call(client, "wait_for_tickets", timeout_s=60)
        ticket = await call(client, "get_ticket", id="a")
        job = await call(client, "get_job", job_id=ticket["job_id"])

    (run,) = ticket["runs"]
    assert (ticket["status"], ticket["exit_code"], run["outcome"]) == ("failed", 3, "failed")
    assert ticket["report_id"] is not None
    assert (job["exit_code"], "hello" in job["log_tail"]) == (3, True)


async def test_a_ticket_is_a_target_whose_log_is_kept(connect: Connect) -> None:
    async with connect(dispatches=True) as client:
        await call(client, "spawn_ticket", **shell("a", "echo hello; exit 3", max_retries=0))
        await call(client, "wait_for_tickets", timeout_s=60)
        seen = await call(client, "capture_pane", target="a")
        typed = await client.call_tool("send_keys", {"target": "a", "text": "x"})

    assert (seen["alive"], seen["outcome"], seen["exit_code"]) == (False, "gone", 3)
    assert "hello" in seen["text"]
    assert seen["said"].startswith("GONE")
    assert "'a' runs without a terminal" in told(typed)


async def test_a_ticket_is_a_target_as_long_as_its_terminal_lives(
    connect: Connect,
) -> None:
    with tempfile.TemporaryDirectory(prefix="tmx-") as folder:  # short: a socket lies in it
        async with connect(dispatches=True, environment={"TMUX_TMPDIR": folder}) as client:
            command = "echo hello; read -r word; echo got $word; exit 4"
            ticket = shell("a", command, place="tmux", max_retries=0)
            await call(client, "spawn_ticket", **ticket)
            seen = await call(client, "capture_pane", target="a", wait="pattern", pattern="hello")
            running = await until(client, "a", "in_progress")
            by_job = await call(client, "capture_pane", target=running["job_id"])
            await call(client, "send_keys", target="a", text="word")
            await call(client, "wait_for_tickets", timeout_s=60)
            kept = await call(client, "capture_pane", target="a")
            job = await call(client, "capture_pane", target=running["job_id"])

    assert running["attach"] == f"tremaux pane attach {running['pane']}"
    assert (seen["target"], seen["outcome"], seen["alive"]) == (running["pane"], "matched", True)
    assert "hello" in by_job["text"]
    assert (kept["alive"], kept["outcome"], kept["exit_code"]) == (False, "gone", 4)
    assert "got word" in kept["text"]
    assert job["text"] == kept["text"]


async def until(client: Client, name: str, status: str) -> dict[str, Any]:
    """Wait for a ticket with a job to stand so."""
    with anyio.fail_after(60):
        while True:
            ticket = await call(client, "get_ticket", id=name)
            if ticket["status"] == status and ticket["job_id"]:
                return ticket
            await anyio.sleep(0.05)


async def test_a_target_that_is_nothing_is_told_as_a_terminal(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "spawn_ticket", tickets=GRAPH)
        nothing = await client.call_tool("capture_pane", {"target": "z"})
        early = await client.call_tool("capture_pane", {"target": "c"})

    assert "no open terminal 'z'" in told(nothing)
    assert "'c' has not run yet, it is todo" in told(early)


async def test_usage_is_added_by_the_run_that_goes_on_alone(connect: Connect) -> None:
    async with connect(dispatches=True) as client:
        await call(client, "spawn_ticket", **shell("a"))
        await call(client, "wait_for_tickets", timeout_s=60)
        used = await call(client, "report_usage", id="a", input_tokens=10, output_tokens=2, model="m")
    async with connect(environment={"TREMAUX_RUN": "1:99"}) as worker:
        stale = await worker.call_tool("report_usage", {"id": "a", "input_tokens": 1, "output_tokens": 1})

    assert used["usage"] == {"input_tokens": 10, "output_tokens": 2, "cost_usd": 0.0}
    assert stale.is_error
    assert "another run has taken its place" in told(stale)


async def test_a_ticket_stands_for_the_job_of_its_newest_run(connect: Connect) -> None:
    async with connect(dispatches=True) as client:
        await call(client, "spawn_ticket", **shell("a", "echo hello", worktree=False))
        await call(client, "spawn_ticket", **shell("later", step_mode=True))
        await call(client, "wait_for_tickets", ids=["a"], timeout_s=30)
        job = await call(client, "get_job", job_id="a")
        early = await client.call_tool("get_job", {"job_id": "later"})
        nothing = await client.call_tool("get_job", {"job_id": "nobody"})

    assert (job["job_id"], job["status"], "hello" in job["log_tail"]) == ("job-1", "exited", True)
    assert "has not run yet" in told(early)
    assert "no job 'nobody'" in told(nothing)


async def test_only_a_completed_ticket_is_merged(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "spawn_ticket", tickets=GRAPH)
        early = await client.call_tool("merge_ticket", {"id": "a"})

    assert "no work to merge" in told(early)


@pytest.mark.parametrize("mode", ERAS)
async def test_tickets_are_resources(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        await call(client, "spawn_ticket", tickets=GRAPH)
        every = json.loads((await client.read_resource("tremaux://tickets")).contents[0].text)
        one = json.loads((await client.read_resource("tremaux://tickets/c")).contents[0].text)

    assert (every["total"], [ticket["id"] for ticket in every["tickets"]]) == (3, ["a", "b", "c"])
    assert (one["id"], one["depends_on"], len(one["events"])) == ("c", ["a", "b"], 1)


async def test_ids_of_tickets_are_completed(connect: Connect) -> None:
    reference = ResourceTemplateReference(type="ref/resource", uri="tremaux://tickets/{id}")
    other = ResourceTemplateReference(type="ref/resource", uri="tremaux://reports/{id}")
    async with connect() as client:
        await call(client, "spawn_ticket", tickets=[shell("api-1"), shell("api-2"), shell("docs")])
        found = await client.complete(reference, {"name": "id", "value": "api"})
        nothing = await client.complete(other, {"name": "id", "value": "api"})

    assert sorted(found.completion.values) == ["api-1", "api-2"]
    assert nothing.completion.values == []


async def test_a_plan_is_asked_for_with_its_goal(connect: Connect) -> None:
    async with connect() as client:
        prompt = await client.get_prompt("plan_tickets", {"goal": "Port {it} to Rust"})

    (message,) = prompt.messages
    assert isinstance(message.content, TextContent)
    assert "Port {it} to Rust" in message.content.text
    assert "spawn_ticket(tickets=[...])" in message.content.text


async def change_elsewhere(settings: Settings) -> None:
    """Hand over a ticket as another process would."""
    async with App(settings) as other:
        new = NewTicket(description="x", id="x", command="true", place="process")
        await other.tickets.spawn(settings.project, [new])


async def test_a_change_by_another_process_is_announced(connect: Connect, settings: Settings) -> None:
    uris = ["tremaux://tickets", "tremaux://tickets/x"]
    seen = []
    async with (
        connect(mode="2026-07-28") as client,
        client.listen(resource_subscriptions=uris) as stream,
    ):
        await change_elsewhere(settings)
        with anyio.fail_after(30):
            async for event in stream:
                seen.append(event.uri)
                if len(seen) == len(uris):
                    break

    assert sorted(seen) == uris


@pytest.mark.filterwarnings("ignore:resources/")  # the SDK warns of what new clients do no more
async def test_a_change_is_announced_to_old_clients_until_they_have_enough(
    connect: Connect, settings: Settings
) -> None:
    seen, is_told = [], anyio.Event()

    async def heard(message: Any) -> None:
        if getattr(message, "method", "") == "notifications/resources/updated":
            seen.append(str(message.params.uri))
            is_told.set()

    async with connect(mode="legacy", message_handler=heard) as client:
        offered = client.server_capabilities.resources
        await client.subscribe_resource("tremaux://tickets/x")
        await client.subscribe_resource("tremaux://tickets")
        await client.unsubscribe_resource("tremaux://tickets/x")
        await change_elsewhere(settings)
        with anyio.fail_after(30):
            await is_told.wait()

    assert offered is not None
    assert offered.subscribe
    assert seen == ["tremaux://tickets"]


async def test_new_clients_have_no_use_for_the_old_way(connect: Connect) -> None:
    async with connect(mode="2026-07-28") as client:
        with pytest.raises(MCPError, match="Method not found"):
            await client.session.send_request(
                SubscribeRequest(params=SubscribeRequestParams(uri="tremaux://tickets")), EmptyResult
            )
