"""What a goal's journal already teaches: which action ended which failure."""

from collections.abc import Sequence

from tremaux_tools.core.attempt import Attempt, Gate

MAX_LESSONS = 5


def lessons(attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """One sentence for each failure that a later action ended, the latest first.

    `attempts` are those of one goal, oldest first. An action ends a failure when the next verifying attempt passes.
    """
    found: dict[str, str] = {}
    failing: Attempt | None = None
    for attempt in attempts:
        if attempt.gate is Gate.PASS and failing is not None:
            found.pop(failing.fingerprint, None)  # the newest solution counts, and stands last
            found[failing.fingerprint] = _lesson(failing, attempt)
        if attempt.gate in (Gate.PASS, Gate.FAIL):
            failing = attempt if attempt.gate is Gate.FAIL else None
    return tuple(reversed(found.values()))[:MAX_LESSONS]


def _lesson(failing: Attempt, passing: Attempt) -> str:
    """In the agent's own words: what a log said does not belong into advice."""
    name = f" ({failing.fingerprint})" if failing.fingerprint else ""
    return f"the failure of #{failing.iteration}{name} ended with #{passing.iteration}: {passing.action}"
