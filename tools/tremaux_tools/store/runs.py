"""Runs of tickets: who may begin one, who sees to it, what it used, and how it ended.

A run belongs to the process that owns it, as long as that one renews its lease. What an owner writes names it, so that
of one who has lost a run nothing is taken any more. What others may write names none: that a run is to be stopped, what
its worker itself reports that it used, and that its work tree is gone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import aiosqlite

from tremaux_tools.core.tickets.escalation import LONGEST_DELAY
from tremaux_tools.core.tickets.shares import Interval
from tremaux_tools.core.tickets.ticket import Run, Stopping, Usage
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.tickets import RUN_COLUMNS, SELECT_RUN, run_of

_GET = f"{SELECT_RUN} WHERE run_id = ?"
_OF_EPOCH = f"{SELECT_RUN} WHERE ticket_id = ? AND epoch = ?"
_OPEN = f"{SELECT_RUN} WHERE state <> 'ended' ORDER BY run_id"
_TAKEN = "SELECT place, count(*) FROM run WHERE state <> 'ended' GROUP BY place"
# No delay is longer than the longest: what is put back for more was put back before the clock was set back.
_NEXT = """
    SELECT ticket_id, root FROM ticket
    WHERE status = 'ready' AND (not_before <= :now OR not_before > :now + :longest)
    AND place NOT IN (SELECT value FROM json_each(:full))
    ORDER BY rank, ticket_id LIMIT 1"""
_NEXT_DUE = """
    SELECT min(not_before) FROM ticket
    WHERE status = 'ready' AND not_before > :now AND not_before <= :now + :longest"""
_IS_WORK = "SELECT EXISTS (SELECT 1 FROM ticket WHERE status IN ('ready', 'in_progress'))"
_EPOCH = "SELECT coalesce(max(epoch), 0) + 1 FROM run WHERE ticket_id = ?"
_INSERT = f"""
    INSERT INTO run ({", ".join(RUN_COLUMNS[1:])}) VALUES ({", ".join(f":{name}" for name in RUN_COLUMNS[1:])})
    RETURNING run_id"""  # noqa: S608
_POINT = "UPDATE ticket SET run_id = ? WHERE ticket_id = ?"
_BEGIN = """
    UPDATE run SET state = 'running', started_at = ? WHERE run_id = ? AND owner = ? AND state = 'starting'
    AND stopping = ''"""
_PREPARED = """
    UPDATE run SET terminal = :terminal, worktree = :worktree, branch = :branch, base = :base, model = :model,
                   rung = :rung
    WHERE run_id = :run_id AND owner = :owner AND state = 'starting'"""
_RENEW = """
    UPDATE run SET lease_until = ?, heartbeat_at = ? WHERE owner = ? AND state <> 'ended' RETURNING run_id"""
_TAKE_OVER = """
    UPDATE run SET owner = ?, lease_until = ? WHERE run_id = ? AND owner = ? AND lease_until = ? AND state <> 'ended'"""
_LET_GO = "UPDATE run SET lease_until = 0 WHERE owner = ? AND state <> 'ended'"
# A person's word holds over that of a budget, and over their own before.
_STOP = """
    UPDATE run SET stopping = :why
    WHERE run_id = :run_id AND state <> 'ended' AND (stopping = '' OR :why <> 'budget')"""
_END = """
    UPDATE run SET state = 'ended', outcome = :outcome, reason = :reason, exit_code = :exit_code,
                   fingerprint = :fingerprint, report_id = :report_id, result = :result, branch = :branch,
                   ended_at = :ended_at
    WHERE run_id = :run_id AND owner = :owner AND state <> 'ended'"""
_LEAVE_TREE = "UPDATE run SET worktree = '' WHERE run_id = ?"
_IS_OWN = "EXISTS (SELECT 1 FROM run WHERE run_id = :run_id AND owner = :owner)"
_FORGET_USAGE = f"DELETE FROM usage WHERE run_id = :run_id AND source = 'output' AND {_IS_OWN}"  # noqa: S608
_SET_USAGE = f"INSERT INTO usage SELECT :run_id, :model, 'output', :input, :output, :cost, :at WHERE {_IS_OWN}"
_ADD_USAGE = """
    INSERT INTO usage VALUES (:run_id, :model, 'report', :input, :output, :cost, :at)
    ON CONFLICT (run_id, model, source) DO UPDATE SET input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens, cost_usd = cost_usd + excluded.cost_usd,
        noted_at = excluded.noted_at"""
_BESIDE = """
    SELECT started_at, :end FROM run WHERE state <> 'ended' AND started_at < :end AND run_id <> :run_id
    UNION ALL
    SELECT started_at, ended_at FROM run WHERE ended_at > :begin AND started_at < :end AND run_id <> :run_id"""
_SPENT = "coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cost_usd), 0.0)"
_WALL = "coalesce(sum(coalesce(ended_at, :now) - started_at), 0.0)"
_OF_TICKET = "ticket_id = :ticket_id"
_OF_GOAL = "ticket_id IN (SELECT ticket_id FROM ticket WHERE project = :project AND goal = :goal)"
_OF_DAY = "ticket_id IN (SELECT ticket_id FROM ticket WHERE project = :project)"
_BY_MODEL = """
    SELECT ticket.runner, coalesce(nullif(spent.model, ''), run.model, ''), sum(input_tokens), sum(output_tokens),
           sum(cost_usd), count(DISTINCT run.run_id)
    FROM spent JOIN run USING (run_id) JOIN ticket ON ticket.ticket_id = run.ticket_id
    WHERE ticket.project = ? GROUP BY 1, 2 ORDER BY 1, 2"""
# Whether one still lives is asked of the system, so nothing renews `seen_at`.
_ENTER = """
    INSERT INTO dispatcher (owner, started_at, seen_at) VALUES (:owner, :at, :at) ON CONFLICT (owner) DO NOTHING"""
_LEAVE = "DELETE FROM dispatcher WHERE owner = ?"
_DISPATCHERS = "SELECT owner FROM dispatcher"


@dataclass(frozen=True, slots=True)
class Ready:
    """A ticket that may be run."""

    ticket_id: int
    root: str  #: the work tree it was handed over in


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """What the runs of one worker profile with one model used."""

    runner: str
    model: str  #: empty where nobody told
    usage: Usage
    runs: int


async def get(connection: aiosqlite.Connection, run_id: int) -> Run:
    """The run of that row, which is there."""
    (run,) = await _read(connection, _GET, (run_id,))
    return run


async def of_epoch(connection: aiosqlite.Connection, ticket_id: int, epoch: int) -> Run | None:
    """A run of a ticket by its number."""
    return next(iter(await _read(connection, _OF_EPOCH, (ticket_id, epoch))), None)


async def open_runs(connection: aiosqlite.Connection) -> list[Run]:
    """All runs that have not ended, the oldest first."""
    return await _read(connection, _OPEN, ())


async def taken(connection: Connection) -> dict[str, int]:
    """How many runs there are now in each kind of place."""
    return {row[0]: row[1] for row in await connection.execute_fetchall(_TAKEN)}


async def next_ready(connection: Connection, full: str, *, now: float) -> Ready | None:
    """The ticket whose turn it is; `full` are the kinds of places without room, as JSON."""
    values = {"now": now, "longest": LONGEST_DELAY, "full": full}
    rows = await connection.execute_fetchall(_NEXT, values)
    return next((Ready(*row) for row in rows), None)


async def next_due(connection: aiosqlite.Connection, *, now: float) -> float | None:
    """When the next ticket that was put back may run, in Unix seconds; None where all of them may now."""
    ((due,),) = await connection.execute_fetchall(_NEXT_DUE, {"now": now, "longest": LONGEST_DELAY})
    return None if due is None else float(due)


async def is_work(connection: aiosqlite.Connection) -> bool:
    """Whether any ticket runs or could."""
    ((found,),) = await connection.execute_fetchall(_IS_WORK)
    return bool(found)


async def next_epoch(connection: aiosqlite.Connection, ticket_id: int) -> int:
    """The number of a ticket's next run."""
    ((epoch,),) = await connection.execute_fetchall(_EPOCH, (ticket_id,))
    return int(epoch)


