"""R8: looking again and again at what does not change, without putting anything to the gate."""

import re
from collections.abc import Sequence
from itertools import takewhile

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.observation import is_wait
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, Step
from tremaux_tools.core.stall.rules.cycles import laps
from tremaux_tools.core.stall.settings import StallSettings
from tremaux_tools.core.stall.verdict import Pattern, Ruling

# An answer of a word or two ("ok", "written") is the same for any piece of work in a batch.
TELLING_ANSWER_CHARS = 32
ALIKE = 0.5  # share of words two variations of a query have in common, numbers aside
# To look again after a change is how one checks it.
_CHANGES = re.compile(
    r"\b(?:edit|write|wrote|patch|apply|create|delete|remove|move|rename|update|replace|insert|append|commit|install|"
    r"save|set|add|fix|run|build|start|restart|deploy|push|format)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z_]+|[^\sa-z\d_]+")


def idle(past: Past, settings: StallSettings) -> Finding | None:
    """R8: the same look with the same answer, a round of such looks, or variations of one look.

    Silent as soon as the work tree moves: then something is being done.
    """
    if not past.steps or past.steps[-1].attempt.gate is not Gate.NONE:
        return None
    candidates = (_same_look(past, settings), _round(past, settings), _variations(past, settings))
    found = [f for f in candidates if f and len({step.attempt.tree for step in f.members}) == 1]
    return max(found, key=lambda f: f.count - f.threshold, default=None)


def _same_look(past: Past, settings: StallSettings) -> Finding:
    last = past.steps[-1]
    run = list(takewhile(lambda step: step.answer == last.answer, reversed(past.steps)))[::-1]
    waits = _waits(last)
    members = run if waits else max(run, _looks_in_between(past, settings), key=len)
    return Finding(
        "R8",
        Pattern.IDLE,
        len(members),
        settings.waiting_patience if waits else settings.idle_repeats,
        members,
        last.answer,
        short=Ruling.WAITING if waits and len(members) >= settings.idle_repeats else Ruling.WATCH,
    )


def _looks_in_between(past: Past, settings: StallSettings) -> list[Step]:
    """Find the newest look among others: it fills half of them, and nothing was changed in between."""
    last = past.steps[-1]
    recent = past.steps[-settings.interleaved_window :]
    if any(step.attempt.gate is not Gate.NONE or _CHANGES.search(step.action) for step in recent):
        return []
    same_question = [step for step in recent if step.action == last.action]
    same_answer = [step for step in same_question if step.answer == last.answer]
    return same_answer if same_answer == same_question and 2 * len(same_answer) >= len(recent) else []


def _round(past: Past, settings: StallSettings) -> Finding | None:
    answers = [step.answer for step in past.steps]
    for period in range(2, settings.longest_period + 1):
        turned = laps(answers, period)
        lap = past.steps[-period:]
        if turned >= settings.cycle_laps - 1 and not any(_waits(step) for step in lap):
            return Finding(
                "R8",
                Pattern.IDLE,
                turned,
                settings.cycle_laps,
                past.steps[-turned * period :],
                tuple(" ".join(step.answer) for step in lap),
                period=period,
                laps=turned,
            )
    return None


def _variations(past: Past, settings: StallSettings) -> Finding | None:
    last = past.steps[-1]
    seen = last.attempt.observation
    if _waits(last) or sum(len(line.text) for line in seen.lines) < TELLING_ANSWER_CHARS:
        return None

    def is_variation(step: Step) -> bool:
        is_same = step.attempt.observation.whole == seen.whole and step.attempt.gate is Gate.NONE
        return is_same and _overlap(step.action, last.action) >= ALIKE

    run: Sequence[Step] = list(takewhile(is_variation, reversed(past.steps)))[::-1]
    return Finding("R8", Pattern.IDLE, len(run), settings.idle_variations, run, (seen.whole,))


def _waits(step: Step) -> bool:
    return step.attempt.observation.is_waiting or is_wait(step.attempt.action)


def _overlap(one: str, other: str) -> float:
    """Jaccard similarity of the words of two actions, in [0, 1]."""
    words, others = set(_WORD.findall(one)), set(_WORD.findall(other))
    return len(words & others) / max(1, len(words | others))
