"""Take the secrets out of what travels, on its way in."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tremaux_tools.core.knowledge import MAX_TITLE, Relation, title_of
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.sharing.parcel import Item

TOGETHER = 50  # items looked at as one text: secrets are rare, and a look costs more than what it looks at


def clean_items(items: Sequence[Item], redactor: Redactor) -> Iterator[list[Item]]:
    """The items without secrets, some at a time."""
    for start in range(0, len(items), TOGETHER):
        some = items[start : start + TOGETHER]
        texts = dict.fromkeys(text for item in some for text in _texts(item) if text)  # many say the same
        is_clean = not redactor.redact("\n\n".join(texts)).count
        yield [*some] if is_clean else [_clean(item, redactor) for item in some]


def clean_relation(relation: Relation, redactor: Redactor) -> Relation:
    """The relation without secrets, between the same entities."""
    ends = (relation.source, relation.type, relation.target)
    return Relation(*(redactor.redact(text).text for text in ends))


def _texts(item: Item) -> tuple[str, ...]:
    entity = item.entity
    title = "" if entity.title == title_of(entity.name) else entity.title
    seen = (text for one in item.outcomes for text in (one.origin, one.source, one.project))
    return (*_about(item), title, entity.body, *entity.observations, *seen)


def _about(item: Item) -> tuple[str, str, str, str]:
    return item.origin, item.project, item.entity.name, item.entity.kind


def _clean(item: Item, redactor: Redactor) -> Item:
    def told(text: str) -> str:
        return redactor.redact(text).text

    origin, project, name, kind = map(told, _about(item))
    old = item.entity
    entity = replace(
        old,
        name=name,
        kind=kind,
        title=title_of(name) if old.title == title_of(old.name) else told(old.title)[:MAX_TITLE],
        body=told(old.body),
        observations=tuple(map(told, old.observations)),
    )
    outcomes = tuple(
        replace(one, origin=told(one.origin), source=told(one.source), project=told(one.project))
        for one in item.outcomes
    )
    return replace(item, entity=entity, origin=origin, project=project, outcomes=outcomes)
