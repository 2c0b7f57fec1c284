"""Ask a person whether a ticket may run, through the client, where it can put a question before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context, Elicit
from pydantic import BaseModel, Field, create_model

from tremaux_server.visible import visible
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket

MAX_ASKED = 4_000  # characters of a question; a person must see all that they agree to
PERSON = "a person"  # who decided, in the history of a ticket
REJECTED = "a person said no"


class Approval(BaseModel):
    """What a person fills in; `none` where nobody was asked."""

    decision: str = "none"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided of a ticket."""

    decision: str  #: approve, reject, later, or none where nobody was asked
    reason: str = ""
    prompt: str | None = None  #: as they edited it; None: as it was


NOT_ASKED = Approval()


def question(ticket: NewTicket | Ticket, directory: str) -> Elicit[Approval] | None:
    """The form that a person is asked to fill in; None where it could not show them all that they agree to."""
    told = "\n".join(_told(ticket, directory))
    if len(told) > MAX_ASKED:
        return None
    fields: dict[str, Any] = {
        "decision": (Literal["approve", "reject", "later"], Field(title="Decision")),
        "reason": (str, Field(default="", title="Reason", description="Told to the agent if you reject it")),
    }
    if ticket.command is None:
        edited = Field(default=_prompt(ticket), title="Prompt", description="The worker gets it as it stands here")
        fields["prompt"] = (str, edited)
    return Elicit(told, create_model("TicketApproval", __base__=Approval, **fields))


def decided(answer: ElicitationResult[Approval], ticket: NewTicket | Ticket) -> Choice:
    """What a person decided; who closes the question or declines it decides later."""
    if not isinstance(answer, AcceptedElicitation):
        return Choice("later")
    given: Approval = answer.data
    prompt = getattr(given, "prompt", "").strip()
    edited = prompt if prompt and prompt != _prompt(ticket).strip() else None
    return Choice(given.decision, given.reason.strip(), edited)


def can_ask(context: Context[Any, Any]) -> bool:
    """Whether the client says it can put a form before a person."""
    capabilities = context.client_capabilities
    asking = capabilities.elicitation if capabilities else None
    return asking is not None and (asking.form is not None or asking.url is None)


def _prompt(ticket: NewTicket | Ticket) -> str:
    edited = ticket.prompt if isinstance(ticket, Ticket) else None
    return edited or ticket.description


def _told(ticket: NewTicket | Ticket, directory: str) -> Iterator[str]:
    """All that a person agrees to, with nothing hidden."""
    name = ticket.name if isinstance(ticket, Ticket) else ticket.id
    runner = ticket.runner or "shell"
    yield f"A ticket waits for your approval{f': {visible(name)}' if name else ''}"
    if isinstance(ticket, Ticket) and ticket.reason:
        yield f"Why it waits: {visible(ticket.reason)}"
    if ticket.command is not None:
        yield f"The {visible(runner)} worker is to run this command:"
        yield f"    {visible(ticket.command)}"
        yield f"for: {visible(_prompt(ticket))}"
    else:
        yield f"The {visible(runner)} worker is to do this:"
        yield from (f"    {visible(line)}" for line in _prompt(ticket).split("\n"))
    where = f"{ticket.place}{f' ({visible(ticket.image)})' if ticket.image else ''}"
    tree = "in a git work tree of its own" if ticket.worktree else "in your work tree"
    tries = ticket.max_retries + 1
    yield f"in {where}, {tree} of {visible(directory)}, at most {tries} times for {ticket.timeout:g} seconds."
