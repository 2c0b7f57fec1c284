"""What a ticket must be like to be taken on: each mistake is one sentence, and nothing was written."""

from collections.abc import Sequence

from tremaux_tools.core.tickets.ticket import LOWEST_PRIORITY, NewTicket
from tremaux_tools.core.words import goal_name
from tremaux_tools.errors import BadArgument

MAX_TICKETS = 20_000  # in one list
MAX_DEPENDENCIES = 1_000  # of one ticket
MAX_CONTEXT_FILES = 200
MAX_SYMBOLS = 200
MAX_ID = 64  # characters; it becomes part of branches, directories and terminals
MAX_DESCRIPTION = 100_000  # characters
MAX_COMMAND = 100_000  # characters; Linux takes no argument above 128 KiB
MAX_NAME = 200  # characters of a runner, an image or a symbol
MAX_PATH = 4_096  # characters, as many as Linux takes bytes
MAX_RETRIES = 20
MAX_TIMEOUT = 7 * 86_400.0  # seconds
MAX_BUDGET_TOKENS = 10**12
MAX_BUDGET_COST = 10**6  # USD
_MAX_SHOWN = 80  # characters of a wrong value


def check_list(tickets: Sequence[NewTicket]) -> None:
    """Check tickets that are handed over together, each by itself.

    Raises:
        BadArgument: there are none or too many, or one of them is wrong.
    """
    if not tickets:
        raise BadArgument("the list of tickets is empty", "Give at least one ticket.")
    if len(tickets) > MAX_TICKETS:
        raise BadArgument(
            f"the list has {len(tickets):,} tickets", f"Hand over at most {MAX_TICKETS:,} at once, in several calls."
        )
    for number, ticket in enumerate(tickets, 1):
        check_ticket(ticket, what=f"ticket {number} of the list" if len(tickets) > 1 else "the ticket")


def check_ticket(ticket: NewTicket, *, what: str = "the ticket") -> None:
    """Check a ticket by itself; `what` names it in a message where it has no id.

    Raises:
        BadArgument: one of its values makes no sense.
    """
    if ticket.id is not None:
        _check_id(ticket.id)
        what = f"ticket {ticket.id!r}"
    _check_words(ticket, what)
    _check_limits(ticket, what)
    _check_place(ticket, what)
    _check_context(ticket, what)
    _check_dependencies(ticket, what)


def check_prompt(prompt: str) -> None:
    """Check what a worker is to be told instead of a ticket's description.

    Raises:
        BadArgument: it is empty, too long or no plain text.
    """
    if not prompt.strip():
        raise BadArgument("the prompt is empty", "Say what is to be done, or leave it out for the description.")
    _check_text(prompt, "the prompt", MAX_DESCRIPTION)


def _check_id(name: str) -> None:
    is_plain = name.isprintable() and not set(name) & set(" /\\")
    if not name or len(name) > MAX_ID or not is_plain or name.startswith("-"):
        raise BadArgument(
            f"{_shown(name)} cannot be the id of a ticket",
            f"Use 1 to {MAX_ID} printable characters without white space or slashes, and no - in front.",
        )


def _check_words(ticket: NewTicket, what: str) -> None:
    if not ticket.description.strip():
        raise BadArgument(f"the description of {what} is empty", "Say what is to be done.")
    _check_text(ticket.description, f"the description of {what}", MAX_DESCRIPTION)
    if ticket.command is not None:
        if not ticket.command.strip():
            raise BadArgument(f"the command of {what} is empty", "Give a shell command, or leave it out.")
        _check_text(ticket.command, f"the command of {what}", MAX_COMMAND)
    if ticket.runner is not None:
        _check_name(ticket.runner, f"the runner of {what}")
    if ticket.goal is not None:
        goal_name(ticket.goal)


