import os
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import aiosqlite
import anyio
import anyio.from_thread
import pytest
from tests.clock import ticking

from tremaux_tools import intake
from tremaux_tools.core.attempt import Gate, Metric
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.record import Record
from tremaux_tools.core.words import MAX_TEXT_CHARS
from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.intake import Intake
from tremaux_tools.journal import Journal, Recorded
from tremaux_tools.store import attempts, windows
from tremaux_tools.store.database import Database
from tremaux_tools.transfer import Transfer
from tremaux_tools.upkeep import Upkeep

pytestmark = pytest.mark.anyio
FAILED = """\
    def test_total():
>       assert total() == 42
E       assert 41 == 42
FAILED test_cart.py::test_total - assert 41 == 42
1 failed, 2 passed in 0.12s
"""
PASSED = "3 passed in 0.10s\n"


@pytest.fixture
def clock() -> Callable[[], float]:
    return ticking()


def journal_on(database: Database, session: Path, clock: Callable[[], float] = lambda: 0.0) -> Journal:
    return Journal(database, Intake(clock=clock, session=lambda: session), clock=clock)


@pytest.fixture
def journal(database: Database, clock: Callable[[], float], tmp_path: Path) -> Journal:
    return journal_on(database, tmp_path, clock)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path


async def fail(journal: Journal, here: Path, action: str, *, output: str = FAILED, goal: str = "g") -> Recorded:
    return await journal.record(here, Entry(action=action, gate=Gate.FAIL, output=output, goal=goal))


async def succeed(journal: Journal, here: Path, action: str, *, goal: str = "g") -> Recorded:
    return await journal.record(here, Entry(action=action, gate=Gate.PASS, output=PASSED, exit_code=0, goal=goal))


async def test_three_equal_failures_are_a_stall_and_a_pass_ends_it(journal: Journal, here: Path) -> None:
    words = [(await fail(journal, here, f"edit {n}")).verdict.verdict for n in range(3)]
    ended = await succeed(journal, here, "the fix")

    assert words == ["PROGRESS", "WATCH", "STALLED"]
    assert ended.verdict.verdict == "PROGRESS"


async def test_what_was_recorded_is_there_in_another_process(journal: Journal, here: Path, database: Database) -> None:
    told = await fail(journal, here, "edit")
    reopened = Database(database.path)
    found, total = await journal_on(reopened, here).list_attempts(here, "g", limit=10)
    await reopened.close()

    assert (found, total) == ([told.record], 1)


async def test_iterations_count_up_unless_they_are_given(journal: Journal, here: Path) -> None:
    given = Entry(action="x", gate=Gate.NONE, goal="g", iteration=7)
    iterations = [
        (await fail(journal, here, "a")).record.attempt.iteration,
        (await journal.record(here, given)).record.attempt.iteration,
        (await fail(journal, here, "b")).record.attempt.iteration,
    ]

    assert iterations == [1, 7, 8]


async def test_the_same_failure_is_known_again(journal: Journal, here: Path) -> None:
    seen = [(await fail(journal, here, f"edit {n}")).seen_before for n in range(3)]
    other = await fail(journal, here, "edit", output=FAILED.replace("41 ==", "40 =="))

    assert seen == [0, 1, 2]
    assert other.seen_before == 0


async def test_a_claimed_pass_is_judged_by_the_evidence(journal: Journal, here: Path) -> None:
    told = await journal.record(here, Entry(action="done!", gate=Gate.PASS, output=FAILED, goal="g"))

    assert (told.record.claimed_gate, told.record.attempt.gate) == (Gate.PASS, Gate.FAIL)
    assert any("1 failed" in warning for warning in told.record.warnings)
    assert told.record.attempt.fingerprint


async def test_a_silent_failure_has_a_name(journal: Journal, here: Path) -> None:
    told = await journal.record(here, Entry(action="x", gate=Gate.FAIL, exit_code=3, goal="g"))

    assert told.record.attempt.fingerprint
    assert told.record.attempt.signature


async def test_a_passing_gate_has_no_fingerprint(journal: Journal, here: Path) -> None:
    assert (await succeed(journal, here, "x")).record.attempt.fingerprint == ""


