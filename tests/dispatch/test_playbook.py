"""Workers read the playbook, each of them what its lot is in a trial."""

import time
from pathlib import Path

import pytest
from tests import trials
from tests.dispatch.conftest import Ran, obedient, trusted_workers

from tremaux_server.app import App
from tremaux_tools.core.learning.delta import Proposal, gets_new
from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.playbook import line
from tremaux_tools.core.settings.registry import PLAYBOOK_BULLETS
from tremaux_tools.core.tickets.ticket import Ticket
from tremaux_tools.store import deltas, goals

pytestmark = pytest.mark.anyio
KEPT, TRIED = "Run make lint before the tests.", "Seed every random number."
_EXPOSED = "SELECT delta_id, is_new FROM exposure WHERE subject = ?"


async def test_a_worker_reads_what_was_kept_and_what_its_lot_is_of_a_trial(app: App, project: Path, ran: Ran) -> None:
    await trusted_workers(app, project, obedient())
    await _add(app, project, KEPT, is_kept=True)
    trial = await _add(app, project, TRIED)
    read: set[bool] = set()
    for number in range(20):
        prompt = project / f"prompt-{number}.txt"

        ticket = await ran(description=f"worker: prompt {prompt}", runner="obedient", id=f"t{number}")

        got_it = gets_new(_subject(ticket), trial)
        told = prompt.read_text()
        assert "## Playbook" in told
        assert "[bullet-1] helpful=0 harmful=0 :: Run make lint before the tests." in told.split("\n")
        assert (TRIED in told) is got_it
        assert await _exposed(app, ticket) == [(trial, int(got_it))]
        read.add(got_it)
        if len(read) == 2:
            break
    assert read == {True, False}


async def test_a_command_that_reads_no_prompt_has_no_part_in_a_trial_of_what_it_would_say(
    app: App, project: Path, ran: Ran
) -> None:
    await _add(app, project, KEPT, is_kept=True)
    await _add(app, project, TRIED)
    await trials.begin(app.services.database, PLAYBOOK_BULLETS.name, 1)

    ticket = await ran(command="true")

    assert ticket.status == "completed"
    assert await _exposed(app, ticket) == []


async def test_a_command_that_names_its_prompt_reads_it(app: App, project: Path, ran: Ran) -> None:
    await _add(app, project, KEPT, is_kept=True)
    trial = await _add(app, project, TRIED)
    prompt = project / "prompt.txt"

    ticket = await ran(command=f'cp "$TREMAUX_PROMPT_FILE" {prompt}')

    assert KEPT in prompt.read_text()
    assert await _exposed(app, ticket) == [(trial, int(gets_new(_subject(ticket), trial)))]


async def test_a_goal_is_resumed_with_what_its_workers_are_told(app: App, project: Path) -> None:
    await _add(app, project, KEPT, is_kept=True)
    await _add(app, project, TRIED)
    (bullet,) = [each for each in await app.services.playbook.bullets(str(project)) if each.status == "active"]

    resumed = await app.journal.resume(project, "g")

    assert resumed.playbook == (line(bullet),)


def _subject(ticket: Ticket) -> str:
    assert ticket.run is not None
    return run_subject(ticket.run)


async def _exposed(app: App, ticket: Ticket) -> list[tuple[int, int]]:
    """The deltas that the newest run of a ticket has part in, and whether it worked with what they change."""
    async with app.services.database.snapshot() as connection:
        return [(row[0], row[1]) for row in await connection.execute_fetchall(_EXPOSED, (_subject(ticket),))]


async def _add(app: App, project: Path, text: str, *, is_kept: bool = False) -> int:
    """Put a bullet on trial, or keep it; returns the number of its delta."""
    playbook, now = app.services.playbook, time.time()
    proposal = Proposal(
        type="playbook",
        operation="add",
        target="testing",
        new_value=text,
        reasoning="",
        confidence=0.9,
        impact=1.0,
        source="a rule",
    )
    async with app.services.database.transaction() as connection:
        where = await goals.put_project(connection, str(project), at=now)
        resolution = await playbook.resolve(connection, proposal, where)
        admitted = await playbook.admit(connection, resolution.proposal, where)
        delta_id = await deltas.insert(connection, admitted, None, old_value=None, status="pending", reason="", at=now)
        delta = await deltas.get(connection, delta_id)
        assert delta is not None
        if is_kept:
            await playbook.keep(connection, delta)
        await deltas.move(connection, delta, "kept" if is_kept else "trial", reason="", at=now)
    return delta_id
