"""Take values out of JSON that others wrote: each is checked, and what makes no sense is an error of one kind."""

import json
import math
from collections.abc import Mapping
from typing import Any

from tremaux_tools.core.sharing.parcel import (
    MAX_KIND_CHARS,
    MAX_NAME_CHARS,
    MAX_PATH_CHARS,
    MAX_WEIGHT,
    OUTCOME_KINDS,
    Outcome,
)
from tremaux_tools.core.words import storable, written

LATEST = 32_503_680_000.0  # Unix seconds: the year 3000; a later time is no time


def parsed(text: str) -> Any:
    """The value that a JSON text stands for.

    Raises:
        ValueError: it is no JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004  what is read is bad, not how we read it
    return value


def sequence(value: object) -> list[Any]:
    """A JSON array.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, list):
        raise ValueError("not an array")  # noqa: TRY004
    return value


def string(value: object, limit: int) -> str:
    """A string of at most `limit` characters, as it can be stored: whole characters, line feeds as line ends.

    Raises:
        ValueError: it is none, or longer.
    """
    if not isinstance(value, str) or len(value) > limit:
        raise ValueError(f"not a string of at most {limit} characters")
    return storable(written(value))


def words(value: object, limit: int) -> str:
    """Text that can be stored and is more than space.

    Raises:
        ValueError: it is no string, longer than `limit`, or blank.
    """
    text = string(value, limit)
    if not text.strip():
        raise ValueError("blank")
    return text


def moment(value: object) -> float:
    """A time in Unix seconds.

    Raises:
        ValueError: it is none.
    """
    return number(value, LATEST)


def number(value: object, limit: float) -> float:
    """A number between 0 and `limit`.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= limit:
        raise ValueError(f"not a number from 0 to {limit:g}")
    return float(value)


def outcome(value: object) -> Outcome:
    """An outcome, as `told` writes it.

    Raises:
        ValueError: it is none.
    """
    fields = mapping(value)
    weight = number(fields.get("weight"), MAX_WEIGHT)
    kind_of = fields.get("kind")
    passed = fields.get("passed")
    if kind_of not in OUTCOME_KINDS or not isinstance(passed, bool) or math.isclose(weight, 0):
        raise ValueError("not an outcome")
    return Outcome(
        origin=words(fields.get("origin"), MAX_KIND_CHARS),
        source=words(fields.get("source"), MAX_NAME_CHARS),
        kind=kind_of,
        passed=passed,
        weight=weight,
        project=words(fields.get("project"), MAX_PATH_CHARS),
        at=moment(fields.get("at")),
    )


def told(outcome: Outcome) -> dict[str, object]:
    """The fields of an outcome, for JSON."""
    return {
        "origin": outcome.origin,
        "source": outcome.source,
        "kind": outcome.kind,
        "passed": outcome.passed,
        "weight": outcome.weight,
        "project": outcome.project,
        "at": outcome.at,
    }
