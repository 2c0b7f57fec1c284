"""Which model retries a ticket, when, and for how long: a failure climbs the ladder by a rung, a stall to its end.

A ladder names the models of a worker profile, the cheapest first; a rung is a place on it, from 0.
"""

from collections.abc import Sequence

from tremaux_tools.core.tickets.checks import MAX_TIMEOUT

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


def backoff(retry: int, first: float) -> float:
    """Seconds to wait before a retry, counted from 1; `first` those before the first one."""
    return float(min(first * 2 ** (retry - 1), LONGEST_DELAY))


def timeout_after(timeout: float, timeouts: int, *, factor: float) -> float:
    """Seconds that a run may take when `timeouts` runs before it were ended by the clock."""
    return max(min(timeout * factor**timeouts, MAX_TIMEOUT), timeout)
