"""A learning as an Agent Skill: what a `SKILL.md` of it says, valid by the published rules.

Source: https://agentskills.io/specification; the length is the best of SkillsBench, arXiv 2602.12670: detailed skills
of about 1,165 tokens help most, exhaustive ones harm.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tremaux_tools.core.confidence import SAME_PROJECT, UNKNOWN_PRIOR, Confidence, confidence_of, standing, tally_of
from tremaux_tools.core.knowledge import LEARNINGS, PITFALL, Entity, digest
from tremaux_tools.core.sharing.parcel import Item

FILE = "SKILL.md"
ID = "tremaux-id"  # the key of `metadata` that makes a skill ours
MAX_NAME = 64  # characters, by the rules
MAX_DESCRIPTION = 1_024  # characters, by the rules
MAX_CHARS = 4_800  # of a file: about 1,200 tokens
MAX_HEADING = 200  # characters
MAX_SITUATIONS = 5  # in which a learning helps
_SITUATIONS = ("use when: ", "from the task: ")
_DIGITS = 6  # of an id in a name: what tells apart learnings of the same title
_UNSAFE = re.compile("[\ufffe\uffff]")  # no YAML
_SPLIT = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill, ready to be written."""

    name: str  #: of its folder, too
    text: str  #: of its `SKILL.md`
    frontmatter: Mapping[str, object]  #: what stands at the head of the text


def skills_of(items: Iterable[Item], *, at: float, candidates: bool) -> list[Skill]:
    """The learnings that have proved themselves by `at`, as skills with names of their own; sorted by name.

    With `candidates` also those that nothing speaks against yet. What counts is the evidence of all projects alike, and
    the prior of a reader of whom nothing is known.
    """
    chosen: list[tuple[Item, Confidence]] = []
    for item in items:
        if item.entity.kind not in LEARNINGS:
            continue
        tally = tally_of((one.passed, one.weight, one.at) for one in item.outcomes)
        confidence = confidence_of([(tally, SAME_PROJECT)], prior=UNKNOWN_PRIOR, at=at)
        stands = standing(confidence, prior=UNKNOWN_PRIOR, quarantined_at=item.quarantined_at, at=at)
        if stands == "active" or (candidates and stands == "candidate"):
            chosen.append((item, confidence))
    names = Counter(name_of(item.entity) for item, _ in chosen)
    return sorted(
        (
            _skill(item, confidence, name_of(item.entity, digits=_DIGITS if names[name_of(item.entity)] == 1 else 16))
            for item, confidence in chosen
        ),
        key=lambda skill: skill.name,
    )


def name_of(entity: Entity, *, digits: int = _DIGITS) -> str:
    """The name of the skill of a learning: the words of its title, and some digits of what it is."""
    plain = unicodedata.normalize("NFKD", entity.title).encode("ascii", "ignore").decode().lower()
    suffix = digest(entity.name)[:digits]
    slug = "-".join(filter(None, _SPLIT.split(plain)))[: MAX_NAME - len(suffix) - 1].strip("-")
    return f"{slug or 'learning'}-{suffix}"


def _skill(item: Item, confidence: Confidence, name: str) -> Skill:
    frontmatter: dict[str, object] = {
        "name": name,
        "description": _description(item.entity),
        "metadata": {
            ID: _UNSAFE.sub("", item.entity.name),
            "tremaux-confidence": f"{confidence.mean:.2f}",
            "tremaux-evidence": f"{confidence.evidence:.0f}",
            "tremaux-project": _line(item.project),
            "tremaux-status": item.status,
        },
    }
    return Skill(name, _head(frontmatter) + _body(item, confidence), frontmatter)


def _head(frontmatter: Mapping[str, object]) -> str:
    """The frontmatter as YAML: a JSON string is one of YAML between double quotes."""
    lines = ["---"]
    for key, value in frontmatter.items():
        if isinstance(value, dict):
            lines += [f"{key}:", *(f"  {inner}: {_quoted(text)}" for inner, text in value.items())]
        else:
            lines.append(f"{key}: {value if key == 'name' else _quoted(value)}")
    return "\n".join([*lines, "---", "", ""])


def _quoted(value: object) -> str:
    # skills-ref 0.1.1 takes three dashes anywhere for the end of the head.
    return json.dumps(value, ensure_ascii=False).replace("---", "-\\u002d-")


def _line(text: str) -> str:
    """The words of a text in one line that YAML can hold."""
    return _UNSAFE.sub("", " ".join(text.split()))


def _description(entity: Entity) -> str:
    """What it is and when to use it."""
    what = _title(entity).rstrip(".")
    when = _line(_situations(entity)[0])
    told = f"Avoid: {what}." if entity.kind == PITFALL else f"{what}."
    return _cut(f"{told} Use when: {when}", MAX_DESCRIPTION)


def _title(entity: Entity) -> str:
    """The title, in full where it was cut from the beginning of what is said."""
    beginning = entity.title.removesuffix("...")
    first, _, _ = entity.body.strip().partition("\n")
    is_cut = beginning != entity.title and first.startswith(beginning)
    return _cut(_line(first if is_cut else entity.title), MAX_HEADING)


def _situations(entity: Entity) -> list[str]:
    found = [text.removeprefix(mark) for mark in _SITUATIONS for text in entity.observations if text.startswith(mark)]
    return found[:MAX_SITUATIONS] or [f"the task is about {_line(entity.title)}"]


def _body(item: Item, confidence: Confidence) -> str:
    """The sections; what was learnt is cut so that the whole keeps its length."""
    entity = item.entity
    when = "\n".join(f"- {_cut(_line(text), 300)}" for text in _situations(entity))
    facts = [text for text in entity.observations if not text.startswith((*_SITUATIONS, "type: "))]
    said = "\n\n".join((entity.body or entity.title, *facts)).replace("\n---", "\n- - -")
    is_pitfall = entity.kind == PITFALL
    steps = "Check for the pitfall below before you start." if is_pitfall else said
    pitfalls = said if is_pitfall else "None is known yet."
    room = MAX_CHARS - len(when) - 800  # the head and the other sections
    steps, pitfalls = _cut(steps, room), _cut(pitfalls, room)
    return (
        f"# {_title(entity)}\n\n## When to use\n\n{when}\n\n## Steps\n\n{steps}\n\n"
        f"## Pitfalls\n\n{pitfalls}\n\n## Evidence\n\n{_evidence(item, confidence)}\n"
    )


def _evidence(item: Item, confidence: Confidence) -> str:
    passed = sum(one.passed for one in item.outcomes)
    projects = len({one.project for one in item.outcomes})
    if not item.outcomes:
        return "Not tried yet: nothing speaks for it and nothing against it."
    return (
        f"{passed} of {len(item.outcomes)} tasks that had it passed, in {projects} "
        f"{'project' if projects == 1 else 'projects'}. Confidence {confidence.mean:.2f} "
        f"({confidence.low:.2f} to {confidence.high:.2f}); newer tasks count more."
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3].rstrip()}..."
