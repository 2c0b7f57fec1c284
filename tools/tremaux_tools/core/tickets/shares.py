"""Share the time that runs took together among them."""

from collections.abc import Iterable

Interval = tuple[float, float]  #: begin and end, in seconds


def shared_seconds(own: Interval, others: Iterable[Interval]) -> float:
    """A run's share of the time: each instant of it divided by the number of runs that went on then.

    The shares of all runs add up to the time in which any ran, so their mean is the inverse of the throughput.
    """
    begin, end = own
    clipped = ((max(first, begin), min(last, end)) for first, last in others)
    steps = [step for first, last in clipped if first < last for step in ((first, 1), (last, -1))]
    shared, at, running = 0.0, begin, 1
    for moment, change in sorted(steps):
        shared += (moment - at) / running
        at, running = moment, running + change
    return shared + max(end - at, 0.0) / running
