"""The playbook on a real database: what deltas make of it, who is told what, and what counts for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tremaux_tools.core.learning.delta import Delta, DeltaStatus, Operation, Proposal, gets_new
from tremaux_tools.core.playbook import MAX_ACTIVE, MAX_PROPOSED, Bullet
from tremaux_tools.errors import BadArgument
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.playbook import REST, Playbook, Resolution
from tremaux_tools.store import bullets, deltas, exposures, goals
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
HERE, ELSEWHERE = "/p", "/q"
LINT = "Run make lint before the tests."
SEED = "Seed every random number."
TASKS = [f"run {number}:1" for number in range(30)]
WORDS = "ash bay cove dune elm fern gorse heath iris jetty".split()  # noqa: SIM905


class Book:
    """A playbook with what curation does to it."""

    def __init__(self, database: Database) -> None:
        self.now = 1_000.0
        self.database = database
        self.settings = LiveSettings(database, clock=lambda: self.now)
        self.playbook = Playbook(database, self.settings, clock=lambda: self.now)

    async def resolve(self, operation: Operation, target: str, value: Any, **more: Any) -> Resolution:
        async with self.database.transaction() as connection:
            project = more.pop("project", HERE)
            where = None if project is None else await goals.put_project(connection, project, at=self.now)
            return await self.playbook.resolve(connection, proposal(operation, target, value, **more), where)

    async def propose(self, operation: Operation, target: str, value: Any, **more: Any) -> Delta:
        """Take a proposal in as curation does: a vote at once, all else on trial."""
        async with self.database.transaction() as connection:
            project = more.pop("project", HERE)
            where = None if project is None else await goals.put_project(connection, project, at=self.now)
            found = await self.playbook.resolve(connection, proposal(operation, target, value, **more), where)
            kept = await self.playbook.admit(connection, found.proposal, where)
            delta_id = await deltas.insert(
                connection, kept, None, old_value=found.old_value, status="pending", reason="", at=self.now
            )
            delta = await deltas.get(connection, delta_id)
            assert delta is not None
            if found.is_vote:
                await self.playbook.keep(connection, delta)
            else:
                await deltas.unguard(connection, delta.target)
            await deltas.move(connection, delta, "kept" if found.is_vote else "trial", reason="", at=self.now)
            moved = await deltas.get(connection, delta_id)
            assert moved is not None
            return moved

    async def keep(self, delta: Delta) -> Delta:
        async with self.database.transaction() as connection:
            await self.playbook.keep(connection, delta)
            return await self._moved(connection, delta, "kept", guard_rate=0.8)

    async def roll_back(self, delta: Delta, reason: str = "it did harm") -> Delta:
        async with self.database.transaction() as connection:
            await self.playbook.roll_back(connection, delta, reason)
            return await self._moved(connection, delta, "rolled_back")

    async def add(self, text: str, section: str = "testing", **more: Any) -> Delta:
        """A bullet that is told to everybody."""
        return await self.keep(await self.propose("add", section, text, **more))

    async def get(self, delta: Delta) -> Bullet:
        async with self.database.snapshot() as connection:
            bullet = await bullets.get(connection, int(delta.target.removeprefix("bullet-")))
        assert bullet is not None
        return bullet

    async def texts(self, project: str = HERE, subject: str = "") -> list[str]:
        return [bullet.text for bullet in await self.playbook.told(project, subject=subject)]

    async def end(self, subject: str, *, passed: bool) -> None:
        async with self.database.transaction() as connection:
            await exposures.settle(connection, subject, passed=passed, at=self.now)

    async def retire_harmful(self) -> list[Bullet]:
        async with self.database.transaction() as connection:
            return await self.playbook.retire_harmful(connection, self.now)

    async def _moved(self, connection: Any, delta: Delta, status: DeltaStatus, **more: Any) -> Delta:
        await deltas.move(connection, delta, status, reason="", at=self.now, **more)
        moved = await deltas.get(connection, delta.delta_id)
        assert moved is not None
        return moved


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    database = Database(tmp_path / "t.db")
    yield Book(database)
    await database.close()


def proposal(operation: Operation, target: str, value: Any, *, source: str = "an agent", why: str = "seen") -> Proposal:
    return Proposal(
        type="playbook",
        operation=operation,
        target=target,
        new_value=value,
        reasoning=why,
        confidence=0.9,
        impact=2.0,
        source=source,
    )


def plain(number: int) -> str:
    """An advice of which no two are alike."""
    return f"Mind the {WORDS[number // 10]} and the {WORDS[number % 10]}."


async def test_a_proposed_bullet_is_told_only_to_those_whose_lot_it_is(book: Book) -> None:
    delta = await book.propose("add", "testing", LINT)

    for task in TASKS:
        assert await book.texts(subject=task) == ([LINT] if gets_new(task, delta.delta_id) else [])
    assert await book.texts() == []


async def test_a_bullet_that_was_kept_is_told_to_everybody_in_its_project(book: Book) -> None:
    await book.add(LINT)
    await book.add(SEED, project=None)

    assert await book.texts() == [LINT, SEED]
    assert await book.texts(subject=TASKS[0]) == [LINT, SEED]
    assert await book.texts(ELSEWHERE) == [SEED]


async def test_tasks_that_worked_with_a_bullet_count_for_it_and_others_do_not(book: Book) -> None:
    delta = await book.propose("add", "testing", LINT)
    for number, task in enumerate(TASKS):
        await book.texts(subject=task)
        await book.end(task, passed=number % 3 > 0)

    with_it = [number % 3 > 0 for number, task in enumerate(TASKS) if gets_new(task, delta.delta_id)]
    bullet = await book.get(delta)

    assert 0 < len(with_it) < len(TASKS)
    assert (bullet.helpful, bullet.harmful) == (sum(with_it), len(with_it) - sum(with_it))


async def test_a_kept_bullet_goes_on_counting_while_it_is_guarded(book: Book) -> None:
    delta = await book.add(LINT)
    await book.texts(subject="run 77:1")
    await book.end("run 77:1", passed=True)

    assert (await book.get(delta)).helpful == 1


async def test_to_say_the_same_again_is_a_vote_for_what_is_there(book: Book) -> None:
    first = await book.add(LINT, source="a rule")
    again = await book.propose("add", "elsewhere", "run make lint before tests", source="another rule")

    assert (again.operation, again.target, again.new_value) == ("adjust", first.target, "helpful")
    assert (await book.get(first)).helpful == 1
    assert len(await book.playbook.bullets(HERE, with_retired=True)) == 1


async def test_a_source_has_one_vote_a_week_and_may_change_its_mind(book: Book) -> None:
    delta = await book.add(LINT)
    for _ in range(5):
        book.now += 60
        await book.propose("adjust", delta.target, "harmful", source="a rule")
    await book.propose("adjust", delta.target, "helpful", source="a rule")
    await book.propose("adjust", delta.target, "harmful", source="an agent")

    assert ((await book.get(delta)).helpful, (await book.get(delta)).harmful) == (1, 1)
    for days, helpful in ((6, 1), (7, 2)):
        book.now += days * 86_400.0
        await book.propose("adjust", delta.target, "helpful", source="a rule")
        assert (await book.get(delta)).helpful == helpful


async def test_three_votes_too_many_retire_a_bullet_and_end_its_guard(book: Book) -> None:
    delta = await book.add(LINT)
    for source in ("ann", "bob", "cat"):
        await book.propose("adjust", delta.target, "harmful", source=source)

    (retired,) = await book.retire_harmful()

    assert retired.text == LINT
    assert (await book.get(delta)).reason == "3 votes against it, 0 for it"
    assert await book.texts() == []
    async with book.database.snapshot() as connection:
        assert await deltas.guarded(connection) == []
    assert await book.retire_harmful() == []


async def test_a_bullet_with_which_fewer_tasks_pass_is_retired_with_the_figures_and_ends_its_trial(book: Book) -> None:
    delta = await book.propose("add", "testing", LINT)
    await book.add(SEED)
    for task in TASKS:
        await book.texts(subject=task)
        await book.end(task, passed=not gets_new(task, delta.delta_id))

    assert [bullet.text for bullet in await book.retire_harmful()] == [LINT]
    assert (await book.get(delta)).reason.startswith("0 of ")
    async with book.database.snapshot() as connection:
        ended = await deltas.get(connection, delta.delta_id)
    assert ended is not None
    assert ended.status == "rolled_back"
    assert f"{delta.target} was retired: 0 of " in ended.reason


async def test_a_new_wording_holds_once_it_is_kept_and_goes_when_it_is_rolled_back(book: Book) -> None:
    await book.add(LINT)
    delta = await book.propose("modify", "bullet-1", "Run make check, then the tests.")
    assert await book.texts() == [LINT]

    kept = await book.keep(delta)
    assert await book.texts() == ["Run make check, then the tests."]

    await book.roll_back(kept)
    assert await book.texts() == [LINT]


async def test_tasks_with_a_wording_that_did_not_stay_do_not_count_for_the_bullet(book: Book) -> None:
    await book.add(LINT)
    delta = await book.propose("modify", "bullet-1", "Run make check, then the tests.")
    for task in TASKS:
        await book.texts(subject=task)
        await book.end(task, passed=True)
    old = sum(not gets_new(task, delta.delta_id) for task in TASKS)
    assert (await book.get(delta)).helpful == old

    await book.keep(delta)
    assert (await book.get(delta)).helpful == len(TASKS) - old


async def test_tasks_from_before_a_bullet_was_reworded_say_nothing_of_the_new_words(book: Book) -> None:
    added = await book.propose("add", "testing", LINT)
    for task in TASKS:
        await book.texts(subject=task)
        await book.end(task, passed=False)
    await book.keep(added)
    first = (await book.get(added)).harmful
    reworded = await book.propose("modify", "bullet-1", "Run make check, then the tests.")
    on_trial = (await book.get(added)).harmful
    kept = await book.keep(reworded)
    await book.texts(subject="run 77:1")
    await book.end("run 77:1", passed=True)
    anew = await book.get(added)
    await book.roll_back(kept)

    assert first == on_trial > 0
    assert (anew.helpful, anew.harmful) == (1, 0)
    assert (await book.get(added)).harmful == first, "the first words are told again"


async def test_a_removed_bullet_comes_back_when_the_removal_is_rolled_back(book: Book) -> None:
    await book.add(LINT)
    delta = await book.propose("remove", "bullet-1", "whatever", why="nobody needs it")
    assert await book.texts() == [LINT]

    kept = await book.keep(delta)
    assert await book.texts() == []
    assert (await book.get(delta)).reason == "nobody needs it"

    await book.roll_back(kept)
    assert await book.texts() == [LINT]
    assert (await book.get(delta)).reason == ""


async def test_a_removal_that_hurts_on_trial_leaves_the_bullet_where_it_is(book: Book) -> None:
    await book.add(LINT)
    await book.roll_back(await book.propose("remove", "bullet-1", None))

    assert await book.texts() == [LINT]


async def test_what_was_rolled_back_is_retired_with_the_reason_and_not_proposed_again_soon(book: Book) -> None:
    await book.roll_back(await book.propose("add", "testing", LINT), "fewer tasks passed")
    (bullet,) = await book.playbook.bullets(HERE, with_retired=True)

    assert (bullet.status, bullet.reason) == ("retired", "fewer tasks passed")
    assert await book.playbook.bullets(HERE) == []
    with pytest.raises(BadArgument, match="said the same and was retired: fewer tasks passed"):
        await book.resolve("add", "testing", "run make lint before tests")
    book.now += REST + 1
    assert not (await book.resolve("add", "testing", LINT)).is_vote


async def test_resolving_changes_nothing(book: Book) -> None:
    await book.resolve("add", "testing", LINT)

    assert await book.playbook.bullets(HERE, with_retired=True) == []


async def test_a_delta_that_waited_for_a_person_resolves_to_the_same_bullet(book: Book) -> None:
    delta = await book.propose("add", "testing", LINT)

    again = await book.resolve("add", delta.target, delta.new_value)

    assert (again.proposal.operation, again.proposal.target, again.is_vote) == ("add", "bullet-1", False)


async def test_no_secret_reaches_the_playbook(book: Book) -> None:
    token = "ghp_" + "a1B2" * 9
    delta = await book.add(f"Log in with {token} first.", section=f"with {token}")
    removed = await book.keep(await book.propose("remove", delta.target, None, why=f"{token}\nis old"))

    assert token not in str(delta)
    assert token not in str(await book.get(removed))
    assert (await book.get(removed)).reason.endswith(" is old")


@pytest.mark.parametrize(
    ("operation", "target", "value", "says"),
    [
        ("modify", "bullet-9", "x", "there is no bullet-9"),
        ("remove", "dispatch.max_workers", None, "names no bullet"),
        ("adjust", "bullet-1", "meh", "'meh' is no vote"),
        ("modify", "bullet-1", LINT, "bullet-1 says that already"),
        ("modify", "bullet-1", "seed every random number", "bullet-2 says that already"),
        ("add", "testing", 12, "does not fit"),
        ("modify", "bullet-3", "x", "bullet-3 is retired: it did harm"),
        ("modify", "bullet-4", "x", "bullet-4 is only proposed"),
        ("remove", "bullet-4", None, "bullet-4 is only proposed"),
        ("add", "bullet-1", LINT, "bullet-1 is there already"),
        ("add", "bullet-4", "Write no tests.", "bullet-4 is there already"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_a_sentence(
    book: Book, operation: Operation, target: str, value: Any, says: str
) -> None:
    await book.add(LINT)
    await book.add(SEED)
    await book.roll_back(await book.propose("add", "", "Push at once."))
    await book.propose("add", "testing", "Read the log to its end.")

    with pytest.raises(BadArgument, match=says):
        await book.resolve(operation, target, value)


async def test_a_full_playbook_makes_room_for_what_is_new(book: Book) -> None:
    first = await book.add(plain(0))
    for number in range(1, MAX_ACTIVE):
        book.now += 1
        await book.add(plain(number))
    await book.propose("adjust", first.target, "harmful", source="a rule")
    newest = await book.add(SEED)
    active = [bullet.text for bullet in await book.playbook.bullets(HERE) if bullet.status == "active"]

    assert len(active) == MAX_ACTIVE
    assert SEED in active
    assert (await book.get(first)).reason == f"the least promising of more than {MAX_ACTIVE} bullets"
    assert (await book.get(newest)).status == "active"


async def test_a_bullet_that_comes_back_finds_room_too(book: Book) -> None:
    first = await book.add(plain(0))
    removed = await book.keep(await book.propose("remove", first.target, None))
    for number in range(1, MAX_ACTIVE + 1):
        book.now += 1
        await book.add(plain(number))
    await book.roll_back(removed)
    active = [bullet for bullet in await book.playbook.bullets(HERE) if bullet.status == "active"]

    assert len(active) == MAX_ACTIVE
    assert (await book.get(first)).status == "active"


async def test_only_so_many_bullets_wait_for_their_trial(book: Book) -> None:
    for number in range(MAX_PROPOSED):
        await book.propose("add", "testing", plain(number))

    with pytest.raises(BadArgument, match="wait for their trial already"):
        await book.propose("add", "testing", SEED)


async def test_the_number_of_bullets_is_a_setting_and_none_are_shown_at_0(book: Book) -> None:
    for text in (LINT, SEED):
        await book.add(text)
    await book.settings.set("playbook.bullets", "1")
    assert len(await book.texts()) == 1

    await book.settings.set("playbook.bullets", "0")
    assert await book.texts(subject=TASKS[0]) == []
