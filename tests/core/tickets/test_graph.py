from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.tickets.graphs import Needs, ReadySet, acyclic_graphs, chain, graphs, layers

from tremaux_tools.core.tickets.graph import AGING, check_new, critical_path, find_cycle, rank
from tremaux_tools.core.tickets.lifecycle import Status
from tremaux_tools.core.tickets.ticket import NewTicket
from tremaux_tools.errors import BadArgument


def ticket(name: str | None, *needs: str) -> NewTicket:
    return NewTicket(description="do it", id=name, depends_on=needs)


def tickets(needs: Mapping[str, tuple[str, ...]]) -> list[NewTicket]:
    return [ticket(name, *wanted) for name, wanted in needs.items()]


def is_circle(path: tuple[str, ...], needs: Needs) -> bool:
    return path[0] == path[-1] and all(after in needs[before] for before, after in pairwise(path))


def reaches_itself(name: str, needs: Needs) -> bool:
    seen: set[str] = set()
    todo = list(needs[name])
    while todo:
        if (at := todo.pop()) not in seen:
            seen.add(at)
            todo += needs[at]
    return name in seen


def chains(needs: Needs, name: str) -> list[tuple[str, ...]]:
    """All chains that end with a ticket."""
    return [(name,), *((*before, name) for need in needs[name] for before in chains(needs, need))]


@pytest.mark.parametrize(
    ("new", "fact"),
    [
        pytest.param([ticket("a"), ticket("a")], "the id 'a' is used twice in the list", id="twice in the list"),
        pytest.param([ticket("old")], "the id 'old' is taken", id="taken"),
        pytest.param([ticket("a", "x")], "ticket 'a' depends on 'x', which is unknown", id="unknown"),
        pytest.param([ticket(None, "x")], "a ticket without an id depends on 'x', which is unknown", id="unnamed"),
        pytest.param([ticket("a", "a")], "a ticket needs itself: a -> a", id="itself"),
        pytest.param(
            [ticket("a", "b"), ticket("b", "c"), ticket("c", "a")],
            "tickets need each other in a circle: a -> b -> c -> a",
            id="circle",
        ),
        pytest.param(
            [ticket("way in", "a"), ticket("a", "b", "c"), ticket("b", "c"), ticket("c", "a", "old")],
            "tickets need each other in a circle: a -> c -> a",
            id="the shorter of two circles",
        ),
        pytest.param(
            [ticket("a", "b", "c"), ticket("b", "a"), ticket("c", "d"), ticket("d", "a")],
            "tickets need each other in a circle: a -> b -> a",
            id="the shorter one first",
        ),
        pytest.param(
            [ticket("a", "c", "b"), ticket("b", "a"), ticket("c", "d"), ticket("d", "a")],
            "tickets need each other in a circle: a -> b -> a",
            id="the shorter one last",
        ),
    ],
)
def test_a_graph_that_cannot_be_run_is_refused_by_name(new: list[NewTicket], fact: str) -> None:
    with pytest.raises(BadArgument) as caught:
        check_new(new, {"old": ()})

    assert str(caught.value) == fact
    assert caught.value.hint


def test_tickets_may_need_each_other_in_any_order_and_old_ones_that_need_nothing_known() -> None:
    check_new([ticket("b", "a", "old"), ticket("a"), ticket(None, "b"), ticket(None)], {"old": ("older",)})


def test_a_long_circle_is_named_by_its_ends() -> None:
    needs = chain(10_000)
    needs["t0"] = ("t9999",)

    with pytest.raises(BadArgument) as caught:
        check_new(tickets(needs), {})

    assert str(caught.value) == (
        "tickets need each other in a circle: t9999 -> t9998 -> t9997 -> t9996 -> t9995 -> t9994 -> (9,989 more) "
        "-> t4 -> t3 -> t2 -> t1 -> t0 -> t9999"
    )


@given(graphs())
def test_a_circle_is_found_wherever_there_is_one_and_is_one(needs: Needs) -> None:
    found = find_cycle(needs)

    assert bool(found) is any(reaches_itself(name, needs) for name in needs)
    assert not found or is_circle(found, needs)


@given(graphs())
def test_no_way_round_from_a_circles_first_ticket_is_shorter(needs: Needs) -> None:
    circle = find_cycle(needs)[:-1]

    assert not circle or _distance(needs, circle[0], circle[0]) == len(circle)


def _distance(needs: Needs, start: str, goal: str) -> int:
    """Steps of the shortest way from a ticket to another one, or round to itself."""
    steps, reached = 1, set(needs[start])
    while goal not in reached:
        steps, reached = steps + 1, reached | {need for name in reached for need in needs[name]}
    return steps


def test_a_chain_and_layers_of_ten_thousand_tickets_are_walked_without_recursion() -> None:
    for needs, depth in ((chain(10_000), 10_000), (layers(100, 100), 100)):
        check_new(tickets(needs), {})

        assert len(critical_path(dict.fromkeys(needs, "todo"), needs)) == depth


def test_the_critical_path_is_the_longest_chain_that_has_not_ended() -> None:
    statuses: dict[str, Status] = {"a": "completed", "b": "in_progress", "c": "todo", "d": "todo", "e": "todo"}
    needs = {"b": ["a"], "c": ["b"], "d": ["a"], "e": ["c", "d"]}

    assert critical_path(statuses, needs) == ("b", "c", "e")
    assert critical_path(dict.fromkeys(statuses, "completed"), needs) == ()


@given(acyclic_graphs(most=8), st.data())
def test_no_chain_is_longer_than_the_critical_path(needs: Needs, data: st.DataObject) -> None:
    statuses: dict[str, Status] = {
        name: data.draw(st.sampled_from(["todo", "ready", "blocked", "completed", "failed"])) for name in needs
    }
    left = {name: tuple(need for need in needs[name] if _is_open(statuses[need])) for name in needs}
    expected = max(
        (len(path) for name in needs if _is_open(statuses[name]) for path in chains(left, name)),
        default=0,
    )

    path = critical_path(statuses, needs)

    assert len(path) == expected
    assert not path or path in chains(left, path[-1])


def _is_open(status: Status) -> bool:
    return status not in ("completed", "failed")


def test_a_ticket_that_waits_overtakes_newer_ones_of_more_urgency_and_no_older_ones() -> None:
    assert rank(0, 100.0) < rank(1, 100.0) < rank(4, 100.0)
    assert rank(2, 100.0) < rank(2, 101.0)
    assert rank(4, 0.0) > rank(0, 4 * AGING - 1)
    assert rank(4, 0.0) < rank(0, 4 * AGING + 1)


@given(acyclic_graphs(), st.data())
def test_completing_all_that_is_ready_completes_any_graph_in_order(needs: Needs, data: st.DataObject) -> None:
    ready_set = ReadySet()
    ready = ready_set.add(needs)
    done: list[str] = []
    while ready:
        name = data.draw(st.sampled_from(sorted(ready)))
        ready = (ready - {name}) | ready_set.complete(name)
        done.append(name)

        assert ready == ready_set.ready()
        assert set(needs[name]) <= set(done)

    assert sorted(done) == sorted(needs)


@pytest.mark.parametrize("known", [{"Parser": ()}, {}], ids=["known", "of the list"])
def test_ids_that_a_file_system_may_not_tell_apart_are_refused(known: dict[str, tuple[str, ...]]) -> None:
    new = [NewTicket(description="x", id=name) for name in ("Parser", "parser") if name not in known]
    with pytest.raises(BadArgument, match="differ by case alone"):
        check_new(new, known)
