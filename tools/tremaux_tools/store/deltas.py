"""Deltas: what was proposed, tried, kept and taken back."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import aiosqlite

from tremaux_tools.core.learning.delta import ALLOWED, Delta, DeltaStatus, Evidence, Part, Proposal, Scored
from tremaux_tools.store import exposures

_COLUMNS = """delta_id, type, operation, target, old_value, new_value, reasoning, confidence, impact, evidence, source,
    status, reason, score, parts, risk, times, figures, guard, guard_rate, proposed_at, applied_at, decided_at"""
_IS_NO_VOTE = "(type <> 'playbook' OR operation <> 'adjust')"  # one changes nothing that could be judged
# Column names of ours.
_SELECT = f"SELECT {_COLUMNS} FROM delta"  # noqa: S608
_GET = f"{_SELECT} WHERE delta_id = ?"
_LIST = f"{_SELECT} WHERE :status IS NULL OR status = :status ORDER BY delta_id DESC LIMIT :limit"
_TRIALS = f"{_SELECT} WHERE status = 'trial' ORDER BY delta_id"
_GUARDED = f"{_SELECT} WHERE guard IS NOT NULL ORDER BY delta_id"
_ON_TRIAL = f"{_SELECT} WHERE target = ? AND status = 'trial'"
_ALIKE = f"""
    {_SELECT} WHERE type = :type AND target = :target AND operation = :operation
        AND CASE WHEN {_IS_NO_VOTE} THEN new_value = :new ELSE source = :source END
        AND (status IN ('pending', 'trial') OR coalesce(decided_at, proposed_at) >= :since)
    ORDER BY delta_id DESC LIMIT 1"""
_RECORD = f"SELECT status, count(*) FROM delta WHERE type = ? AND target = ? AND {_IS_NO_VOTE} GROUP BY status"  # noqa: S608
_COUNTS = "SELECT type, status, count(*) FROM delta GROUP BY type, status"
_COUNT_PENDING = "SELECT count(*) FROM delta WHERE status = 'pending'"
_INSERT = """
    INSERT INTO delta (type, operation, target, old_value, new_value, reasoning, confidence, impact, evidence, source,
                       score, parts, risk, status, reason, proposed_at, seen_at)
    VALUES (:type, :operation, :target, :old, :new, :reasoning, :confidence, :impact, :evidence, :source,
            :score, :parts, :risk, :status, :reason, :at, :at)
    RETURNING delta_id"""
_REPEAT = "UPDATE delta SET times = times + 1, seen_at = ? WHERE delta_id = ?"
_RESCORE = """
    UPDATE delta SET score = :score, parts = :parts, risk = :risk, reason = :reason, reasoning = :reasoning,
        confidence = :confidence, impact = :impact, evidence = :evidence
    WHERE delta_id = :delta_id"""
_UNHEARD = f"{_SELECT} WHERE status = 'pending' AND seen_at < ? ORDER BY delta_id"
_PRUNE_REJECTED = "DELETE FROM delta WHERE status = 'rejected' AND seen_at < ?"
_MOVE = """
    UPDATE delta SET status = :status, reason = :reason, figures = :figures, guard = :guard, guard_rate = :rate,
        applied_at = CASE WHEN :status IN ('trial', 'kept') THEN coalesce(applied_at, :at) ELSE applied_at END,
        decided_at = CASE WHEN :status IN ('pending', 'trial') THEN NULL ELSE :at END
    WHERE delta_id = :delta_id"""
_OLD = "UPDATE delta SET old_value = ? WHERE delta_id = ?"
_UNGUARD = "UPDATE delta SET guard = NULL WHERE target = ?"
_GUARD = "UPDATE delta SET guard = ? WHERE delta_id = ?"
_FIGURES = "UPDATE delta SET figures = ? WHERE delta_id = ?"
_NEWEST_KEPT = f"""
    {_SELECT} WHERE target = ? AND status = 'kept' AND {_IS_NO_VOTE} ORDER BY decided_at DESC, delta_id DESC LIMIT 1"""
_OVERRULE = """
    UPDATE delta SET status = 'rolled_back', reason = :reason, decided_at = :at
    WHERE target = :target AND status = 'trial'"""


async def get(connection: aiosqlite.Connection, delta_id: int) -> Delta | None:
    """A delta by its number."""
    return next(iter(await _read(connection, _GET, (delta_id,))), None)


async def newest(connection: aiosqlite.Connection, status: DeltaStatus | None, *, limit: int) -> list[Delta]:
    """The deltas of a status, or of all for None, the newest first."""
    return await _read(connection, _LIST, {"status": status, "limit": limit})


async def trials(connection: aiosqlite.Connection) -> list[Delta]:
    """All deltas on trial, the oldest first."""
    return await _read(connection, _TRIALS, ())


async def guarded(connection: aiosqlite.Connection) -> list[Delta]:
    """All deltas that were kept and are still guarded, the oldest first."""
    return await _read(connection, _GUARDED, ())


async def on_trial(connection: aiosqlite.Connection, target: str) -> Delta | None:
    """The delta that is on trial at a target."""
    return next(iter(await _read(connection, _ON_TRIAL, (target,))), None)


async def alike(connection: aiosqlite.Connection, proposal: Proposal, *, since: float) -> Delta | None:
    """The newest delta that proposed the very same and is undecided, or was decided since then.

    Of votes the newest of the same source, whatever it said.
    """
    values = {
        "type": proposal.type,
        "target": proposal.target,
        "operation": proposal.operation,
        "new": _json(proposal.new_value),
        "source": proposal.source,
        "since": since,
    }
    return next(iter(await _read(connection, _ALIKE, values)), None)


async def record(connection: aiosqlite.Connection, type_: str, target: str) -> tuple[int, int]:
    """How many deltas of that type were kept at a target, and how many rolled back."""
    found = {status: int(count) for status, count in await connection.execute_fetchall(_RECORD, (type_, target))}
    return found.get("kept", 0), found.get("rolled_back", 0)


async def counts(connection: aiosqlite.Connection) -> list[tuple[str, DeltaStatus, int]]:
    """How many deltas there are of each type and status."""
    return [(type_, status, int(count)) for type_, status, count in await connection.execute_fetchall(_COUNTS)]


async def count_pending(connection: aiosqlite.Connection) -> int:
    """How many deltas wait for a person."""
    ((count,),) = await connection.execute_fetchall(_COUNT_PENDING)
    return int(count)


async def insert(
    connection: aiosqlite.Connection,
    proposal: Proposal,
    scored: Scored | None,
    *,
    old_value: Any,
    status: DeltaStatus,
    reason: str,
    at: float,
) -> int:
    """Keep a proposal as it was scored; returns its number."""
    values = {
        "type": proposal.type,
        "operation": proposal.operation,
        "target": proposal.target,
        "old": _json(old_value),
        "new": _json(proposal.new_value),
        "reasoning": proposal.reasoning,
        "confidence": proposal.confidence,
        "impact": proposal.impact,
        "evidence": _json(asdict(proposal.evidence)),
        "source": proposal.source,
        "score": scored.score if scored else None,
        "parts": _json([asdict(part) for part in scored.parts] if scored else []),
        "risk": scored.risk if scored else "",
        "status": status,
        "reason": reason,
        "at": at,
    }
    ((delta_id,),) = await connection.execute_fetchall(_INSERT, values)
    return int(delta_id)


async def repeat(connection: aiosqlite.Connection, delta_id: int, *, at: float) -> None:
    """Note that the same was proposed again."""
    await connection.execute(_REPEAT, (at, delta_id))


async def rescore(
    connection: aiosqlite.Connection, delta_id: int, proposal: Proposal, scored: Scored, *, reason: str
) -> None:
    """Keep what is thought of a delta now, and what that rests on."""
    values = {
        "delta_id": delta_id,
        "score": scored.score,
        "parts": _json([asdict(part) for part in scored.parts]),
        "risk": scored.risk,
        "reason": reason,
        "reasoning": proposal.reasoning,
        "confidence": proposal.confidence,
        "impact": proposal.impact,
        "evidence": _json(asdict(proposal.evidence)),
    }
    await connection.execute(_RESCORE, values)


async def unheard(connection: aiosqlite.Connection, *, before: float) -> list[Delta]:
    """Deltas that wait for a person, and that nobody has proposed again since a moment."""
    return await _read(connection, _UNHEARD, (before,))


async def prune_rejected(connection: aiosqlite.Connection, *, before: float) -> None:
    """Forget deltas that were turned down, and that nobody has proposed again since a moment."""
    await connection.execute(_PRUNE_REJECTED, (before,))


async def move(
    connection: aiosqlite.Connection,
    delta: Delta,
    status: DeltaStatus,
    *,
    reason: str,
    figures: Mapping[str, Any] | None = None,
    guard_rate: float | None = None,
    at: float,
) -> None:
    """Move a delta on, as it was read in this transaction; a `guard_rate` lets it be guarded from now on.

    Raises:
        ValueError: a delta does not go that way.
    """
    if status not in ALLOWED[delta.status]:
        raise ValueError(f"a delta does not go from {delta.status} to {status}")
    values = {
        "delta_id": delta.delta_id,
        "status": status,
        "reason": reason,
        "figures": _json(dict(delta.figures if figures is None else figures)),
        "guard": None if guard_rate is None else 0.0,
        "rate": delta.guard_rate if guard_rate is None else guard_rate,
        "at": at,
    }
    await connection.execute(_MOVE, values)


async def set_old_value(connection: aiosqlite.Connection, delta_id: int, value: Any) -> None:
    """Keep what a target was set to when the delta was applied."""
    await connection.execute(_OLD, (_json(value), delta_id))


async def set_guard(connection: aiosqlite.Connection, delta_id: int, guard: float | None) -> None:
    """Keep the sum of a delta's guard; None ends it."""
    await connection.execute(_GUARD, (guard, delta_id))


