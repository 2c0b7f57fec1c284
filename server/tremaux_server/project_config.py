"""A project's settings: the only reader of its `tremaux.toml`."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from tremaux_server.shape import cut_end
from tremaux_tools.core.gate import MAX_TIMEOUT, GateRule, ProjectGates
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


def gate_settings(root: Path) -> ProjectGates:
    """Read `[gates.NAME]` and `allow_commands` of the project's `tremaux.toml`, and the digest of the very same bytes.

    Raises:
        BadArgument: the file is no TOML, or a key is unknown, of the wrong type or out of range.
    """
    data = _project_file(root)
    if data is None:
        return ProjectGates()
    table = _parsed(data, root)
    gates = table.get("gates", {})
    if not isinstance(gates, dict):
        raise BadArgument(f"{PROJECT_FILE}: `gates` is no table", "Write each gate as [gates.NAME].")
    allow = table.get("allow_commands", False)
    if not isinstance(allow, bool):
        raise BadArgument(f"{PROJECT_FILE}: `allow_commands` is neither true nor false", "Write one of them.")
    return ProjectGates(
        digest=sha256(data).hexdigest(),
        gates={name: _gate_rule(name, gate) for name, gate in gates.items()},
        allow_commands=allow,
    )


def project_table(root: Path) -> dict[str, object]:
    """The project's `tremaux.toml` as a table; empty where there is none.

    Raises:
        BadArgument: it cannot be read or is no TOML.
    """
    data = _project_file(root)
    return {} if data is None else _parsed(data, root)


def _project_file(root: Path) -> bytes | None:
    """The bytes of the project's settings, read once; None where there are none."""
    path = root / PROJECT_FILE
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            data = file.read(MAX_PROJECT_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > MAX_PROJECT_FILE_BYTES:
        raise BadArgument(f"{path} is larger than {MAX_PROJECT_FILE_BYTES // 1024} KiB", "Shorten it.")
    return data


def _parsed(data: bytes, root: Path) -> dict[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also numbers too long and arrays too deep for Python
        raise _unreadable(root / PROJECT_FILE, error) from error


def _unreadable(path: Path, error: Exception) -> BadArgument:
    return BadArgument(f"{path} cannot be read: {cut_end(str(error), MAX_SHOWN)}", "Mend or remove the file.")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_TIMEOUT


# What a gate may say: the key, what its value must be, and that in words.
_GATE_KEYS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "command": (_is_text, "a shell command"),
    "timeout_s": (_is_seconds, f"a number of seconds above 0, at most {MAX_TIMEOUT:g}"),
    "cwd": (_is_text, "a directory within the project"),
    "pattern": (_is_text, "a Python regular expression"),
}


def _gate_rule(name: str, gate: object) -> GateRule:
    shown = f"{PROJECT_FILE}: [gates.{cut_end(name, MAX_SHOWN)}]"
    if not isinstance(gate, dict):
        raise BadArgument(f"{shown} is no table", "Write its command as `command = ...` below it.")
    if not name.isprintable() or not name.strip() or len(name) > MAX_SHOWN:
        raise BadArgument(f"{shown!r} is no name for a gate", "Use printable characters.")
    for key, value in gate.items():
        if key not in _GATE_KEYS:
            raise BadArgument(
                f"{shown} has an unknown key {cut_end(key, MAX_SHOWN)!r}", f"Known keys are {', '.join(_GATE_KEYS)}."
            )
        fits, words = _GATE_KEYS[key]
        if not fits(value):
            raise BadArgument(f"{shown} has {key} {cut_end(repr(value), MAX_SHOWN)}", f"It has to be {words}.")
    if "command" not in gate:
        raise BadArgument(f"{shown} has no command", "Write `command = ...` below it.")
    renamed = {"timeout" if key == "timeout_s" else key: value for key, value in gate.items()}
    return GateRule(name=name, **renamed)


def _as_field(key: str, value: object) -> Any:
    """TOML has arrays only; the settings hold a set of rules and tuples of patterns."""
    if not isinstance(value, list):
        return value
    return frozenset(map(str, value)) if key == "disabled_rules" else tuple(value)