async def insert(connection: aiosqlite.Connection, run: Run) -> int:
    """Add the newest run of a ticket; returns its id."""
    values = {name: getattr(run, name) for name in RUN_COLUMNS}
    ((run_id,),) = await connection.execute_fetchall(_INSERT, values)
    await connection.execute(_POINT, (run_id, run.ticket_id))
    return int(run_id)


async def prepare(connection: aiosqlite.Connection, run: Run) -> bool:
    """Keep where a run is about to work; false when it is its owner's no more."""
    values = {name: getattr(run, name) for name in RUN_COLUMNS}
    return (await connection.execute(_PREPARED, values)).rowcount == 1


async def begin(connection: aiosqlite.Connection, run: Run, *, at: float) -> bool:
    """Mark that a run's job is there; false when the run is its owner's no more, or is to be stopped."""
    return (await connection.execute(_BEGIN, (at, run.run_id, run.owner))).rowcount == 1


async def renew(connection: aiosqlite.Connection, owner: str, *, now: float, until: float) -> set[int]:
    """Renew the lease on all runs of an owner; returns those that are still its."""
    return {run_id for (run_id,) in await connection.execute_fetchall(_RENEW, (until, now, owner))}


async def take_over(connection: aiosqlite.Connection, run: Run, owner: str, *, until: float) -> bool:
    """Become the owner of a run, unless it has changed since it was read."""
    values = (owner, until, run.run_id, run.owner, run.lease_until)
    return (await connection.execute(_TAKE_OVER, values)).rowcount == 1


