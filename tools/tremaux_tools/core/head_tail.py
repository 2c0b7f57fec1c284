"""Keep of a text of any length what matters most: how it began and how it ended."""

from collections import deque

KEPT_CHARS = 8 * 1024 * 1024  # characters kept of one output
HEAD_CHARS = KEPT_CHARS // 4  # of them from its head; failures and summaries stand at the end


class HeadTail:
    """The head and the tail of a stream of text, in memory bounded by `KEPT_CHARS` and one chunk."""

    def __init__(self) -> None:
        self.full_bytes = 0
        self._head: list[str] = []
        self._head_chars = 0
        self._tail: deque[str] = deque()
        self._tail_chars = 0
        self._lost = 0

    def feed(self, chunk: str) -> None:
        """Take the next piece."""
        self.full_bytes += len(chunk.encode("utf-8", "replace"))
        room = HEAD_CHARS - self._head_chars
        if room > 0:
            self._head.append(chunk[:room])
            self._head_chars += len(self._head[-1])
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk)
            self._tail_chars += len(chunk)
        self._drop(self._tail_chars - (KEPT_CHARS - HEAD_CHARS))

    def _drop(self, excess: int) -> None:
        """Forget the oldest `excess` characters of the tail."""
        while excess > 0:
            oldest = self._tail.popleft()
            gone = min(excess, len(oldest))
            if gone < len(oldest):
                self._tail.appendleft(oldest[gone:])
            self._tail_chars -= gone
            self._lost += gone
            excess -= gone

    def text(self) -> str:
        """What is kept, with a line that says how much is missing."""
        gap = f"\n[... {self._lost} characters not kept ...]\n" if self._lost else ""
        return "".join(self._head) + gap + "".join(self._tail)
