"""Check and shorten the words an agent sends: names of goals, actions, notes."""

from typing import TYPE_CHECKING

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.errors import BadArgument

if TYPE_CHECKING:  # a server checks names before it redacts anything
    from tremaux_tools.core.redact import Redactor

MAX_GOAL_CHARS = 200
MAX_TEXT_CHARS = 4_000  # characters kept of an action, a hypothesis, a note or a command


def goal_name(name: str) -> str:
    """Check a goal's name.

    Raises:
        BadArgument: it is empty, too long, or holds control characters.
    """
    plain = name.strip()
    if not plain or len(plain) > MAX_GOAL_CHARS or storable(plain) != plain or "\n" in plain or "\t" in plain:
        raise BadArgument(
            f"goal {name[:40]!r} is no name", f"Use one line of 1 to {MAX_GOAL_CHARS} printable characters."
        )
    return plain


def shorten(text: str, redactor: "Redactor") -> str:
    """One text of an attempt: clean, without secrets, at most `MAX_TEXT_CHARS` characters."""
    return redactor.redact(storable(text[: 2 * MAX_TEXT_CHARS]).strip()).text[:MAX_TEXT_CHARS]


def written(text: str) -> str:
    """What somebody wrote, without what a terminal would obey; any kind of line end becomes a line feed."""
    return strip_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def safe(text: str, redactor: "Redactor") -> str:
    """A text that can be stored and shown, without secrets."""
    return redactor.redact(storable(text)).text


def storable(text: str) -> str:
    """Text without control sequences and half characters, so it can be stored and shown anywhere."""
    return strip_controls(text.encode("utf-8", "replace").decode("utf-8"))
