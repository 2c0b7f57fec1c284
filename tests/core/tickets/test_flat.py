import json
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.checks import check_list
from tremaux_tools.core.tickets.flat import ImportedTicket, as_flat, parse
from tremaux_tools.core.tickets.graph import check_new
from tremaux_tools.core.tickets.lifecycle import SETTLED, STATUSES
from tremaux_tools.core.tickets.ticket import DEFAULT_TIMEOUT, NewTicket, Ticket
from tremaux_tools.errors import BadArgument

RUNNERS = ("claude", "shell")
SEED = {
    "id": "T-002",
    "description": "Fix the parser",
    "status": "todo",
    "assigned_to": "claude",
    "depends_on": ["T-001"],
    "step_mode": True,
}


def read(value: object) -> list[ImportedTicket]:
    return parse(json.dumps(value), runners=RUNNERS)


@pytest.mark.parametrize("form", [[SEED], {"tickets": [SEED]}, SEED])
def test_a_list_of_the_seed_is_read_in_any_wrapping(form: object) -> None:
    new = NewTicket(description="Fix the parser", id="T-002", depends_on=("T-001",), step_mode=True, runner="claude")

    assert read(form) == [ImportedTicket(new, "todo", "")]


def test_a_ticket_a_line_is_a_list_too() -> None:
    text = f"{json.dumps(SEED)}\n\n{json.dumps(SEED | {'id': 'T-003'})}\n"

    assert [ticket.new.id for ticket in parse(text, runners=RUNNERS)] == ["T-002", "T-003"]


@pytest.mark.parametrize(
    ("status", "imported", "reason"),
    [
        ("todo", "todo", ""),
        ("completed", "completed", ""),
        ("blocked", "blocked", "it was blocked before it was imported"),
        ("in_progress", "todo", "it was in progress elsewhere"),
        ("ready", "todo", ""),
        ("awaiting_approval", "todo", ""),
    ],
)
def test_nothing_runs_because_it_was_running_elsewhere(status: str, imported: str, reason: str) -> None:
    """The seed kept a ticket in progress for ever when its program had died."""
    (ticket,) = read([SEED | {"status": status}])

    assert (ticket.status, ticket.reason) == (imported, reason)


def test_work_of_somebody_unknown_is_free_to_be_taken() -> None:
    (ticket,) = read([SEED | {"assigned_to": "tier3-worker"}])

    assert ticket.new.runner is None
    assert ticket.reason == "it was assigned to tier3-worker"


def test_a_runner_that_is_named_goes_before_whom_it_was_assigned_to() -> None:
    (ticket,) = read([SEED | {"runner": "shell"}])

    assert (ticket.new.runner, ticket.reason) == ("shell", "")


def test_null_stands_for_leaving_out() -> None:
    assert read([SEED | {"image": None, "timeout_s": None, "runner": None}]) == read([SEED])


@pytest.mark.parametrize(
    ("item", "fact", "hint"),
    [
        (SEED | {"depend_on": []}, "ticket 1 ('T-002') has the unknown key 'depend_on'", "Did you mean depends_on?"),
        (SEED | {"depends_on": "T-001"}, '''depends_on of ticket 1 ('T-002') is "T-001"''', "Give a list of texts."),
        (SEED | {"depends_on": [1]}, "depends_on of ticket 1 ('T-002') is [1]", "Give a list of texts."),
        (SEED | {"step_mode": "yes"}, '''step_mode of ticket 1 ('T-002') is "yes"''', "Give true or false."),
        (SEED | {"priority": True}, "priority of ticket 1 ('T-002') is true", "Give a whole number."),
        (SEED | {"priority": 1.5}, "priority of ticket 1 ('T-002') is 1.5", "Give a whole number."),
        (SEED | {"timeout_s": "1h"}, '''timeout_s of ticket 1 ('T-002') is "1h"''', "Give a number."),
        (SEED | {"timeout_s": 10**400}, "timeout_s of ticket 1 ('T-002') is 1000", "Give a number."),
        (SEED | {"budget_cost_usd": float("nan")}, "budget_cost_usd of ticket 1 ('T-002') is NaN", "Give a number."),
        (
            SEED | {"place": "moon"},
            '''place of ticket 1 ('T-002') is "moon"''',
            "one of process, tmux, docker, cluster",
        ),
        (SEED | {"status": "done"}, '''status of ticket 1 ('T-002') is "done"''', "one of todo, awaiting_approval"),
        (SEED | {"id": 7}, "id of ticket 1 is 7", "Give a text."),
        ({"id": "a"}, "ticket 1 ('a') has no description", "Say what is to be done."),
        ("fix it", "ticket 1 is no object", "JSON object"),
    ],
)
def test_a_ticket_that_cannot_be_read_is_named_by_its_place_and_id(item: object, fact: str, hint: str) -> None:
    with pytest.raises(BadArgument) as caught:
        read([item])

    assert fact in str(caught.value)
    assert hint in caught.value.hint
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "the tickets are no JSON: Expecting value"),
        ("[" * 100_000, "the tickets are no JSON"),
        ("7", "the tickets are no JSON list"),
        ('{"a": 1}', "the tickets are no JSON list"),
        (f"{json.dumps(SEED)}\n{{oops\n", "line 2 of the tickets is no JSON"),
    ],
)
def test_what_is_no_list_of_tickets_is_refused(text: str, fact: str) -> None:
    with pytest.raises(BadArgument) as caught:
        parse(text, runners=RUNNERS)

    assert str(caught.value).startswith(fact)


