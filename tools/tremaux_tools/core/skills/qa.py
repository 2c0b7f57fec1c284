"""Read what a quality check says it learnt, in whatever shape an agent hands it over."""

from collections.abc import Iterator, Mapping
from typing import Any

from tremaux_tools.core.postflight.learnings import MAX_CHARS, MAX_LEARNINGS
from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.words import storable

TYPES = frozenset({"learning", "solution", "fix", "root_cause", "workaround", "turned_green"})
_TEXTS = ("content", "text", "description", "lesson", "title")  # the keys that hold what was learnt, the best first


def learnings_from_qa(qa_results: Mapping[str, Any], redactor: Redactor = PUBLISHED) -> tuple[Learning, ...]:
    """The learnings of a quality check, each once, at most `MAX_LEARNINGS`, as one line without secrets.

    `qa_results["learnings"]` holds texts, or objects with a text and perhaps a type; what is neither is left out.
    """
    given = qa_results.get("learnings")
    entries = given if isinstance(given, list | tuple) else [given]
    found: dict[str, Learning] = {}
    for kind, said in _told(entries):
        content = redactor.redact(" ".join(storable(said[: 2 * MAX_CHARS]).split())).text[:MAX_CHARS].rstrip()
        learning = Learning(kind, content)
        if learning.words and len(found) < MAX_LEARNINGS:
            found.setdefault(learning.words, learning)
    return tuple(found.values())


def _told(entries: list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, str):
            yield "learning", entry
        elif isinstance(entry, Mapping):
            said = next((entry[key] for key in _TEXTS if isinstance(entry.get(key), str) and entry[key].strip()), "")
            kind = entry.get("type")
            yield (kind if isinstance(kind, str) and kind in TYPES else "learning"), said
