"""On what terms a run is made: with which model, for how long, and with how much of the machine.

A setting is only read where it has a say in the run, so that a trial of it is judged by the runs it can change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.settings import Setting
from tremaux_tools.core.settings.registry import FIRST_RUNG, MAX_CPU_PER_AGENT, TIMEOUT_FACTOR
from tremaux_tools.core.tickets.escalation import timeout_after
from tremaux_tools.core.tickets.ticket import FAILURES, Run, Ticket
from tremaux_tools.live_settings import LiveSettings, Reading
from tremaux_tools.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one run."""

    rung: int  #: of its worker's ladder
    timeout: float  #: seconds
    cpus: float | None  #: cores; None: as many as there are
    readings: Mapping[str, Reading]  #: of the settings that said so


async def read_terms(
    connection: Connection,
    settings: LiveSettings,
    ticket: Ticket,
    run: Run,
    earlier: Sequence[Run],
    *,
    ladder_length: int,
) -> Terms:
    """The terms of a run, whose worker has a ladder of so many models, after the `earlier` ones of its ticket."""
    is_first = not any(each.outcome in FAILURES for each in earlier)
    timeouts = sum(each.outcome == "timed_out" for each in earlier)
    wanted: list[Setting[Any]] = [MAX_CPU_PER_AGENT]
    if is_first and ladder_length > 1:
        wanted.append(FIRST_RUNG)
    if timeouts:
        wanted.append(TIMEOUT_FACTOR)
    readings = await settings.read(connection, wanted, subject=run_subject(run))
    rung = ticket.rung
    if FIRST_RUNG.name in readings:
        rung = min(readings[FIRST_RUNG.name].value, ladder_length - 1)
    timeout = ticket.timeout
    if TIMEOUT_FACTOR.name in readings:
        timeout = timeout_after(timeout, timeouts, factor=readings[TIMEOUT_FACTOR.name].value)
    return Terms(rung, timeout, readings[MAX_CPU_PER_AGENT.name].value or None, readings)
