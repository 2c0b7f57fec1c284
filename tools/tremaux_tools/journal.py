"""The journal service: remember what was tried, and tell when it goes in circles."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.attempt import Attempt, Gate, Metric
from tremaux_tools.core.changes import Changes
from tremaux_tools.core.examination import Examination, examine, explain_chunks
from tremaux_tools.core.fingerprint import Failure
from tremaux_tools.core.lessons import lessons
from tremaux_tools.core.record import Goal, Record
from tremaux_tools.core.stall import WINDOW, StallSettings, Verdict, judge
from tremaux_tools.core.words import MAX_TEXT_CHARS, goal_name, shorten
from tremaux_tools.errors import BadArgument, GitError, UnknownItem
from tremaux_tools.git import Project, State
from tremaux_tools.outputs import locate, read_chunks, readable_roots
from tremaux_tools.store import attempts, blobs, goals
from tremaux_tools.store.database import Database

MAX_RESOLVED = 20  # fingerprints listed as resolved
_UNTRACKED = Changes(None, None, (), "", (), "this directory is in no git repository, so changes are not tracked")
INLINE_CHARS = 50_000  # a longer output is examined in a worker thread, so other calls go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an agent tells of one attempt. Either `output` or `output_path`; texts may be of any length."""

    action: str
    gate: Gate
    output: str = ""
    output_path: str | None = None
    path_anywhere: bool = False  #: a person named the file, so it may lie outside the project
    exit_code: int | None = None
    command: str | None = None
    hypothesis: str = ""
    goal: str = "default"
    iteration: int | None = None  #: None: one more than the goal's last
    note: str = ""
    tree: str | None = None  #: None: asked from git
    reset: bool = False
    metric: Metric | None = None
    client: str = ""
    agent: str = ""


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


