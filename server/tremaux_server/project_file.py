"""A project's `tremaux.toml`: its bytes, its tables, and how a table is checked."""

import tomllib
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from tremaux_server.shape import cut_end
from tremaux_tools.errors import BadArgument

PROJECT_FILE = "tremaux.toml"
MAX_PROJECT_FILE_BYTES = 256 * 1024
MAX_SHOWN = 200  # characters of what is wrong: the file may be a stranger's

Rule = tuple[Callable[[object], bool], str]
"""Whether a value fits, and in words what it has to be."""


def project_file(root: Path) -> tuple[str, dict[str, object]]:
    """The digest (SHA-256, hexadecimal) of the project's settings and the very same bytes as a table.

    Both are empty where there are none.

    Raises:
        BadArgument: it cannot be read, is too large or is no TOML.
    """
    path = root / PROJECT_FILE
    try:
        if not path.is_file():
            return "", {}
        with path.open("rb") as file:
            data = file.read(MAX_PROJECT_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > MAX_PROJECT_FILE_BYTES:
        raise BadArgument(f"{path} is larger than {MAX_PROJECT_FILE_BYTES // 1024} KiB", "Shorten it.")
    try:
        return sha256(data).hexdigest(), tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also numbers too long and arrays too deep for Python
        raise _unreadable(path, error) from error


def tables(parent: Mapping[str, object], key: str, what: str) -> dict[str, object]:
    """The tables below a key, such as all `[gates.NAME]`; empty where there are none.

    Raises:
        BadArgument: the key is something else, or a name cannot be shown.
    """
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise BadArgument(f"{PROJECT_FILE}: `{key}` is no table", f"Write each {what} as [{key}.NAME].")
    for name in value:
        if not name.isprintable() or not name.strip() or len(name) > MAX_SHOWN:
            shown = heading(key, name)
            raise BadArgument(f"{shown!r} is no name for a {what}", "Use printable characters.")
    return value


def heading(*names: str) -> str:
    """A table as messages name it."""
    return f"{PROJECT_FILE}: [{'.'.join(cut_end(name, MAX_SHOWN) for name in names)}]"


def checked(shown: str, table: object, rules: Mapping[str, Rule], *, needs: str = "") -> dict[str, object]:
    """A table with known keys only, every value fitting; `needs` has to be among them.

    Raises:
        BadArgument: one of this is not so; `shown` names the table.
    """
    if not isinstance(table, dict):
        raise BadArgument(f"{shown} is no table", f"Write its {needs or 'keys'} as `{needs or 'key'} = ...` below it.")
    for key, value in table.items():
        if key not in rules:
            raise BadArgument(
                f"{shown} has an unknown key {cut_end(key, MAX_SHOWN)!r}", f"Known keys are {', '.join(rules)}."
            )
        fits, words = rules[key]
        if not fits(value):
            raise BadArgument(f"{shown} has {key} {cut_end(repr(value), MAX_SHOWN)}", f"It has to be {words}.")
    if needs and needs not in table:
        raise BadArgument(f"{shown} has no {needs}", f"Write `{needs} = ...` below it.")
    return table


def is_text(value: object) -> bool:
    """Whether it is text that says something and a program can be given."""
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def is_number(value: object, most: float) -> bool:
    """Whether it is a number above 0 and not above `most`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most


def _unreadable(path: Path, error: Exception) -> BadArgument:
    return BadArgument(f"{path} cannot be read: {cut_end(str(error), MAX_SHOWN)}", "Mend or remove the file.")
