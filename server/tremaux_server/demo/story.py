"""The project, its bug, and what the agent does about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

GOAL = "fix the cart total"

_CART = '''\
"""What a cart costs, in cents."""

from money import parse_price


def total(prices: list[str], discount: int = 0) -> int:
    cents = sum(parse_price(price) for price in prices)
    return {total}
'''

FILES = {
    "money.py": '''\
def parse_price(text: str) -> int:
    """Read a price like "19.99" as cents."""
    return int(float(text) * 100)
''',
    "cart.py": _CART.format(total="cents * (100 - discount) // 100"),
    "test_cart.py": """\
from cart import total


def test_an_empty_cart_costs_nothing() -> None:
    assert total([]) == 0


def test_a_discount_is_taken_off() -> None:
    assert total(["10.00"], discount=10) == 900


def test_prices_add_up() -> None:
    assert total(["19.99", "5.00"]) == 2499
""",
    ".gitignore": "__pycache__/\n",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the agent does, and what it tells Tremaux of it."""

    says: str
    action: str
    writes: Mapping[str, str] = field(default_factory=dict)
    hypothesis: str = ""
    claims: str = ""  #: gate it claims without looking; "" takes it from pytest's exit code
    runs_gate: bool = True


STEPS = (
    Step(
        says="One cent is missing. That must be the discount arithmetic in cart.py.",
        action="cart.py: round the discounted total instead of cutting it",
        hypothesis="// cuts a cent off the total",
        writes={"cart.py": _CART.format(total="round(cents * (100 - discount) / 100)")},
        claims="pass",
    ),
    Step(
        says="Hm. Let me read money.py. Its int() looks odd, I will keep it in mind.",
        action="read money.py",
        hypothesis="parse_price cuts a cent: int(float('19.99') * 100) is 1998",
        runs_gate=False,
    ),
    Step(
        says="No, it is surely the rounding. Up instead of to even.",
        action="cart.py: round the total up",
        hypothesis="round() rounds half to even",
        writes={"cart.py": _CART.format(total="-(-cents * (100 - discount) // 100)")},
    ),
    Step(
        says="Then leave the total alone when there is no discount.",
        action="cart.py: skip the arithmetic without a discount",
        hypothesis="multiplying by 100 and dividing again loses a cent",
        writes={"cart.py": _CART.format(total="cents * (100 - discount) // 100 if discount else cents")},
    ),
)

WAY_OUT = Step(
    says="Right: three edits of cart.py, one failure. I drop cart.py and try what I had planned.",
    action="money.py: round to whole cents in parse_price",
    hypothesis="parse_price cuts a cent: int(float('19.99') * 100) is 1998",
    writes={
        "cart.py": FILES["cart.py"],
        "money.py": FILES["money.py"].replace("int(float(text) * 100)", "round(float(text) * 100)"),
    },
)
