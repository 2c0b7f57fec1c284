"""The newest bytes of an endless stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.terminal.ring import Ring


@given(st.lists(st.binary(max_size=12)), st.integers(1, 20), st.integers(0, 200))
def test_a_ring_is_the_tail_of_all_that_was_written(pieces: list[bytes], capacity: int, offset: int) -> None:
    ring = Ring(capacity)
    for piece in pieces:
        ring.append(piece)

    whole = b"".join(pieces)
    begin = max(0, len(whole) - capacity)
    assert (ring.begin, ring.end) == (begin, len(whole))
    assert ring.since(offset) == (whole[max(offset, begin) :], offset < begin)


@given(st.lists(st.integers(1, 90_000), min_size=1, max_size=8), st.data())
def test_chunks_of_every_size_join_without_a_seam(sizes: list[int], data: st.DataObject) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    whole = b"".join(pieces)
    offset = data.draw(st.integers(0, len(whole)))
    ring = Ring(200_000)

    for piece in pieces:
        ring.append(piece)

    begin = max(0, len(whole) - 200_000)
    assert ring.since(offset) == (whole[max(offset, begin) :], offset < begin)


def test_what_was_dropped_is_not_kept_in_memory() -> None:
    ring = Ring(100_000)

    for _ in range(100_000):
        ring.append(b"0123456789")

    assert sum(map(len, ring._chunks)) < 100_000 + 2 * 65_546
    assert ring.since(ring.end - 10) == (b"0123456789", False)


def test_a_ring_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity must be 1 or more, not 0"):
        Ring(0)
