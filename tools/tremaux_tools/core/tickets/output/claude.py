"""Claude Code: `claude -p --output-format json` or `stream-json`.

Form: https://code.claude.com/docs/en/headless and the Agent SDK reference; recorded with 2.1.197.
"""

from collections.abc import Mapping

from tremaux_tools.core.tickets.output.reader import (
    MAX_COUNTED,
    MAX_MODELS,
    UNNAMED,
    Event,
    amount,
    by_name,
    count,
    name,
    table,
    tables,
    text,
    texts,
)
from tremaux_tools.core.tickets.ticket import Usage


class ClaudeReader:
    """Until the result comes, the messages' own usage counts; then what the result says of each model."""

    def __init__(self) -> None:
        self.session = ""
        self.is_error = False
        self._said = ""
        self._usage: dict[str, Usage] = {}
        self._counted: set[str] = set()  # messages: each is printed once per block it has
        self._model = UNNAMED  # of the newest message

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
        return self._usage

    def _take_message(self, message: Event) -> None:
        said = "".join(text(block, "text") for block in tables(message, "content") if block.get("type") == "text")
        self._said = said or self._said
        number, used = name(message, "id"), _usage(table(message, "usage"))
        if used == Usage() or number in self._counted or len(self._counted) >= MAX_COUNTED:
            return
        self._counted.add(number)
        model = name(message, "model")
        self._model = model if model in self._usage or len(self._usage) < MAX_MODELS else UNNAMED
        self._usage[self._model] = self._usage.get(self._model, Usage()) + used

    def _take_result(self, event: Event) -> None:
        self.is_error = event.get("is_error") is True or text(event, "subtype").startswith("error")
        self._said = text(event, "result") or "; ".join(texts(event, "errors")) or self._said
        # `modelUsage` counts every request and sums up to the price; `usage` leaves out those beside the conversation.
        told: dict[str, Usage] = {}
        for model, used in by_name(event, "modelUsage"):
            # A model with the long window is `opus[1m]` here and plain in its messages.
            plain = model.partition("[")[0]
            told[plain] = told.get(plain, Usage()) + _model_usage(used)
        if not told:
            told = {self._model: _usage(table(event, "usage")) + Usage(cost_usd=amount(event, "total_cost_usd"))}
        self._usage = {model: used for model, used in told.items() if used != Usage()} or self._usage


def _usage(usage: Event) -> Usage:
    """What is written to the cache counts as input, what is read from it does not: it was counted before."""
    given = count(usage, "input_tokens") + count(usage, "cache_creation_input_tokens")
    return Usage(given, count(usage, "output_tokens"))


def _model_usage(usage: Event) -> Usage:
    given = count(usage, "inputTokens") + count(usage, "cacheCreationInputTokens")
    return Usage(given, count(usage, "outputTokens"), amount(usage, "costUSD"))