async def test_the_output_is_kept_clean_and_without_secrets(journal: Journal, here: Path) -> None:
    output = "\x1b[31mred\x1b[0m\nAWS key AKIAIOSFODNN7EXAMPLE\n" + FAILED
    told = await fail(journal, here, "export AWS=AKIAIOSFODNN7EXAMPLE", output=output)
    kept = await journal.output(told.record.attempt.id)

    assert kept.startswith("red\nAWS key [redacted:aws-key]\n")
    assert told.redactions == 1
    assert "AKIA" not in told.record.attempt.action


async def test_an_output_file_is_read_to_its_end(journal: Journal, here: Path) -> None:
    async with await anyio.open_file(here / "gate.log", "w") as file:
        await file.write("noise\n" * 2_000_000 + FAILED)
    told = await journal.record(here, Entry(action="x", gate=Gate.FAIL, output_path="gate.log", goal="g"))

    assert told.record.tests is not None
    assert told.record.tests.failed == 1
    assert told.record.output_bytes == len("noise\n") * 2_000_000 + len(FAILED)
    assert "not kept" in await journal.output(told.record.attempt.id)
    assert told.record.attempt.fingerprint == (await fail(journal, here, "y")).record.attempt.fingerprint


@pytest.mark.parametrize("goal", ["", "  ", "a\nb", "x" * 201, "\x1b[31mred"])
async def test_a_goal_without_a_proper_name_is_refused_and_nothing_stored(
    journal: Journal, here: Path, goal: str
) -> None:
    with pytest.raises(BadArgument, match="goal"):
        await fail(journal, here, "x", goal=goal)
    assert await journal.list_goals(here) == []


async def test_output_and_output_path_together_are_refused(journal: Journal, here: Path) -> None:
    with pytest.raises(BadArgument, match="both"):
        await journal.record(here, Entry(action="x", gate=Gate.FAIL, output="a", output_path="b"))


async def test_a_project_that_is_no_directory_is_refused(journal: Journal, here: Path) -> None:
    with pytest.raises(BadArgument, match="no directory"):
        await fail(journal, here / "missing", "x")


async def test_a_long_action_is_cut_and_said_so(journal: Journal, here: Path) -> None:
    told = await fail(journal, here, "x" * (MAX_TEXT_CHARS + 1))

    assert len(told.record.attempt.action) == MAX_TEXT_CHARS
    assert any("action was cut" in warning for warning in told.record.warnings)


async def test_a_metrics_name_is_cleaned_like_every_text(journal: Journal, here: Path) -> None:
    entry = Entry(action="x", gate=Gate.FAIL, goal="g", metric=Metric("\x1b[31mlint\0", 3.0, "lower"))

    assert (await journal.record(here, entry)).record.attempt.metric == Metric("lint", 3.0, "lower")


async def test_a_half_character_does_not_break_the_record(journal: Journal, here: Path) -> None:
    told = await fail(journal, here, "edit \ud800", output="\ud800\0" + FAILED)

    assert told.record.attempt.action == "edit ?"


async def test_resuming_tells_where_a_goal_stands(journal: Journal, here: Path) -> None:
    await fail(journal, here, "first", output="E   KeyError: 'a'\n1 failed in 0.1s")
    await succeed(journal, here, "solved it")
    for n in range(3):
        await fail(journal, here, f"edit {n}")
    resumed = await journal.resume(here, "g")

    assert (resumed.attempts, resumed.last_gate, resumed.verdict.verdict) == (5, Gate.FAIL, "STALLED")
    assert len(resumed.resolved) == 1
    assert resumed.live is not None
    assert resumed.live.fingerprint not in resumed.resolved
    assert "solved it" in resumed.lessons[0]


async def test_a_goal_nobody_worked_on_is_simply_new(journal: Journal, here: Path) -> None:
    resumed = await journal.resume(here, "never")

    assert (resumed.attempts, resumed.last_gate, resumed.verdict.verdict) == (0, None, "PROGRESS")


