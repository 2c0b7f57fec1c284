import re
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from tests.core.tickets.graphs import chain, layers

from tremaux_tools.core.tickets.graph import ARROWS_PER_TICKET, draw
from tremaux_tools.core.tickets.lifecycle import STATUSES, Status
from tremaux_tools.core.tickets.ticket import Ticket


def ticket(name: str, *needs: str, status: Status = "todo", description: str = "") -> Ticket:
    return Ticket(
        ticket_id=1, project="/p", root="/p", name=name, description=description, status=status, depends_on=needs
    )


def test_a_drawing_shows_who_waits_for_whom_and_how_each_one_stands() -> None:
    tickets = [
        ticket("a", "not listed", status="completed"),
        ticket("b", "a", status="in_progress", description="fix  the\nparser"),
        ticket("c", "a", "b", description="x" * 40),
    ]

    assert draw(tickets, limit=9).splitlines() == [
        "graph TD",
        '  t0["a"]:::completed',
        '  t1["b: fix the parser"]:::in_progress',
        f'  t2["c: {"x" * 27}..."]:::todo',
        "  t0 --> t1",
        "  t0 --> t2",
        "  t1 --> t2",
        "  classDef in_progress fill:#6af,color:#000",
        "  classDef todo fill:#eee,color:#000",
        "  classDef completed fill:#9d9,color:#000",
    ]


def test_a_drawing_too_small_for_all_keeps_what_needs_a_look_and_counts_the_rest() -> None:
    tickets = [ticket(f"done{n}", status="completed") for n in range(1_000)]
    tickets += [ticket("stuck", status="blocked"), ticket("next", status="ready"), ticket("now", status="in_progress")]

    drawn = draw(tickets, limit=3)

    assert re.findall(r'\["(.*)"\]', drawn) == ["stuck", "next", "now", "1,000 more not drawn"]


def test_tickets_in_every_state_can_be_drawn() -> None:
    tickets = [ticket(f"{status}{n}", status=status) for status, n in product(STATUSES, range(2))]

    assert draw(tickets, limit=16).count("classDef") == len(STATUSES)


def test_a_drawing_of_a_dense_graph_has_few_arrows_and_counts_the_rest() -> None:
    names = [f"t{n}" for n in range(20)]

    drawn = draw([ticket(name, *names[:at]) for at, name in enumerate(names)], limit=20)

    assert drawn.count("-->") == 20 * ARROWS_PER_TICKET
    assert f"{190 - 20 * ARROWS_PER_TICKET} more arrows not drawn" in drawn


def test_the_size_of_a_drawing_depends_on_its_limit_only() -> None:
    for needs in (chain(10_000), layers(100, 100)):
        drawn = draw([ticket(name, *wanted, description="do it") for name, wanted in needs.items()], limit=30)

        assert len(drawn) < 4_000


@given(st.text(max_size=64), st.text(max_size=200))
def test_no_name_or_description_can_break_out_of_its_label(name: str, description: str) -> None:
    drawn = draw([ticket(name, description=description)], limit=1)

    assert re.fullmatch(r'graph TD\n  t0\["[^"<>&\[\]`\n]*"\]:::todo\n  classDef todo .*', drawn)
