"""The answers about several tickets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from tremaux_server.replies.base import LINE, ROOM_FOR_NAMES, Reply, listed
from tremaux_server.replies.ticket import NAMED, WORDS, TicketPart, UsagePart, named
from tremaux_server.shape import MAX_STRUCTURED, cut_end, fit, size
from tremaux_server.uris import TICKETS
from tremaux_tools.core.counted import counted
from tremaux_tools.core.tickets.graph import draw
from tremaux_tools.core.tickets.lifecycle import SETTLED, STATUSES, Status

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.tickets.ticket import Ticket
    from tremaux_tools.store.runs import ModelUsage
    from tremaux_tools.tickets import Listed, Spawned, Waited

MAX_DRAWN = 30  # tickets in the picture of an answer; a larger one is drawn by `tremaux ticket graph`
IDS = 30  # ids of a list in an answer that is too long for all
LIMIT = 50  # tickets in a list, if the caller names no number
MAX_ASKED = 64 * 1024  # characters, when the caller asks for more than that


class TicketsPart(Reply):
    """Several tickets."""

    tickets: list[TicketPart]

    def structured(self) -> dict[str, Any]:
        """The answer as a JSON object: where it is too long whole tickets are left out, the last first."""
        return self.fitted(MAX_STRUCTURED)

    def fitted(self, limit: int) -> dict[str, Any]:
        """The answer as a JSON object of at most `limit` characters; what is left out is named in `shortened`."""
        whole = self.model_dump(mode="json")
        del whole["shortened"]  # comes last
        small = dict(whole)
        room = limit - ROOM_FOR_NAMES
        if size(small) > room:
            short = ({**ticket, "description": cut_end(ticket["description"], LINE)} for ticket in whole["tickets"])
            small["tickets"] = [{**ticket, "reason": cut_end(ticket["reason"], LINE)} for ticket in short]
        if size(small) > room and "graph" in small:
            small["graph"] = ""  # half a picture would be a wrong one
        if size(small) > room:
            small |= {
                name: small[name][:IDS] for name in ("ready", "blocked", "critical_path", "awaiting") if name in small
            }
        over = size(small) - room
        while over > 0 and len(small["tickets"]) > 1:
            over -= size(small["tickets"].pop()) + len(", ")
        small = fit(small, room)  # a single ticket may need a thousand others
        return small | {"shortened": [name for name, value in whole.items() if small[name] != value]}

    def whole(self) -> str:
        """All tickets of the project."""
        return TICKETS

    def listed(self) -> Iterator[str]:
        """One line a ticket."""
        yield from (f"- {part.line()}" for part in self.tickets)


class SpawnedReply(TicketsPart):
    """The answer of spawn_ticket: what was created, in the order it was given."""

    ready: list[str]
    blocked: list[str]
    graph: str
    note: str

    @classmethod
    def of(cls, spawned: "Spawned", *, note: str = "") -> Self:
        """Translate what was created; `note` is what the caller should know beside it."""
        return cls(
            tickets=[TicketPart.of(ticket) for ticket in spawned.tickets],
            ready=list(spawned.ready),
            blocked=list(spawned.blocked),
            graph=draw(spawned.tickets, limit=MAX_DRAWN),
            note=" ".join(filter(None, (note, _nobodys(spawned.tickets)))),
        )

    @classmethod
    def taken(cls, tickets: "Sequence[Ticket]") -> Self:
        """Translate what was brought in from elsewhere."""
        return cls(
            tickets=[TicketPart.of(ticket) for ticket in tickets],
            ready=[ticket.name for ticket in tickets if ticket.status == "ready"],
            blocked=[ticket.name for ticket in tickets if ticket.status in ("todo", "awaiting_approval")],
            graph=draw(tickets, limit=MAX_DRAWN),
            note=_nobodys(tickets),
        )

    def lines(self) -> Iterator[str]:
        """How many can run, how many wait, and how to see what becomes of them."""
        yield from self.facts()
        asked = [part.id for part in self.tickets if part.status == "awaiting_approval"]
        if asked:
            yield f"A person has to agree to {named(asked)}: wait_for_tickets asks them, or call decide_ticket."
        if any(part.status in ("ready", "todo") for part in self.tickets):
            yield "What can run runs by itself; see how it stands with list_tickets, or wait_for_tickets."

    def facts(self) -> Iterator[str]:
        """How many can run, how many wait, then one line a ticket."""
        yield f"{counted(len(self.tickets), 'ticket')}: {told(tally(self.tickets))}"
        if self.note:
            yield self.note
        yield from self.listed()


class ModelPart(UsagePart):
    """What the runs of one worker with one model used; the model is empty where nobody told."""

    runner: str
    model: str
    runs: int

    @classmethod
    def of_model(cls, used: "ModelUsage") -> Self:
        """Translate a usage."""
        usage = UsagePart.of(used.usage).model_dump()
        return cls(runner=used.runner, model=used.model, runs=used.runs, **usage)

    def line(self) -> str:
        """The usage, in a line; empty where nothing is known."""
        used = self.told()
        model = f" ({self.model})" if self.model else ""
        return f"{self.runner}{model}: {used} in {counted(self.runs, 'run')}" if used else ""


class ListReply(TicketsPart):
    """The answer of list_tickets; `usage` is that of all runs in the project."""

    total: int
    counts: dict[Status, int]
    critical_path: list[str]
    usage: list[ModelPart]
    graph: str

    @classmethod
    def of(cls, found: "Listed", usage: "Sequence[ModelUsage]" = ()) -> Self:
        """Translate the tickets of a project."""
        return cls(
            tickets=[TicketPart.of(ticket) for ticket in found.tickets],
            total=found.total,
            counts={status: found.counts[status] for status in STATUSES if found.counts.get(status)},
            critical_path=list(found.critical_path),
            usage=[ModelPart.of_model(used) for used in usage],
            graph=draw(found.tickets, limit=MAX_DRAWN),
        )

    def structured(self) -> dict[str, Any]:
        """The answer as a JSON object, longer where the caller asked for more tickets than by default."""
        return self.fitted(MAX_ASKED if len(self.tickets) > LIMIT else MAX_STRUCTURED)

    def lines(self) -> Iterator[str]:
        """How many there are in each state, then one line a ticket."""
        yield self.head()
        yield from self.listed()
        if len(self.tickets) < self.total:
            yield f"{self.total - len(self.tickets)} more are not listed; see status, limit and {TICKETS}."
        if len(self.critical_path) > 1:
            yield f"Longest chain left: {' -> '.join(self.critical_path[:NAMED])}"
        yield from self.spent()

    def head(self) -> str:
        """How many tickets there are in each state."""
        all_of_them = sum(self.counts.values())
        part = f"{self.total} of " if self.total < all_of_them else ""
        return f"{part}{counted(all_of_them, 'ticket')}{f': {told(self.counts)}' if self.counts else ''}"

    def spent(self) -> Iterator[str]:
        """What was used by each worker and model."""
        yield from listed("Used", filter(None, (part.line() for part in self.usage)))


class WaitReply(TicketsPart):
    """The answer of wait_for_tickets: how those asked for stand now."""

    done: bool
    timed_out: bool
    awaiting: list[str]
    waited_s: float
    note: str

    @classmethod
    def of(cls, waited: "Waited", *, seconds: float, note: str = "") -> Self:
        """Translate how a wait ended after `seconds`."""
        return cls(
            tickets=[TicketPart.of(ticket) for ticket in waited.tickets],
            done=waited.is_done,
            timed_out=not waited.is_done and not waited.awaiting,
            awaiting=list(waited.awaiting),
            waited_s=round(seconds, 3),
            note=note,
        )

    def lines(self) -> Iterator[str]:
        """How the wait ended, how they stand, and what to do next."""
        yield from self.facts()
        if self.awaiting:
            yield "A person has to agree before they run: decide_ticket with approve, or reject and a reason."
        elif not self.done:
            yield "They run on; call wait_for_tickets again."

    def facts(self) -> Iterator[str]:
        """How the wait ended, then one line a ticket."""
        yield f"{self._decision()} after {self.waited_s:.1f} s: {told(tally(self.tickets)) or 'no ticket is open'}"
        if self.note:
            yield self.note
        yield from self.listed()

    def _decision(self) -> str:
        if self.awaiting:
            return "AWAITING APPROVAL"
        return "DONE" if self.done else "NOT DONE"


def _nobodys(tickets: "Iterable[Ticket]") -> str:
    """What to do about tickets that no worker can run; empty where there are none."""
    names = [ticket.name for ticket in tickets if not ticket.has_worker and ticket.status not in SETTLED]
    if not names:
        return ""
    return (
        f"Nobody can run {named(names)}: neither a runner nor a command is given. "
        "Cancel and hand over again with one, or do it yourself and decide complete."
    )


def tally(tickets: Iterable[TicketPart]) -> dict[Status, int]:
    """How many tickets there are in each state."""
    counts: dict[Status, int] = {}
    for ticket in tickets:
        counts[ticket.status] = counts.get(ticket.status, 0) + 1
    return counts


def told(counts: Mapping[Status, int]) -> str:
    """Counts in words, first what somebody has to look at."""
    return ", ".join(f"{counts[status]} {words}" for status, words in WORDS.items() if counts.get(status))
