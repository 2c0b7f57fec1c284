"""A finished task as a caller tells of it."""

from typing import Any

import pytest

from tremaux_server.task_spec import new_task
from tremaux_tools.core.skills.new_task import NewTask
from tremaux_tools.errors import BadArgument

NOON = 1_769_860_800.0  # 2026-01-31T12:00:00Z


def test_what_is_left_out_or_null_has_its_default() -> None:
    assert new_task({"task_id": "t", "prompt": "p", "duration": None}) == NewTask(task_id="t", prompt="p")


def test_each_field_arrives() -> None:
    given: dict[str, Any] = {
        "task_id": "t",
        "prompt": "p",
        "project": "/p",
        "status": "completed",
        "tools_used": ["pytest", "ruff"],
        "duration": 3,
        "result_summary": "s",
        "qa_passed": True,
        "timestamp": NOON,
    }

    assert new_task(given) == NewTask(
        task_id="t",
        prompt="p",
        project="/p",
        status="completed",
        tools_used=("pytest", "ruff"),
        duration=3.0,
        result_summary="s",
        qa_passed=True,
        timestamp=NOON,
    )


@pytest.mark.parametrize(
    "told",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T13:00:00+01:00",
        " 2026-01-31 12:00 ",
        "2026-01-31T12:00:00.000",
        str(NOON),
        NOON,
    ],
)
def test_a_time_is_iso_8601_or_unix_seconds_and_utc_without_a_zone(told: object) -> None:
    assert new_task({"task_id": "t", "prompt": "p", "timestamp": told}).timestamp == NOON


def test_a_list_that_a_model_wrote_as_text_is_read() -> None:
    assert new_task({"task_id": "t", "prompt": "p", "tools_used": '["a"]'}).tools_used == ("a",)


@pytest.mark.parametrize(
    ("fields", "fact", "hint"),
    [
        ({"prompt": "p"}, "Argument 'task.task_id' is missing", "Add it"),
        ({"task_id": "t", "prompt": "p", "tool_used": []}, "unknown argument 'task.tool_used'", "mean 'tools_used'"),
        ({"task_id": "t", "prompt": "p", "xyz": 1}, "unknown argument 'task.xyz'", "Known fields are task_id"),
        ({"task_id": "t", "prompt": "p", "qa_passed": "maybe"}, "Argument 'task.qa_passed' is 'maybe'", "boolean"),
        ({"task_id": "t", "prompt": "p", "timestamp": "soon"}, "Argument 'task.timestamp' is 'soon'", "2026-01-31"),
        ({"task_id": "t", "prompt": "p", "timestamp": []}, "Argument 'task.timestamp", "valid"),
    ],
)
def test_a_mistake_is_named_by_its_place(fields: dict[str, Any], fact: str, hint: str) -> None:
    with pytest.raises(BadArgument) as caught:
        new_task(fields)

    assert str(caught.value).startswith(fact)
    assert hint in caught.value.hint
