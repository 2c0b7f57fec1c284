"""What becomes of a ticket when one of its runs has ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.tickets.escalation import backoff, rung_after
from tremaux_tools.core.tickets.lifecycle import Status
from tremaux_tools.core.tickets.ticket import FAILURES, Run, RunOutcome, Ticket

MAX_LOSSES = 10  # a place that loses the same ticket more often will lose it again
MAX_REASON = 300  # characters of what is told of one run


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    outcome: RunOutcome
    reason: str = ""
    fingerprint: str = ""  #: of its failure; empty: none was seen
    exit_code: int | None = None
    model: str | None = None
    epoch: int = 1  #: its number among the runs of its ticket
    rung: int | None = None  #: where it ran on its worker's ladder; None: where its ticket stands

    @classmethod
    def of(cls, run: Run) -> "Ended":
        """How a kept run ended."""
        return cls(run.outcome, run.reason, run.fingerprint, run.exit_code, run.model, run.epoch, run.rung)


@dataclass(frozen=True, slots=True)
class Next:
    """Where its ticket goes from there."""

    status: Status
    reason: str
    retry_count: int
    loss_count: int
    rung: int
    delay: float = 0.0  #: seconds until the next run may begin


def after_run(
    ticket: Ticket, ended: Ended, earlier: Sequence[Ended], *, ladder_length: int, first_delay: float
) -> Next:
    """Decide where a ticket goes whose run has ended.

    Args:
        ticket: As it was while the run went on.
        ended: The run.
        earlier: All runs before it, the oldest first.
        ladder_length: How many models its worker profile names.
        first_delay: Seconds that the first retry waits.

    Raises:
        ValueError: the run has not ended.
    """
    match ended.outcome:
        case "completed":
            return _settled(ticket, "completed", ended.reason)
        case "blocked":
            return _settled(ticket, "blocked", ended.reason or "its worker could not go on and did not say why")
        case "cancelled":
            return _settled(ticket, "cancelled", ended.reason or "cancelled")
        case "paused":
            return _settled(ticket, "awaiting_approval", ended.reason or "paused until a person lets it go on")
        case "failed" | "timed_out":
            return _after_failure(ticket, ended, earlier, ladder_length, first_delay)
        case "lost":
            return _after_loss(ticket, ended, first_delay)
    raise ValueError(f"run {ended.epoch} of ticket {ticket.name!r} has not ended")


def _settled(ticket: Ticket, status: Status, reason: str) -> Next:
    return Next(status, reason, ticket.retry_count, ticket.loss_count, ticket.rung)


def _after_failure(
    ticket: Ticket, ended: Ended, earlier: Sequence[Ended], ladder_length: int, first_delay: float
) -> Next:
    if ticket.retry_count >= ticket.max_retries:
        return _settled(ticket, "failed", _all_reasons([*earlier, ended]))
    retry = ticket.retry_count + 1
    met = _met_before(ended, earlier)
    stood = ticket.rung if ended.rung is None else ended.rung
    rung = rung_after(stood, is_stalled=met is not None, ladder_length=ladder_length)
    same = f", the same failure as in run {met.epoch}" if met else ""
    reason = f"{_told(ended)}{same}; retry {retry} of {ticket.max_retries}"
    # Time heals a busy network but no task that is too hard: where a stall brings a stronger model, it comes at once.
    delay = 0.0 if met and rung > stood else backoff(retry, first_delay)
    return Next("ready", reason, retry, ticket.loss_count, rung, delay)


def _after_loss(ticket: Ticket, ended: Ended, first_delay: float) -> Next:
    why = ended.reason or "its worker is gone"
    if ticket.loss_count >= MAX_LOSSES:
        return _settled(
            ticket, "failed", f"lost {ticket.loss_count + 1} times, at last in run {ended.epoch}: {_cut(why)}"
        )
    losses = ticket.loss_count + 1
    delay = backoff(losses - 1, first_delay) if losses > 1 else 0.0
    return Next("ready", f"run {ended.epoch} was lost: {_cut(why)}", ticket.retry_count, losses, ticket.rung, delay)


def _met_before(ended: Ended, earlier: Sequence[Ended]) -> Ended | None:
    """The newest earlier run that failed in the same way."""
    if not ended.fingerprint:
        return None
    return next((run for run in reversed(earlier) if run.fingerprint == ended.fingerprint), None)


def _all_reasons(runs: Sequence[Ended]) -> str:
    failed = [run for run in runs if run.outcome in FAILURES]
    times = f"{len(failed)} times" if len(failed) > 1 else "once"
    return f"failed {times}: {'; '.join(map(_told, failed))}"


def _told(ended: Ended) -> str:
    """How a run failed, in a clause."""
    exit_code = f"exit code {ended.exit_code}" if ended.exit_code is not None else ""
    timed_out = "timed out" if ended.outcome == "timed_out" else ""
    parts = [part for part in (timed_out, exit_code) if part and part not in ended.reason]
    what = ", ".join([*parts, *([ended.reason] if ended.reason else [])])
    model = f" ({ended.model})" if ended.model else ""
    return f"run {ended.epoch}{model}: {_cut(what) or 'failed'}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_REASON else f"{line[: MAX_REASON - 3]}..."
