"""Make skeletons where a parser can do no harm: in a child process that may be killed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import anyio

from tremaux_tools.answerer import ENDED, OUT_OF_TIME, Answerer

FILE_SECONDS = 3.0  # of processor time for one file; the largest one that is read takes half a second
TOTAL_SECONDS = 30.0  # of waiting for all files together
MAX_ANSWER = 32 * 1024 * 1024  # bytes; the largest file in JSON, every character escaped
_PROGRAM = ("-P", "-W", "ignore", "-X", "utf8", "-m", "tremaux_tools.context.child")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of a file: its skeleton, or in `wrong` why there is none."""

    text: str = ""
    gaps: int = 0  #: how many pieces were left out
    unknown: tuple[str, ...] = ()  #: symbols to keep that it does not define
    is_broken: bool = False  #: the parser met what it did not understand
    wrong: str = ""


class Pruner:
    """Makes one skeleton after another in one child process, started at the first need of it; a context manager.

    A grammar is a C program made for editors: 38 characters of nonsense keep that of TSX busy for minutes, a hundred
    that of Rust, and as they hold the interpreter meanwhile, nothing else in their process goes on.
    """

    def __init__(self, *, grammars: bool) -> None:
        self._grammars = grammars
        self._child = Answerer(_PROGRAM, max_answer=MAX_ANSWER)
        self._deadline = 0.0

    async def __aenter__(self) -> Self:
        self._deadline = anyio.current_time() + TOTAL_SECONDS
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._child.stop(kill=True)

    async def prune(self, language: str, text: str, keep: Sequence[str] = ()) -> Pruned:
        """The skeleton of a file with the definitions named in `keep` whole."""
        request = {
            "language": language,
            "text": text,
            "keep": list(keep),
            "grammars": self._grammars,
            "seconds": FILE_SECONDS,
        }
        try:
            with anyio.fail_at(self._deadline):
                await self._child.send(json.dumps(request).encode() + b"\n")
                answer = await self._child.answer()
        except TimeoutError:
            await self._child.stop(kill=True)
            return Pruned(wrong="there was no time left to parse it")
        except ENDED:
            slow = await self._child.stop(kill=False) == OUT_OF_TIME
            return Pruned(wrong=f"its parser {'took too long' if slow else 'broke off'}")
        if why := answer.get("wrong"):
            return Pruned(wrong=why)
        return Pruned(answer["text"], answer["gaps"], tuple(answer["unknown"]), answer["broken"])