async def test_a_closed_goal_opens_again_with_the_next_attempt(journal: Journal, here: Path) -> None:
    await succeed(journal, here, "x")
    closed = await journal.close_goal(here, "g", "achieved", "shipped")
    await fail(journal, here, "y")
    (reopened,) = await journal.list_goals(here)

    assert (closed.outcome, closed.note, closed.closed_at is None) == ("achieved", "shipped", False)
    assert (reopened.outcome, reopened.closed_at) == (None, None)


async def test_an_unknown_goal_cannot_be_closed(journal: Journal, here: Path) -> None:
    with pytest.raises(UnknownItem, match="nothing was recorded"):
        await journal.close_goal(here, "never", "achieved", "")


async def test_goals_of_two_projects_do_not_meet(journal: Journal, here: Path) -> None:
    for name in ("one", "two"):
        await anyio.Path(here / name).mkdir()
        await fail(journal, here / name, "x")

    assert [goal.attempts for goal in await journal.list_goals(here / "one")] == [1]


async def test_goal_names_complete_literally(journal: Journal, here: Path) -> None:
    for goal in ("100% done", "100x", "other"):
        await fail(journal, here, "x", goal=goal)

    assert await journal.goal_names(here, "100%", limit=10) == ["100% done"]


async def test_changes_since_the_last_attempt(journal: Journal, repo: Path) -> None:
    await fail(journal, repo, "x")
    await anyio.Path(repo / "new.txt").write_text("1\n")
    changes = await journal.changes_since(repo, "g")

    assert [(file.path, file.status) for file in changes.files] == [("new.txt", "added")]


async def test_changes_outside_git_say_so_and_go_on(journal: Journal, here: Path) -> None:
    await fail(journal, here, "x")

    assert "no git repository" in (await journal.changes_since(here, "g")).summary


async def test_pruning_takes_outputs_and_leaves_attempts(journal: Journal, here: Path, database: Database) -> None:
    told = await fail(journal, here, "x")
    upkeep = Upkeep(database, clock=lambda: 1_000 + 86_400.0 * 100)
    pruned = await upkeep.prune(keep_days=90)
    health = await upkeep.examine()

    assert (pruned.outputs, health.outputs, health.attempts, health.damage) == (1, 0, 1, ())
    with pytest.raises(UnknownItem, match="pruned"):
        await journal.output(told.record.attempt.id)


LOOP_JOURNAL = """\
{"iteration": 1, "action": "a", "gate": "fail", "fingerprint": "f00dfeed", "ts": "2026-01-02T03:04:05"}
{"iteration": 2, "action": "b", "gate": "fail", "fingerprint": "f00dfeed", "ts": 1767323045}

{"iteration": 3, "action": "c", "gate": "fail", "fingerprint": "f00dfeed"}
{"iteration": 4, "action":
["no", "object"]
{"iteration": 5, "gate": "perhaps"}
{"iteration": 6, "action": "d", "gate": "pass", "ts": "yesterday"}
"""


async def test_a_journal_file_is_imported_once_and_its_bad_lines_told(
    journal: Journal, here: Path, database: Database
) -> None:
    await anyio.Path(here / "loop_journal.jsonl").write_text(LOOP_JOURNAL)
    transfer = Transfer(database, clock=lambda: 5.0)
    first = await transfer.load(here, here / "loop_journal.jsonl", goal="g")
    again = await transfer.load(here, here / "loop_journal.jsonl", goal="g")
    records, _ = await journal.list_attempts(here, "g", limit=10)

    assert (first.added, first.known, [bad.number for bad in first.skipped]) == (3, 0, [5, 6, 7, 8])
    assert (again.added, again.known) == (0, 3)
    assert [record.attempt.at for record in reversed(records)] == [1767323045.0, 1767323045.0, 5.0]
    assert (await journal.check(here, "g")).verdict == "STALLED"


