"""Take secrets out of a text, of shapes that are known and of values that are; colours in it hide none."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tremaux_tools.core.block import Block, Literals
from tremaux_tools.core.redact.contexts import CONTEXT_HINTS, KINDS, in_context
from tremaux_tools.core.redact.edits import MASK, Edit, edited, moved
from tremaux_tools.core.redact.keys import private_keys
from tremaux_tools.core.redact.tokens import TOKEN_HINTS, TOKEN_KINDS, tokens

# Colours and links of ECMA-48, and shifts of the character set; not what a mask would make of a lone escape.
_ESCAPE = re.compile(
    r"\x1b\[(?!redacted:)[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[\x0e\x0f]"
)
_SPACE = re.compile(r"\s")
_LINK = "\x1b]"  # may itself hold a secret
# To search for plain words is far faster than to match shapes. How a token is spelled tells it from prose.
_TOKEN_HINTS = Literals(TOKEN_HINTS)
_CONTEXT_HINTS = Literals(CONTEXT_HINTS, folded=True)


_MASKS = tuple(f"{MASK}{kind}]" for kind in ("env", "private-key", *TOKEN_KINDS, *(kind.name for kind in KINDS)))


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets, and how many were taken out."""

    text: str
    count: int


class Redactor:
    """Takes out secrets of all known shapes, and the `values` wherever they occur, the first before the others."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        # One that our own masks hold could never be taken out.
        self._values = tuple(value for value in values if value and not any(value in mask for mask in _MASKS))

    def redact(self, text: str, block: Block | None = None) -> Redacted:
        """Replace each secret by `[redacted:kind]`, also one with colours in it; they stay, behind it.

        `block` is the text, for whoever has it as one.
        Idempotent: what is redacted already stays as it is and counts as none.
        """
        if "\x1b" not in text:
            left, rounds = self._redacted(text, block)
            return Redacted(left, sum(map(len, rounds)))
        escapes = list(_ESCAPE.finditer(text))
        bare, places = _without(escapes, text)
        left, rounds = self._redacted(bare)
        for edits in rounds:
            places = moved(places, edits)
        count = sum(map(len, rounds))
        parts: list[str] = []
        done = 0
        for place, escape in zip(places, escapes, strict=True):
            sequence = self._redact_link(escape[0])
            parts += (left[done:place], sequence.text)
            done = place
            count += sequence.count
        return Redacted("".join([*parts, left[done:]]), count)

    def sieve(self) -> "Sieve":
        """Take the values out of a text that comes in pieces."""
        return Sieve(self._values)

    def redact_part(self, text: str, start: int, end: int) -> str:
        """What is left of `text[start:end]` when all of `text` is redacted; a secret it reaches into is one mask."""
        left, rounds = self._redacted(text)
        for edits in rounds:
            (start,), (end,) = moved([start], edits, back=True), moved([end], edits)
        return left[start:end]

    def redact_start(self, text: str, length: int) -> str:
        """The first `length` characters of a plain text, redacted; one of thousands is read little further than that.

        Only values and private keys have white space in them, so other secrets end where a word does.
        """
        for value in self._values:
            text = text.replace(value, f"{MASK}env]")
        end = None if private_keys(text) else _SPACE.search(text, length)
        return self.redact(text[: end.start()] if end else text).text[:length]

    def _redact_link(self, sequence: str) -> Redacted:
        left, rounds = self._redacted(sequence) if sequence.startswith(_LINK) else (sequence, [])
        return Redacted(left, sum(map(len, rounds)))

    def _redacted(self, text: str, block: Block | None = None) -> tuple[str, list[list[Edit]]]:
        """The text without secrets; and what was done to it, round by round, on what the one before had left."""
        rounds: list[list[Edit]] = []
        for value in self._values:
            if value in text:
                rounds.append(_all_of(value, text))
                text = edited(text, rounds[-1])
        if edits := private_keys(text):
            rounds.append(edits)
            text = edited(text, edits)
        if block is None or rounds:
            block = Block(text)
        if edits := tokens(text, _TOKEN_HINTS.present_in(block.variety)):
            rounds.append(edits)
            text = edited(text, edits)
        for left, edits in in_context(text, _CONTEXT_HINTS.present_in(block.variety)):
            rounds.append(edits)
            text = left
        return text, rounds


class Sieve:
    """Lets a text through piece by piece, without the values, also those that two pieces share."""

    def __init__(self, values: Sequence[str]) -> None:
        self._values = values
        self._kept_back = max(map(len, values), default=1) - 1
        self._rest = ""

    def feed(self, piece: str) -> str:
        """Take the next piece, and give what can be no part of a value any more."""
        text = self._rest + piece
        for value in self._values:
            text = text.replace(value, f"{MASK}env]")
        cut = max(len(text) - self._kept_back, 0)
        self._rest = text[cut:]
        return text[:cut]

    def finish(self) -> str:
        """Give what was kept back."""
        return self._rest


PUBLISHED = Redactor()  # knows the shapes, and nobody's values


def redact(text: str) -> Redacted:
    """Replace each secret of a known shape by `[redacted:kind]`."""
    return PUBLISHED.redact(text)


def _all_of(value: str, text: str) -> list[Edit]:
    edits = []
    at = text.find(value)
    while at >= 0:
        edits.append(Edit.of((at, at + len(value)), "env"))
        at = text.find(value, at + len(value))
    return edits


def _without(escapes: Iterable[re.Match[str]], text: str) -> tuple[str, list[int]]:
    """The text without escape sequences, and where in it each of them stood."""
    parts: list[str] = []
    places: list[int] = []
    done = size = 0
    for escape in escapes:
        parts.append(text[done : escape.start()])
        size += escape.start() - done
        places.append(size)
        done = escape.end()
    return "".join([*parts, text[done:]]), places
