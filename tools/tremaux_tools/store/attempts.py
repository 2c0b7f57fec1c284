"""The attempts of a goal, oldest first unless said otherwise."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import aiosqlite

from tremaux_tools.core.attempt import Attempt, Gate, Metric
from tremaux_tools.core.observation import Observation
from tremaux_tools.core.record import Record
from tremaux_tools.core.runners import TestRun
from tremaux_tools.store import blobs
from tremaux_tools.store.blobs import Blob
from tremaux_tools.store.encoding import as_json

_COLUMNS = """attempt_id, iteration, action, hypothesis, note, command, claimed_gate, judged_gate, exit_code,
    fingerprint, signature, failing_tests, tests, warnings, observation, metric, head, tree, reset,
    output_bytes, blob_id, client, agent, imported_key, recorded_at, job_id"""
_INSERT = f"""
    INSERT INTO attempt (goal_id, {_COLUMNS}) VALUES (
        :goal_id, NULL, coalesce(:iteration, 1 + (
            SELECT iteration FROM attempt WHERE goal_id = :goal_id ORDER BY attempt_id DESC LIMIT 1), 1),
        :action, :hypothesis, :note, :command, :claimed_gate, :judged_gate, :exit_code, :fingerprint, :signature,
        :failing_tests, :tests, :warnings, :observation, :metric, :head, :tree, :reset, :output_bytes, :blob_id,
        :client, :agent, :imported_key, :recorded_at, :job_id)
    ON CONFLICT (goal_id, imported_key) WHERE imported_key IS NOT NULL DO NOTHING
    ON CONFLICT (job_id) WHERE job_id IS NOT NULL DO NOTHING
    RETURNING attempt_id, iteration"""  # noqa: S608  column names of ours
_NEWEST = f"""
    SELECT {_COLUMNS} FROM attempt WHERE goal_id = :goal_id AND attempt_id <= :upto
    ORDER BY attempt_id DESC LIMIT :limit OFFSET :offset"""  # noqa: S608  column names of ours
_KEYS = """
    SELECT attempt_id, recorded_at FROM attempt WHERE goal_id = ? ORDER BY attempt_id DESC LIMIT ?"""
_FOLLOWING = f"""
    SELECT {_COLUMNS} FROM attempt WHERE goal_id = :goal_id AND attempt_id > :after
    ORDER BY attempt_id LIMIT :limit"""  # noqa: S608  column names of ours
_IS_THERE = "SELECT 1 FROM attempt WHERE attempt_id = ? AND goal_id = ? AND abs(recorded_at - ?) < 0.001"
_COUNT = "SELECT count(*) FROM attempt WHERE goal_id = ?"
_PASSES = "SELECT count(*) FROM attempt WHERE goal_id = ? AND judged_gate = 'pass'"
_SEEN_BEFORE = """
    SELECT count(*) FROM (
        SELECT 1 FROM attempt WHERE goal_id = ? AND fingerprint = ? AND attempt_id < ? LIMIT ?)"""
_RESOLVED = """
    SELECT fingerprint FROM attempt WHERE goal_id = :goal_id AND fingerprint <> ''
    GROUP BY fingerprint
    HAVING max(attempt_id) < (SELECT max(attempt_id) FROM attempt WHERE goal_id = :goal_id AND judged_gate = 'pass')
    ORDER BY max(attempt_id) DESC LIMIT :limit"""
_OF_JOB = f"""
    SELECT goal.goal_id, goal.name, {", ".join(f"attempt.{name.strip()}" for name in _COLUMNS.split(","))}
    FROM attempt JOIN goal USING (goal_id) WHERE attempt.job_id = ?"""  # noqa: S608  column names of ours
_OUTPUT = "SELECT blob_id, output_bytes FROM attempt WHERE attempt_id = ?"
MOST_COUNTED = 1_000  # a longer count costs time and tells no more
_LATEST = 2**63 - 1  # an attempt id above all others


async def insert(
    connection: aiosqlite.Connection, goal_id: int, record: Record, output: Blob | None, *, numbered: bool
) -> Record | None:
    """Add an attempt; returns it with its id and iteration, or None when the same line or job is there already.

    The iteration is the record's own when `numbered`, else one more than the goal's last.
    """
    attempt = record.attempt
    blob_id = await blobs.put(connection, output, at=attempt.at) if output else None
    values = _row(record) | {
        "goal_id": goal_id,
        "iteration": attempt.iteration if numbered else None,
        "blob_id": blob_id,
    }
    rows = list(await connection.execute_fetchall(_INSERT, values))
    if not rows:
        return None
    ((attempt_id, iteration),) = rows
    return replace(record, attempt=replace(attempt, id=attempt_id, iteration=iteration), has_output=output is not None)


async def newest(
    connection: aiosqlite.Connection, goal_id: int, *, limit: int, offset: int = 0, upto: int = _LATEST
) -> list[Record]:
    """The newest attempts of a goal, newest first, none newer than attempt `upto`."""
    values = {"goal_id": goal_id, "upto": upto, "limit": limit, "offset": offset}
    return [_record(row) for row in await connection.execute_fetchall(_NEWEST, values)]


async def keys(connection: aiosqlite.Connection, goal_id: int, *, limit: int) -> list[tuple[int, float]]:
    """Id and time of the newest attempts of a goal, newest first: what tells stored attempts apart."""
    return [(key, at) for key, at in await connection.execute_fetchall(_KEYS, (goal_id, limit))]


async def following(connection: aiosqlite.Connection, goal_id: int, *, after: int, limit: int) -> list[Record]:
    """The oldest attempts of a goal that come after attempt `after`, oldest first."""
    values = {"goal_id": goal_id, "after": after, "limit": limit}
    return [_record(row) for row in await connection.execute_fetchall(_FOLLOWING, values)]


async def is_there(connection: aiosqlite.Connection, goal_id: int, attempt_id: int, *, at: float) -> bool:
    """Whether a goal has this attempt, made at this time."""
    return bool(await connection.execute_fetchall(_IS_THERE, (attempt_id, goal_id, at)))


async def of_job(connection: aiosqlite.Connection, job_id: int) -> tuple[int, str, Record] | None:
    """The attempt that a job was recorded as, behind the id and the name of its goal."""
    for goal_id, goal, *row in await connection.execute_fetchall(_OF_JOB, (job_id,)):
        return int(goal_id), str(goal), _record(row)
    return None


async def count(connection: aiosqlite.Connection, goal_id: int) -> int:
    """How many attempts a goal has."""
    ((number,),) = await connection.execute_fetchall(_COUNT, (goal_id,))
    return int(number)


async def passes(connection: aiosqlite.Connection, goal_id: int) -> int:
    """How many attempts of a goal passed."""
    ((number,),) = await connection.execute_fetchall(_PASSES, (goal_id,))
    return int(number)


async def seen_before(connection: aiosqlite.Connection, goal_id: int, attempt: Attempt) -> int:
    """How many attempts before this one failed in the same way, counted up to `MOST_COUNTED`."""
    if not attempt.fingerprint:
        return 0
    ((number,),) = await connection.execute_fetchall(
        _SEEN_BEFORE, (goal_id, attempt.fingerprint, attempt.id, MOST_COUNTED)
    )
    return int(number)


async def resolved(connection: aiosqlite.Connection, goal_id: int, *, limit: int) -> list[str]:
    """Fingerprints not met again since the goal's last pass, the latest first."""
    values = {"goal_id": goal_id, "limit": limit}
    return [fingerprint for (fingerprint,) in await connection.execute_fetchall(_RESOLVED, values)]


