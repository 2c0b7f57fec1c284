"""An object that a caller hands over: known fields of the right types, or one sentence on the first mistake.

It knows no protocol, so a command need not load one.
"""

import json
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tremaux_tools.errors import BadArgument

MAX_SHOWN = 120  # characters of a wrong value that are shown back

Model = TypeVar("Model", bound=BaseModel)


def read_fields(
    model: type[Model], fields: Mapping[str, Any], within: str = "", *, packed: Collection[str] = ()
) -> Model:
    """The object of its fields; null means what leaving a field out means. `within` names it in an error.

    The fields named in `packed` may be JSON text.

    Raises:
        BadArgument: a field is unknown, missing or of the wrong type.
    """
    known = list(model.model_fields)
    if unknown := sorted(str(name) for name in fields if name not in known):
        close = get_close_matches(unknown[0], known, n=1)
        raise BadArgument(
            f"unknown argument {f'{within}{unknown[0]}'[:MAX_SHOWN]!r}",
            f"Did you mean {close[0]!r}?" if close else f"Known fields are {', '.join(known)}.",
        )
    given = {name: unpacked(value) if name in packed else value for name, value in fields.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise wrong_argument(error, within) from error


def wrong_argument(error: ValidationError, within: str = "") -> BadArgument:
    """Name the first argument at fault; the others show up once it is mended. `within` names what it belongs to."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = within + ".".join(str(part) for part in first["loc"]) or "arguments"
    if first["type"] == "missing":
        return BadArgument(f"Argument {where!r} is missing", "Add it and call again.")
    shown = repr(first["input"])
    shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
    return BadArgument(f"Argument {where!r} is {shown}, which does not fit", f"{first['msg']}.")


def unpacked(value: object) -> object:
    """A list or an object that a model wrote as JSON text, as some do; anything else as it is."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            pass  # the check of the field will tell
    return value
