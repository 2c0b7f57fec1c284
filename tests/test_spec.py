"""A ticket as a caller hands it over."""

from typing import Any

import pytest

from tremaux_server.spec import new_ticket, new_tickets
from tremaux_tools.core.tickets.ticket import NewTicket
from tremaux_tools.errors import BadArgument, PlaceUnavailable


def test_what_is_left_out_or_null_has_its_default() -> None:
    assert new_ticket({"description": "x", "id": None, "priority": None}) == NewTicket(description="x")


def test_each_field_arrives_under_our_name_for_it() -> None:
    given: dict[str, Any] = {
        "description": "d",
        "id": "i",
        "depends_on": ["a", "b"],
        "priority": 0,
        "runner": "claude",
        "command": "c",
        "place": "docker",
        "image": "bb:1",
        "step_mode": True,
        "context_files": ["a.py"],
        "target_file": "b.py",
        "target_symbols": ["f"],
        "max_retries": 3,
        "timeout_s": 7,
        "worktree": False,
        "budget_tokens": 9,
        "budget_cost_usd": 1.5,
        "goal": "g",
    }

    assert new_ticket(given) == NewTicket(
        description="d",
        id="i",
        depends_on=("a", "b"),
        priority=0,
        runner="claude",
        command="c",
        place="docker",
        image="bb:1",
        step_mode=True,
        context_files=("a.py",),
        target_file="b.py",
        target_symbols=("f",),
        max_retries=3,
        timeout=7.0,
        worktree=False,
        budget_tokens=9,
        budget_cost=1.5,
        goal="g",
    )


def test_a_list_that_a_model_wrote_as_text_is_read() -> None:
    (ticket,) = new_tickets('[{"description": "x", "depends_on": "[\\"a\\"]"}]')

    assert ticket.depends_on == ("a",)


@pytest.mark.parametrize(
    ("many", "fact", "hint"),
    [
        ("no JSON", "tickets is no list", "Give a list"),
        ({"description": "x"}, "tickets is no list", "Give a list"),
        ([{"description": "x"}, "y"], "tickets[1] is no object", "by name"),
        ([{"description": "x"}, {}], "Argument 'tickets[1].description' is missing", "Add it"),
        ([{"description": "x", "priority": "high"}], "Argument 'tickets[0].priority' is 'high'", "integer"),
        ([{"description": "x", "depends_on": [1]}], "Argument 'tickets[0].depends_on.0' is 1", "string"),
        ([{"description": "x", "place": "moon"}], "Argument 'tickets[0].place' is 'moon'", "'process', 'tmux'"),
        ([{"description": "x", "needs": []}], "unknown argument 'tickets[0].needs'", "Known fields are description"),
        ([{"description": "x", "dependson": []}], "unknown argument 'tickets[0].dependson'", "mean 'depends_on'"),
    ],
)
def test_a_mistake_is_named_by_its_place(many: object, fact: str, hint: str) -> None:
    with pytest.raises(BadArgument) as caught:
        new_tickets(many)

    assert str(caught.value).startswith(fact)
    assert hint in caught.value.hint


def test_no_cluster_is_there_yet_and_that_is_said() -> None:
    with pytest.raises(PlaceUnavailable, match="no cluster is configured"):
        new_ticket({"description": "x", "place": "cluster"})


def test_a_list_written_as_text_that_is_too_deep_is_refused_in_words() -> None:
    with pytest.raises(BadArgument):
        new_tickets("[" * 100_000)
