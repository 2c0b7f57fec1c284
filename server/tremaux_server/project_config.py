"""A project's settings for its gates and for finding stalls, from its `tremaux.toml`."""

import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from tremaux_server.project_file import (
    MAX_SHOWN,
    PROJECT_FILE,
    Rule,
    checked,
    heading,
    is_number,
    is_text,
    project_file,
    tables,
)
from tremaux_server.project_workers import profiles_in
from tremaux_server.shape import cut_end
from tremaux_tools.core.gate import MAX_TIMEOUT, GateRule, ProjectGates
from tremaux_tools.core.stall import StallSettings
from tremaux_tools.errors import BadArgument


def stall_settings(root: Path) -> Mapping[str, Any]:
    """Read `[stall]` of the project's `tremaux.toml`: the fields of `StallSettings` that it sets.

    Raises:
        BadArgument: the file is no TOML, or a key is unknown, of the wrong type or out of range.
    """
    _, settings = project_file(root)
    table = settings.get("stall", {})
    known = {field.name: field for field in fields(StallSettings)}
    mend = f"Known keys are {', '.join(sorted(known))}."
    if not isinstance(table, dict):
        raise BadArgument(f"{PROJECT_FILE}: `stall` is no table", "Write it as [stall].")
    if unknown := sorted(table.keys() - known):
        raise BadArgument(f"{PROJECT_FILE}: [stall] has an unknown key {cut_end(unknown[0], MAX_SHOWN)!r}", mend)
    try:
        told = {key: _as_field(key, value) for key, value in table.items()}
        StallSettings(**told)
    except (TypeError, ValueError) as error:
        raise BadArgument(f"{PROJECT_FILE}: [stall] {cut_end(str(error), MAX_SHOWN)}", mend) from error
    return told


def gate_settings(root: Path, timeout: float) -> ProjectGates:
    """Read the gates of the project's `tremaux.toml`, what else it may run, and the digest of the very same bytes.

    A gate that does not say it may take `timeout` seconds.

    Raises:
        BadArgument: the file is no TOML, or a key is unknown, of the wrong type or out of range.
    """
    digest, settings = project_file(root)
    gates = tables(settings, "gates", "gate")
    allow = settings.get("allow_commands", False)
    if not isinstance(allow, bool):
        raise BadArgument(f"{PROJECT_FILE}: `allow_commands` is neither true nor false", "Write one of them.")
    return ProjectGates(
        digest,
        {name: _gate_rule(name, gate, timeout) for name, gate in gates.items()},
        allow,
        {name: shlex.join((*each.argv, *each.model_argv)) for name, each in profiles_in(settings).items()},
        timeout,
    )


_GATE_RULES: Mapping[str, Rule] = {
    "command": (is_text, "a shell command"),
    "timeout_s": (
        lambda value: is_number(value, MAX_TIMEOUT),
        f"a number of seconds above 0, at most {MAX_TIMEOUT:g}",
    ),
    "cwd": (is_text, "a directory within the project"),
    "pattern": (is_text, "a Python regular expression"),
}


def _gate_rule(name: str, gate: object, timeout: float) -> GateRule:
    table: dict[str, Any] = checked(heading("gates", name), gate, _GATE_RULES, needs="command")
    renamed = {"timeout" if key == "timeout_s" else key: value for key, value in table.items()}
    return GateRule(name=name, **{"timeout": timeout} | renamed)


def _as_field(key: str, value: object) -> Any:
    """TOML has arrays only; the settings hold a set of rules and tuples of patterns."""
    if not isinstance(value, list):
        return value
    return frozenset(map(str, value)) if key == "disabled_rules" else tuple(value)
