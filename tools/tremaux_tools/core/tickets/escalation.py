"""Which model retries a ticket, and when: a failure climbs the ladder by a rung, one that is met again to its end.

A ladder names the models of a worker profile, the cheapest first; a rung is a place on it, from 0.
"""

from collections.abc import Sequence

FIRST_DELAY = 2.0  # seconds before the first retry; doubled by each further one
LONGEST_DELAY = 300.0  # seconds; rate limits of model providers are counted by the minute


def rung_after(rung: int, *, is_stalled: bool, ladder_length: int) -> int:
    """The rung of the run that follows a failed one; 0 without a ladder.

    A stalled ticket, one that met the same failure before, gets the strongest model at once.
    """
    last = max(ladder_length - 1, 0)
    return last if is_stalled else min(rung + 1, last)


def model_at(ladder: Sequence[str], rung: int) -> str | None:
    """The model of a rung, the last one's above it; None without a ladder: the worker's own choice."""
    return ladder[min(rung, len(ladder) - 1)] if ladder else None


def backoff(retry: int) -> float:
    """Seconds to wait before a retry, counted from 1."""
    return float(min(FIRST_DELAY * 2 ** (retry - 1), LONGEST_DELAY))
