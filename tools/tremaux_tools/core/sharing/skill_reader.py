"""Read a `SKILL.md` that somebody else wrote: its text is data, and nothing of it is run.

Source: https://agentskills.io/specification; keys that the rules do not know are passed over, as many files have some.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tremaux_tools.core.knowledge import FINDING, MAX_TITLE, PITFALL, Entity, title_of
from tremaux_tools.core.sharing import checked, frontmatter
from tremaux_tools.core.sharing.parcel import MAX_NAME_CHARS, MAX_TEXT_CHARS, Item
from tremaux_tools.core.sharing.skill_folder import ID, MAX_DESCRIPTION

MAX_NAME = 200  # characters; the rules allow 64, files have more
_HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)
_SECTION = re.compile(r"^## +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SkillFile:
    """What a `SKILL.md` says."""

    name: str
    description: str
    license: str
    metadata: Mapping[str, str]
    body: str


def parse_skill(text: str) -> SkillFile:
    """Read a file.

    Raises:
        ValueError: it has no head, no name or no description, or the head is no YAML that is known here.
    """
    head, body = frontmatter.split(checked.string(text, MAX_TEXT_CHARS))
    fields = frontmatter.read(head)
    metadata = fields.get("metadata")
    return SkillFile(
        name=checked.words(_text(fields, "name"), MAX_NAME).strip(),
        description=checked.words(_text(fields, "description"), 4 * MAX_DESCRIPTION).strip(),
        license=_text(fields, "license").strip(),
        metadata=metadata if isinstance(metadata, Mapping) else {},
        body=body.strip(),
    )


def item_of(skill: SkillFile) -> Item:
    """The learning that a skill is: a candidate, wherever it comes from.

    One of ours is known by its id; any other by its name.
    """
    ours = skill.metadata.get(ID, "").strip()
    name = checked.words(ours, MAX_NAME_CHARS) if ours else f"{FINDING}:{skill.name}"
    kind = PITFALL if name.startswith(f"{PITFALL}:") else FINDING
    heading = _HEADING.search(skill.body)
    title = title_of(heading[1] if heading else skill.name)
    sections = _sections(skill.body) if ours else {}
    body = sections.get("Pitfalls" if kind == PITFALL else "Steps") or skill.body or skill.description
    when = tuple(
        f"use when: {line.removeprefix('- ')}"
        for line in sections.get("When to use", "").splitlines()
        if line.startswith("- ")
    ) or (f"use when: {' '.join(skill.description.split())}",)
    return Item(
        Entity(name, kind, checked.words(title, MAX_TITLE), body, when), "candidate", origin=f"skill:{skill.name}"[:100]
    )


def _text(fields: Mapping[str, frontmatter.Value], key: str) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is no text")  # noqa: TRY004
    return value


def _sections(body: str) -> dict[str, str]:
    """What stands under each heading of the second level."""
    parts = _SECTION.split(body)
    return {name.strip(): text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
