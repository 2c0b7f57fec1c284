import pytest

from tremaux_tools.core.tickets.budget import Limit, Spent, exceeded
from tremaux_tools.core.tickets.ticket import Usage

SPENT = Spent(Usage(input_tokens=900, output_tokens=100, cost_usd=0.5), wall=60.0)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        pytest.param(Limit(), "", id="no limit"),
        pytest.param(Limit(tokens=1_000, cost=0.5, wall=60.0), "", id="to the last token"),
        pytest.param(Limit(tokens=999), "1,000 tokens of 999 (1 too many)", id="tokens in and out"),
        pytest.param(Limit(cost=0.25), "0.5000 USD of 0.2500 (0.2500 too much)", id="cost"),
        pytest.param(Limit(wall=45.0), "60 s of work of 45 (15 too long)", id="time"),
        pytest.param(
            Limit(tokens=1, wall=1.0),
            "1,000 tokens of 1 (999 too many), 60 s of work of 1 (59 too long)",
            id="two at once",
        ),
    ],
)
def test_each_limit_that_was_passed_is_named_with_how_far(limit: Limit, said: str) -> None:
    assert exceeded(limit, SPENT) == said