def _check_limits(ticket: NewTicket, what: str) -> None:
    if not 0 <= ticket.priority <= LOWEST_PRIORITY:
        raise BadArgument(
            f"priority {ticket.priority} of {what} is out of range",
            f"Use 0, the most urgent, to {LOWEST_PRIORITY}, the least.",
        )
    if not 0 <= ticket.max_retries <= MAX_RETRIES:
        raise BadArgument(
            f"{ticket.max_retries} retries of {what} are out of range", f"Set max_retries from 0 to {MAX_RETRIES}."
        )
    if ticket.timeout is not None and not 0 < ticket.timeout <= MAX_TIMEOUT:  # also false for nan
        raise BadArgument(
            f"the time limit of {what}, {ticket.timeout:g} s, is out of range",
            f"Set timeout_s above 0 and up to {MAX_TIMEOUT:.0f} (a week).",
        )
    if ticket.budget_tokens is not None and not 0 < ticket.budget_tokens <= MAX_BUDGET_TOKENS:
        raise BadArgument(
            f"the budget of {what}, {ticket.budget_tokens} tokens, is out of range",
            f"Set budget_tokens above 0 and up to {MAX_BUDGET_TOKENS:,}, or leave it out for none.",
        )
    cost = ticket.budget_cost
    if cost is not None and not 0 < cost <= MAX_BUDGET_COST:
        raise BadArgument(
            f"the budget of {what}, {cost:g} USD, is out of range",
            f"Set budget_cost_usd above 0 and up to {MAX_BUDGET_COST:,}, or leave it out for none.",
        )


def _check_place(ticket: NewTicket, what: str) -> None:
    if ticket.runner == "shell" and ticket.command is None:
        raise BadArgument(f"{what} has the runner shell and no command", "Give the command, or another runner.")
    if ticket.place == "docker" and ticket.image is None:
        raise BadArgument(f"{what} is to run in docker and names no image", "Give an image from `docker images`.")
    if ticket.place != "docker" and ticket.image is not None:
        raise BadArgument(
            f"{what} names an image but is to run in {ticket.place}", "Set place to docker, or leave the image out."
        )
    if ticket.image is not None:
        _check_name(ticket.image, f"the image of {what}")


def _check_context(ticket: NewTicket, what: str) -> None:
    _check_count(len(ticket.context_files), MAX_CONTEXT_FILES, f"context files of {what}")
    _check_count(len(ticket.target_symbols), MAX_SYMBOLS, f"target symbols of {what}")
    for path in ticket.context_files:
        _check_path(path, f"the context file {_shown(path)} of {what}")
    if ticket.target_file is not None:
        _check_path(ticket.target_file, f"the target file {_shown(ticket.target_file)} of {what}")
    for symbol in ticket.target_symbols:
        _check_name(symbol, f"the target symbol {_shown(symbol)} of {what}")
    if ticket.target_symbols and ticket.target_file is None and not ticket.context_files:
        raise BadArgument(f"{what} names target symbols but no file", "Set target_file to the file that has them.")


def _check_dependencies(ticket: NewTicket, what: str) -> None:
    _check_count(len(ticket.depends_on), MAX_DEPENDENCIES, f"dependencies of {what}")
    seen = set()
    for need in ticket.depends_on:
        if need in seen:
            raise BadArgument(f"{what} depends on {_shown(need)} twice", "Name each dependency once.")
        seen.add(need)


def _check_path(path: str, what: str) -> None:
    if not path.strip() or path.startswith(("/", "~")) or ".." in path.split("/"):
        raise BadArgument(f"{what} is no path inside the project", "Give it relative to the project's root.")
    _check_text(path, what, MAX_PATH)


def _check_name(name: str, what: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise BadArgument(f"{what} is no name", f"Use 1 to {MAX_NAME} printable characters.")


def _check_text(text: str, what: str, most: int) -> None:
    if len(text) > most:
        raise BadArgument(
            f"{what} has {len(text):,} characters, more than {most:,}",
            "Put the long part into a file of the project and name that file.",
        )
    if "\0" in text or not _is_encodable(text):
        raise BadArgument(f"{what} holds a NUL or half a character", "Give it as plain text.")


def _check_count(count: int, most: int, what: str) -> None:
    if count > most:
        raise BadArgument(f"{count:,} {what} are too many", f"Name at most {most:,}.")


def _is_encodable(text: str) -> bool:
    """Whether it is without lone surrogates, which JSON can carry and SQLite cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    return repr(text[:_MAX_SHOWN])
