"""Decide what becomes of a proposal: on trial, before a person, or turned down.

Everything here happens in the caller's transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.learning.delta import Delta, DeltaStatus, Operation, Proposal, Scored
from tremaux_tools.core.learning.reflection import reflect
from tremaux_tools.core.learning.work import Figure
from tremaux_tools.errors import BadArgument, NotAllowed
from tremaux_tools.learning.history import Histories
from tremaux_tools.learning.targets import Resolved, Target
from tremaux_tools.store import deltas

APPLY_FROM = 65.0  # points of 100, as in the first version
DAY = 86_400.0  # seconds
LONGEST_WAIT = 30 * DAY  # seconds for a person, after it was proposed last
SAME_WITHIN = 7 * DAY  # seconds in which the same proposal is one: what was turned down is not proposed for ever
MAX_PENDING = 200  # that wait for a person; nobody reads more


@dataclass(frozen=True, slots=True)
class Reflected:
    """A proposal with what is thought of it."""

    resolved: Resolved
    scored: Scored | None  #: None where it was refused before anybody looked at its figures
    status: DeltaStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What proposals are judged by."""

    metrics: Mapping[str, Figure]
    keywords: bool = False  #: their reasoning is scored by its words
    is_on: bool = True  #: learning is; else nothing is applied, for nobody would judge it


