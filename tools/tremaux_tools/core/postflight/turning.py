"""Find what turned a failing gate green: the actions between a goal's last failure and its pass."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.changes import NAMED_FILES, FileChange
from tremaux_tools.core.postflight.report import MAX_LINE, Learning

# Kinds of facts by how much they tell, those of the fingerprint; what begins with a + explains another fact.
_TELLING = ("exception", "diagnostic", "crash", "expected", "detail", "command", "symptom", "test", "case", "suite")
MAX_ACTIONS = 5  # actions named; the last ones, as they stand next to the pass
TURNED_GREEN = "turned_green"


@dataclass(frozen=True, slots=True)
class Turning:
    """A failure and the pass that followed it."""

    failing: Attempt
    passing: Attempt
    actions: tuple[str, ...]  #: what was done in between, in the agent's words, the passing attempt's last


def newest_turning(attempts: Sequence[Attempt]) -> Turning | None:
    """The turning that a goal ended with; None unless it passes now and failed before.

    `attempts` are those of one goal, oldest first. Passes that only confirm the first one change nothing.
    """
    verifying = [at for at, attempt in enumerate(attempts) if attempt.gate in (Gate.PASS, Gate.FAIL)]
    while verifying and attempts[verifying[-1]].gate is Gate.PASS:
        passed = verifying.pop()
        if verifying and attempts[verifying[-1]].gate is Gate.FAIL:
            failed = verifying[-1]
            actions = tuple(attempt.action for attempt in attempts[failed + 1 : passed + 1] if attempt.action)
            return Turning(attempts[failed], attempts[passed], tuple(dict.fromkeys(actions)))
    return None


def lesson(turning: Turning, files: Sequence[FileChange]) -> Learning | None:
    """Put a turning into words; None where neither an action nor a changed file is known."""
    if not turning.actions and not files:
        return None
    parts = [f"Failure: {_told(turning.failing)[:MAX_LINE]}."]
    if turning.actions:
        parts.append(f"Ended by: {'; '.join(action[:MAX_LINE] for action in turning.actions[-MAX_ACTIONS:])}.")
    if files:
        more = f" and {len(files) - NAMED_FILES} more" if len(files) > NAMED_FILES else ""
        parts.append(f"Changed: {', '.join(map(_named, files[:NAMED_FILES]))}{more}.")
    return Learning(TURNED_GREEN, " ".join(parts))


def _told(failing: Attempt) -> str:
    """The fact of a failure that tells most, without its kind."""
    facts = [fact.partition(": ") for fact in failing.signature]
    told = [text for kind in _TELLING for found, _, text in facts if found == kind and not text.startswith("+")]
    return next(iter(told), "") or "the gate failed"


def _named(file: FileChange) -> str:
    counts = "" if file.added is None or file.deleted is None else f" +{file.added} -{file.deleted}"
    return f"{file.path[:MAX_LINE]} ({file.status}{counts})"