async def let_go(connection: aiosqlite.Connection, owner: str) -> None:
    """Give back the lease on all runs of an owner, so that others see to them at once."""
    await connection.execute(_LET_GO, (owner,))


async def stop(connection: aiosqlite.Connection, run_id: int, why: Stopping) -> bool:
    """Write down that a run is to be stopped; false when it has ended, or a budget only says what was said before."""
    return (await connection.execute(_STOP, {"why": why, "run_id": run_id})).rowcount == 1


async def end(connection: aiosqlite.Connection, run: Run) -> bool:
    """Keep how a run ended; false when it is its owner's no more."""
    values = {name: getattr(run, name) for name in RUN_COLUMNS}
    return (await connection.execute(_END, values)).rowcount == 1


async def beside(connection: aiosqlite.Connection, run_id: int, *, begin: float, end: float) -> list[Interval]:
    """When the runs went on that went on at some time between two, of all projects, but for that one itself."""
    values = {"run_id": run_id, "begin": begin, "end": end}
    return [(first, last) for first, last in await connection.execute_fetchall(_BESIDE, values)]


async def leave_tree(connection: aiosqlite.Connection, run_id: int) -> None:
    """Forget the work tree of a run, which is no more."""
    await connection.execute(_LEAVE_TREE, (run_id,))


async def set_usage(
    connection: aiosqlite.Connection, run: Run, usage_by_model: Mapping[str, Usage], *, at: float
) -> None:
    """Keep what a run's output tells that it used so far, instead of what it told before."""
    owner = {"owner": run.owner}
    await connection.execute(_FORGET_USAGE, {"run_id": run.run_id} | owner)
    rows = (_usage_values(run.run_id, model, usage, at) | owner for model, usage in usage_by_model.items())
    await connection.executemany(_SET_USAGE, rows)


async def add_usage(connection: aiosqlite.Connection, run_id: int, model: str, usage: Usage, *, at: float) -> None:
    """Add what was reported that a run used."""
    await connection.execute(_ADD_USAGE, _usage_values(run_id, model, usage, at))


async def spent_by_ticket(connection: aiosqlite.Connection, ticket_id: int, *, now: float) -> tuple[Usage, float]:
    """What all runs of a ticket used, and for how many seconds they ran."""
    return await _spent(connection, _OF_TICKET, {"ticket_id": ticket_id, "now": now, "since": 0.0})


async def spent_by_goal(
    connection: aiosqlite.Connection, project: str, goal: str, *, now: float
) -> tuple[Usage, float]:
    """What all runs for a goal used, and for how many seconds they ran."""
    return await _spent(connection, _OF_GOAL, {"project": project, "goal": goal, "now": now, "since": 0.0})


async def spent_since(
    connection: aiosqlite.Connection, project: str, since: float, *, now: float
) -> tuple[Usage, float]:
    """What the runs of a project that began after a moment used, and for how many seconds they ran."""
    return await _spent(connection, _OF_DAY, {"project": project, "now": now, "since": since})


async def usage_by_model(connection: aiosqlite.Connection, project: str) -> list[ModelUsage]:
    """What was used by each kind of worker and model in a project."""
    return [
        ModelUsage(runner, model, Usage(got, made, cost), count)
        for runner, model, got, made, cost, count in await connection.execute_fetchall(_BY_MODEL, (project,))
    ]


async def enter(connection: aiosqlite.Connection, owner: str, *, at: float) -> None:
    """Note that a process dispatches from now on."""
    await connection.execute(_ENTER, {"owner": owner, "at": at})


async def leave(connection: aiosqlite.Connection, owners: Collection[str]) -> None:
    """Forget processes that dispatch no more."""
    await connection.executemany(_LEAVE, [(owner,) for owner in owners])


async def dispatchers(connection: aiosqlite.Connection) -> list[str]:
    """The processes that dispatch; one that was killed among them, until another one enters."""
    return [owner for (owner,) in await connection.execute_fetchall(_DISPATCHERS)]


async def _read(connection: aiosqlite.Connection, query: str, values: Any) -> list[Run]:
    return [run_of(list(row)) for row in await connection.execute_fetchall(query, values)]


async def _spent(connection: aiosqlite.Connection, which: str, values: dict[str, Any]) -> tuple[Usage, float]:
    since = "AND run_id IN (SELECT run_id FROM run WHERE started_at >= :since)"
    tokens = f"SELECT {_SPENT} FROM spent WHERE {which} {since}"  # noqa: S608
    ((got, made, cost),) = await connection.execute_fetchall(tokens, values)
    seconds = f"SELECT {_WALL} FROM run WHERE {which} AND started_at >= :since"  # noqa: S608
    ((wall,),) = await connection.execute_fetchall(seconds, values)
    return Usage(got, made, cost), wall


def _usage_values(run_id: int, model: str, usage: Usage, at: float) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "model": model,
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cost": usage.cost_usd,
        "at": at,
    }
