"""The transfer service: journals in and out as JSON lines."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.examination import Examination, examine
from tremaux_tools.core.loop_journal import BadLine, Line, read_lines, write_line
from tremaux_tools.core.observation import Observation
from tremaux_tools.core.record import Record
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.stall import StallSettings
from tremaux_tools.core.words import goal_name, shorten
from tremaux_tools.errors import UnknownItem
from tremaux_tools.outputs import locate, read_text_lines
from tremaux_tools.store import attempts, blobs, goals
from tremaux_tools.store.blobs import Blob
from tremaux_tools.store.database import Database

BATCH = 200  # lines a transaction: other processes may write in between
PAGE = 200  # attempts read at a time for an export
CLIENT = "tremaux journal import"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did with the lines of a file."""

    added: int
    known: int  #: imported before
    skipped: tuple[BadLine, ...]


class Transfer:
    """Moves the journals of one database; `clock` gives Unix seconds, for lines without a time."""

    def __init__(self, database: Database, *, clock: Callable[[], float], redactor: Redactor = PUBLISHED) -> None:
        self._database = database
        self._clock = clock
        self._redactor = redactor

    async def load(self, directory: Path, file: Path, *, goal: str) -> Imported:
        """Add the attempts of a journal file to the goals they name, or to `goal` where they name none.

        A line that holds no attempt is told and passed over; loading a file again adds nothing.

        Raises:
            BadArgument: the file cannot be read.
            StateError: the database cannot be used; the batches before that are stored.
        """
        default = goal_name(goal)
        project = (await git.find_project(directory)).name
        path = await anyio.to_thread.run_sync(lambda: locate(str(file), base=Path.cwd(), roots=None, argument="FILE"))
        lines = await anyio.to_thread.run_sync(lambda: list(read_lines(read_text_lines(path))))
        good = [line for line in lines if isinstance(line, Line)]
        added = 0
        for start in range(0, len(good), BATCH):
            added += await self._add(project, default, good[start : start + BATCH])
        return Imported(added, len(good) - added, tuple(line for line in lines if isinstance(line, BadLine)))

    async def dump(self, directory: Path, goal: str, *, with_outputs: bool) -> AsyncIterator[str]:
        """The attempts at a goal as JSON lines, oldest first.

        Raises:
            UnknownItem: nothing was recorded for the goal.
        """
        name = goal_name(goal)
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, project, name)
            if goal_id is None:
                raise UnknownItem(f"nothing was recorded for goal {name!r}", "`tremaux status` lists the goals.")
            after = 0
            while page := await attempts.following(connection, goal_id, after=after, limit=PAGE):
                for record in page:
                    text, _ = await attempts.output(connection, record.attempt.id) or (None, 0)
                    yield write_line(_fields(name, record) | _output(record, text, wanted=with_outputs))
                after = page[-1].attempt.id

    async def _add(self, project: str, default: str, lines: Sequence[Line]) -> int:
        entries = await anyio.to_thread.run_sync(
            lambda: [(line, *_understood(line, self._clock(), self._redactor)) for line in lines]
        )
        added = 0
        async with self._database.transaction() as connection:
            for line, record, output in entries:
                at = record.attempt.at
                goal_id = await goals.put_goal(connection, project, line.goal or default, at=at)
                if line.attempt_id and await attempts.is_there(connection, goal_id, line.attempt_id, at=at):
                    continue  # it was exported from this very journal
                stored = await attempts.insert(connection, goal_id, record, output, numbered=line.iteration is not None)
                added += stored is not None
        return added


def _understood(line: Line, now: float, redactor: Redactor) -> tuple[Record, Blob | None]:
    """What the journal keeps of a line; without an output its fingerprint alone tells failures apart."""
    seen = None if line.output is None else _examined(line, line.output, redactor)
    record = Record(
        attempt=_attempt(line, seen, now, redactor),
        claimed_gate=line.gate,
        note=shorten(line.note, redactor),
        exit_code=line.exit_code,
        failing_tests=seen.failure.failing_tests if seen else (),
        tests=seen.evidence.tests if seen else None,
        output_bytes=seen.full_bytes if seen else 0,
        client=CLIENT,
        imported_key=line.key,
    )
    return record, blobs.pack(seen.text) if seen and seen.text else None


def _examined(line: Line, output: str, redactor: Redactor) -> Examination:
    return examine(
        (output,),
        claimed=line.gate,
        exit_code=line.exit_code,
        action=line.action,
        settings=StallSettings(),
        redactor=redactor,
    )


def _attempt(line: Line, seen: Examination | None, now: float, redactor: Redactor) -> Attempt:
    return Attempt(
        id=0,
        iteration=line.iteration or 0,
        action=shorten(line.action, redactor),
        gate=Gate(seen.evidence.gate) if seen else line.judged_gate or line.gate,
        observation=seen.observation if seen else Observation.named(line.fingerprint),
        hypothesis=shorten(line.hypothesis, redactor),
        command=shorten(line.command or "", redactor) or None,
        tree=line.tree,
        commit=line.commit,
        reset=line.reset,
        metric=replace(line.metric, name=shorten(line.metric.name, redactor)) if line.metric else None,
        fingerprint=seen.failure.fingerprint if seen else shorten(line.fingerprint, redactor),
        signature=seen.failure.signature if seen else (),
        at=now if line.at is None else line.at,
    )


def _fields(goal: str, record: Record) -> dict[str, Any]:
    attempt = record.attempt
    return {
        "goal": goal,
        "attempt_id": attempt.id,
        "iteration": attempt.iteration,
        "action": attempt.action,
        "hypothesis": attempt.hypothesis,
        "gate": record.claimed_gate.value,
        "judged_gate": attempt.gate.value,
        "exit_code": record.exit_code,
        "metric": asdict(attempt.metric) if attempt.metric else None,
        "fingerprint": attempt.fingerprint,
        "note": record.note,
        "command": attempt.command,
        "commit": attempt.commit,
        "tree": attempt.tree,
        "reset": attempt.reset,
        "ts": datetime.fromtimestamp(attempt.at, UTC).isoformat(),
    }


def _output(record: Record, text: str | None, *, wanted: bool) -> dict[str, str]:
    """The output as a field; none for one that was pruned, which is not the same as an empty one."""
    is_known = text is not None or not record.output_bytes
    return {"output": text or ""} if wanted and is_known else {}
