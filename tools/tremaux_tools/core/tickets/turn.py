"""Whose turn it is: of two tickets that are ready, the one of the lower rank runs first."""

AGING = 600.0  # seconds of waiting that outweigh one step of priority, so that nobody waits for ever


def rank(priority: int, ready_at: float) -> float:
    """The rank of a ticket that became ready at a moment, in Unix seconds.

    A fixed number, so a queue can be kept in order by an index: waiting counts by itself, as with virtual deadlines.
    """
    return ready_at + priority * AGING
