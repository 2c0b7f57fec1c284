"""What a customer wants to buy.

It is kept in memory.
Nothing is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass

# Rates by country,
# as of this year,
# without those for books
# and for food.
RATES = {"de": 0.19}


@dataclass
class Cart:
    """Things with their prices."""

    country: str = "de"

    @property
    def rate(self) -> float:
        return RATES[self.country]

    def total(self, prices: list[float]) -> float:
        """What it costs.

        Raises:
            KeyError: the country is unknown.
        """
        net = sum(prices)
        tax = net * self.rate
        return net + tax


def taxed(rate: float) -> Callable[[float], float]:
    def tax(net: float) -> float:
        gross = net * (1 + rate)
        cents = round(gross * 100)
        return cents / 100

    return tax