async def set_figures(connection: aiosqlite.Connection, delta_id: int, figures: Mapping[str, Any]) -> None:
    """Keep how a trial stands."""
    await connection.execute(_FIGURES, (_json(dict(figures)), delta_id))


async def unguard(connection: aiosqlite.Connection, target: str) -> None:
    """End the guard over a target."""
    await connection.execute(_UNGUARD, (target,))


async def newest_kept(connection: aiosqlite.Connection, target: str) -> Delta | None:
    """The delta that gave a target what it has, where one did."""
    return next(iter(await _read(connection, _NEWEST_KEPT, (target,))), None)


async def overrule(connection: aiosqlite.Connection, target: str, *, reason: str, at: float) -> None:
    """End what learning does at a target: a person has decided about it."""
    if tried := await on_trial(connection, target):
        await exposures.forget_open(connection, tried.delta_id)
    await connection.execute(_OVERRULE, {"target": target, "reason": reason, "at": at})
    await unguard(connection, target)


async def _read(connection: aiosqlite.Connection, query: str, values: Any) -> list[Delta]:
    return [_delta(list(row)) for row in await connection.execute_fetchall(query, values)]


def _delta(row: Collection[Any]) -> Delta:
    names = [name.strip() for name in _COLUMNS.split(",")]
    known = dict(zip(names, row, strict=True))
    for name in ("old_value", "new_value", "figures"):
        known[name] = json.loads(known[name])
    known["evidence"] = Evidence(**json.loads(known["evidence"]))
    known["parts"] = tuple(Part(**part) for part in json.loads(known["parts"]))
    known["risk"] = known["risk"] or None
    return Delta(**known)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
