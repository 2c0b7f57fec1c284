"""Take in what an agent tells of an attempt: read its output, ask git for the work tree, make one record of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.from_thread
import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.examination import Examination, examine, explain_chunks
from tremaux_tools.core.fingerprint import Failure
from tremaux_tools.core.record import Record
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.stall import StallSettings
from tremaux_tools.core.words import MAX_TEXT_CHARS, shorten
from tremaux_tools.errors import BadArgument, GitError
from tremaux_tools.git import Project, State
from tremaux_tools.outputs import locate, read_chunks, readable_roots
from tremaux_tools.store.blobs import Blob, pack

PIECE_CHARS = 1 << 20  # read between two looks at whether the call is still wanted
INLINE_CHARS = 50_000  # a longer output is examined in a worker thread, so other calls go on
_TEXTS = ("action", "hypothesis", "note", "command")


@dataclass(frozen=True, slots=True)
class Taken:
    """An attempt ready to be stored."""

    record: Record
    output: Blob | None
    redactions: int  #: secrets taken out of the output


class Intake:
    """Makes records of entries. `clock` gives Unix seconds, `session` the directory the client works in."""

    def __init__(
        self, *, clock: Callable[[], float], session: Callable[[], Path], redactor: Redactor = PUBLISHED
    ) -> None:
        self._clock = clock
        self._redactor = redactor
        self._session = session

    async def take(self, entry: Entry, project: Project, settings: StallSettings) -> Taken:
        """Examine the entry's output and ask for the state of the work tree.

        Raises:
            BadArgument: two outputs are given, or the file with it cannot be read.
        """
        if entry.output and entry.output_path:
            raise BadArgument("both gate_output and gate_output_path are given", "Pass one of them.")
        chunks: Iterable[str] = (entry.output,)
        if entry.output_path is not None:
            chunks = await self._open(entry.output_path, project, "gate_output_path", anywhere=entry.path_anywhere)
        state, trouble = await self._state(project, entry)

        def work() -> tuple[Examination, Blob | None]:
            seen = examine(
                chunks,
                claimed=entry.gate,
                exit_code=entry.exit_code,
                action=self._shorten(entry.action),
                settings=settings,
                redactor=self._redactor,
            )
            return seen, pack(seen.text) if seen.text else None

        is_small = entry.output_path is None and len(entry.output) <= INLINE_CHARS
        if is_small:
            seen, output = work()
        else:
            chunks = _while_wanted(chunks)
            seen, output = await anyio.to_thread.run_sync(work)
        warnings = (*seen.evidence.warnings, *trouble, *_cuts(entry))
        return Taken(self._record(entry, seen, state, warnings), output, seen.redactions)

    async def explain(
        self, project: Project, *, text: str | None, path: str | None, exit_code: int | None, anywhere: bool
    ) -> Failure:
        """Name a failure without recording it; a person may name a file `anywhere`.

        Raises:
            BadArgument: both or neither of `text` and `path`, or the file cannot be read.
        """
        if (text is None) == (path is None):
            raise BadArgument("pass either text or path", "Give one of the two.")
        chunks = (text or "",) if path is None else await self._open(path, project, "path", anywhere=anywhere)
        return await anyio.to_thread.run_sync(explain_chunks, _while_wanted(chunks), exit_code, self._redactor)

    async def _open(self, name: str, project: Project, argument: str, *, anywhere: bool) -> Iterable[str]:
        def find() -> Path:
            is_repository = project.git_dir is not None
            roots = readable_roots(project.root, is_repository=is_repository, session=self._session())
            return locate(name, base=project.root, roots=None if anywhere else roots, argument=argument)

        return read_chunks(await anyio.to_thread.run_sync(find))

    async def _state(self, project: Project, entry: Entry) -> tuple[State, tuple[str, ...]]:
        """The work tree's state; git trouble is a warning, never a reason to lose the attempt."""
        try:
            state = await git.state(project, with_tree=entry.tree is None)
        except GitError as error:
            return State(None, entry.tree), (f"the work tree's state is unknown: {error}",)
        return (state if entry.tree is None else replace(state, tree=self._shorten(entry.tree))), ()

    def _record(self, entry: Entry, seen: Examination, state: State, warnings: tuple[str, ...]) -> Record:
        attempt = Attempt(
            id=0,  # given by the store, as is an iteration that the entry leaves open
            iteration=entry.iteration or 0,
            action=self._shorten(entry.action),
            gate=Gate(seen.evidence.gate),
            observation=seen.observation,
            hypothesis=self._shorten(entry.hypothesis),
            command=self._shorten(entry.command or "") or None,
            tree=state.tree,
            commit=state.commit,
            reset=entry.reset,
            metric=replace(entry.metric, name=self._shorten(entry.metric.name)) if entry.metric else None,
            fingerprint=seen.failure.fingerprint,
            signature=seen.failure.signature,
            at=self._clock(),
        )
        return Record(
            attempt=attempt,
            claimed_gate=entry.gate,
            note=self._shorten(entry.note),
            exit_code=entry.exit_code,
            failing_tests=seen.failure.failing_tests,
            tests=seen.evidence.tests,
            warnings=warnings,
            output_bytes=seen.full_bytes,
            client=self._shorten(entry.client),
            agent=self._shorten(entry.agent),
        )

    def _shorten(self, text: str) -> str:
        return shorten(text, self._redactor)


def _while_wanted(chunks: Iterable[str]) -> Iterator[str]:
    """The chunks, in pieces, for a worker thread to read until its call is cancelled."""
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_CHARS):
            anyio.from_thread.check_cancelled()
            yield chunk[start : start + PIECE_CHARS]


def _cuts(entry: Entry) -> tuple[str, ...]:
    long = (name for name in _TEXTS if len(getattr(entry, name) or "") > MAX_TEXT_CHARS)
    return tuple(f"{name} was cut to {MAX_TEXT_CHARS} characters" for name in long)
