import pytest

from tremaux_tools.core.redact import PUBLISHED
from tremaux_tools.core.skills.task import MAX_TOOL, FinishedTask, storable_task
from tremaux_tools.core.skills.traits import MAX_TRAITS, traits_of


def using(*tools: str) -> FinishedTask:
    return FinishedTask(name="t", project="/p", prompt="", verdict="passed", tools=tools)


@pytest.mark.parametrize(
    ("tools", "runners", "traits"),
    [
        pytest.param(("Docker",), ("pytest",), {"docker", "pytest", "python"}, id="a runner"),
        pytest.param(("/usr/bin/CARGO test --all",), (), {"cargo", "rust"}, id="a command line"),
        pytest.param(("g++",), ("go", "jest"), {"g++", "c++", "go", "jest", "javascript"}, id="several languages"),
        pytest.param(("", "  ", "x" * 1_000), (), set(), id="no names"),
    ],
)
def test_traits_are_tools_runners_and_their_languages(
    tools: tuple[str, ...], runners: tuple[str, ...], traits: set[str]
) -> None:
    assert traits_of(using(*tools), runners) == traits


def test_traits_of_a_task_are_bounded() -> None:
    assert len(traits_of(using(*(f"tool{at}" for at in range(999))), [])) == MAX_TRAITS


def test_what_an_agent_says_of_a_task_is_kept_without_secrets_and_bounded() -> None:
    token = "ghp_" + "a1B2" * 9
    said = f"\x1b[1m{token} " + "word " * 9_000
    task = storable_task(
        FinishedTask(name="t", project="/p", prompt=said, verdict="passed", tools=(said, "a", "a"), summary=said),
        PUBLISHED,
    )

    assert token not in repr(task)
    assert "\x1b" not in repr(task)
    assert len(repr(task)) < 20_000
    assert task.tools[1:] == ("a",)
    assert len(task.tools[0]) <= MAX_TOOL
