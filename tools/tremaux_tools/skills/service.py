"""The skills service."""

import os.path
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiosqlite
import anyio.to_thread

from tremaux_tools import feedback, git
from tremaux_tools.core.confidence import JUDGED, USED
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.skills.new_task import NewTask
from tremaux_tools.core.skills.profile import Fading, Listed, Profile
from tremaux_tools.core.skills.recommendation import MAX_ITEMS, Rated, Recommendation, Recorded, Trace
from tremaux_tools.core.uplift import HOLDOUT_SHARE
from tremaux_tools.core.words import shorten
from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.git import Project
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.skills import profiling, recording
from tremaux_tools.skills.judgement import Judgement
from tremaux_tools.skills.recommending import Asked, Recommender
from tremaux_tools.skills.tracing import trace
from tremaux_tools.store import learnings, outcomes, recommendations
from tremaux_tools.store.database import Database
from tremaux_tools.store.learnings import Learnt
from tremaux_tools.store.outcomes import Outcome
from tremaux_tools.store.recommendations import Kept

MAX_PROMPT = 100_000  # characters; retrieval reads the first thousands
MAX_PROJECT = 500  # characters of the name of a project that is not here
MAX_SHOWN = 80  # characters of a wrong argument


class Skills:
    """Recommends learnings and learns from what came of them. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        retrieval: Retrieval,
        *,
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
        holdout: float = HOLDOUT_SHARE,
        live_settings: LiveSettings | None = None,
    ) -> None:
        """`holdout` is the share of tasks, in [0, 0.5], from which the answer is kept back to compare; 0 for none."""
        self._database = database
        self._clock = clock
        self._redactor = redactor
        self._recommender = Recommender(
            database,
            retrieval,
            clock=clock,
            redactor=redactor,
            holdout=holdout,
            live_settings=live_settings or LiveSettings(database, clock=clock),
        )

    async def recommend(
        self,
        directory: Path | Project,
        prompt: str,
        *,
        limit: int = MAX_ITEMS,
        include_other_projects: bool = True,
        subject: str = "",
        lot: str = "",
    ) -> Recommendation:
        """Find the learnings that should help with a task, and what failed in such a situation.

        At most `limit` and as many as `skills.recommended` says, none where nothing stands out. `subject` names the
        run of a ticket whose prompt carries the answer; `lot` decides whether it is kept back to compare, the same
        always alike (default: the prompt).

        Raises:
            BadArgument: the prompt has no words, or is longer than `MAX_PROMPT` characters.
        """
        if not prompt.strip():
            raise BadArgument("the prompt is empty", "Say what is to be done, as you would to a colleague.")
        if len(prompt) > MAX_PROMPT:
            raise BadArgument(f"the prompt has {len(prompt):,} characters", f"Give at most {MAX_PROMPT:,}.")
        if limit < 1:
            raise BadArgument(f"limit is {limit}", f"Use 1 to {MAX_ITEMS}.")
        project = directory if isinstance(directory, Project) else await git.find_project(directory)
        asked = Asked(
            prompt=prompt, limit=limit, include_other_projects=include_other_projects, subject=subject, lot=lot
        )
        return await self._recommender.recommend(project, asked)

    async def rate(
        self, recommendation_id: int, skill: str, *, helped: bool, note: str = "", by_person: bool = False
    ) -> Rated:
        """Say whether a recommended learning helped; the newer word on it counts, a person's more than an agent's.

        Raises:
            UnknownItem: there is no such recommendation, or no such skill in it.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            (kept,) = await feedback.known(connection, [recommendation_id])
            learning = await _recommended(connection, kept, skill)
            before = await self._judge(connection, [learning.entity_id], kept, at=now)
            outcome = Outcome(
                entity_id=learning.entity_id,
                project_id=kept.project_id,
                source=feedback.source_of(kept),
                kind="rated",
                passed=helped,
                weight=JUDGED if by_person else USED,
                note=shorten(note, self._redactor),
            )
            await outcomes.put(connection, [outcome], at=now)
            await feedback.review(connection, {learning.entity_id}, project_id=kept.project_id, at=now)
            after = await self._judge(connection, [learning.entity_id], kept, at=now)
        return Rated(
            learning.title, learning.name, before.confidence(learning.entity_id), after.confidence(learning.entity_id)
        )

    async def record(self, directory: Path, task: NewTask, qa_results: Mapping[str, Any]) -> Recorded:
        """Take a finished task in: what it teaches if its quality check passed, what to avoid if it failed.

        It belongs to the project of `directory`, unless it names another: by a directory, or by a name of its own if
        it was finished on another machine.

        Raises:
            BadArgument: a field makes no sense; nothing was recorded.
        """
        project = (await git.find_project(directory)).name if task.project is None else await _named_by(task.project)
        return await recording.record(
            self._database, project, task, qa_results, at=self._clock(), redactor=self._redactor
        )

    async def profile(self, directory: Path | None) -> Profile:
        """What was learnt in a project, or in all with None, and how it fares."""
        name = (await git.find_project(directory)).name if directory else None
        async with self._database.snapshot() as connection:
            return await profiling.profile(connection, name, at=self._clock())

    async def learnings(self, directory: Path | None, limit: int) -> list[Listed]:
        """The learnings of a project, or of all with None, that can be recommended; the best first."""
        name = (await git.find_project(directory)).name if directory else None
        async with self._database.snapshot() as connection:
            return await profiling.listed(connection, name, limit=limit, at=self._clock())

    async def fading(self, directory: Path | None) -> list[Fading]:
        """The learnings that outcomes speak against or that nobody was shown for long, the worst first."""
        name = (await git.find_project(directory)).name if directory else None
        async with self._database.snapshot() as connection:
            return await profiling.fading(connection, name, at=self._clock())

    async def trace(self, recommendation_id: int) -> Trace:
        """Where a recommendation came from and what came of it.

        Raises:
            UnknownItem: there is none of that id.
        """
        async with self._database.snapshot() as connection:
            (kept,) = await feedback.known(connection, [recommendation_id])
            return await trace(connection, kept)

    async def _judge(
        self, connection: aiosqlite.Connection, entity_ids: Collection[int], kept: Kept, *, at: float
    ) -> Judgement:
        return await Judgement.read(connection, entity_ids, project_id=kept.project_id, at=at)


