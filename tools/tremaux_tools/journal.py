"""The journal service: remember what was tried, and tell when it goes in circles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiosqlite
import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.changes import Changes
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.fingerprint import Failure
from tremaux_tools.core.learning.subjects import goal_subject
from tremaux_tools.core.lessons import lessons
from tremaux_tools.core.playbook import line
from tremaux_tools.core.record import Goal, Record
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.settings.registry import STALL
from tremaux_tools.core.stall import StallSettings, Verdict, judge
from tremaux_tools.core.words import goal_name, shorten
from tremaux_tools.errors import BadArgument, GitError, UnknownItem
from tremaux_tools.git import Project, State
from tremaux_tools.intake import Intake
from tremaux_tools.live_settings import LiveSettings, Reading
from tremaux_tools.playbook import Playbook
from tremaux_tools.store import attempts, exposures, goals
from tremaux_tools.store.database import Database
from tremaux_tools.store.windows import Windows

MAX_RESOLVED = 20  # fingerprints listed as resolved
_UNTRACKED = Changes(None, None, (), "", (), "this directory is in no git repository, so changes are not tracked")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An attempt as it was stored, and the judgement after it."""

    goal: str
    record: Record
    seen_before: int  #: earlier attempts of the goal with the same fingerprint
    redactions: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where a goal stands."""

    goal: str
    attempts: int
    last_gate: Gate | None
    verdict: Verdict
    resolved: tuple[str, ...]
    live: Attempt | None  #: the newest attempt when it failed
    lessons: tuple[str, ...]
    changes: Changes | None
    playbook: tuple[str, ...] = ()  #: what workers of the project are told, the best first


class Journal:
    """Durable attempt memory of all projects in one database.

    `settings_of` gives the fields of `StallSettings` that the project rooted at a directory sets itself; the others are
    what the live settings are for the goal at hand. Without a `playbook` a goal is resumed without its advice.
    """

    def __init__(
        self,
        database: Database,
        intake: Intake,
        *,
        clock: Callable[[], float],
        settings_of: Callable[[Path], Mapping[str, Any]] = lambda _: {},
        redactor: Redactor = PUBLISHED,
        live_settings: LiveSettings | None = None,
        playbook: Playbook | None = None,
    ) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock
        self._settings_of = settings_of
        self._redactor = redactor
        self._live_settings = live_settings or LiveSettings(database, clock=clock)
        self._playbook = playbook
        self._windows = Windows()

    async def record(self, directory: Path, entry: Entry) -> Recorded:
        """Store an attempt and judge the goal with it; that of a job is stored once, however often it is told.

        All or nothing: when this raises, or is cancelled before it returns, no half of it is stored.

        Raises:
            BadArgument: an argument makes no sense.
            StateError: the database cannot be used.
        """
        goal_name(entry.goal)  # refuses what is no name
        return await self._record(*await self._work(directory), entry)

    async def record_run(self, project: Project, entry: Entry) -> Recorded:
        """Store what a worker did in a project that is known; as `record`, whatever the worker left of its files.

        Raises:
            StateError: the database cannot be used.
        """
        try:
            own = await anyio.to_thread.run_sync(self._settings_of, project.root)
        except BadArgument:  # it may have spoilt them: no reason to lose what it did
            own = {}
        return await self._record(project, own, entry)

    async def _record(self, project: Project, own: Mapping[str, Any], entry: Entry) -> Recorded:
        goal = goal_name(entry.goal)
        taken = await self._intake.take(entry, project, StallSettings(**own))
        async with self._database.transaction() as connection:
            there = None if entry.job_id is None else await attempts.of_job(connection, entry.job_id)
            if there:  # somebody else has told of this job
                goal_id, goal, stored = there
                settings, _ = await self._thresholds(connection, own, await _subject(connection, goal_id))
            else:
                goal_id = await goals.put_goal(connection, project.name, goal, at=taken.record.attempt.at)
                await goals.reopen(connection, goal_id)
                subject = await _subject(connection, goal_id)
                settings, readings = await self._thresholds(connection, own, subject)
                await self._live_settings.expose(connection, readings, subject)
                numbered = entry.iteration is not None
                new = await attempts.insert(connection, goal_id, taken.record, taken.output, numbered=numbered)
                assert new is not None  # only imported lines can be there already
                stored = new
                if stored.attempt.gate is Gate.PASS:
                    await self._settle(connection, subject)
            window = await self._windows.read(connection, goal_id)
            times = await attempts.seen_before(connection, goal_id, stored.attempt)
        return Recorded(goal, stored, times, taken.redactions, judge(window, settings))

    async def recorded(self, directory: Path, job_id: int) -> Recorded | None:
        """The attempt that a job was recorded as, and how its goal is judged now; None where there is none."""
        _, own = await self._work(directory)
        async with self._database.snapshot() as connection:
            found = await attempts.of_job(connection, job_id)
            if found is None:
                return None
            goal_id, goal, record = found
            settings, _ = await self._thresholds(connection, own, await _subject(connection, goal_id))
            window = await self._windows.read(connection, goal_id)
            times = await attempts.seen_before(connection, goal_id, record.attempt)
        return Recorded(goal, record, times, 0, judge(window, settings))

    async def check(self, directory: Path, goal: str, *, repeats: int | None = None) -> Verdict:
        """Judge a goal as it stands; `repeats` overrides how many equal failures are a stall."""
        project, own = await self._work(directory)
        tried, settings = await self._judged(project, own, goal_name(goal))
        return judge(tried, _with_repeats(settings, repeats))

    async def resume(self, directory: Path, goal: str) -> Resumed:
        """Tell where a goal stands: what every turn starts with."""
        name = goal_name(goal)
        project, own = await self._work(directory)
        tried, settings = await self._judged(project, own, name)
        total, resolved = await self._totals(project, name)
        return Resumed(
            goal=name,
            attempts=total,
            last_gate=tried[-1].gate if tried else None,
            verdict=judge(tried, settings),
            resolved=resolved,
            live=tried[-1] if tried and tried[-1].gate is Gate.FAIL else None,
            lessons=lessons(tried),
            changes=await _changes(project, tried) if tried else None,
            playbook=tuple(map(line, await self._playbook.told(project.name))) if self._playbook else (),
        )

    async def changes_since(self, directory: Path, goal: str) -> Changes:
        """What changed since the goal's last attempt; outside git its summary says so.

        Raises:
            GitError: git refused or took too long.
        """
        project, _ = await self._work(directory)
        tried = await self._tried(project, goal_name(goal))
        return await git.changes(project, _last_state(tried)) or _UNTRACKED

    async def list_attempts(
        self, directory: Path, goal: str, *, limit: int, offset: int = 0
    ) -> tuple[list[Record], int]:
        """A page of a goal's attempts, newest first, and how many there are in all."""
        project, _ = await self._work(directory)
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, project.name, goal_name(goal))
            if goal_id is None:
                return [], 0
            page = await attempts.newest(connection, goal_id, limit=limit, offset=offset)
            return page, await attempts.count(connection, goal_id)

    async def list_goals(self, directory: Path) -> list[Goal]:
        """The project's goals, the latest worked on first."""
        project, _ = await self._work(directory)
        async with self._database.snapshot() as connection:
            return await goals.list_goals(connection, project.name)

    async def goal_names(self, directory: Path, prefix: str, *, limit: int) -> list[str]:
        """Names of goals that begin with `prefix`, for completion."""
        project, _ = await self._work(directory)
        async with self._database.snapshot() as connection:
            return await goals.goal_names(connection, project.name, prefix, limit=limit)

    async def close_goal(self, directory: Path, goal: str, outcome: str, note: str) -> Goal:
        """Mark a goal as done with; a later attempt opens it again.

        No gate says so, whatever `outcome` is: for the thresholds on trial the goal counts neither way.

        Raises:
            UnknownItem: nothing was ever recorded for it.
        """
        name = goal_name(goal)
        project, _ = await self._work(directory)
        async with self._database.transaction() as connection:
            goal_id = await goals.find_goal(connection, project.name, name)
            if goal_id is None:
                raise UnknownItem(f"nothing was recorded for goal {name!r}", "List the known goals with list_goals.")
            told = (shorten(text, self._redactor) for text in (outcome, note))
            await goals.close(connection, goal_id, *told, at=self._clock())
            await exposures.drop(connection, await _subject(connection, goal_id))
            return next(g for g in await goals.list_goals(connection, project.name) if g.name == name)

    async def output(self, attempt_id: int) -> str:
        """The kept output of an attempt.

        Raises:
            UnknownItem: there is no such attempt, or its output was pruned.
        """
        async with self._database.snapshot() as connection:
            found = await attempts.output(connection, attempt_id)
        if found is None:
            raise UnknownItem(f"there is no attempt {attempt_id}", "List the attempts of a goal with list_attempts.")
        text, size = found
        if text is None and size:
            raise UnknownItem(f"the output of attempt {attempt_id} was pruned", "Run the gate again.")
        return text or ""

    async def explain(
        self,
        directory: Path,
        *,
        text: str | None = None,
        path: str | None = None,
        exit_code: int | None = None,
        anywhere: bool = False,
    ) -> Failure:
        """Name a failure without recording it; a person may name a file `anywhere`.

        Raises:
            BadArgument: both or neither of `text` and `path`, or the file cannot be read.
        """
        project, _ = await self._work(directory)
        return await self._intake.explain(project, text=text, path=path, exit_code=exit_code, anywhere=anywhere)

    async def _work(self, directory: Path) -> tuple[Project, Mapping[str, Any]]:
        project = await git.find_project(directory)
        return project, await anyio.to_thread.run_sync(self._settings_of, project.root)

    async def _tried(self, project: Project, goal: str) -> list[Attempt]:
        """The attempts a judgement looks at, oldest first."""
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, project.name, goal)
            return await self._windows.read(connection, goal_id) if goal_id else []

    async def _judged(self, project: Project, own: Mapping[str, Any], goal: str) -> tuple[list[Attempt], StallSettings]:
        """The attempts that a judgement looks at, oldest first, and the thresholds that it goes by."""
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, project.name, goal)
            if goal_id is None:
                return [], (await self._thresholds(connection, own, ""))[0]
            settings, _ = await self._thresholds(connection, own, await _subject(connection, goal_id))
            return await self._windows.read(connection, goal_id), settings

    async def _thresholds(
        self, connection: aiosqlite.Connection, own: Mapping[str, Any], subject: str
    ) -> tuple[StallSettings, Mapping[str, Reading]]:
        """The thresholds for a goal, and the readings among them: what the project sets itself is not looked up."""
        wanted = [setting for field, setting in STALL.items() if field not in own]
        readings = await self._live_settings.read(connection, wanted, subject=subject)
        live = {field: readings[setting.name].value for field, setting in STALL.items() if field not in own}
        return StallSettings(**live, **own), readings

    async def _settle(self, connection: aiosqlite.Connection, subject: str) -> None:
        """Let a pass count for the thresholds that its goal was judged by."""
        began = await exposures.began(connection, subject)
        if began is not None:
            now = self._clock()
            await exposures.settle(connection, subject, passed=True, seconds=now - began, at=now)

    async def _totals(self, project: Project, goal: str) -> tuple[int, tuple[str, ...]]:
        """How many attempts a goal has, and the fingerprints not met since its last pass."""
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, project.name, goal)
            if goal_id is None:
                return 0, ()
            resolved = await attempts.resolved(connection, goal_id, limit=MAX_RESOLVED)
            return await attempts.count(connection, goal_id), tuple(resolved)


async def _subject(connection: aiosqlite.Connection, goal_id: int) -> str:
    """What a goal is called in the trials of thresholds until its next pass."""
    return goal_subject(goal_id, await attempts.passes(connection, goal_id))


async def _changes(project: Project, tried: list[Attempt]) -> Changes | None:
    try:
        return await git.changes(project, _last_state(tried))
    except GitError:
        return None  # a resume without its delta is still a resume


def _last_state(tried: list[Attempt]) -> State:
    return State(tried[-1].commit, tried[-1].tree) if tried else State(None, None)


def _with_repeats(settings: StallSettings, repeats: int | None) -> StallSettings:
    try:
        return settings if repeats is None else replace(settings, repeats=repeats)
    except ValueError as error:
        raise BadArgument(f"k does not fit: {error}", "Leave k out for the project's own setting.") from error
