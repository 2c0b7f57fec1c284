"""The knowledge graph as the reference memory server keeps it: a JSON object a line, entities first.

That server drops fields it does not know when it rewrites its file, so what else we know of an entity travels as one
of its observations: `tremaux:` and a JSON object.

Source: `@modelcontextprotocol/server-memory` 2026.8.31, memory.jsonl.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tremaux_tools.core.knowledge import MAX_TITLE, Entity, Relation, title_of
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

MARK = "tremaux:"  # what an observation of ours begins with
ELSEWHERE = "memory-jsonl"  # the origin of what does not say where it was learnt


def as_memory_lines(parcel: Parcel) -> Iterator[str]:
    """The lines of a memory file, without their ends; between two of them is a line feed, after the last is none."""
    for item in parcel.items:
        entity = item.entity
        yield _line({"type": "entity", "name": entity.name, "entityType": entity.kind, "observations": _told(item)})
    for relation in parcel.relations:
        ends = {"from": relation.source, "to": relation.target}
        yield _line({"type": "relation", **ends, "relationType": relation.type})


def is_memory_line(line: str) -> bool:
    """Whether a line is one of a memory file."""
    try:
        return checked.mapping(checked.parsed(line)).get("type") in ("entity", "relation")
    except ValueError:
        return False


def read_memory_lines(text: str) -> Parcel:
    """What a memory file tells; a line that makes no sense is counted and passed over.

    The first observation of an entity is its body. What does not say where it was learnt is from `ELSEWHERE`, and its
    learnings have to prove themselves here first.
    """
    items: list[Item] = []
    relations: list[Relation] = []
    bad = 0
    for line in text.split("\n"):  # no other character ends a line there
        if not line.strip():
            continue
        try:
            read = _read(checked.mapping(checked.parsed(line)))
        except ValueError:
            bad += 1
        else:
            (items if isinstance(read, Item) else relations).append(read)  # type: ignore[arg-type]
    return Parcel(tuple(items), tuple(relations), bad)


def _line(fields: dict[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _told(item: Item) -> list[str]:
    """The observations of an entity: its body, or else the title that its name does not tell; and our own words."""
    entity = item.entity
    first = entity.body or (entity.title if entity.title != title_of(entity.name) else "")
    texts = list(dict.fromkeys((*((first,) if first else ()), *entity.observations)))
    ours = _ours(item)
    return [*texts, MARK + _line(ours)] if ours else texts


def _ours(item: Item) -> dict[str, object]:
    """What a reader could not tell from the rest."""
    entity = item.entity
    fields: dict[str, object] = {}
    if entity.title != title_of(entity.name):
        fields["title"] = entity.title
    if not entity.body and (entity.observations or fields):
        fields["body"] = ""
    if entity.category:
        fields["category"] = entity.category
    if item.status != first_status(entity.kind):
        fields["status"] = item.status
    if item.origin not in ("", ELSEWHERE):
        fields["origin"] = item.origin
    if item.project:
        fields["project"] = item.project
    if item.quarantined_at is not None:
        fields["quarantined_at"] = item.quarantined_at
    if item.outcomes:
        fields["outcomes"] = [checked.told(outcome) for outcome in item.outcomes]
    return fields


def _read(fields: Any) -> Item | Relation:
    if fields.get("type") == "relation":
        source, target = (checked.words(fields.get(end), MAX_NAME_CHARS) for end in ("from", "to"))
        return Relation(source, checked.words(fields.get("relationType"), MAX_KIND_CHARS), target)
    if fields.get("type") != "entity":
        raise ValueError("neither an entity nor a relation")
    name = checked.words(fields.get("name"), MAX_NAME_CHARS)
    kind = checked.words(fields.get("entityType"), MAX_KIND_CHARS)
    texts = [checked.string(text, MAX_TEXT_CHARS) for text in checked.sequence(fields.get("observations"))]
    ours: dict[str, Any] = {}
    plain: list[str] = []
    for text in texts:
        said = _said(text)
        if said is None:
            plain.append(text)
        else:
            ours |= said
    return _item(name, kind, list(dict.fromkeys(text for text in plain if text.strip())), ours)


def _said(text: str) -> dict[str, Any] | None:
    """Our own words in an observation; None where it is anybody else's."""
    if not text.startswith(MARK):
        return None
    try:
        return dict(checked.mapping(checked.parsed(text.removeprefix(MARK))))
    except ValueError:
        return None


def _item(name: str, kind: str, texts: list[str], ours: dict[str, Any]) -> Item:
    title = checked.words(ours.get("title", title_of(name)), MAX_TITLE)
    if ours.get("body") == "":
        is_told = title != title_of(name) and texts[:1] == [title]
        body, more = "", texts[1:] if is_told else texts
    else:
        body, more = (texts[0], texts[1:]) if texts else ("", [])
    category, status = ours.get("category"), ours.get("status")
    item = Item(
        Entity(name, kind, title, body, tuple(more), category if category in CATEGORIES else None),
        status=status if status in STATUSES else first_status(kind),
        origin=checked.words(ours.get("origin", ELSEWHERE), MAX_KIND_CHARS),
        outcomes=tuple(checked.outcome(one) for one in checked.sequence(ours.get("outcomes", []))),
    )
    if "project" in ours:
        item = replace(item, project=checked.words(ours["project"], MAX_PATH_CHARS))
    if "quarantined_at" in ours:
        item = replace(item, quarantined_at=checked.moment(ours["quarantined_at"]))
    return item
