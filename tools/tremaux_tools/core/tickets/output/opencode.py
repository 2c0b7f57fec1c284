"""OpenCode: `opencode run --format json`.

Form: packages/opencode/src/cli/cmd/run.ts of anomalyco/opencode; recorded with 1.18.33. It does not tell the model.
"""

from collections.abc import Mapping

from tremaux_tools.core.tickets.output.reader import (
    MAX_COUNTED,
    MAX_RESULT_CHARS,
    UNNAMED,
    Event,
    amount,
    count,
    name,
    table,
    text,
)
from tremaux_tools.core.tickets.ticket import Usage


class OpenCodeReader:
    """Each step tells its own tokens and price when it is finished."""

    def __init__(self) -> None:
        self.session = ""
        self.is_error = False
        self._said = ""
        self._failure = ""
        self._used = Usage()
        self._counted: set[str] = set()  # steps

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.session = text(event, "sessionID") or self.session
        part = table(event, "part")
        match event.get("type"):
            case "step_start":
                self._said = ""
            case "text":
                self._said = (self._said + text(part, "text"))[:MAX_RESULT_CHARS]
            case "step_finish":
                self._finish(name(part, "id"), part)
            case "error":
                error = table(event, "error")
                self.is_error = True
                self._failure = text(table(error, "data"), "message") or text(error, "name")

    @property
    def result(self) -> str:
        """What was said in the newest step, or why it failed."""
        return self._failure if self.is_error else self._said

    @property
    def usage_by_model(self) -> Mapping[str, Usage]:
        """Tokens and prices."""
        return {UNNAMED: self._used} if self._used != Usage() else {}

    def _finish(self, step: str, part: Event) -> None:
        if step not in self._counted and len(self._counted) < MAX_COUNTED:
            self._counted.add(step)
            self._used += _usage(part)


def _usage(part: Event) -> Usage:
    """`input` is without the cache, `output` without the reasoning."""
    tokens = table(part, "tokens")
    given = count(tokens, "input") + count(table(tokens, "cache"), "write")
    return Usage(given, count(tokens, "output") + count(tokens, "reasoning"), amount(part, "cost"))