async def _named_by(told: str) -> str:
    """The name of the project that an agent tells of."""
    if Path(told).is_absolute() and await anyio.to_thread.run_sync(os.path.isdir, told):
        return (await git.find_project(Path(told))).name
    if not told.strip() or len(told) > MAX_PROJECT or not told.isprintable():
        raise BadArgument(
            f"project {told[:MAX_SHOWN]!r} is no name",
            f"Use an absolute directory, or one printable line of 1 to {MAX_PROJECT} characters.",
        )
    return told


async def _recommended(connection: aiosqlite.Connection, kept: Kept, skill: str) -> Learnt:
    """The learning of a recommendation that `skill` names: by its words, their beginning, or the entity's name."""
    given = await recommendations.learnings(connection, kept.recommendation_id)
    learnt = await learnings.some(connection, [each.entity_id for each in given])
    shown = [learnt[each.entity_id] for each in given if each.entity_id in learnt]  # a title names the best of its kind
    found = _named(shown, skill.strip().casefold())
    if found is None or kept.withheld:
        names = ", ".join(repr(each.title) for each in shown) if not kept.withheld else ""
        raise UnknownItem(
            f"recommendation {kept.recommendation_id} has no skill {skill[:MAX_SHOWN]!r}",
            f"It has {names}." if names else "Nothing was shown in it, so there is nothing to rate.",
        )
    return found


def _named(learnt: Sequence[Learnt], wanted: str) -> Learnt | None:
    """The learning of that name or those words; else the only one whose words begin like that."""
    for each in learnt:
        if wanted in (each.title.casefold(), each.name.casefold()):
            return each
    alike = [each for each in learnt if wanted and each.title.casefold().startswith(wanted)]
    return alike[0] if len(alike) == 1 else None
