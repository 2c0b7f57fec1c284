"""The playbook service: what workers are told, and how deltas change it.

A bullet is only shown to everybody once it has proved itself on trial; nobody who proposes one has it followed at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import aiosqlite

from tremaux_tools.core.learning.delta import Delta, Proposal
from tremaux_tools.core.learning.subjects import bullet_target
from tremaux_tools.core.playbook import (
    MAX_ACTIVE,
    MAX_PROPOSED,
    Bullet,
    bullet_number,
    bullet_text,
    deal,
    harm_of,
    merged,
    promise,
    reason_text,
    section_name,
)
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.settings.registry import LEARNING, PLAYBOOK_BULLETS
from tremaux_tools.errors import BadArgument
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store import bullets, deltas, exposures
from tremaux_tools.store.database import Database

REST = 90 * 86_400.0  # seconds in which what was retired is not proposed again in the same words
HELPFUL, HARMFUL = "helpful", "harmful"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a proposal about the playbook comes down to."""

    proposal: Proposal  #: as it is to be kept: clean, without secrets
    old_value: Any
    project: str | None = None  #: that the bullet is for; None: for all
    is_vote: bool = False  #: there is nothing to try

    @property
    def reserved(self) -> str:
        """Why a person has to decide about it; empty where none has to."""
        is_for_others = self.proposal.operation == "modify" and self.project is None
        return f"{self.proposal.target} is told in all projects" if is_for_others else ""