class Journal:
    """Durable attempt memory of all projects in one database.

    `clock` gives Unix seconds; `settings_of` the stall settings of the project rooted at a directory,
    `session` the directory the client works in.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float],
        settings_of: Callable[[Path], StallSettings] = lambda _: StallSettings(),
        session: Callable[[], Path] = Path.cwd,
    ) -> None:
        self._session = session
        self._database = database
        self._clock = clock
        self._settings_of = settings_of

    async def record(self, directory: Path, entry: Entry) -> Recorded:
        """Store an attempt and judge the goal with it.

        All or nothing: when this raises, or is cancelled before it returns, no half of it is stored.

        Raises:
            BadArgument: an argument makes no sense.
            StateError: the database cannot be used.
        """
        goal = goal_name(entry.goal)
        if entry.output and entry.output_path:
            raise BadArgument("both gate_output and gate_output_path are given", "Pass one of them.")
        project, settings = await self._work(directory)
        chunks: Iterable[str] = (entry.output,)
        if entry.output_path is not None:
            chunks = await self._open(entry.output_path, project, "gate_output_path", anywhere=entry.path_anywhere)
        state, notes = await self._state(project, entry)
        seen = await _examine(chunks, entry, settings)
        record, more = self._record(entry, seen, state)
        record = replace(record, warnings=(*seen.evidence.warnings, *notes, *more))
        output = await anyio.to_thread.run_sync(_pack, seen) if seen.text else None
        async with self._database.transaction() as connection:
            goal_id = await goals.put_goal(connection, str(project.path), goal, at=record.attempt.at)
            await goals.reopen(connection, goal_id)
            stored = await attempts.insert(connection, goal_id, record, output, numbered=entry.iteration is not None)
            assert stored is not None  # only imported lines can be there already
            window = await attempts.newest(connection, goal_id, limit=WINDOW)
            fingerprint = stored.attempt.fingerprint
            times = (
                await attempts.seen_before(connection, goal_id, fingerprint, stored.attempt.id) if fingerprint else 0
            )
        return Recorded(goal, stored, times, seen.redactions, judge(_oldest_first(window), settings))

    async def check(self, directory: Path, goal: str, *, repeats: int | None = None) -> Verdict:
        """Judge a goal as it stands; `repeats` overrides how many equal failures are a stall."""
        project, settings = await self._work(directory)
        window, _ = await self._window(project, goal_name(goal))
        return judge(_oldest_first(window), _with_repeats(settings, repeats))

    async def resume(self, directory: Path, goal: str) -> Resumed:
        """Tell where a goal stands: what every turn starts with."""
        name = goal_name(goal)
        project, settings = await self._work(directory)
        window, total = await self._window(project, name)
        tried = _oldest_first(window)
        return Resumed(
            goal=name,
            attempts=total,
            last_gate=tried[-1].gate if tried else None,
            verdict=judge(tried, settings),
            resolved=await self._resolved(project, name),
            live=tried[-1] if tried and tried[-1].gate is Gate.FAIL else None,
            lessons=lessons(tried),
            changes=await self._changes(project, window),
        )

    async def changes_since(self, directory: Path, goal: str) -> Changes:
        """What changed since the goal's last attempt; outside git its summary says so.

        Raises:
            GitError: git refused or took too long.
        """
        project, _ = await self._work(directory)
        window, _ = await self._window(project, goal_name(goal), limit=1)
        return await git.changes(project, _state_of(window)) or _UNTRACKED

    async def list_attempts(
        self, directory: Path, goal: str, *, limit: int, offset: int = 0
    ) -> tuple[list[Record], int]:
        """A page of a goal's attempts, newest first, and how many there are in all."""
        project, _ = await self._work(directory)
        return await self._window(project, goal_name(goal), limit=limit, offset=offset)

    async def list_goals(self, directory: Path) -> list[Goal]:
        """The project's goals, the latest worked on first."""
        project, _ = await self._work(directory)
        async with self._database.snapshot() as connection:
            return await goals.list_goals(connection, str(project.path))

    async def goal_names(self, directory: Path, prefix: str, *, limit: int) -> list[str]:
        """Names of goals that begin with `prefix`, for completion."""
        project, _ = await self._work(directory)
        async with self._database.snapshot() as connection:
            return await goals.goal_names(connection, str(project.path), prefix, limit=limit)

    async def close_goal(self, directory: Path, goal: str, outcome: str, note: str) -> Goal:
        """Mark a goal as done with; a later attempt opens it again.

        Raises:
            UnknownItem: nothing was ever recorded for it.
        """
        name = goal_name(goal)
        project, _ = await self._work(directory)
        async with self._database.transaction() as connection:
            goal_id = await goals.find_goal(connection, str(project.path), name)
            if goal_id is None:
                raise _unknown_goal(name)
            await goals.close(connection, goal_id, shorten(outcome), shorten(note), at=self._clock())
            return next(g for g in await goals.list_goals(connection, str(project.path)) if g.name == name)

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
        """Name a failure without recording it; `anywhere` as in `locate`.

        Raises:
            BadArgument: both or neither of `text` and `path`, or the file cannot be read.
        """
        if (text is None) == (path is None):
            raise BadArgument("pass either text or path", "Give one of the two.")
        project = await git.find_project(directory)
        chunks = (text or "",) if path is None else await self._open(path, project, "path", anywhere=anywhere)
        return await anyio.to_thread.run_sync(lambda: explain_chunks(chunks, exit_code))

    async def _work(self, directory: Path) -> tuple[Project, StallSettings]:
        if not await anyio.Path(directory).is_dir():
            raise BadArgument(f"project {str(directory)!r} is no directory", "Name a directory inside the project.")
        project = await git.find_project(directory)
        return project, await anyio.to_thread.run_sync(self._settings_of, project.root)

    async def _open(self, name: str, project: Project, argument: str, *, anywhere: bool) -> Iterable[str]:
        def find() -> Path:
            is_repository = project.git_dir is not None
            roots = readable_roots(project.root, is_repository=is_repository, session=self._session())
            return locate(name, base=project.root, roots=None if anywhere else roots, argument=argument)

        return read_chunks(await anyio.to_thread.run_sync(find))

    async def _state(self, project: Project, entry: Entry) -> tuple[State, tuple[str, ...]]:
        """The work tree's state; git trouble is a note, never a reason to lose the attempt."""
        try:
            state = await git.state(project, with_tree=entry.tree is None)
        except GitError as error:
            return State(None, entry.tree), (f"the work tree's state is unknown: {error}",)
        return (state if entry.tree is None else replace(state, tree=shorten(entry.tree))), ()

    def _record(self, entry: Entry, seen: Examination, state: State) -> tuple[Record, tuple[str, ...]]:
        texts = {name: getattr(entry, name) or "" for name in ("action", "hypothesis", "note", "command")}
        cut = [
            f"{name} was cut to {MAX_TEXT_CHARS} characters"
            for name, text in texts.items()
            if len(text) > MAX_TEXT_CHARS
        ]
        short = {name: shorten(text) for name, text in texts.items()}
        attempt = Attempt(
            id=0,
            iteration=entry.iteration or 0,
            action=short["action"],
            gate=Gate(seen.evidence.gate),
            observation=seen.observation,
            hypothesis=short["hypothesis"],
            command=short["command"] or None,
            tree=state.tree,
            commit=state.commit,
            reset=entry.reset,
            metric=entry.metric,
            fingerprint=seen.failure.fingerprint,
            signature=seen.failure.signature,
            at=self._clock(),
        )
        record = Record(
            attempt=attempt,
            claimed_gate=entry.gate,
            note=short["note"],
            exit_code=entry.exit_code,
            failing_tests=seen.failure.failing_tests,
            tests=seen.evidence.tests,
            output_bytes=seen.full_bytes,
            client=shorten(entry.client),
            agent=shorten(entry.agent),
        )
        return record, tuple(cut)

    async def _window(
        self, project: Project, goal: str, *, limit: int = WINDOW, offset: int = 0
    ) -> tuple[list[Record], int]:
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, str(project.path), goal)
            if goal_id is None:
                return [], 0
            window = await attempts.newest(connection, goal_id, limit=limit, offset=offset)
            return window, await attempts.count(connection, goal_id)

    async def _resolved(self, project: Project, goal: str) -> tuple[str, ...]:
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, str(project.path), goal)
            return tuple(await attempts.resolved(connection, goal_id, limit=MAX_RESOLVED)) if goal_id else ()

    async def _changes(self, project: Project, window: list[Record]) -> Changes | None:
        if not window:
            return None
        try:
            return await git.changes(project, _state_of(window))
        except GitError:
            return None  # a resume without its delta is still a resume


async def _examine(chunks: Iterable[str], entry: Entry, settings: StallSettings) -> Examination:
    def work() -> Examination:
        return examine(
            chunks,
            claimed=entry.gate,
            exit_code=entry.exit_code,
            action=shorten(entry.action),
            settings=settings,
        )

    small = entry.output_path is None and len(entry.output) <= INLINE_CHARS
    return work() if small else await anyio.to_thread.run_sync(work)


def _pack(seen: Examination) -> blobs.Blob:
    return blobs.pack(seen.text, full_bytes=seen.full_bytes)


def _with_repeats(settings: StallSettings, repeats: int | None) -> StallSettings:
    try:
        return settings if repeats is None else replace(settings, repeats=repeats)
    except ValueError as error:
        raise BadArgument(f"k does not fit: {error}", "Leave k out for the project's own setting.") from error


def _oldest_first(window: list[Record]) -> list[Attempt]:
    return [record.attempt for record in reversed(window)]


def _state_of(window: list[Record]) -> State:
    return State(window[0].attempt.commit, window[0].attempt.tree) if window else State(None, None)


def _unknown_goal(name: str) -> UnknownItem:
    return UnknownItem(f"nothing was recorded for goal {name!r}", "List the known goals with list_goals.")
