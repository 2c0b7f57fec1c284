"""When a run that failed is tried again, and with which model."""

from collections.abc import Sequence

FIRST_WAIT = 2.0  # seconds before the first retry; most failures of an agent do not mend themselves by waiting
MAX_WAIT = 300.0  # seconds; rate limits are over by then


def rung_after(rung: int, *, is_stalled: bool, ladder_length: int) -> int:
    """The rung of the model ladder for the next retry: the next one, or the last at once for a ticket that is stalled.

    A run that met its failure again says that more of the same will not help.
    """
    last = max(ladder_length - 1, 0)
    return last if is_stalled else min(rung + 1, last)


def model_at(ladder: Sequence[str], rung: int) -> str | None:
    """The model of a rung, the last one beyond the end; None without a ladder: the worker's own default."""
    return ladder[min(rung, len(ladder) - 1)] if ladder else None


def backoff(retry: int) -> float:
    """Seconds to wait before a retry, counted from 1: twice as long each time, up to `MAX_WAIT`.

    Without chance: runs of one machine do not crowd a service, and a crash must not draw a new number.
    """
    doublings = min(max(retry - 1, 0), 30)
    return min(FIRST_WAIT * 2.0**doublings, MAX_WAIT)
