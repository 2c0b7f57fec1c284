"""Claude Code: `claude -p --output-format json` or `stream-json`.

Form: https://code.claude.com/docs/en/headless and the Agent SDK reference; recorded with 2.1.197.
"""

from collections.abc import Mapping

from tremaux_tools.core.tickets.output.reader import UNNAMED, Event, added, amount, count, table, tables, text
from tremaux_tools.core.tickets.ticket import Usage


class ClaudeReader:
    """Until the result comes, the messages' own usage counts; then what the result says of each model."""

    def __init__(self) -> None:
        self.session = ""
        self.is_error = False
        self._said = ""
        self._told: dict[str, Usage] | None = None  # by the newest result, of the whole session
        self._messages: dict[str, tuple[str, Usage]] = {}  # since then; a message is printed once per block it has
        self._settled: set[str] = set()  # messages that a result has counted

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.session = text(event, "session_id") or self.session
        match event.get("type"):
            case "assistant":
                self._take_message(table(event, "message"))
            case "result":
                self._take_result(event)

    @property
    def result(self) -> str:
        """The result, or the newest text of the assistant."""
        return self._said

    @property
    def usage_by_model(self) -> Mapping[str, Usage]:
        """Tokens and, from the result on, prices."""
        usage = dict(self._told or {})
        for model, used in self._messages.values():
            usage = added(usage, model, used)
        return usage

    def _take_message(self, message: Event) -> None:
        said = "".join(text(block, "text") for block in tables(message, "content") if block.get("type") == "text")
        self._said = said or self._said
        name = text(message, "id")
        used = _usage(table(message, "usage"))
        if used != Usage() and name not in self._settled:
            self._messages[name] = (text(message, "model"), used)

    def _take_result(self, event: Event) -> None:
        self.is_error = event.get("is_error") is True or text(event, "subtype").startswith("error")
        errors = event.get("errors")
        told = "; ".join(map(str, errors)) if isinstance(errors, list) else ""
        self._said = text(event, "result") or text({"errors": told}, "errors") or self._said
        # `modelUsage` counts every request and sums up to the price; `usage` leaves out those beside the conversation.
        models = table(event, "modelUsage")
        self._told = {name: _model_usage(table(models, name)) for name in models}
        if not self._told:
            used = _usage(table(event, "usage"))
            price = Usage(cost_usd=amount(event, "total_cost_usd"))
            newest = next((model for model, _ in reversed(self._messages.values())), UNNAMED)
            self._told = {newest: used + price} if used + price != Usage() else {}
        self._settled.update(self._messages)
        self._messages.clear()


def _usage(usage: Event) -> Usage:
    """What is written to the cache counts as input, what is read from it does not: it was counted before."""
    given = count(usage, "input_tokens") + count(usage, "cache_creation_input_tokens")
    return Usage(given, count(usage, "output_tokens"))


def _model_usage(usage: Event) -> Usage:
    given = count(usage, "inputTokens") + count(usage, "cacheCreationInputTokens")
    return Usage(given, count(usage, "outputTokens"), amount(usage, "costUSD"))
