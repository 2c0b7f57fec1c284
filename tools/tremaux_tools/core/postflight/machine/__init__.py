"""Read what test runners, compilers and linters write for machines as JSON: exact, so it outranks what they print.

The forms are those of the tools themselves, read from the text alone: `results_in` finds them in an output that has
other lines around them, as `cargo test` and npm scripts make them.
"""

import json
from collections.abc import Iterator
from typing import Any

from tremaux_tools.core.postflight.machine import documents, streams
from tremaux_tools.core.postflight.machine.values import merged
from tremaux_tools.core.postflight.results import Results

__all__ = ["is_report_begun", "merged", "results_in"]

MAX_LINE = 1 << 20  # characters; a longer line of a stream is skipped
MAX_DOCUMENTS = 20  # places of one text where a document may begin
HEAD = 2_000  # characters of a document that say of what form it is

_DECODER = json.JSONDecoder()
# Too deep, too long a number, or no JSON at all.
_NO_JSON = (ValueError, RecursionError)


def results_in(text: str) -> Results | None:
    """Read the JSON reports in a text; None if there is none. Time is linear in its length."""
    found = [*_read_documents(text), *_read_streams(text)]
    return merged(found) if found else None


def is_report_begun(text: str) -> bool:
    """Tell whether a text begins like a report that is one JSON document, whole or cut off."""
    return text[:1] in ("{", "[") and any(text.find(hint, 0, HEAD) >= 0 for hint in documents.HINTS)


def _read_documents(text: str) -> Iterator[Results]:
    if not any(hint in text for hint in documents.HINTS):
        return
    done = tries = 0
    for start in _line_starts(text):
        if start < done or tries == MAX_DOCUMENTS:
            continue
        if not any(text.find(hint, start, start + HEAD) >= 0 for hint in documents.HINTS):
            continue
        tries += 1
        try:
            document, done = _DECODER.raw_decode(text, start)
        except _NO_JSON:
            continue
        if results := documents.read_document(document):
            yield results


def _line_starts(text: str) -> Iterator[int]:
    """Where the lines begin that may open a document."""
    start = 0
    while start >= 0:
        if text[start : start + 1] in ("{", "["):
            yield start
        start = text.find("\n", start) + 1 or -1


def _read_streams(text: str) -> list[Results]:
    if not any(hint in text for hint in streams.HINTS):
        return []
    lines = streams.Streams()
    for line in text.split("\n"):
        if len(line) > MAX_LINE:
            continue
        if not line.startswith("{"):
            lines.see_text(line)
        elif isinstance(row := _decoded(line), dict):
            lines.see(row)
    return lines.results()


def _decoded(line: str) -> Any:
    try:
        return json.loads(line)
    except _NO_JSON:
        return None
