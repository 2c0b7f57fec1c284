from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.checks import (
    MAX_CONTEXT_FILES,
    MAX_DEPENDENCIES,
    MAX_DESCRIPTION,
    MAX_ID,
    MAX_TICKETS,
    MAX_TIMEOUT,
    check_list,
    check_ticket,
)
from tremaux_tools.core.tickets.ticket import NewTicket
from tremaux_tools.errors import BadArgument

TICKET = NewTicket(description="do it", id="a")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"id": None},
        {"id": "T-7.1_ü"},
        {"id": "x" * MAX_ID},
        {"description": "x" * MAX_DESCRIPTION},
        {"priority": 0, "max_retries": 0, "timeout": 0.1},
        {"priority": 4, "max_retries": 20, "timeout": MAX_TIMEOUT},
        {"command": "make test"},
        {"command": "make test", "runner": "shell"},
        {"command": "make test", "runner": "own"},
        {"place": "docker", "image": "python:3.13"},
        {"context_files": ("src/a.py", "docs/..hidden"), "target_file": "a b.py", "target_symbols": ("A.run",)},
        {"budget_tokens": 1, "budget_cost": 0.01},
        {"depends_on": tuple(f"t{n}" for n in range(MAX_DEPENDENCIES))},
        {"goal": "green tests"},
    ],
)
def test_a_ticket_that_makes_sense_is_taken_on(values: dict[str, Any]) -> None:
    check_ticket(replace(TICKET, **values))


@pytest.mark.parametrize(
    ("values", "fact"),
    [
        ({"description": " \n"}, "the description of ticket 'a' is empty"),
        ({"description": "x" * (MAX_DESCRIPTION + 1)}, "100,001 characters, more than 100,000"),
        ({"description": "a\0b"}, "the description of ticket 'a' holds a NUL or half a character"),
        ({"description": "a\ud800"}, "the description of ticket 'a' holds a NUL or half a character"),
        ({"id": ""}, "'' cannot be the id of a ticket"),
        ({"id": "x" * (MAX_ID + 1)}, "cannot be the id of a ticket"),
        ({"id": "a b"}, "'a b' cannot be the id of a ticket"),
        ({"id": "a\u2028b"}, "cannot be the id of a ticket"),
        ({"id": "a/b"}, "'a/b' cannot be the id of a ticket"),
        ({"id": "a\\b"}, "cannot be the id of a ticket"),
        ({"id": "-a"}, "'-a' cannot be the id of a ticket"),
        ({"priority": 5}, "priority 5 of ticket 'a' is out of range"),
        ({"priority": -1}, "priority -1 of ticket 'a' is out of range"),
        ({"max_retries": 21}, "21 retries of ticket 'a' are out of range"),
        ({"max_retries": -1}, "-1 retries of ticket 'a' are out of range"),
        ({"timeout": 0.0}, "the time limit of ticket 'a', 0 s, is out of range"),
        ({"timeout": MAX_TIMEOUT + 1}, "the time limit of ticket 'a', 604801 s, is out of range"),
        ({"timeout": float("nan")}, "the time limit of ticket 'a', nan s, is out of range"),
        ({"budget_tokens": 0}, "the budget of ticket 'a', 0 tokens, is out of range"),
        ({"budget_cost": 0.0}, "the budget of ticket 'a', 0 USD, is out of range"),
        ({"budget_cost": float("inf")}, "the budget of ticket 'a', inf USD, is out of range"),
        ({"command": " "}, "the command of ticket 'a' is empty"),
        ({"command": "a\0b"}, "the command of ticket 'a' holds a NUL or half a character"),
        ({"runner": "shell"}, "ticket 'a' has the runner shell and no command"),
        ({"runner": "a\nb"}, "the runner of ticket 'a' is no name"),
        ({"place": "docker"}, "ticket 'a' is to run in docker and names no image"),
        ({"image": "python"}, "ticket 'a' names an image but is to run in tmux"),
        ({"place": "docker", "image": " "}, "the image of ticket 'a' is no name"),
        ({"context_files": ("/etc/passwd",)}, "the context file '/etc/passwd' of ticket 'a' is no path inside"),
        ({"context_files": ("a/../../b",)}, "the context file 'a/../../b' of ticket 'a' is no path inside"),
        ({"context_files": ("~/a",)}, "the context file '~/a' of ticket 'a' is no path inside"),
        ({"context_files": ("a\0",)}, "holds a NUL or half a character"),
        ({"context_files": ("a",) * (MAX_CONTEXT_FILES + 1)}, "201 context files of ticket 'a' are too many"),
        ({"target_file": ""}, "the target file '' of ticket 'a' is no path inside"),
        ({"target_symbols": ("run",)}, "ticket 'a' names target symbols but no file"),
        ({"target_file": "a.py", "target_symbols": ("",)}, "the target symbol '' of ticket 'a' is no name"),
        ({"depends_on": ("b",) * (MAX_DEPENDENCIES + 1)}, "1,001 dependencies of ticket 'a' are too many"),
        ({"depends_on": ("b", "c", "b")}, "ticket 'a' depends on 'b' twice"),
        ({"goal": "a\nb"}, "is no name"),
    ],
)
def test_a_ticket_that_makes_no_sense_is_refused_in_one_sentence(values: dict[str, Any], fact: str) -> None:
    with pytest.raises(BadArgument) as caught:
        check_ticket(replace(TICKET, **values))

    assert fact in str(caught.value)
    assert caught.value.hint
    assert len(str(caught.value)) < 300


def test_a_ticket_without_an_id_is_named_by_its_place_in_the_list() -> None:
    with pytest.raises(BadArgument, match=r"^priority 9 of ticket 2 of the list is out of range$"):
        check_list([TICKET, replace(TICKET, id=None, priority=9)])


def test_a_list_holds_ten_thousand_tickets_and_has_an_end() -> None:
    check_list([TICKET] * 10_000)

    with pytest.raises(BadArgument, match="the list has 20,001 tickets"):
        check_list([TICKET] * (MAX_TICKETS + 1))


def test_an_empty_list_is_a_mistake() -> None:
    with pytest.raises(BadArgument, match="the list of tickets is empty"):
        check_list([])


@given(st.text(max_size=MAX_ID + 2))
def test_an_id_that_is_taken_on_can_stand_in_a_path_and_on_a_line(name: str) -> None:
    try:
        check_ticket(replace(TICKET, id=name))
    except BadArgument:
        return

    assert len(name.split()) == len(name.splitlines()) == len(name.replace("\\", "/").split("/")) == 1
    assert name.encode()
