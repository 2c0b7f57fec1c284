"""Everything that was learnt as one JSON text, for other databases of Tremaux.

Each entity is a line of its own and the lines are sorted, so teams that keep the file in git see what changed, and
git merges what they added.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from tremaux_tools.core.knowledge import MAX_TITLE, Entity, Relation
from tremaux_tools.core.sharing import checked
from tremaux_tools.core.sharing.parcel import (
    MAX_KIND_CHARS,
    MAX_NAME_CHARS,
    MAX_PATH_CHARS,
    MAX_TEXT_CHARS,
    STATUSES,
    Item,
    Parcel,
    first_status,
)
from tremaux_tools.core.skills.category import CATEGORIES
from tremaux_tools.errors import BadArgument

FORMAT, VERSION = "tremaux-skills", 1
ELSEWHERE = "json"  # the origin of what does not say where it was learnt
MAX_VERSION = 1_000_000
OTHER_FORMATS = "For other files pass format memory-jsonl or skill-md."
_HEAD = f'{{"format":"{FORMAT}",'

T = TypeVar("T")


def as_exchange(parcel: Parcel) -> Iterator[str]:
    """The JSON text, piece by piece."""
    yield f'{_HEAD}"version":{VERSION},\n"entities":['
    yield from _lines(_entity(item) for item in sorted(parcel.items, key=lambda item: item.entity.name))
    yield '],\n"relations":['
    yield from _lines(
        {"from": relation.source, "type": relation.type, "to": relation.target}
        for relation in sorted(parcel.relations, key=lambda one: (one.source, one.type, one.target))
    )
    yield "]}\n"


def is_exchange(head: str) -> bool:
    """Whether a text that begins so is one of ours."""
    return head.startswith(_HEAD)


def read_exchange(text: str) -> Parcel:
    """What such a text tells; an entity or a relation that makes no sense is counted and passed over.

    Raises:
        BadArgument: it is something else, or was written by a newer Tremaux.
    """
    try:
        whole = checked.mapping(checked.parsed(text))
    except ValueError as error:
        raise BadArgument(f"this is no export of Tremaux: {error}", OTHER_FORMATS) from error
    if whole.get("format") != FORMAT:
        raise BadArgument(f"this is no export of Tremaux: its format is not {FORMAT}", OTHER_FORMATS)
    version = _part(whole, "version", lambda value: checked.number(value, MAX_VERSION))
    if version > VERSION:
        raise BadArgument(
            f"this export has version {version:g}, this Tremaux reads up to {VERSION}", "Upgrade Tremaux."
        )
    entities, relations = (_part(whole, part, checked.sequence) for part in ("entities", "relations"))
    items, bad = _read_all(entities, _item)
    edges, worse = _read_all(relations, _relation)
    return Parcel(tuple(items), tuple(edges), bad + worse)


def _part(whole: Mapping[str, Any], name: str, read: Callable[[object], T]) -> T:
    try:
        return read(whole.get(name))
    except ValueError as error:
        raise BadArgument(f"this export is damaged: {name!r} is {error}", "Export it anew.") from error


def _lines(values: Iterable[dict[str, Any]]) -> Iterator[str]:
    before = "\n"
    for value in values:
        yield before + json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        before = ",\n"


def _entity(item: Item) -> dict[str, Any]:
    entity = item.entity
    return {
        "name": entity.name,
        "kind": entity.kind,
        "title": entity.title,
        "body": entity.body,
        "observations": list(entity.observations),
        "category": entity.category,
        "status": item.status,
        "origin": item.origin,
        "project": item.project,
        "learned_at": item.learned_at,
        "quarantined_at": item.quarantined_at,
        "outcomes": [checked.told(outcome) for outcome in item.outcomes],
    }


def _read_all(values: Iterable[object], read: Callable[[Any], T]) -> tuple[list[T], int]:
    found: list[T] = []
    bad = 0
    for value in values:
        try:
            found.append(read(checked.mapping(value)))
        except ValueError:
            bad += 1
    return found, bad


def _item(fields: dict[str, Any]) -> Item:
    kind = checked.words(fields.get("kind"), MAX_KIND_CHARS)
    category, status = fields.get("category"), fields.get("status")
    observations = (checked.string(text, MAX_TEXT_CHARS) for text in checked.sequence(fields.get("observations", [])))
    learned_at, quarantined_at = fields.get("learned_at"), fields.get("quarantined_at")
    return Item(
        Entity(
            checked.words(fields.get("name"), MAX_NAME_CHARS),
            kind,
            checked.words(fields.get("title"), MAX_TITLE),
            checked.string(fields.get("body", ""), MAX_TEXT_CHARS),
            tuple(text for text in observations if text.strip()),
            category if category in CATEGORIES else None,
        ),
        status=status if status in STATUSES else first_status(kind),
        origin=checked.string(fields.get("origin", ""), MAX_KIND_CHARS) or ELSEWHERE,
        project=checked.string(fields.get("project", ""), MAX_PATH_CHARS),
        learned_at=None if learned_at is None else checked.moment(learned_at),
        quarantined_at=None if quarantined_at is None else checked.moment(quarantined_at),
        outcomes=tuple(checked.outcome(one) for one in checked.sequence(fields.get("outcomes", []))),
    )


def _relation(fields: dict[str, Any]) -> Relation:
    source, target = (checked.words(fields.get(end), MAX_NAME_CHARS) for end in ("from", "to"))
    return Relation(source, checked.words(fields.get("type"), MAX_KIND_CHARS), target)
