"""Codex: `codex exec --json`.

Form: https://developers.openai.com/codex/noninteractive; recorded with 0.169.0. It tells neither the model nor a price.
"""

from collections.abc import Mapping

from tremaux_tools.core.tickets.output.reader import UNNAMED, Event, count, table, text
from tremaux_tools.core.tickets.ticket import Usage


class CodexReader:
    """Tokens are told when a turn ends, added up over the whole thread."""

    def __init__(self) -> None:
        self.session = ""
        self.is_error = False
        self._said = ""
        self._failure = ""
        self._used = Usage()

    def take(self, event: Event) -> None:
        """Take the next event."""
        match event.get("type"):
            case "thread.started":
                self.session = text(event, "thread_id")
            case "item.completed":
                item = table(event, "item")
                if item.get("type") == "agent_message":
                    self._said = text(item, "text")
            case "turn.completed":
                self._used = _usage(table(event, "usage"))
                self.is_error = False
            case "turn.failed":
                self._fail(text(table(event, "error"), "message"))
            case "error":  # also "Reconnecting...", after which a turn may still complete
                self._fail(text(event, "message"))

    @property
    def result(self) -> str:
        """The newest message of the agent, or why it failed."""
        return self._failure if self.is_error else self._said

    @property
    def usage_by_model(self) -> Mapping[str, Usage]:
        """Tokens."""
        return {UNNAMED: self._used} if self._used != Usage() else {}

    def _fail(self, message: str) -> None:
        self.is_error = True
        self._failure = message or self._failure


def _usage(usage: Event) -> Usage:
    """`input_tokens` holds what was read from the cache, `output_tokens` the reasoning."""
    given = max(count(usage, "input_tokens") - count(usage, "cached_input_tokens"), 0)
    return Usage(given, count(usage, "output_tokens"))