class Playbook:
    """The playbook of one database. `clock` gives Unix seconds.

    What deltas do happens in the caller's transaction.
    """

    def __init__(
        self,
        database: Database,
        settings: LiveSettings,
        *,
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._redactor = redactor

    async def bullets(self, project: str | None, *, with_retired: bool = False) -> list[Bullet]:
        """The bullets of a project and those for all, the oldest first; of None only those for all."""
        async with self._database.snapshot() as connection:
            return await bullets.of_project(connection, project, with_retired=with_retired)

    async def told(self, project: str, *, subject: str = "") -> tuple[Bullet, ...]:
        """What a worker of a project is told, the best first.

        With the `subject` that names its task the worker has part in trials, and that is noted; without one, and while
        learning is switched off, it is told what holds for all.
        """
        async with self._database.snapshot() as connection:
            readings = await self._settings.read(connection, [PLAYBOOK_BULLETS, LEARNING], subject=subject)
            candidates = await bullets.candidates(connection, project)
        is_on = readings[LEARNING.name].value
        dealt = deal(candidates, readings[PLAYBOOK_BULLETS.name].value, subject if is_on else "")
        await self._settings.note(readings, subject=subject)
        if dealt.noted:
            async with self._database.transaction() as connection:
                for delta_id, is_new in dealt.noted:
                    await exposures.expose(connection, delta_id, subject, is_new=is_new, at=self._clock())
        return dealt.shown

    async def state(self) -> tuple[int, float]:
        """Two equal ones mean that no bullet was added, reworded or moved in between, by whatever process."""
        async with self._database.snapshot() as connection:
            return await bullets.state(connection)

    async def resolve(
        self, connection: aiosqlite.Connection, proposal: Proposal, project_id: int | None = None
    ) -> Resolution:
        """Say what a proposal comes down to, without changing anything; `project_id` None: it is for all.

        To add what a bullet says already is a vote for that bullet. The target of `add` names the section, that of all
        else the bullet (`bullet-12`); the new value of `adjust` is a vote, `helpful` or `harmful`. Bullets of other
        projects are not there for one that names its project.

        Raises:
            BadArgument: it makes no sense; its text says why.
        """
        match proposal.operation:
            case "add":
                return await self._resolve_add(connection, proposal, project_id)
            case "adjust":
                if proposal.new_value not in (HELPFUL, HARMFUL):
                    raise BadArgument(f"{str(proposal.new_value)[:80]!r} is no vote", f"Use {HELPFUL} or {HARMFUL}.")
                bullet = await _used(connection, proposal)
                return Resolution(replace(proposal, target=_target(bullet)), None, bullet.project, is_vote=True)
            case "remove":
                bullet = await _active(connection, proposal)
                changed = replace(proposal, target=_target(bullet), new_value=None)
                return Resolution(changed, bullet.text, bullet.project)
            case "modify":
                return await self._resolve_modify(connection, proposal)

    async def admit(
        self, connection: aiosqlite.Connection, proposal: Proposal, project_id: int | None = None
    ) -> Proposal:
        """Keep the bullet that a resolved proposal adds, for its trial; returns the proposal with that bullet's name.

        Raises:
            BadArgument: too many wait for their trial already.
        """
        if proposal.operation != "add" or _is_named(proposal.target):
            return proposal
        known = await bullets.beside(connection, project_id)
        if sum(bullet.status == "proposed" for bullet in known) >= MAX_PROPOSED:
            raise BadArgument(f"{MAX_PROPOSED} bullets wait for their trial already", "Wait until some were tried.")
        bullet_id = await bullets.insert(
            connection,
            project_id,
            proposal.target,
            proposal.new_value,
            source=proposal.source,
            at=self._clock(),
        )
        return replace(proposal, target=bullet_target(bullet_id))

    async def keep(self, connection: aiosqlite.Connection, delta: Delta) -> None:
        """Give everybody what a delta changes. A vote counts once a week for each source."""
        bullet_id, now = bullet_number(delta.target), self._clock()
        match delta.operation:
            case "add":
                await bullets.move(connection, bullet_id, "active", at=now)
                await self._make_room(connection, bullet_id)
            case "adjust":
                is_helpful = delta.new_value == HELPFUL
                await bullets.vote(connection, bullet_id, delta.source, is_helpful=is_helpful, at=now)
            case "remove":
                why = reason_text(delta.reasoning, self._redactor)
                await bullets.move(connection, bullet_id, "retired", reason=why, at=now)
            case "modify":
                await bullets.reword(connection, bullet_id, delta.new_value, at=now)

    async def holds(self, connection: aiosqlite.Connection, delta: Delta) -> bool:
        """Whether a bullet still is what a kept delta made of it; a vote was given, and stays."""
        bullet = await bullets.get(connection, bullet_number(delta.target))
        if bullet is None:
            return False
        match delta.operation:
            case "add":
                return bullet.status == "active"
            case "modify":
                return bullet.status == "active" and bullet.text == delta.new_value
            case "remove":
                return bullet.status == "retired"
            case "adjust":
                return False

    async def roll_back(self, connection: aiosqlite.Connection, delta: Delta, reason: str) -> None:
        """Give everybody what was before a delta, whether it waited, was on trial or was kept; a vote stays."""
        bullet = await bullets.get(connection, bullet_number(delta.target))
        if bullet is None:
            return
        now = self._clock()
        if delta.operation == "add":
            why = reason_text(reason, self._redactor)
            await bullets.move(connection, bullet.bullet_id, "retired", reason=why, at=now)
        elif delta.operation == "remove" and delta.status == "kept":
            await bullets.move(connection, bullet.bullet_id, "active", at=now)
            await self._make_room(connection, bullet.bullet_id)
        elif delta.operation == "modify" and delta.status == "kept":
            await bullets.reword(connection, bullet.bullet_id, delta.old_value, at=now)

    async def retire_harmful(self, connection: aiosqlite.Connection, at: float) -> list[Bullet]:
        """Retire the bullets that do harm, and end what learning does with them; returns them as they were."""
        retired = []
        for bullet, tally in await bullets.tallies(connection):
            if why := harm_of(tally):
                await self._retire(connection, bullet, why, at=at)
                retired.append(bullet)
        return retired

    async def _resolve_add(
        self, connection: aiosqlite.Connection, proposal: Proposal, project_id: int | None
    ) -> Resolution:
        text = bullet_text(proposal.new_value, self._redactor)
        if _is_named(proposal.target):  # it was admitted, and has waited since
            bullet = await _used(connection, proposal)
            if bullet.status != "proposed" or bullet.text != text:
                raise BadArgument(f"{_target(bullet)} is there already", "Reword it with `modify`, or name a section.")
            return Resolution(replace(proposal, target=_target(bullet), new_value=text), None, bullet.project)
        known = await bullets.beside(connection, project_id)
        if same := merged(text, [bullet for bullet in known if bullet.status != "retired"]):
            vote = replace(proposal, operation="adjust", target=_target(same), new_value=HELPFUL)
            return Resolution(vote, None, same.project, is_vote=True)
        fresh = self._clock() - REST
        past = merged(text, [each for each in known if each.status == "retired" and each.changed_at > fresh])
        if past:
            raise BadArgument(
                f"{_target(past)} said the same and was retired: {past.reason}", "Say what is different this time."
            )
        section = section_name(proposal.target, self._redactor)
        return Resolution(replace(proposal, target=section, new_value=text), None, proposal.project)

    async def _resolve_modify(self, connection: aiosqlite.Connection, proposal: Proposal) -> Resolution:
        bullet = await _active(connection, proposal)
        text = bullet_text(proposal.new_value, self._redactor)
        others = await bullets.of_project(connection, bullet.project, with_retired=False)
        same = merged(text, [each for each in others if each.bullet_id != bullet.bullet_id])
        if same or text == bullet.text:
            raise BadArgument(f"{_target(same or bullet)} says that already", "Say something else, or remove one.")
        return Resolution(replace(proposal, target=_target(bullet), new_value=text), bullet.text, bullet.project)

    async def _make_room(self, connection: aiosqlite.Connection, newest: int) -> None:
        """Retire the least promising of a project's bullets, the oldest of equal ones, where it has too many."""
        kept = await bullets.get(connection, newest)
        assert kept is not None  # it was just moved
        own = [
            bullet
            for bullet in await bullets.of_project(connection, kept.project, with_retired=False)
            if bullet.status == "active" and bullet.project == kept.project and bullet.bullet_id != newest
        ]
        too_many = max(len(own) + 1 - MAX_ACTIVE, 0)
        for bullet in sorted(own, key=lambda each: (promise(each), each.created_at, each.bullet_id))[:too_many]:
            why = f"the least promising of more than {MAX_ACTIVE} bullets"
            await self._retire(connection, bullet, why, at=self._clock())

    async def _retire(self, connection: aiosqlite.Connection, bullet: Bullet, why: str, *, at: float) -> None:
        await bullets.move(connection, bullet.bullet_id, "retired", reason=why, at=at)
        await deltas.overrule(connection, _target(bullet), reason=f"{_target(bullet)} was retired: {why}", at=at)


async def _used(connection: aiosqlite.Connection, proposal: Proposal) -> Bullet:
    """The bullet that a proposal is about.

    Raises:
        BadArgument: there is none in its project, or it is retired.
    """
    bullet = await bullets.get(connection, bullet_number(proposal.target))
    is_of_others = bullet and bullet.project and proposal.project and bullet.project != proposal.project
    if bullet is None or is_of_others:
        raise BadArgument(f"there is no {proposal.target.strip()}", "Name one of this project's playbook: bullet-12.")
    if bullet.status == "retired":
        raise BadArgument(f"{_target(bullet)} is retired: {bullet.reason}", "Propose a new one with `add`.")
    return bullet


async def _active(connection: aiosqlite.Connection, proposal: Proposal) -> Bullet:
    """The bullet that is to be changed.

    Raises:
        BadArgument: there is none, it is retired, or it has not proved itself.
    """
    bullet = await _used(connection, proposal)
    if bullet.status == "proposed":
        raise BadArgument(f"{_target(bullet)} is only proposed", "Wait for its trial, or vote with `adjust`.")
    return bullet


def _target(bullet: Bullet) -> str:
    return bullet_target(bullet.bullet_id)


def _is_named(target: str) -> bool:
    """Whether a target names a bullet, and not a section."""
    try:
        bullet_number(target)
    except BadArgument:
        return False
    return True