class Curation:
    """Takes proposals in. `clock` gives Unix seconds."""

    def __init__(self, settings: Target, playbook: Target, histories: Histories, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._playbook = playbook
        self._histories = histories
        self._clock = clock

    async def take(
        self,
        connection: aiosqlite.Connection,
        proposal: Proposal,
        basis: Basis,
    ) -> tuple[Delta, bool]:
        """Keep a proposal with its score, and apply it where nobody need be asked; the same one again is no new one.

        Returns the delta, and whether it is new.

        Raises:
            BadArgument: too many wait for a person already.
        """
        resolved = await self.resolve(connection, proposal)
        known = await deltas.alike(connection, resolved.proposal, since=self._clock() - SAME_WITHIN)
        if known is None or (_was_refused(known) and not resolved.refusal) or _is_another_vote(known, resolved):
            return await self._take_new(connection, resolved, basis), True
        await deltas.repeat(connection, known.delta_id, at=self._clock())
        if known.status == "pending":
            await self._reconsider(connection, known, resolved, basis)
        return await _got(connection, known.delta_id), False

    async def resolve(self, connection: aiosqlite.Connection, proposal: Proposal) -> Resolved:
        """What a proposal comes down to."""
        return await self.target_of(proposal.type).resolve(connection, proposal)

    async def apply(self, connection: aiosqlite.Connection, delta: Delta, *, reason: str) -> Delta:
        """Put a pending delta on trial, or let it take hold at once where nothing could be compared.

        Raises:
            NotAllowed: what it was to change has changed, is on trial, or is a person's word by now.
        """
        now = self._clock()
        target = self.target_of(delta.type)
        resolved = await self.resolve(connection, _proposal_of(delta))
        if resolved.refusal:
            raise NotAllowed(f"delta {delta.delta_id} cannot be applied: {resolved.refusal}", "Propose another one.")
        other = None if resolved.is_vote else await deltas.on_trial(connection, delta.target)
        if other:
            raise NotAllowed(
                f"delta {delta.delta_id} cannot be applied: delta {other.delta_id} is on trial at {delta.target}",
                "Wait for its end, or roll it back first.",
            )
        await deltas.set_old_value(connection, delta.delta_id, resolved.old_value)
        if not resolved.is_vote:  # which changes nothing that was judged
            await deltas.unguard(connection, delta.target)
        if resolved.is_tried:
            before = await self._histories.before(connection, resolved.setting, resolved.project)
            await deltas.move(connection, delta, "trial", reason=reason, figures={"before": before}, at=now)
        else:
            await target.keep(connection, delta)
            await deltas.move(connection, delta, "kept", reason=reason, at=now)
        return await _got(connection, delta.delta_id)

    async def reject(self, connection: aiosqlite.Connection, delta: Delta, *, reason: str) -> None:
        """Turn a pending delta down."""
        await self.target_of(delta.type).roll_back(connection, delta, reason)
        await deltas.move(connection, delta, "rejected", reason=reason, at=self._clock())

    async def forget_unheard(self, connection: aiosqlite.Connection) -> None:
        """Turn down what waited for so long for a person that nobody can want it any more."""
        for delta in await deltas.unheard(connection, before=self._clock() - LONGEST_WAIT):
            await self.reject(connection, delta, reason=f"nobody decided within {LONGEST_WAIT / DAY:.0f} days")

    def target_of(self, type_: str) -> Target:
        """What kind of target deltas of a type have."""
        return self._playbook if type_ == "playbook" else self._settings

    async def _take_new(
        self,
        connection: aiosqlite.Connection,
        resolved: Resolved,
        basis: Basis,
    ) -> Delta:
        """Keep a proposal that nobody has made lately, and apply it where nobody need be asked."""
        reflected = await self._reflect(connection, resolved, basis)
        is_refused = reflected.status == "rejected"
        if reflected.status == "pending" and await deltas.count_pending(connection) >= MAX_PENDING:
            raise BadArgument(
                f"{MAX_PENDING} deltas wait for a decision already", "Let a person decide some of them: decide_delta."
            )
        proposal = resolved.proposal
        if not is_refused:
            proposal = await self.target_of(proposal.type).admit(connection, proposal)
        delta_id = await deltas.insert(
            connection,
            proposal,
            reflected.scored,
            old_value=resolved.old_value,
            status="rejected" if is_refused else "pending",
            reason=reflected.reason,
            at=self._clock(),
        )
        delta = await _got(connection, delta_id)
        return await self.apply(connection, delta, reason=reflected.reason) if reflected.status == "trial" else delta

    async def _reconsider(
        self,
        connection: aiosqlite.Connection,
        known: Delta,
        resolved: Resolved,
        basis: Basis,
    ) -> None:
        """Score what waits anew, by the figures of now; of both reasonings the better one is kept."""
        own = await self._reflect(connection, await self.resolve(connection, _proposal_of(known)), basis)
        reflected = max(own, await self._reflect(connection, resolved, basis), key=_score_of)
        if reflected.scored is None:
            return
        proposal = reflected.resolved.proposal
        await deltas.rescore(connection, known.delta_id, proposal, reflected.scored, reason=reflected.reason)
        if reflected.status == "trial":
            await self.apply(connection, await _got(connection, known.delta_id), reason=reflected.reason)

    async def _reflect(
        self,
        connection: aiosqlite.Connection,
        resolved: Resolved,
        basis: Basis,
    ) -> Reflected:
        """Score what can be at all, and say where that leads."""
        if resolved.refusal:
            return Reflected(resolved, None, "rejected", resolved.refusal)
        if resolved.is_vote:
            return Reflected(resolved, None, "trial", "a vote counts at once")
        proposal = resolved.proposal
        scored = reflect(
            proposal,
            basis.metrics,
            record=await deltas.record(connection, proposal.type, proposal.target),
            setting=resolved.setting,
            old_value=resolved.old_value,
            reserved=resolved.reserved,
            keywords=basis.keywords,
        )
        status: DeltaStatus = "trial"
        reason = f"its score of {scored.score:.0f} is {APPLY_FROM:.0f} or more, its risk {scored.risk}"
        if scored.veto:
            status, reason = "rejected", scored.veto
        elif scored.score < APPLY_FROM:
            status, reason = "pending", f"its score of {scored.score:.0f} is below {APPLY_FROM:.0f}: a person decides"
        elif scored.risk == "high":
            status, reason = "pending", "its risk is high: a person decides"
        elif not basis.is_on:
            status, reason = "pending", "learning is switched off: nobody would judge it"
        elif other := await deltas.on_trial(connection, proposal.target):
            status, reason = "pending", f"delta {other.delta_id} is on trial at {proposal.target}"
        return Reflected(resolved, scored, status, reason)


async def _got(connection: aiosqlite.Connection, delta_id: int) -> Delta:
    delta = await deltas.get(connection, delta_id)
    assert delta is not None  # it was stored in this very transaction
    return delta


def _score_of(reflected: Reflected) -> float:
    return reflected.scored.score if reflected.scored else -1.0


def _is_another_vote(known: Delta, resolved: Resolved) -> bool:
    """Whether somebody who voted already has changed their mind."""
    return resolved.is_vote and known.new_value != resolved.proposal.new_value


def _was_refused(delta: Delta) -> bool:
    """Whether it was turned down for what it asked, before anybody looked at its figures."""
    return delta.status == "rejected" and delta.score is None


def _proposal_of(delta: Delta) -> Proposal:
    """The proposal of a delta, with the value that it came down to."""
    is_sum = delta.type != "playbook" and delta.operation == "adjust"
    operation: Operation = "modify" if is_sum else delta.operation
    return Proposal(
        type=delta.type,
        operation=operation,
        target=delta.target,
        new_value=delta.new_value,
        reasoning=delta.reasoning,
        confidence=delta.confidence,
        impact=delta.impact,
        source=delta.source,
        evidence=delta.evidence,
    )
