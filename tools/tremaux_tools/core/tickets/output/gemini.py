"""Gemini CLI: `gemini --output-format json` or `stream-json`.

Form: packages/core/src/output/types.ts of google-gemini/gemini-cli and https://geminicli.com/docs/cli/headless;
recorded with 0.61.0. It tells no price.
"""

from collections.abc import Mapping

from tremaux_tools.core.tickets.output.reader import MAX_RESULT_CHARS, UNNAMED, Event, by_name, count, table, text
from tremaux_tools.core.tickets.ticket import Usage


class GeminiReader:
    """Tokens are told once, at the end."""

    def __init__(self) -> None:
        self.session = ""
        self.is_error = False
        self._said = ""
        self._failure = ""
        self._is_new = True  # the next text begins an answer
        self._used: dict[str, Usage] = {}

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.session = text(event, "session_id") or self.session
        match event.get("type"):
            case "message" if event.get("role") == "assistant":
                self._say(text(event, "content"))
            case "tool_use":
                self._is_new = True
            case "error" if event.get("severity") == "error":
                self._failure = text(event, "message")
            case "result":
                self._end(event, is_error=event.get("status") == "error")
            case None if event.keys() & {"response", "stats", "error"}:  # the one object of `json`
                self._is_new = True
                self._say(text(event, "response"))
                self._end(event, is_error="error" in event)

    @property
    def result(self) -> str:
        """What the assistant said since its last tool call, or why it failed."""
        return (self._failure or self._said) if self.is_error else self._said

    @property
    def usage_by_model(self) -> Mapping[str, Usage]:
        """Tokens."""
        return self._used

    def _say(self, words: str) -> None:
        """An answer comes in pieces."""
        self._said = words if self._is_new else (self._said + words)[:MAX_RESULT_CHARS]
        self._is_new = False

    def _end(self, event: Event, *, is_error: bool) -> None:
        self.is_error = is_error
        self._failure = text(table(event, "error"), "message") or self._failure
        stats = table(event, "stats")
        used = {model: _usage(each) for model, each in by_name(stats, "models")} or {UNNAMED: _usage(stats)}
        self._used = {model: each for model, each in used.items() if each != Usage()} or self._used


def _usage(stats: Event) -> Usage:
    """`stream-json` has the figures in the model's object itself, `json` in its `tokens`, under other names.

    What was thought is only in the total.
    """
    tokens = table(stats, "tokens") or stats
    given = count(tokens, "prompt") or count(tokens, "input_tokens")
    answered = count(tokens, "candidates") or count(tokens, "output_tokens")
    return Usage(
        max(given - count(tokens, "cached"), 0),
        max(answered, count(tokens, "total") - given, count(tokens, "total_tokens") - given),
    )
