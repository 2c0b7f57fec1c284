"""Cut a stream of text into lines without ever holding more than a little of it."""

from collections.abc import Iterator

MAX_LINE = 2048  # characters; what names a failure stands well inside, minified code and blobs do not
_HALF = MAX_LINE // 2
_SLICE = 1 << 16  # characters; bounds what is held of a text that came in one piece


def shorten(line: str) -> str:
    """Keep the head and the tail of a line that is too long.

    `shorten(shorten(a) + b) == shorten(a + b)`, so a long line may come in pieces.
    """
    return line if len(line) <= MAX_LINE else line[:_HALF] + line[-_HALF:]


class LineCutter:
    """Give back whole blocks of lines as chunks come in, however the chunks were split."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, chunk: str) -> Iterator[str]:
        """Yield the blocks this chunk completes; a block is one or more whole lines, without the last end."""
        for start in range(0, len(chunk), _SLICE):
            block, end, rest = (self._rest + chunk[start : start + _SLICE]).rpartition("\n")
            self._rest = shorten(rest)
            if end:
                yield block

    def finish(self) -> str:
        """Return the last line, which had no end; empty when there was none."""
        rest, self._rest = self._rest, ""
        return rest
