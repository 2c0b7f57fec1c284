"""A project's settings: the only reader of its `tremaux.toml`."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from tremaux_server.shape import cut_end
from tremaux_tools.core.stall import StallSettings
from tremaux_tools.errors import BadArgument

PROJECT_FILE = "tremaux.toml"
MAX_PROJECT_FILE_BYTES = 256 * 1024
MAX_SHOWN = 200  # characters of what is wrong: the file may be a stranger's


def stall_settings(root: Path) -> StallSettings:
    """Read `[stall]` of the project's `tremaux.toml`; the defaults where there is none.

    Raises:
        BadArgument: the file is no TOML, or a key is unknown, of the wrong type or out of range.
    """
    table = project_table(root).get("stall", {})
    known = {field.name: field for field in fields(StallSettings)}
    mend = f"Known keys are {', '.join(sorted(known))}."
    if not isinstance(table, dict):
        raise BadArgument(f"{PROJECT_FILE}: `stall` is no table", "Write it as [stall].")
    if unknown := sorted(table.keys() - known):
        raise BadArgument(f"{PROJECT_FILE}: [stall] has an unknown key {cut_end(unknown[0], MAX_SHOWN)!r}", mend)
    try:
        return StallSettings(**{key: _as_field(key, value) for key, value in table.items()})
    except (TypeError, ValueError) as error:
        raise BadArgument(f"{PROJECT_FILE}: [stall] {cut_end(str(error), MAX_SHOWN)}", mend) from error


def project_table(root: Path) -> dict[str, object]:
    """The project's `tremaux.toml` as a table; empty where there is none.

    Raises:
        BadArgument: it cannot be read or is no TOML.
    """
    path = root / PROJECT_FILE
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > MAX_PROJECT_FILE_BYTES:
            raise BadArgument(f"{path} is larger than {MAX_PROJECT_FILE_BYTES // 1024} KiB", "Shorten it.")
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        told = cut_end(str(error), MAX_SHOWN)
        raise BadArgument(f"{path} cannot be read: {told}", "Mend or remove the file.") from error


def _as_field(key: str, value: object) -> Any:
    """TOML has arrays only; the settings hold a set of rules and tuples of patterns."""
    if not isinstance(value, list):
        return value
    return frozenset(map(str, value)) if key == "disabled_rules" else tuple(value)