TEXTS = st.text(min_size=1, max_size=10)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
TICKETS = st.builds(
    Ticket,
    ticket_id=st.integers(1),
    project=st.just("/p"),
    root=st.just("/p"),
    name=TEXTS,
    description=TEXTS,
    status=st.sampled_from(STATUSES),
    reason=st.text(max_size=10),
    depends_on=LISTS,
    priority=st.integers(0, 4),
    runner=st.sampled_from(RUNNERS),
    command=st.none() | TEXTS,
    place=st.sampled_from(["process", "tmux", "docker"]),
    image=st.none() | TEXTS,
    step_mode=st.booleans(),
    context_files=LISTS,
    target_file=st.none() | TEXTS,
    target_symbols=LISTS,
    max_retries=st.integers(0, 20),
    timeout=st.floats(1, 1e6),
    worktree=st.booleans(),
    budget_tokens=st.none() | st.integers(1, 10**12),
    budget_cost=st.none() | st.floats(0.01, 1e6),
    goal=st.none() | TEXTS,
)


def taken_on(imported: ImportedTicket) -> Ticket:
    """The ticket that is made of an imported one."""
    values: dict[str, Any] = {
        field.name: getattr(imported.new, field.name) for field in fields(NewTicket) if field.name != "id"
    }
    assert imported.new.id is not None
    values["runner"] = imported.new.runner or "shell"
    values["timeout"] = imported.new.timeout or DEFAULT_TIMEOUT  # what is usual is not exported
    return Ticket(
        ticket_id=1,
        project="/p",
        root="/p",
        name=imported.new.id,
        status=imported.status,
        reason=imported.reason,
        **values,
    )


@given(st.lists(TICKETS, max_size=3))
def test_what_is_exported_is_imported_as_it_was(tickets: list[Ticket]) -> None:
    back = [taken_on(imported) for imported in parse(json.dumps(as_flat(tickets)), runners=RUNNERS)]

    for ticket, same in zip(tickets, back, strict=True):
        for field in fields(NewTicket):
            name = "name" if field.name == "id" else field.name
            assert getattr(same, name) == getattr(ticket, name)
        assert same.status == (ticket.status if ticket.status in SETTLED else "todo")
        assert ticket.status not in SETTLED or not ticket.reason or same.reason == ticket.reason


@given(st.lists(TICKETS, max_size=3))
def test_importing_changes_nothing_the_second_time(tickets: list[Ticket]) -> None:
    once = as_flat(map(taken_on, parse(json.dumps(as_flat(tickets)), runners=RUNNERS)))

    assert as_flat(map(taken_on, parse(json.dumps(once), runners=RUNNERS))) == once


def test_an_exported_ticket_holds_what_others_read_and_what_is_special() -> None:
    ticket = Ticket(
        ticket_id=7,
        project="/p",
        root="/p",
        name="a",
        description="do it",
        status="failed",
        reason="why",
        runner="claude",
        place="process",
    )

    assert as_flat([ticket]) == [
        {
            "id": "a",
            "description": "do it",
            "status": "failed",
            "assigned_to": "claude",
            "depends_on": [],
            "step_mode": False,
            "reason": "why",
            "runner": "claude",
            "place": "process",
        }
    ]


def test_a_ticket_without_a_worker_can_be_taken_in_where_it_was_given_out() -> None:
    nobodys = Ticket(ticket_id=7, project="/p", root="/p", name="a", description="do it", status="todo")
    (back,) = parse(json.dumps(as_flat([nobodys])), runners=RUNNERS)

    check_list([back.new])
    assert back.new.runner is None


def test_work_of_nobody_goes_to_the_worker_that_is_named_for_it() -> None:
    items = [
        SEED | {"id": "a", "assigned_to": "backend"},
        SEED | {"id": "b"},
        {"id": "c", "description": "x", "command": "true"},
    ]
    taken = parse(json.dumps(items), runners=RUNNERS, runner="codex")

    assert [ticket.new.runner for ticket in taken] == ["codex", "claude", None]


