"""`tremaux settings`: what a person is shown of the settings and may change, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests import trials

from tremaux_server.cli import main
from tremaux_tools.core.settings import SETTINGS
from tremaux_tools.store.database import Database


@dataclass
class Done:
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `tremaux settings` in this process, on the test's own database."""

    def run(*words: str) -> Done:
        try:
            code = main(["--db", str(tmp_path / "t.db"), "settings", *words])
        except SystemExit as ended:  # argparse's way of refusing
            code = int(ended.code or 0)
        return Done(code, *capsys.readouterr())

    return run


def told(settings: Run, *words: str) -> dict[str, Any]:
    done = settings(*words, "--json")
    assert done.code == 0, done.err
    return dict(json.loads(done.out))


def begin_trial(file: Path) -> int:
    async def begin() -> int:
        database = Database(file)
        try:
            return await trials.begin(database, "retry.first_rung", 1)
        finally:
            await database.close()

    return anyio.run(begin)


def test_the_list_shows_what_everything_is_set_to_by_whom_and_what_is_tried(settings: Run, tmp_path: Path) -> None:
    settings("set", "dispatch.max_workers", "1", "--learnable")
    delta_id = begin_trial(tmp_path / "t.db")
    rows = settings("list").out.splitlines()
    listed = {part["name"]: part for part in told(settings, "list")["settings"]}
    one = settings("get", "retry.first_rung").out.splitlines()

    trial = f"trial: 1 for 70 % of first runs, delta {delta_id}"
    assert rows[0].split() == ["NAME", "VALUE", "SOURCE", "ABOUT"]
    assert [row.split()[0] for row in rows[1:]] == list(SETTINGS) == list(listed)
    assert any(row.startswith("dispatch.max_workers ") and " 1 worker  " in row for row in rows)
    assert any("person, learnable" in row for row in rows)
    assert any(f"({trial}) Which model" in row for row in rows)
    assert (listed["dispatch.max_workers"]["value"], listed["dispatch.max_workers"]["fixed"]) == (1, False)
    assert listed["retry.first_rung"]["trial"] == {
        "delta_id": delta_id,
        "new_value": 1,
        "percent": 70,
        "tried_by": "first runs",
        "tasks": 0,
    }
    assert one[0] == "retry.first_rung is 0 (default)."
    assert f"On {trial}, 0 tasks so far." in one


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(("set", "stall.repeats", "1"), 2, "whole number from 2 to 50 attempts", id="out of bounds"),
        pytest.param(("set", "dispatch.max_worker", "2"), 2, "Did you mean dispatch.max_workers?", id="misspelt"),
        pytest.param(("get", "?"), 2, "Use one of ", id="unknown"),
        pytest.param(("history", "?"), 2, "there is no setting '?'", id="no history of what is not"),
        pytest.param(("set", "stall.repeats"), 2, "required: VALUE", id="no value"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(settings: Run, words: tuple[str, ...], code: int, said: str) -> None:
    done = settings(*words)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert told(settings, "history") == {"shortened": [], "changes": []}


def test_the_environment_wins_in_its_own_process_and_says_so(settings: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREMAUX_MAX_WORKERS", "3")
    found = settings("get", "dispatch.max_workers").out.splitlines()
    refused = settings("set", "dispatch.max_workers", "5")
    monkeypatch.delenv("TREMAUX_MAX_WORKERS")
    elsewhere = told(settings, "get", "dispatch.max_workers")

    assert found[0] == "dispatch.max_workers is 3 workers (environment)."
    assert "others may have another value" in found[-1]
    assert (refused.code, "environment of this process" in refused.err) == (2, True)
    assert (elsewhere["value"], elsewhere["source"]) == (4, "default")


def test_the_history_tells_who_changed_what_and_why_the_newest_first(settings: Run) -> None:
    settings("set", "stall.repeats", "2", "--reason", "the suite is quick")
    settings("set", "learning.enabled", "off")
    settings("unset", "stall.repeats")
    lines = settings("history").out.splitlines()
    one = told(settings, "history", "learning.enabled", "-n", "5")["changes"]

    assert lines[0] == "3 changes, the newest first."
    assert lines[1].endswith(" stall.repeats: 2 -> its default by a person")
    assert lines[2].endswith(" learning.enabled: its default -> false by a person")
    assert lines[3].endswith(" stall.repeats: its default -> 2 by a person: the suite is quick")
    assert [(change["old"], change["new"], change["by"]) for change in one] == [(None, False, "a person")]


def test_a_value_that_a_person_fixed_says_that_learning_leaves_it_alone(settings: Run) -> None:
    fixed = settings("set", "stall.plateau", "7").out
    free = settings("set", "stall.plateau", "7", "--learnable").out

    assert "by a person; learning leaves it alone." in fixed
    assert "(person, learnable)" in free
    assert "leaves it alone" not in free
    assert "tremaux.toml says under [stall] comes first" in free
