"""The playbook: what workers are told, a bullet at a time, each with what came of it.

It grows and is mended by single bullets: a text that is written anew as a whole loses what it knew sooner or later.
Source: Agentic Context Engineering, arXiv 2510.04618; its form of a bullet and its two counts are used here. That one
only ever adds. Here each bullet is tried on a part of the tasks first, wordings of the same are one, and what does
harm is retired.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

from tremaux_tools.core.confidence import WIDTH
from tremaux_tools.core.duplicates import is_near, read, similarity
from tremaux_tools.core.learning.delta import Operation, gets_new
from tremaux_tools.core.learning.subjects import bullet_target
from tremaux_tools.core.learning.trial import Arm, compare_rates
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.words import storable
from tremaux_tools.errors import BadArgument

BulletStatus = Literal["proposed", "active", "retired"]

MAX_TEXT = 600  # characters of a bullet: an advice, not a manual
MAX_SECTION = 60  # characters
MAX_ACTIVE = 50  # bullets of a project, and as many for all
MAX_PROPOSED = 30  # likewise, that wait for their trial or have it
MAX_SHOWN_CHARS = 8_000  # of all that one worker is told: about 2,000 tokens
GENERAL = "general"  # the section of a bullet that names none
HARM_VOTES = 3  # votes against a bullet beyond those for it
HARM_TASKS = 10  # that worked with a bullet; before, their figures say nothing
HARM_CHANCE = 0.95  # that fewer tasks pass with it than without
_NAMED = re.compile(r"bullet-([1-9][0-9]{0,17})")  # longer is no number of SQLite
_UNKNOWN = Arm(0, 0)  # how tasks went before the trial: there were other bullets then


@dataclass(frozen=True, slots=True)
class Bullet:
    """One advice, and what came of it."""

    bullet_id: int
    project: str | None  #: None: for all
    section: str
    text: str  #: one line
    status: BulletStatus
    helpful: int  #: votes, and tasks that worked with it and passed
    harmful: int  #: votes, and tasks that worked with it and failed
    reason: str  #: why it was retired; empty: it is not
    source: str  #: the rule, the agent or the person
    created_at: float  #: Unix seconds
    changed_at: float  #: Unix seconds


@dataclass(frozen=True, slots=True)
class Tally:
    """What speaks for a bullet and against it."""

    votes_for: int = 0
    votes_against: int = 0
    passed: int = 0  #: tasks that worked with it
    failed: int = 0
    passed_without: int = 0  #: tasks of its trials, which by lot had to do without it
    failed_without: int = 0


@dataclass(frozen=True, slots=True)
class Watch:
    """The delta by which learning watches a bullet."""

    delta_id: int
    operation: Operation
    new_value: Any
    is_trial: bool  #: else it was kept and is guarded


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bullet that a worker may be told."""

    bullet: Bullet
    watch: Watch | None = None


@dataclass(frozen=True, slots=True)
class Dealt:
    """What a worker is told, and what is to be noted of it."""

    shown: tuple[Bullet, ...]
    noted: tuple[tuple[int, bool], ...]  #: deltas that it has part in, and whether it works with their new value


def bullet_text(text: object, redactor: Redactor) -> str:
    """A bullet as it is kept: one line without secrets.

    Raises:
        BadArgument: it says nothing, or too much.
    """
    plain = redactor.redact(_one_line(text)).text if isinstance(text, str) else ""
    if not plain or len(plain) > MAX_TEXT:
        raise BadArgument(
            f"a bullet of {len(plain)} characters does not fit", f"Say one thing in 1 to {MAX_TEXT} characters."
        )
    return plain


def section_name(text: str, redactor: Redactor) -> str:
    """The section that a bullet is to stand in; `GENERAL` where none is named.

    Raises:
        BadArgument: it is too long.
    """
    plain = redactor.redact(_one_line(text)).text.strip("[]#: ")
    if len(plain) > MAX_SECTION:
        raise BadArgument(f"{plain[:MAX_SECTION]!r} is too long for a section", f"Use up to {MAX_SECTION} characters.")
    return plain or GENERAL


def reason_text(text: str, redactor: Redactor) -> str:
    """Why a bullet is retired, as it is kept: one line without secrets."""
    return redactor.redact(_one_line(text)).text[:MAX_TEXT]


def bullet_number(target: str) -> int:
    """The number of the bullet that a delta is about.

    Raises:
        BadArgument: it names none.
    """
    if match := _NAMED.fullmatch(target.strip()):
        return int(match[1])
    raise BadArgument(f"{target[:MAX_SECTION]!r} names no bullet", "Name it as the playbook does: bullet-12.")


def merged(text: str, existing: Iterable[Bullet]) -> Bullet | None:
    """The bullet that says the same, in other words at most; None where none does."""
    wording = read(text)
    alike = [bullet for bullet in existing if bullet.text == text or is_near(wording, read(bullet.text))]
    return max(alike, key=lambda bullet: (bullet.text == text, similarity(wording, read(bullet.text))), default=None)


