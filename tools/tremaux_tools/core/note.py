"""What somebody wants remembered, by hand: checked, and without secrets."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.knowledge import PROJECT, TASK
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.words import storable, written
from tremaux_tools.errors import BadArgument

MAX_NAME = 200  # characters
MAX_KIND = 64  # characters; of the type of a relation, too
MAX_CONTENT = 20_000  # characters
MAX_RELATIONS = 50  # of one note
MAX_SHOWN = 60  # characters of a name in a message
# Places and tasks are named by what they are, so finished tasks make them; a note may tell of them and lead to them.
OWNED = (PROJECT, TASK)


@dataclass(frozen=True, slots=True)
class Note:
    """A thing to know, and what it has to do with others."""

    name: str
    kind: str
    content: str  #: empty: only the relations are new
    relations: tuple[tuple[str, str], ...]  #: type and target of each


def note_of(name: str, kind: str, content: str, relations: Sequence[tuple[str, str]], redactor: Redactor) -> Note:
    """Check a note.

    Raises:
        BadArgument: a name is none, a text is too long or empty; the hint says what fits.
    """
    if len(relations) > MAX_RELATIONS:
        raise BadArgument(f"{len(relations)} relations are too many", f"Pass at most {MAX_RELATIONS} at once.")
    if len(content) > MAX_CONTENT:
        raise BadArgument(
            f"the content has {len(content)} characters", f"Pass at most {MAX_CONTENT}; several notes can be related."
        )
    said = redactor.redact(storable(written(content)).strip()).text[:MAX_CONTENT]
    own = _line(name, "name", MAX_NAME, redactor)
    ends = [
        (_line(type_, "relation type", MAX_KIND, redactor), _line(target, "relation target", MAX_NAME, redactor))
        for type_, target in relations
    ]
    if any(target == own for _, target in ends):
        raise BadArgument(f"{own[:MAX_SHOWN]!r} is to be related to itself", "Name another target.")
    if not said and not ends:
        raise BadArgument("there is nothing to remember", "Say in `content` what is to be known.")
    return Note(own, _line(kind, "kind", MAX_KIND, redactor), said, tuple(dict.fromkeys(ends)))


def is_owned(note: Note) -> bool:
    """Tell whether only finished tasks make such an entity."""
    return note.kind in OWNED or note.name.startswith(tuple(f"{kind}:" for kind in OWNED))


def _line(text: str, what: str, limit: int, redactor: Redactor) -> str:
    plain = text.strip()
    if not plain or len(plain) > limit or storable(plain) != plain or not plain.isprintable():
        raise BadArgument(
            f"{what} {text[:MAX_SHOWN]!r} is no name", f"Use one line of 1 to {limit} printable characters."
        )
    if redactor.redact(plain).text != plain:
        raise BadArgument(f"the {what} holds a secret", "Name it by what it is for.")
    return plain
