"""How much the work on a ticket, on a goal or of a day may take."""

from dataclasses import dataclass, field

from tremaux_tools.core.tickets.ticket import Usage


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that may be spent; None: as much as it takes."""

    tokens: int | None = None  #: in and out together; what a model read again from its cache does not count
    cost: float | None = None  #: USD
    wall: float | None = None  #: seconds that workers ran, added up

    def times(self, number: int) -> "Limit":
        """The limit when it is granted that many times over."""
        return Limit(
            tokens=None if self.tokens is None else self.tokens * number,
            cost=None if self.cost is None else self.cost * number,
            wall=None if self.wall is None else self.wall * number,
        )


@dataclass(frozen=True, slots=True)
class Budgets:
    """A project's limits."""

    ticket: Limit = field(default_factory=Limit)  #: of all runs of one ticket
    goal: Limit = field(default_factory=Limit)  #: of all tickets for one goal
    day: Limit = field(default_factory=Limit)  #: of all runs within one day


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent."""

    usage: Usage = field(default_factory=Usage)
    wall: float = 0.0  #: seconds that workers ran, added up


def exceeded(limit: Limit, spent: Spent) -> str:
    """A phrase that names every limit that was passed and by how much; empty if none was.

    What is spent to the last token is not passed.
    """
    tokens = spent.usage.input_tokens + spent.usage.output_tokens
    cost = spent.usage.cost_usd
    over = []
    if limit.tokens is not None and tokens > limit.tokens:
        over.append(f"{tokens:,} tokens of {limit.tokens:,} ({tokens - limit.tokens:,} too many)")
    if limit.cost is not None and cost > limit.cost:
        over.append(f"{cost:.4f} USD of {limit.cost:.4f} ({cost - limit.cost:.4f} too much)")
    if limit.wall is not None and spent.wall > limit.wall:
        over.append(f"{spent.wall:.0f} s of work of {limit.wall:.0f} ({spent.wall - limit.wall:.0f} too long)")
    return ", ".join(over)
