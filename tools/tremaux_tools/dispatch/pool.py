"""How many workers may run at once, over all processes of one database."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tremaux_tools.core.tickets.ticket import PlaceName
from tremaux_tools.errors import BadArgument

DEFAULT_WORKERS = 4  # agents share a machine, and the quota of whoever pays for their models


@dataclass(frozen=True, slots=True)
class Pool:
    """The bounds of the pool.

    Raises:
        BadArgument: a bound is below 1.
    """

    workers: int = DEFAULT_WORKERS
    by_place: Mapping[PlaceName, int] = field(default_factory=dict)  #: none: only `workers` bounds them

    def __post_init__(self) -> None:
        if self.workers < 1 or any(bound < 1 for bound in self.by_place.values()):
            raise BadArgument("a pool needs room for at least one worker", "Give a number of 1 or more.")

    def full_places(self, taken: Mapping[str, int]) -> list[str] | None:
        """The kinds of places without room, given how many workers run in each; None when there is no room at all."""
        if sum(taken.values()) >= self.workers:
            return None
        return [place for place, bound in self.by_place.items() if taken.get(place, 0) >= bound]
