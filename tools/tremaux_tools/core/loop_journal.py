"""Read and write journals as JSON lines: one attempt a line.

The fields of other tools' `loop_journal.jsonl` (iteration, action, hypothesis, gate, fingerprint, note, commit, ts) are
a subset of ours, so such a file imports as it is.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from tremaux_tools.core.attempt import Gate, Metric
from tremaux_tools.core.words import goal_name
from tremaux_tools.errors import BadArgument

_NAME = re.compile(r"[\w:.-]{1,80}", re.ASCII)
MAX_LINE_CHARS = 16 << 20  # an exported output has up to 8 MiB
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One attempt of a journal file."""

    number: int  #: of the line, from 1
    key: str  #: the same for the same line of the same file, so a second import adds nothing
    action: str
    gate: Gate
    iteration: int | None = None
    hypothesis: str = ""
    fingerprint: str = ""
    note: str = ""
    commit: str | None = None
    at: float | None = None  #: Unix seconds
    goal: str | None = None
    command: str | None = None
    tree: str | None = None
    reset: bool = False
    attempt_id: int | None = None  #: in the journal it was exported from
    judged_gate: Gate | None = None  #: as judged by an output that is not in the file
    exit_code: int | None = None
    metric: Metric | None = None
    output: str | None = None  #: None: not in the file


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that holds no attempt, and why."""

    number: int
    why: str


def read_lines(lines: Iterable[str]) -> Iterator[Line | BadLine]:
    """Parse a journal; a bad line is told and the next one read. Empty lines are passed over."""
    times_seen: dict[str, int] = {}
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        nth = times_seen[text] = times_seen.get(text, 0) + 1
        try:
            yield _line(number, text, key=sha256(f"{nth}:{text.strip()}".encode("utf-8", "replace")).hexdigest()[:32])
        except ValueError as error:
            yield BadLine(number, str(error))


def _line(number: int, text: str, *, key: str) -> Line:
    if len(text) > MAX_LINE_CHARS:
        raise ValueError(f"the line is longer than {MAX_LINE_CHARS} characters")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("the line is no JSON") from error
    if not isinstance(fields, dict):
        raise ValueError("the line is no JSON object")  # noqa: TRY004  one kind of error for one kind of fault
    return Line(
        number=number,
        key=key,
        action=_text(fields, "action"),
        gate=_gate(fields),
        iteration=_whole(fields, "iteration", least=0),
        hypothesis=_text(fields, "hypothesis"),
        fingerprint=_fingerprint(fields),
        note=_text(fields, "note"),
        commit=_text(fields, "commit") or None,
        at=_time(fields.get("ts")),
        goal=_goal(fields),
        command=_text(fields, "command") or None,
        tree=_text(fields, "tree") or None,
        reset=fields.get("reset") is True,
        attempt_id=_whole(fields, "attempt_id", least=1),
        judged_gate=_gate(fields, "judged_gate") if fields.get("judged_gate") else None,
        exit_code=_whole(fields, "exit_code", least=-MAX_NUMBER),
        metric=_metric(fields.get("metric")),
        output=_text(fields, "output") if "output" in fields else None,
    )


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")  # noqa: TRY004  one kind of error for one kind of fault
    return value.encode("utf-8", "replace").decode("utf-8")


def _gate(fields: dict[str, Any], name: str = "gate") -> Gate:
    try:
        return Gate(fields.get(name) or "none")
    except ValueError as error:
        raise ValueError(f"{name} is {str(fields[name])[:40]!r}, not pass, fail, blocked or none") from error


def _fingerprint(fields: dict[str, Any]) -> str:
    """A name is shown to agents as it is, so it must be one: no sentence, no log."""
    name = _text(fields, "fingerprint")
    if name and not _NAME.fullmatch(name):
        raise ValueError("fingerprint is no name of up to 80 letters, digits, `:`, `.`, `_` and `-`")
    return name


def _metric(value: object) -> Metric | None:
    match value:
        case None:
            return None
        case {"name": str(name), "value": int() | float() as number, "better": "lower" | "higher" as better}:
            if math.isfinite(number):
                return Metric(name, float(number), better)
    raise ValueError("metric is not {name, value, better: lower or higher}")


def _goal(fields: dict[str, Any]) -> str | None:
    name = _text(fields, "goal")
    try:
        return goal_name(name) if name else None
    except BadArgument as error:
        raise ValueError(str(error)) from error


def _whole(fields: dict[str, Any], name: str, *, least: int) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_NUMBER:
        raise ValueError(f"{name} is no whole number from {least}")
    return value


def _time(value: object) -> float | None:
    """Unix seconds from a number or an ISO 8601 text; a text without zone is UTC."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC).timestamp()  # refuses what is no time
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("ts is neither a Unix time nor ISO 8601") from error


def write_line(fields: dict[str, Any]) -> str:
    """One attempt as a line that `read_lines` reads back."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
