"""Whatever an agent sends gets a result or one clear sentence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.types import TextContent

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.server import build

SPICE = (
    *(
        "\x1b[31mred\x1b[0m",
        "\0",
        "\x1b]0;title\x07",
        "\r\r\r",
        "\u202e",
        "../../etc/passwd",
        "/dev/zero",
        "-rf",
        "$(id)",
    ),
    *("'; DROP TABLE attempt;--", "E   assert 41 == 42\n1 failed in 0.1s", "Traceback (most recent call last):", "{}"),
    *("1 passed", "[", "null", "NaN", "tremaux://attempts/1/output", "%s%n", "\N{SNOWMAN}" * 50, "x" * 5_000, "a\nb"),
)
TEXTS = st.sampled_from(SPICE) | st.text(max_size=60)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.booleans()
ANYTHING = st.recursive(
    TEXTS | NUMBERS | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(["a", "tool:x", "finding:1"]) | TEXTS
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "action": TEXTS,
    "gate": st.sampled_from(["pass", "fail", "blocked", "none"]),
    "gate_output": TEXTS,
    "exit_code": st.integers(-2, 300),
    "goal": st.sampled_from(["default", "g"]),
    "tree": TEXTS,
    "reset": st.booleans(),
    "iteration": st.integers(0, 9),
    "k": st.integers(2, 20),
    "limit": st.integers(1, 100),
    "offset": st.integers(0, 9),
    "outcome": TEXTS,
    "text": TEXTS,
    "recommendation_id": st.integers(1, 3),
    "helped": st.booleans(),
    "name": NAMES,
    "depth": st.integers(0, 3),
    "relations": st.lists(st.fixed_dictionaries({"type": TEXTS, "target": NAMES}), max_size=3),
    "task": st.fixed_dictionaries(
        {"task_id": TEXTS, "prompt": TEXTS},
        optional={
            "tools_used": st.lists(TEXTS, max_size=3),
            "result_summary": TEXTS,
            "qa_passed": st.booleans(),
            "duration": NUMBERS,
            "timestamp": NUMBERS | TEXTS,
        },
    ),
    "qa_results": st.dictionaries(TEXTS, ANYTHING, max_size=4),
    "format": st.sampled_from(["skill-md", "memory-jsonl", "json"]),
    "metric": st.fixed_dictionaries(
        {"name": TEXTS, "value": st.floats(), "better": st.sampled_from(["lower", "higher"])}
    ),
}
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "record_attempt": (
        *("action", "gate", "gate_output", "gate_output_path", "exit_code", "command", "hypothesis", "goal"),
        *("iteration", "note", "tree", "reset", "metric", "project"),
    ),
    "check_stall": ("goal", "k", "project"),
    "resume_goal": ("goal", "limit", "project"),
    "changes_since": ("goal", "project"),
    "list_attempts": ("goal", "limit", "offset", "project"),
    "list_goals": ("project",),
    "close_goal": ("goal", "outcome", "note", "project"),
    "fingerprint_failure": ("text", "path", "exit_code", "project"),
    "recommend_skills": ("prompt", "limit", "include_other_projects", "project"),
    "rate_skill": ("recommendation_id", "skill", "helped", "note", "project"),
    "record_task": ("task", "qa_results", "project"),
    "get_skill_profile": ("project",),
    "search_knowledge": ("query", "kind", "limit", "project"),
    "remember": ("name", "kind", "content", "relations", "project"),
    "get_entity": ("name", "depth", "project"),
    "forget": ("name", "project"),
    "export_skills": ("path", "format", "project"),
    "import_skills": ("path", "format", "project"),
}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A call with mostly fitting arguments, so that it gets past the first check."""
    tool = draw(st.sampled_from(sorted(ARGUMENTS)))
    chosen = draw(st.lists(st.sampled_from(ARGUMENTS[tool]), unique=True))
    arguments = {name: draw(FITTING.get(name, TEXTS) if draw(st.integers(0, 5)) else ANYTHING) for name in chosen}
    if tool == "record_attempt" and draw(st.booleans()):
        arguments |= {"action": draw(TEXTS), "gate": draw(FITTING["gate"])}
    if not draw(st.integers(0, 20)):
        arguments[draw(TEXTS)] = draw(ANYTHING)
    return tool, arguments


@contextmanager
def connected(portal: BlockingPortal, folder: Path) -> Iterator[Client]:
    own = Settings(database=folder / "t.db", log_file=folder / "t.log", environment={}, project=folder)
    with portal.wrap_async_context_manager(Client(build(App(own), "all"), mode="legacy")) as client:
        yield client


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="module")
def client(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with connected(portal, tmp_path_factory.mktemp("hostile")) as client:
        yield client


@given(calls())
@settings(
    max_examples=10 * settings.default.max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_call_gets_a_result_or_a_sentence(portal: BlockingPortal, client: Client, call: tuple[str, Any]) -> None:
    tool, arguments = call
    result = portal.call(client.call_tool, tool, arguments)

    block = result.content[0]
    assert isinstance(block, TextContent)
    assert len(block.text) <= 4_000
    assert "fault in Tremaux" not in block.text
    if result.is_error:
        assert len(block.text) < 800
        assert 'File "/' not in block.text
    else:
        assert len(json.dumps(result.structured_content, ensure_ascii=False)) <= 8_000
    assert not any(character in block.text for character in "\x1b\0\u202e")