def test_why_a_ticket_is_run_again_stays_with_the_runs_that_are_left_behind() -> None:
    ticket = Ticket(
        ticket_id=7, project="/p", root="/p", name="a", description="do it", status="ready", reason="run 1 was lost"
    )

    assert "reason" not in as_flat([ticket])[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "description",
                    "depends_on",
                    "status",
                    "title",
                    "created_at",
                    "tasks",
                    "subtasks",
                    "dependencies",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.one_of(JSON.map(json.dumps), st.text(max_size=50)))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadArgument):
        parse(text, runners=RUNNERS)


TASKS = [
    {
        "id": 1,
        "title": "Data",
        "description": "Design it",
        "status": "done",
        "dependencies": [],
        "priority": "high",
        "details": "",
    },
    {
        "id": 2,
        "title": "Files",
        "description": "Write them",
        "status": "in-progress",
        "dependencies": [1],
        "priority": "medium",
        "details": "In detail",
        "testStrategy": "Look",
        "subtasks": [
            {"id": 1, "title": "Template", "description": "Lay it out", "status": "done", "dependencies": []},
            {"id": 2, "title": "Logic", "description": "Write it", "status": "review", "dependencies": [1, "1"]},
        ],
    },
]


def told(text: str) -> dict[str | None, tuple[str, str, tuple[str, ...], int]]:
    tickets = parse(text, runners=RUNNERS)
    news = [ticket.new for ticket in tickets]
    check_list(news)
    check_new(news, {})
    return {each.new.id: (each.status, each.reason, each.new.depends_on, each.new.priority) for each in tickets}


def test_a_task_list_of_task_master_is_read_with_its_subtasks() -> None:
    assert told(json.dumps({"master": {"tasks": TASKS, "metadata": {}}})) == {
        "1": ("completed", "", (), 1),
        "2.1": ("completed", "", ("1",), 2),
        "2.2": ("blocked", "it was review", ("1", "2.1"), 2),
        "2": ("todo", "it was in progress elsewhere", ("1", "2.1", "2.2"), 2),
    }
    assert told(json.dumps({"tasks": TASKS})) == told(json.dumps({"master": {"tasks": TASKS}}))


def test_the_words_of_a_task_are_kept_whole() -> None:
    *_, task = read({"tasks": TASKS})

    assert task.new.description == "Files\n\nWrite them\n\nIn detail\n\nLook"


def test_task_lists_of_several_tags_do_not_get_mixed_up() -> None:
    tags = {"master": {"tasks": TASKS[:1]}, "next": {"tasks": TASKS}}

    assert list(told(json.dumps(tags))) == ["master.1", "next.1", "next.2.1", "next.2.2", "next.2"]


def test_issues_of_beads_are_read_with_what_binds() -> None:
    issues: list[dict[str, Any]] = [
        {"id": "bd-1", "title": "Epic", "status": "open", "priority": 1, "issue_type": "epic"},
        {
            "id": "bd-1.1",
            "title": "Parse",
            "description": "Read it",
            "status": "open",
            "priority": 0,
            "dependencies": [
                {"issue_id": "bd-1.1", "depends_on_id": "bd-1", "type": "parent-child"},
                {"issue_id": "bd-1.1", "depends_on_id": "bd-2", "type": "blocks"},
                {"issue_id": "bd-1.1", "depends_on_id": "bd-3", "type": "blocks"},
                {"issue_id": "bd-1.1", "depends_on_id": "bd-9", "type": "related"},
            ],
        },
        {"id": "bd-2", "title": "Lex", "status": "closed", "priority": 2},
        {"id": "bd-3", "title": "Gone", "status": "tombstone", "priority": 2},
        {"id": "bd-4", "title": "Later", "status": "deferred", "priority": 7},
    ]
    text = "\n".join(json.dumps(issue | {"created_at": "2025-12-16T13:26:47Z"}) for issue in issues)

    assert told(text) == {
        "bd-1": ("todo", "", ("bd-1.1",), 1),
        "bd-1.1": ("todo", "", ("bd-2",), 0),
        "bd-2": ("completed", "", (), 2),
        "bd-4": ("blocked", "it was deferred", (), 4),
    }
    assert told(text.splitlines()[2]) == {"bd-2": ("completed", "", (), 2)}


def test_a_task_without_an_id_is_refused() -> None:
    with pytest.raises(BadArgument, match="a task in the list has no id"):
        read({"tasks": [{"title": "x"}]})


@pytest.mark.parametrize("odd", [["x"], {"x": 1}, None, 1, True], ids=str)
def test_an_issue_whose_values_are_of_odd_types_is_read_all_the_same(odd: object) -> None:
    link = {"depends_on_id": odd, "type": odd}
    issue = {"id": "a", "title": "t", "created_at": odd, "priority": odd, "dependencies": [odd, link]}

    assert [each.new.id for each in read([issue])] == ["a"]
