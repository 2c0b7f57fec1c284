"""Search text for regular expressions that a caller wrote, without ever waiting long for one."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from tremaux_tools.answerer import ENDED, OUT_OF_TIME, Answerer
from tremaux_tools.errors import BadArgument

MATCH_DEADLINE = 1.0  # seconds of processor time for one pattern, so a busy machine refuses no more than an idle one
PATIENCE = 15.0  # seconds of waiting for one pattern, whatever the child does
MAX_PATTERN = 1000  # characters
MAX_SHOWN = 80  # characters of a pattern in a message
MAX_ANSWER = 64 * 1024  # bytes
STARTS = 2  # a child may have been killed since the last search; one that dies twice, dies of the pattern
_META = frozenset(r".^$*+?{}[]\|()")
_PROGRAM = ("-I", "-S", str(Path(__file__).with_name("child.py")))


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found."""

    pattern: int  #: which of the patterns, from 0
    text: str
    start: int  #: characters from the beginning of the text searched
    end: int


class Matcher:
    """Searches one after another in one child process, started at the first need of it.

    `re` keeps the interpreter to itself while it backtracks, so in this process a bad pattern would stop everything.
    Cancelling a search kills the child; the next search starts another.
    """

    def __init__(self) -> None:
        self._lock = anyio.Lock()
        self._child = Answerer(_PROGRAM, max_answer=MAX_ANSWER)

    async def check(self, pattern: str) -> None:
        """Do nothing for a pattern that can be searched for.

        Raises:
            BadArgument: it is empty, too long, or no regular expression.
        """
        await self.search([pattern], "")

    async def search(self, patterns: Sequence[str], text: str) -> Match | None:
        """The earliest match of the first of `patterns` that matches, or None.

        Patterns are written as for Python's `re`, without flags but inline ones: `$` matches at the end of the text.

        Raises:
            BadArgument: a pattern is empty, too long, no regular expression, or takes too long.
        """
        for pattern in patterns:
            _bounded(pattern)
        if all(_META.isdisjoint(pattern) for pattern in patterns):
            return _find(patterns, text)
        number, answer = await self._ask(patterns, _request(patterns, text))
        if why := answer.get("wrong"):
            raise BadArgument(
                f"pattern {_shown(patterns[number])} is no regular expression: {_shown(why)[1:-1]}",
                "Write it as for Python's re, and put \\ before a character that is meant as it is.",
            )
        span = answer.get("span")
        return Match(number, text[slice(*span)], *span) if span else None

    async def aclose(self) -> None:
        """End the child; a later search starts another."""
        async with self._lock:
            await self._child.stop(kill=False)

    async def _ask(self, patterns: Sequence[str], request: bytes) -> tuple[int, dict[str, Any]]:
        """The number of the last pattern that was tried, and the child's answer to it."""
        async with self._lock:
            for _ in range(STARTS):
                with suppress(*ENDED):
                    return await self._ask_child(patterns, request)
        raise BadArgument(f"the process that searches for {_shown(patterns[0])} was killed", "Write a simpler pattern.")

    async def _ask_child(self, patterns: Sequence[str], request: bytes) -> tuple[int, dict[str, Any]]:
        number = 0
        answer: dict[str, Any] = {}
        try:
            await self._child.send(request)
            while not answer and number < len(patterns):
                with anyio.fail_after(PATIENCE):
                    answer = await self._child.answer()
                number += 1
        except (TimeoutError, *ENDED) as error:
            code = await self._child.stop(kill=isinstance(error, TimeoutError))
            if isinstance(error, TimeoutError) or code == OUT_OF_TIME:
                raise BadArgument(
                    f"pattern {_shown(patterns[number])} takes too long to search for",
                    "Write it without a repeat inside a repeat, such as (a+)+, or search for a plain text.",
                ) from error
            raise
        except BaseException:  # a child in the middle of a request is of no use to the next one
            await self._child.stop(kill=True)
            raise
        return number - 1, answer


def _bounded(pattern: str) -> None:
    if not pattern:
        raise BadArgument("the pattern is empty", "Write what to look for.")
    if len(pattern) > MAX_PATTERN:
        raise BadArgument(
            f"the pattern has {len(pattern)} characters, of at most {MAX_PATTERN}", "Look for something shorter."
        )


def _find(literals: Sequence[str], text: str) -> Match | None:
    places = ((number, text.find(literal)) for number, literal in enumerate(literals))
    return next((Match(n, literals[n], at, at + len(literals[n])) for n, at in places if at >= 0), None)


def _request(patterns: Sequence[str], text: str) -> bytes:
    body = text.encode("utf-8", "surrogatepass")
    head = {"patterns": list(patterns), "size": len(body), "seconds": MATCH_DEADLINE}
    return json.dumps(head).encode() + b"\n" + body


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}...")
