"""Keep the newest bytes of an endless stream, found again by their distance from its start."""

from collections import deque
from collections.abc import Iterator

_CHUNK = 65_536  # bytes; small writes are gathered up to this


class Ring:
    """The newest `capacity` bytes of a stream.

    Offsets count from the stream's start and stay true while bytes are dropped.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be 1 or more, not {capacity}")
        self._capacity = capacity
        self._chunks: deque[bytearray] = deque()
        self._first = 0  # the offset of the first chunk, at or before `begin`
        self._end = 0

    @property
    def begin(self) -> int:
        """The offset of the oldest byte that is kept."""
        return max(0, self._end - self._capacity)

    @property
    def end(self) -> int:
        """The offset behind the newest byte: how many there ever were."""
        return self._end

    def append(self, data: bytes) -> None:
        """Add the stream's next bytes; cost grows with their number only."""
        if self._chunks and len(self._chunks[-1]) < _CHUNK:
            self._chunks[-1] += data
        else:
            self._chunks.append(bytearray(data))
        self._end += len(data)
        while self._chunks and self._first + len(self._chunks[0]) <= self.begin:
            self._first += len(self._chunks.popleft())

    def since(self, offset: int) -> tuple[bytes, bool]:
        """Return what is kept from `offset` on, and whether older bytes of it were lost.

        An offset that has not been reached yet has nothing behind it.
        """
        start = max(offset, self.begin)
        return b"".join(reversed(list(self._backwards(start)))), offset < self.begin

    def _backwards(self, start: int) -> Iterator[memoryview]:
        """The chunks that reach beyond `start`, newest first: marks are mostly near the end."""
        end = self._end
        for chunk in reversed(self._chunks):
            if end <= start:
                return
            begin = end - len(chunk)
            yield memoryview(chunk)[max(0, start - begin) :]
            end = begin