async def test_an_export_imports_as_it_was(journal: Journal, here: Path, database: Database, tmp_path: Path) -> None:
    for n in range(3):
        await fail(journal, here, f"edit {n}")
    measured = Entry(action="lint", gate=Gate.FAIL, exit_code=3, goal="g", metric=Metric("lint", 3.0, "lower"))
    await journal.record(here, measured)
    await succeed(journal, here, "the fix")
    transfer = Transfer(database, clock=lambda: 0.0)
    lines = [line async for line in transfer.dump(here, "g", with_outputs=True)]
    await anyio.Path(tmp_path / "export.jsonl").write_text("\n".join(lines))
    elsewhere = Database(tmp_path / "other.db")
    await Transfer(elsewhere, clock=lambda: 0.0).load(here, tmp_path / "export.jsonl", goal="g")
    copies, _ = await journal_on(elsewhere, here).list_attempts(here, "g", limit=10)
    originals, _ = await journal.list_attempts(here, "g", limit=10)
    await elsewhere.close()

    assert [copy.attempt for copy in copies] == [original.attempt for original in originals]


async def test_an_export_adds_nothing_to_the_journal_it_came_from(
    journal: Journal, here: Path, database: Database, tmp_path: Path
) -> None:
    for n in range(3):
        await fail(journal, here, f"edit {n}")
    transfer = Transfer(database, clock=lambda: 0.0)
    lines = [line async for line in transfer.dump(here, "g", with_outputs=False)]
    await anyio.Path(tmp_path / "export.jsonl").write_text("\n".join(lines))
    again = await transfer.load(here, tmp_path / "export.jsonl", goal="g")

    assert (again.added, again.known) == (0, 3)


async def test_an_unknown_goal_cannot_be_exported(here: Path, database: Database) -> None:
    with pytest.raises(UnknownItem):
        _ = [line async for line in Transfer(database, clock=lambda: 0.0).dump(here, "never", with_outputs=False)]


async def test_an_attempt_added_by_another_process_while_reading_is_left_for_the_next_look(
    journal: Journal, here: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fail(journal, here, "first")
    keys = attempts.keys

    async def slow_keys(connection: aiosqlite.Connection, goal_id: int, *, limit: int) -> list[tuple[int, float]]:
        found = await keys(connection, goal_id, limit=limit)
        monkeypatch.setattr(attempts, "keys", keys)
        await fail(journal, here, "meanwhile")
        return found

    other = journal_on(database, here)
    monkeypatch.setattr(attempts, "keys", slow_keys)

    assert [tried.action for tried in (await other.check(here, "g")).tried] == ["first"]


async def test_goals_read_at_the_same_time_do_not_push_each_other_out(
    journal: Journal, here: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "KEPT", 1)
    for goal in ("g", "h"):
        await fail(journal, here, "one", goal=goal)
    other = journal_on(database, here)
    await other.check(here, "g")
    await fail(journal, here, "two")
    newest = attempts.newest

    async def slow_newest(*arguments: Any, **options: Any) -> list[Record]:
        monkeypatch.setattr(attempts, "newest", newest)
        await other.check(here, "h")
        return await newest(*arguments, **options)

    monkeypatch.setattr(attempts, "newest", slow_newest)
    assert {tried.action for tried in (await other.check(here, "g")).tried} == {"one", "two"}


async def test_an_attempt_id_beyond_all_rows_is_unknown(journal: Journal) -> None:
    with pytest.raises(UnknownItem):
        await journal.output(10**30)


async def test_a_project_whose_path_is_no_text_has_a_journal(journal: Journal, here: Path) -> None:
    folder = here / os.fsdecode(b"bad\xffname")
    folder.mkdir()
    await fail(journal, folder, "edit")

    assert [goal.name for goal in await journal.list_goals(folder)] == ["g"]


async def test_a_cancelled_call_stops_reading_its_output(
    journal: Journal, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = anyio.Event()
    (here / "gate.log").touch()

    def endless(_: Path) -> Iterator[str]:
        anyio.from_thread.run_sync(begun.set)
        yield from repeat("another line\n")

    monkeypatch.setattr(intake, "read_chunks", endless)
    entry = Entry(action="edit", gate=Gate.FAIL, output_path="gate.log", goal="g")
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(journal.record, here, entry)
            await begun.wait()
            tasks.cancel_scope.cancel()

    assert await journal.list_goals(here) == []
