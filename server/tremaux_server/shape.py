"""Keep answers small: agents pay for every character, and clients cut what is too long."""

import json
from bisect import bisect_left
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

MAX_TEXT = 4_000  # characters of the text block
MAX_STRUCTURED = 8_000  # characters of the structured content as JSON; one client cuts at 8,000
_STEPS = (
    (40, 400),
    (20, 300),
    (12, 200),
    (8, 160),
    (5, 120),
    (3, 80),
    (2, 60),
)  # list items, characters an item
_SHORTEST = 20  # characters of a text that says something still


def timestamp(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cut_middle(text: str, limit: int, *, whole: str = "", marks: tuple[str, str] | None = None) -> str:
    """Keep both ends of a text longer than `limit` characters and name where the whole is.

    A cut through what stands between two `marks` ends it before the gap and begins it anew behind.
    """
    if len(text) <= limit:
        return text
    note = f"\n[... {len(text) - limit} characters left out{f'; whole: {whole}' if whole else ''} ...]\n"
    begins, ends = (f"{marks[0]}\n", f"\n{marks[1]}") if marks else ("", "")
    room = max(limit - len(note) - len(begins) - len(ends), 0)
    head, tail = text[: room // 2], text[len(text) - (room - room // 2) :]
    if marks and head.rfind(marks[0]) > head.rfind(marks[1]):
        head += ends
    if marks and -1 < tail.find(marks[1]) < (tail + marks[0]).find(marks[0]):
        tail = begins + tail
    return head + note + tail


def cut_end(text: str, limit: int) -> str:
    """Keep the beginning of a text longer than `limit` characters."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def newest(text: str, limit: int) -> str:
    """Keep the end of a text that is longer than `limit` bytes as JSON, from the start of a line unless that is far."""
    text_end = text[-limit:] if limit > 0 else ""  # a character is a byte at least
    start = bisect_left(range(len(text_end)), True, key=lambda at: _bytes(text_end[at:]) <= limit)
    kept = text_end[start:]
    if len(kept) == len(text):
        return text
    _, _, whole_lines = kept.partition("\n")
    return whole_lines if 2 * len(whole_lines) > len(kept) else kept


def fit(payload: dict[str, Any], limit: int = MAX_STRUCTURED) -> dict[str, Any]:
    """Shorten lists and long strings, evenly, until the payload as JSON is at most `limit` characters."""
    small = payload
    for items, characters in _STEPS:
        if size(small) <= limit:
            break
        small = {key: _shorten(value, items, characters) for key, value in payload.items()}
    return small


def fit_texts(payload: dict[str, Any], texts: Collection[str], limit: int, *, at_most: int) -> dict[str, Any]:
    """Shorten the strings of fields called `texts`, evenly, until the payload as JSON has at most `limit` characters.

    Names and numbers stay whole, though it be longer for them; beyond `at_most` rows are left out, the last first.
    """
    rows = max(sum(len(value) for value in payload.values() if isinstance(value, list)), 1)
    small, characters = payload, 2 * limit // rows + _SHORTEST
    while size(small) > limit and characters >= _SHORTEST:
        small = {name: _cut(value, name, texts, characters) for name, value in payload.items()}
        characters = characters * 3 // 4
    while size(small) > at_most and (lists := [name for name, value in small.items() if _has_rows(value)]):
        longest = max(lists, key=lambda name: size(small[name]))
        small = small | {longest: small[longest][: len(small[longest]) * 3 // 4]}
    return small


def _has_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _cut(value: Any, name: str, texts: Collection[str], characters: int) -> Any:
    """What is called `name`, and what is in it, with its texts cut."""
    if isinstance(value, dict):
        return {key: _cut(part, key, texts, characters) for key, part in value.items()}
    if isinstance(value, list):
        return [_cut(part, name, texts, characters) for part in value]
    return cut_end(value, characters) if name in texts and isinstance(value, str) else value


def _bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) - len('""')


def size(payload: Any) -> int:
    """Characters of a value as JSON."""
    return len(json.dumps(payload, ensure_ascii=False))


def _shorten(value: Any, items: int, characters: int) -> Any:
    if isinstance(value, dict):
        return {key: _shorten(part, items, characters) for key, part in value.items()}
    if isinstance(value, list):
        return [_shorten(part, items, characters) for part in value[:items]]
    return cut_end(value, characters) if isinstance(value, str) else value