async def output(connection: aiosqlite.Connection, attempt_id: int) -> tuple[str | None, int] | None:
    """The kept output of an attempt and its full size; None when there is no such attempt."""
    if attempt_id > _LATEST:
        return None  # more than a row id can be
    rows = list(await connection.execute_fetchall(_OUTPUT, (attempt_id,)))
    if not rows:
        return None
    ((blob_id, size),) = rows
    return (await blobs.get(connection, blob_id) if blob_id is not None else None), int(size)


def _row(record: Record) -> dict[str, Any]:
    attempt = record.attempt
    return {
        "action": attempt.action,
        "hypothesis": attempt.hypothesis,
        "note": record.note,
        "command": attempt.command,
        "claimed_gate": record.claimed_gate.value,
        "judged_gate": attempt.gate.value,
        "exit_code": record.exit_code,
        "fingerprint": attempt.fingerprint,
        "signature": as_json(attempt.signature),
        "failing_tests": as_json(record.failing_tests),
        "tests": as_json(asdict(record.tests)) if record.tests else None,
        "warnings": as_json(record.warnings),
        "observation": as_json(attempt.observation.to_dict()),
        "metric": as_json(asdict(attempt.metric)) if attempt.metric else None,
        "head": attempt.commit,
        "tree": attempt.tree,
        "reset": int(attempt.reset),
        "output_bytes": record.output_bytes,
        "client": record.client,
        "agent": record.agent,
        "imported_key": record.imported_key,
        "recorded_at": attempt.at,
        "job_id": record.job_id,
    }


def _record(row: Sequence[Any]) -> Record:
    (
        attempt_id, iteration, action, hypothesis, note, command, claimed_gate, judged_gate, exit_code,
        fingerprint, signature, failing_tests, tests, warnings, observation, metric, head, tree, reset,
        output_bytes, blob_id, client, agent, imported_key, recorded_at, job_id,
    ) = row  # fmt: skip
    attempt = Attempt(
        id=attempt_id,
        iteration=iteration,
        action=action,
        gate=Gate(judged_gate),
        observation=Observation.from_dict(json.loads(observation)),
        hypothesis=hypothesis,
        command=command,
        tree=tree,
        commit=head,
        reset=bool(reset),
        metric=Metric(**json.loads(metric)) if metric else None,
        fingerprint=fingerprint,
        signature=tuple(json.loads(signature)),
        at=recorded_at,
    )
    return Record(
        attempt=attempt,
        claimed_gate=Gate(claimed_gate),
        note=note,
        exit_code=exit_code,
        failing_tests=tuple(json.loads(failing_tests)),
        tests=TestRun(**json.loads(tests)) if tests else None,
        warnings=tuple(json.loads(warnings)),
        output_bytes=output_bytes,
        has_output=blob_id is not None,
        client=client,
        agent=agent,
        imported_key=imported_key,
        job_id=job_id,
    )