def harm_of(tally: Tally) -> str:
    """The figures by which a bullet does harm; empty where nobody can say that it does.

    Tasks are compared with those that had to do without it by lot, at the same time and in the same projects. So
    nothing is said of a bullet that had no trial, and a project in which everything fails blames none.
    """
    if tally.votes_against - tally.votes_for >= HARM_VOTES:
        return f"{tally.votes_against} votes against it, {tally.votes_for} for it"
    with_it, others = Arm(tally.passed, tally.failed), Arm(tally.passed_without, tally.failed_without)
    if with_it.tasks < HARM_TASKS or not others.tasks or compare_rates(with_it, others, _UNKNOWN)[0] <= HARM_CHANCE:
        return ""
    return f"{with_it.passed} of {with_it.tasks} tasks passed with it, {others.passed} of {others.tasks} without it"


def chosen(bullets: Iterable[Bullet], limit: int) -> list[Bullet]:
    """Those to show, the best first: at most `limit`, and at most `MAX_SHOWN_CHARS` characters together.

    A project's own come first, then those that may help most, then the newest.
    """
    found: list[Bullet] = []
    room = MAX_SHOWN_CHARS
    for bullet in sorted(bullets, key=_rank):
        if len(found) >= limit:
            break
        needed = len(line(bullet)) + len(_heading(bullet.section)) + len("\n\n")
        if needed <= room:
            room -= needed
            found.append(bullet)
    return found


def promise(bullet: Bullet) -> float:
    """How much a bullet may help at best: the upper end of what its tasks and votes leave possible.

    So one that is little known is shown, and becomes known.
    Source: Kaufmann, Cappé, Garivier 2012, On Bayesian upper confidence bounds for bandit problems, AISTATS; here with
    the mean and `WIDTH` standard deviations of a Beta posterior.
    """
    passed, failed = bullet.helpful + 1, bullet.harmful + 1
    total = passed + failed
    mean = passed / total
    return mean + WIDTH * math.sqrt(mean * (1 - mean) / (total + 1))


def deal(candidates: Sequence[Candidate], limit: int, subject: str = "") -> Dealt:
    """What the task that `subject` names is told; without one no trial has a say in it, and nothing is to be noted.

    Which bullets fit is decided before the lot is: so tasks differ by nothing but what is tried.
    """
    if not subject:
        known = [candidate.bullet for candidate in candidates if candidate.bullet.status == "active"]
        return Dealt(tuple(chosen(known, limit)), ())
    known = [_widest(candidate) for candidate in candidates if candidate.bullet.status == "active" or _tried(candidate)]
    by_id = {candidate.bullet.bullet_id: candidate for candidate in candidates}
    shown: list[Bullet] = []
    noted: list[tuple[int, bool]] = []
    for bullet, watch in ((by_id[each.bullet_id].bullet, by_id[each.bullet_id].watch) for each in chosen(known, limit)):
        is_new = watch is not None and (not watch.is_trial or gets_new(subject, watch.delta_id))
        if watch is not None:
            noted.append((watch.delta_id, is_new))
        if (told := _told(bullet, watch, is_new=is_new)) is not None:
            shown.append(told)
    if limit:  # what was taken out is guarded, too: by the tasks that now do without it
        noted += [(each.watch.delta_id, True) for each in candidates if each.watch and each.bullet.status == "retired"]
    return Dealt(tuple(shown), tuple(noted))


def line(bullet: Bullet) -> str:
    """A bullet as workers read it, in the form of the paper."""
    name = bullet_target(bullet.bullet_id)
    return f"[{name}] helpful={bullet.helpful} harmful={bullet.harmful} :: {_one_line(bullet.text)}"


def rendered(bullets: Sequence[Bullet]) -> str:
    """Bullets under the headings of their sections, those of the first one first."""
    order = {section: place for place, section in reversed(list(enumerate(bullet.section for bullet in bullets)))}
    grouped = groupby(sorted(bullets, key=lambda bullet: order[bullet.section]), key=lambda bullet: bullet.section)
    return "\n\n".join("\n".join([_heading(section), *map(line, group)]) for section, group in grouped)


def _rank(bullet: Bullet) -> tuple[bool, float, float, int]:
    return bullet.project is None, -promise(bullet), -bullet.created_at, -bullet.bullet_id


def _tried(candidate: Candidate) -> bool:
    return candidate.bullet.status == "proposed" and candidate.watch is not None and candidate.watch.is_trial


def _widest(candidate: Candidate) -> Bullet:
    """The bullet with the longer of both texts that are tried: it must fit with either."""
    watch = candidate.watch
    if watch is None or not watch.is_trial or watch.operation != "modify":
        return candidate.bullet
    return replace(candidate.bullet, text=max(candidate.bullet.text, str(watch.new_value), key=len))


def _told(bullet: Bullet, watch: Watch | None, *, is_new: bool) -> Bullet | None:
    """A bullet as one arm of a trial has it; None: it has it not."""
    if watch is None or not watch.is_trial:
        return bullet
    match watch.operation:
        case "add":
            return bullet if is_new else None
        case "remove":
            return None if is_new else bullet
        case _:
            return replace(bullet, text=str(watch.new_value)) if is_new else bullet


def _heading(section: str) -> str:
    return f"## {_one_line(section)}"


def _one_line(text: str) -> str:
    return " ".join(storable(text).split())
