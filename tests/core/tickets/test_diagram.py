import re
from pathlib import Path

from tremaux_tools.core.tickets.diagram import _EVENTS, state_diagram
from tremaux_tools.core.tickets.lifecycle import ALLOWED, STATUSES

GUIDE = Path(__file__).parents[3] / "docs" / "tickets.md"


def test_the_guide_draws_the_states_as_the_table_has_them() -> None:
    assert f"```mermaid\n{state_diagram()}\n```" in GUIDE.read_text()


def test_every_allowed_step_is_drawn_with_what_causes_it() -> None:
    drawn = set(re.findall(r"^  (\w+) --> (\w+): \S.*$", state_diagram(), re.MULTILINE))

    assert drawn == {(old, new) for old in STATUSES for new in ALLOWED[old]}


def test_every_step_that_the_engine_takes_by_itself_is_allowed() -> None:
    assert all(new in ALLOWED[old] for old, new in _EVENTS)
    assert ("ready", "awaiting_approval") in _EVENTS, "a budget may be spent before a ticket's turn comes"
