"""What helped before: recommended with proof, rated, recorded, traced and shared, as a client sees it."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from mcp import Client, MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import ResourceLink, TextContent, TextResourceContents
from tests.handlers.calls import call, refused

from tremaux_server.replies.base import DATA_BEGINS, DATA_ENDS

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
ERAS = ("legacy", "2026-07-28")
PROMPT = "fix the rounding of the cart total"
NOTES = "Root cause: the cart total was rounded for each line instead of once at the end."
PASSED = "3 passed in 0.10s\n"
FAILED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed, 2 passed in 0.12s\n"
TASK = {
    "task_id": "t-1",
    "prompt": "deploy the shop to staging",
    "status": "completed",
    "tools_used": ["kubectl"],
    "duration": 60.5,
    "result_summary": "We decided to drain the old pods before the new ones start, because both write to one volume.",
    "qa_passed": True,
    "timestamp": "2026-01-31T12:00:00Z",
}


async def read(client: Client, uri: str) -> dict[str, Any]:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return dict(json.loads(content.text))


async def learn(client: Client, **more: Any) -> dict[str, Any]:
    """A task that passes and teaches one thing."""
    return await call(client, "run_postflight", output=PASSED, exit_code=0, task=PROMPT, notes=NOTES, **more)


@pytest.mark.parametrize("mode", ERAS)
async def test_what_a_passed_task_taught_is_recommended_with_its_report_as_proof(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        report = await learn(client, tools_used=["pytest"])
        result = await client.call_tool("recommend_skills", {"prompt": PROMPT})

    found = result.structured_content
    assert found is not None
    assert set(found) == {"recommendation_id", "items", "avoid", "withheld", "reason", "uri", "shortened"}
    (item,) = (item for item in found["items"] if "rounded for each line" in item["text"])
    assert set(item) >= {"skill", "category", "text", "confidence", "score", "why", "source_learning", "project"}
    assert item["evidence"] == [report["report_id"]]
    assert 0 < item["interval"][0] < item["confidence"] < item["interval"][1] < 1
    block, *links = result.content
    assert isinstance(block, TextContent)
    first, *rest = block.text.splitlines()
    assert first == f"{len(found['items'])} learning{'s' if len(found['items']) > 1 else ''} for this task."
    at = next(place for place, line in enumerate(rest) if "rounded for each line" in line)
    assert rest.index(DATA_BEGINS) < at < rest.index(DATA_ENDS)
    assert [link.uri for link in links if isinstance(link, ResourceLink)] == [
        "tremaux://recommendations/1",
        "tremaux://reports/1",
    ]


async def test_no_more_than_three_come_whatever_is_asked_for(connect: Connect) -> None:
    async with connect() as client:
        for number in range(6):
            notes = f"Root cause: the cart total number {number} was rounded for each line in shop {'abcdef'[number]}."
            await call(client, "run_postflight", output=PASSED, exit_code=0, task=PROMPT, notes=notes)
        found = await call(client, "recommend_skills", prompt=PROMPT, limit=100)

    assert len(found["items"]) == 3


async def test_nothing_is_recommended_from_an_empty_library_and_that_is_said(connect: Connect) -> None:
    async with connect(toolsets="core") as client:
        result = await client.call_tool("recommend_skills", {"prompt": PROMPT})

    assert result.structured_content is not None
    assert (result.structured_content["items"], result.structured_content["avoid"]) == ([], [])
    (block, _) = result.content
    assert isinstance(block, TextContent)
    assert block.text.startswith("Nothing to recommend: ")


async def test_what_failed_before_is_to_be_avoided(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "run_postflight", output=FAILED, exit_code=1, task=PROMPT)
        found = await call(client, "recommend_skills", prompt=PROMPT)

    assert found["items"] == []
    assert "41 == 42" in json.dumps(found["avoid"])
    assert [avoided["evidence"] for avoided in found["avoid"]] == [[1]]


async def test_ratings_move_the_confidence_both_ways_and_are_refused_for_what_was_not_shown(connect: Connect) -> None:
    async with connect() as client:
        await learn(client)
        found = await call(client, "recommend_skills", prompt=PROMPT)
        number, skill = found["recommendation_id"], found["items"][0]["skill"]
        up = await call(client, "rate_skill", recommendation_id=number, skill=skill, helped=True, note="saved an hour")
        down = await call(client, "rate_skill", recommendation_id=number, skill=skill, helped=False)
        unknown = await refused(client, "rate_skill", recommendation_id=number, skill="nonsense", helped=True)
        no_such = await refused(client, "rate_skill", recommendation_id=99, skill=skill, helped=True)

    assert up["before"]["confidence"] < up["after"]["confidence"]
    assert down["after"]["confidence"] < up["before"]["confidence"]
    assert repr(skill) in unknown
    assert "no recommendation 99" in no_such


async def test_the_end_of_a_task_counts_for_what_was_recommended_for_it(connect: Connect) -> None:
    async with connect() as client:
        await learn(client)
        before = await call(client, "recommend_skills", prompt=PROMPT)
        number = before["recommendation_id"]
        await call(client, "run_postflight", output=FAILED, exit_code=1, task="x", recommendation_ids=[number])
        after = await call(client, "recommend_skills", prompt=PROMPT)
        trace = await read(client, f"tremaux://recommendations/{number}")

    def confidence(found: dict[str, Any]) -> float:
        return next(float(item["confidence"]) for item in found["items"] if "rounded for each" in item["text"])

    assert confidence(after) < confidence(before)
    assert (trace["verdict"], trace["report_uri"]) == ("failed", "tremaux://reports/2")


async def test_a_report_that_names_no_known_recommendation_is_not_filed(connect: Connect) -> None:
    async with connect() as client:
        told = await refused(client, "run_postflight", output=PASSED, exit_code=0, recommendation_ids=[7])
        many = await refused(client, "run_postflight", output=PASSED, exit_code=0, recommendation_ids=[1] * 21)
        reports = await call(client, "list_reports")

    assert "no recommendation 7" in told
    assert "'recommendation_ids'" in many
    assert reports["total"] == 0


async def test_a_recommendation_is_traced_to_the_attempts_that_led_to_its_report(connect: Connect) -> None:
    async with connect() as client:
        for gate, output in (("fail", FAILED), ("pass", PASSED)):
            arguments = {"action": f"edit until {gate}", "gate": gate, "gate_output": output, "goal": "cart"}
            await call(client, "record_attempt", **arguments)
        await learn(client, goal="cart")
        found = await call(client, "recommend_skills", prompt=PROMPT)
        trace = await read(client, found["uri"])
        (learning, *_) = (part for part in trace["learnings"] if part["proofs"])
        (proof,) = learning["proofs"]
        attempt = proof["attempts"][0]
        report = await read(client, proof["uri"])
        entity = await read(client, learning["uri"])
        (output,) = (await client.read_resource(attempt["uri"])).contents

    assert trace["prompt"] == PROMPT
    assert report["report_id"] == proof["report_id"]
    assert proof["report_id"] in entity["evidence"]
    assert (attempt["goal"], attempt["action"]) == ("cart", "edit until fail")
    assert isinstance(output, TextResourceContents)
    assert "assert 41 == 42" in output.text


@pytest.mark.parametrize(
    "uri", ["tremaux://recommendations/1", "tremaux://recommendations/x", "tremaux://knowledge/no"]
)
async def test_a_resource_that_is_not_there_is_told(connect: Connect, uri: str) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(uri)

    assert "fault in Tremaux" not in str(caught.value)
    assert "no" in str(caught.value)


async def test_a_task_that_ran_elsewhere_teaches_if_it_passed_and_warns_if_it_failed(connect: Connect) -> None:
    failed = TASK | {"task_id": "t-2", "prompt": "restore the backup of the shop", "qa_passed": False}
    async with connect() as client:
        passed = await call(client, "record_task", task=TASK, qa_results={"tests": "12 passed"})
        again = await call(client, "record_task", task=TASK)
        warning = await call(client, "record_task", task=failed, qa_results={"error": "the backup was of another shop"})
        found = await call(client, "recommend_skills", prompt=TASK["prompt"])
        profile = await call(client, "get_skill_profile")

    assert passed["skills_extracted"] == len(passed["skills"]) > 0
    assert (passed["learning_created"], again["learning_created"]) == (True, False)
    assert (warning["learning_created"], warning["skills"]) == (True, [])
    assert passed["learning_id"] is not None
    assert any("drain the old pods" in item["text"] for item in found["items"])
    assert (profile["total_learnings"] > 0, profile["pitfalls"]) == (True, 1)
    assert profile["success_rate"] == 0.5
    assert set(profile["by_category"]) <= {"tool_usage", "pattern", "decision", "architecture"}
    assert ["tool:kubectl", 1] in profile["top_skills"]


async def test_the_profile_is_of_all_projects_unless_one_is_asked_for(connect: Connect, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    async with connect() as client:
        await learn(client)
        everywhere = await call(client, "get_skill_profile", project=str(elsewhere))
        here = await call(client, "get_skill_profile", project=str(elsewhere), this_project=True)

    assert (everywhere["total_learnings"], here["total_learnings"]) == (1, 0)


async def test_all_that_can_be_recommended_is_in_one_resource(connect: Connect, tmp_path: Path) -> None:
    async with connect() as client:
        await learn(client)
        await call(client, "run_postflight", output=FAILED, exit_code=1, task=PROMPT)
        skills = await read(client, "tremaux://skills")
        (learning,) = skills["learnings"]
        entity = await read(client, learning["uri"])

    assert "rounded for each line" in learning["text"]
    assert (learning["standing"], learning["project"]) == ("candidate", str(tmp_path))
    assert 0 < learning["confidence"]["confidence"] < 1
    assert entity["name"] == learning["name"]
    assert (skills["total_learnings"], skills["pitfalls"]) == (1, 1)


async def test_a_task_given_as_text_is_read_and_a_misspelt_field_is_told(connect: Connect) -> None:
    async with connect() as client:
        text = await call(client, "record_task", task=json.dumps(TASK), qa_results="{}")
        misspelt = await refused(client, "record_task", task=TASK | {"tool_used": []})
        missing = await refused(client, "record_task", task={"prompt": "x"})
        no_object = await refused(client, "record_task", task=[1])
        nameless = await refused(client, "record_task", task=TASK | {"task_id": "\0"})

    assert text["learning_id"]
    assert "'task.tool_used'" in misspelt
    assert "Did you mean 'tools_used'?" in misspelt
    assert "'task.task_id' is missing" in missing
    assert "'task'" in no_object
    assert "names no task" in nameless


async def test_subscribers_are_told_what_moved(connect: Connect) -> None:
    uris = ["tremaux://recommendations/1", "tremaux://skills"]
    async with connect(mode="2026-07-28") as client:
        await learn(client)
        found = await call(client, "recommend_skills", prompt=PROMPT)
        skill = found["items"][0]["skill"]
        async with client.listen(resource_subscriptions=uris) as events:
            await call(client, "rate_skill", recommendation_id=1, skill=skill, helped=True)
            with anyio.fail_after(5):
                told = [await anext(aiter(events)) for _ in uris]

    assert told == [ResourceUpdated(uri=uri) for uri in uris]


@pytest.mark.parametrize("form", ["memory-jsonl", "json", "skill-md"])
async def test_what_was_learnt_travels_to_another_database(
    connect: Connect, tmp_path: Path, settings: Any, form: str
) -> None:
    name = "team" if form == "skill-md" else "team.json"
    async with connect() as client:
        await learn(client)
        written = await call(client, "export_skills", path=name, format=form, include_candidates=True)
    settings.database.unlink()
    async with connect() as client:
        taken = await call(client, "import_skills", path=name, format=form)
        again = await call(client, "import_skills", path=name, format=form)
        found = await call(client, "search_knowledge", query="cart total rounded for each line")

    assert Path(written["path"]) == tmp_path / name
    assert written["format"] == taken["format"] == form
    assert taken["entities_new"] > 0
    assert (taken["bad_lines"], again["entities_new"]) == (0, 0)
    assert "rounded for each line" in found["items"][0]["text"]


async def test_files_outside_the_project_are_neither_written_nor_read(connect: Connect) -> None:
    outside = "/usr/tremaux-test/team.jsonl"
    async with connect() as client:
        written = await refused(client, "export_skills", path=outside, format="memory-jsonl")
        taken = await refused(client, "import_skills", path="/etc/passwd", format="memory-jsonl")

    assert "lies outside" in written
    assert "lies outside" in taken


async def test_answers_fit_their_schema_and_their_limits(connect: Connect) -> None:
    long = "Root cause: " + " ".join(f"the total of cart {n} was rounded" for n in range(400))
    async with connect(toolsets="skills") as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        for number in range(40):
            task = TASK | {
                "task_id": f"t-{number}",
                "result_summary": f"{number} {long}",
                "tools_used": ["x" * 190] * 9,
            }
            results = {"record_task": await client.call_tool("record_task", {"task": task, "qa_results": {"n": long}})}
        arguments = {"prompt": "the total of cart 7 was rounded"}
        results["recommend_skills"] = await client.call_tool("recommend_skills", arguments)
        results["get_skill_profile"] = await client.call_tool("get_skill_profile", {})

    for name, result in results.items():
        block = result.content[0]
        assert isinstance(block, TextContent)
        assert not result.is_error, block.text
        assert len(block.text) <= 4_000
        assert len(json.dumps(result.structured_content, ensure_ascii=False)) <= 8_000
        jsonschema.validate(result.structured_content, schemas[name])
