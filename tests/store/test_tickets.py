"""Tickets as rows: what follows from a move in the graph, who may run what, and what was used."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tremaux_tools.core.tickets.escalation import LONGEST_DELAY
from tremaux_tools.core.tickets.graph import AGING
from tremaux_tools.core.tickets.lifecycle import ALLOWED, STATUSES, Status, open_status
from tremaux_tools.core.tickets.ticket import Run, Ticket, Usage
from tremaux_tools.store import moves, runs, tickets
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
Needs = dict[str, tuple[str, ...]]


async def create(database: Database, needs: Needs, *, at: float = 1.0, **changes: object) -> None:
    """Create a ticket for each key; the values are those it needs."""
    async with database.transaction() as connection:
        first = await tickets.next_id(connection)
        created = [
            Ticket(
                ticket_id=number,
                project="/p",
                root="/p",
                name=name,
                description=name,
                status=open_status(has_open_dependencies=bool(needed), needs_approval=bool(changes.get("step_mode"))),
                depends_on=needed,
                waiting=len(needed),
                created_at=at,
            )
            for number, (name, needed) in enumerate(needs.items(), first)
        ]
        created = [replace(ticket, **changes) for ticket in created]  # type: ignore[arg-type]
        await tickets.insert(connection, created, {each.name: each.ticket_id for each in created})
        await moves.begin(connection, created, by="test", at=at)


async def move(database: Database, name: str, status: Status, *, at: float = 2.0) -> None:
    async with database.transaction() as connection:
        ticket = await tickets.find(connection, "/p", name)
        assert ticket
        await moves.move(connection, ticket, replace(ticket, status=status), by="test", at=at)


async def standing(database: Database) -> dict[str, Status]:
    async with database.snapshot() as connection:
        nodes, _ = await tickets.graph(connection, "/p")
    return {name: node.status for name, node in nodes.items()}


async def get(database: Database, name: str) -> Ticket:
    async with database.snapshot() as connection:
        found = await tickets.find(connection, "/p", name)
    assert found
    return found


DIAMOND: Needs = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}


async def test_a_completed_ticket_gives_those_their_turn_that_only_waited_for_it(database: Database) -> None:
    await create(database, DIAMOND)
    for name in ("a", "b"):
        await move(database, name, "in_progress" if name == "a" else "completed")
        if name == "a":
            await move(database, name, "completed")

    assert await standing(database) == {"a": "completed", "b": "completed", "c": "ready", "d": "todo"}


async def test_a_freed_ticket_in_step_mode_waits_for_its_approval(database: Database) -> None:
    await create(database, {"a": (), "b": ("a",)}, step_mode=True)
    await move(database, "a", "ready")
    await move(database, "a", "completed")

    assert await standing(database) == {"a": "completed", "b": "awaiting_approval"}


async def test_what_needs_a_failed_ticket_fails_with_it_and_says_why(database: Database) -> None:
    await create(database, DIAMOND)
    await move(database, "a", "completed")
    await move(database, "b", "in_progress")
    await move(database, "b", "failed")
    dragged = await get(database, "d")

    assert (dragged.status, dragged.reason, dragged.finished_at) == ("failed", "needs b, which failed", 2.0)


async def test_what_a_ticket_dragged_along_waits_again_once_it_is_tried_again(database: Database) -> None:
    await create(database, DIAMOND)
    await move(database, "a", "cancelled")
    await move(database, "a", "ready")

    assert await standing(database) == {"a": "ready", "b": "todo", "c": "todo", "d": "todo"}


async def test_a_ticket_stays_failed_as_long_as_another_one_drags_it(database: Database) -> None:
    await create(database, {"a": (), "b": (), "c": ("a", "b")})
    await move(database, "a", "cancelled")
    await move(database, "b", "cancelled")
    await move(database, "a", "ready")

    assert (await get(database, "c")).reason == "needs b, which was cancelled"


async def test_a_failed_ticket_that_a_person_completes_frees_what_it_dragged(database: Database) -> None:
    await create(database, {"a": (), "b": ("a",), "c": ("b",)})
    await move(database, "a", "in_progress")
    await move(database, "a", "failed")
    await move(database, "a", "completed")

    assert await standing(database) == {"a": "completed", "b": "ready", "c": "todo"}


async def test_every_move_is_an_event(database: Database) -> None:
    await create(database, {"a": (), "b": ("a",)})
    await move(database, "a", "completed")
    async with database.snapshot() as connection:
        events = await tickets.events_since(connection, "/p", 0, limit=10)

    assert [(event.ticket, event.old, event.new) for event in events] == [
        ("a", None, "ready"),
        ("b", None, "todo"),
        ("a", "ready", "completed"),
        ("b", "todo", "ready"),
    ]


async def next_ready(database: Database, *, now: float, full: str = "[]") -> str | None:
    async with database.snapshot() as connection:
        ready = await runs.next_ready(connection, full, now=now)
        return None if ready is None else (await tickets.get(connection, ready.ticket_id)).name


async def test_the_more_urgent_ticket_comes_first_unless_the_other_has_waited_long(database: Database) -> None:
    await create(database, {"old": ()}, at=0.0, priority=2)
    await create(database, {"urgent": ()}, at=10.0, priority=1)
    soon = await next_ready(database, now=20.0)
    await move(database, "urgent", "completed")
    await create(database, {"late": ()}, at=AGING + 10.0, priority=1)

    assert (soon, await next_ready(database, now=AGING + 20.0)) == ("urgent", "old")


async def test_a_ticket_whose_place_is_full_is_passed_over(database: Database) -> None:
    await create(database, {"boxed": ()}, place="docker")
    await create(database, {"free": ()}, place="process")

    assert await next_ready(database, now=5.0, full='["docker"]') == "free"


async def test_a_ticket_that_was_put_back_is_not_due_before_its_time(database: Database) -> None:
    await create(database, {"a": ()}, not_before=10.0)
    async with database.snapshot() as connection:
        due = await runs.next_due(connection, now=5.0)

    assert (await next_ready(database, now=5.0), due, await next_ready(database, now=10.0)) == (None, 10.0, "a")


async def test_a_ticket_that_was_put_back_is_due_once_the_clock_is_set_back_beyond_any_delay(
    database: Database,
) -> None:
    await create(database, {"a": ()}, not_before=LONGEST_DELAY + 10.0)
    async with database.snapshot() as connection:
        due = [await runs.next_due(connection, now=now) for now in (9.0, 10.0)]

    assert [await next_ready(database, now=now) for now in (9.0, 10.0)] == ["a", None]
    assert due == [None, LONGEST_DELAY + 10.0]


async def claimed(database: Database, name: str, owner: str = "me", epoch: int = 1) -> Run:
    ticket = await get(database, name)
    run = Run(
        run_id=0,
        ticket_id=ticket.ticket_id,
        epoch=epoch,
        nonce=f"{name}{epoch}",
        state="starting",
        model="m",
        place="process",
        owner=owner,
        lease_until=10.0,
    )
    async with database.transaction() as connection:
        return replace(run, run_id=await runs.insert(connection, run))


async def test_only_its_owner_can_begin_and_end_a_run(database: Database) -> None:
    await create(database, {"a": ()})
    run = await claimed(database, "a")
    async with database.transaction() as connection:
        taken = await runs.take_over(connection, run, "other", until=20.0)
        stale = (await runs.begin(connection, run, at=1.0), await runs.end(connection, run))
        again = await runs.take_over(connection, run, "third", until=20.0)
        begun = await runs.begin(connection, replace(run, owner="other"), at=1.0)

    assert (taken, stale, again, begun) == (True, (False, False), False, True)


async def test_a_run_that_is_to_be_stopped_does_not_begin(database: Database) -> None:
    await create(database, {"a": ()})
    run = await claimed(database, "a")
    async with database.transaction() as connection:
        stopped = await runs.stop(connection, run.run_id, "cancel")
        begun = await runs.begin(connection, run, at=1.0)

    assert (stopped, begun) == (True, False)


async def test_usage_that_the_output_tells_counts_and_not_what_was_reported_beside(database: Database) -> None:
    await create(database, {"a": ()})
    first, second = await claimed(database, "a"), await claimed(database, "a", epoch=2)
    async with database.transaction() as connection:
        for run in (first, second):
            await runs.add_usage(connection, run.run_id, "m", Usage(10, 1), at=1.0)
            await runs.add_usage(connection, run.run_id, "m", Usage(10, 1), at=1.0)
        await runs.set_usage(connection, second, {"short name": Usage(7, 3, 0.5)}, at=1.0)
        await runs.set_usage(connection, second, {"m": Usage(8, 3, 0.5)}, at=1.0)
    ticket = await get(database, "a")

    assert (ticket.usage, ticket.run and ticket.run.usage) == (Usage(28, 5, 0.5), Usage(8, 3, 0.5))


async def test_what_a_run_used_is_told_by_its_owner_alone(database: Database) -> None:
    await create(database, {"a": ()})
    stale = await claimed(database, "a")
    async with database.transaction() as connection:
        await runs.take_over(connection, stale, "other", until=20.0)
        await runs.set_usage(connection, replace(stale, owner="other"), {"m": Usage(8, 3, 0.5)}, at=1.0)
        await runs.set_usage(connection, stale, {"m": Usage(1, 1, 0.1)}, at=2.0)
        await runs.set_usage(connection, stale, {"n": Usage(1, 1, 0.1)}, at=2.0)

    assert (await get(database, "a")).usage == Usage(8, 3, 0.5)


async def test_a_process_dispatches_from_when_it_enters_until_it_leaves(database: Database) -> None:
    async with database.transaction() as connection:
        for at, owner in enumerate(("one", "two", "one")):
            await runs.enter(connection, owner, at=float(at))
        entered = await runs.dispatchers(connection)
        await runs.leave(connection, ["one"])
        left = await runs.dispatchers(connection)

    assert (sorted(entered), left) == (["one", "two"], ["two"])


def expected(needs: Needs, own: dict[str, Status]) -> dict[str, Status]:
    """How tickets must stand, given where those stand that were moved by somebody: by the definition, not by steps."""
    result: dict[str, Status] = {}
    for name, needed in needs.items():  # in an order in which what is needed comes first
        if own[name] in ("todo", "ready"):
            open_ones = [result[need] for need in needed if result[need] != "completed"]
            lost = any(status in ("failed", "cancelled") for status in open_ones)
            result[name] = "failed" if lost else "todo" if open_ones else "ready"
        else:
            result[name] = own[name]
    return result


@st.composite
def graphs(draw: st.DrawFn) -> Needs:
    size = draw(st.integers(1, 8))
    return {
        f"t{at}": tuple(f"t{need}" for need in sorted(draw(st.sets(st.integers(0, at - 1), max_size=3)) if at else ()))
        for at in range(size)
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(needs=graphs(), steps=st.lists(st.tuples(st.integers(0, 7), st.sampled_from(STATUSES)), max_size=25))
async def test_after_any_moves_tickets_stand_as_their_graph_says(
    tmp_path_factory: pytest.TempPathFactory, needs: Needs, steps: Sequence[tuple[int, Status]]
) -> None:
    database = Database(tmp_path_factory.mktemp("db") / "t.db")
    try:
        await create(database, needs)
        own: dict[str, Status] = dict.fromkeys(needs, "todo")
        for at, status in steps:
            name = f"t{at % len(needs)}"
            now = await standing(database)
            is_dragged = now[name] == "failed" and own[name] != "failed"
            if is_dragged or status not in ALLOWED[now[name]] or status == "awaiting_approval":
                continue
            is_open = any(now[need] != "completed" for need in needs[name])
            if status in ("todo", "ready") and status != open_status(
                has_open_dependencies=is_open, needs_approval=False
            ):
                continue
            if status == "todo" and any(now[need] in ("failed", "cancelled") for need in needs[name]):
                continue
            await move(database, name, status)
            own[name] = status
            assert await standing(database) == expected(needs, own)
    finally:
        await database.close()
