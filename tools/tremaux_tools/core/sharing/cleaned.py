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
    return (item.origin, item.project, entity.name, entity.kind, title, entity.body, *entity.observations)


def _clean(item: Item, redactor: Redactor) -> Item:
    origin, project, name, kind, title, body, *observations = (redactor.redact(text).text for text in _texts(item))
    entity = replace(
        item.entity,
        name=name,
        kind=kind,
        title=title[:MAX_TITLE] if title else title_of(name),
        body=body,
        observations=tuple(observations),
    )
    return replace(item, entity=entity, origin=origin, project=project)
