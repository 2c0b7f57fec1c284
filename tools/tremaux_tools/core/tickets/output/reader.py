"""What a reader of a worker's events does, and how it takes values from JSON that it does not trust."""

from collections.abc import Mapping
from math import isfinite
from typing import Protocol

from tremaux_tools.core.tickets.ticket import Usage
from tremaux_tools.core.words import storable

Event = Mapping[str, object]

MAX_RESULT_CHARS = 100_000
UNNAMED = ""  # the model of a program that does not tell its name
MAX_NAME_CHARS = 200  # of a model, a message or a step
MAX_MODELS = 50  # of one run; each is a row, written again whenever its figures are
MAX_COUNTED = 100_000  # messages or steps of one run; those after them are not counted one by one
_MOST = 10**12  # tokens or USD; more is no measurement, and SQLite keeps 64 bits


class Reader(Protocol):
    """Takes the events of one run, oldest first, and knows at any time what they amount to. Takes any JSON."""

    session: str  #: as the program names it; empty until it does
    is_error: bool

    def take(self, event: Event) -> None:
        """Take the next event; one that is not known changes nothing."""
        ...

    @property
    def result(self) -> str:
        """The final answer, or the latest one as long as there is none."""
        ...

    @property
    def usage_by_model(self) -> Mapping[str, Usage]:
        """What was used up to now; each answer of a model counts once. Its name is `UNNAMED` where it is not told."""
        ...


def count(table: Event, key: str) -> int:
    """A number of tokens; 0 for anything that is none."""
    return int(amount(table, key))


def amount(table: Event, key: str) -> float:
    """A number, not negative; 0 for anything that is none."""
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(min(max(value, 0), _MOST)) if isinstance(value, int) or isfinite(value) else 0.0


def text(table: Event, key: str) -> str:
    """A text that can be stored and shown, cut to `MAX_RESULT_CHARS`; empty for anything that is none."""
    value = table.get(key)
    return storable(value[:MAX_RESULT_CHARS]) if isinstance(value, str) else ""


def name(table: Event, key: str) -> str:
    """A short text in one line; empty for anything that is none."""
    return " ".join(text(table, key)[:MAX_NAME_CHARS].split())


def texts(table: Event, key: str) -> list[str]:
    """The texts of an array, as `text` gives them; empty for anything that is none."""
    value = table.get(key)
    return [text({key: each}, key) for each in value if isinstance(each, str)] if isinstance(value, list) else []


def table(parent: Event, key: str) -> Event:
    """A JSON object; empty for anything that is none."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def by_name(parent: Event, key: str) -> list[tuple[str, Event]]:
    """The objects within an object and the names they have there, at most `MAX_MODELS`."""
    found = table(parent, key)
    return [(name({key: each}, key), table(found, each)) for each in list(found)[:MAX_MODELS]]


def tables(parent: Event, key: str) -> list[Event]:
    """The JSON objects of an array; empty for anything that is none."""
    value = parent.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
