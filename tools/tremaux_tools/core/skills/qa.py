"""Read what a quality check says it learnt, in whatever shape an agent hands it over."""

from collections.abc import Iterator, Mapping
from typing import Any

from tremaux_tools.core.postflight.learnings import MAX_CHARS, MAX_LEARNINGS
from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.skills.task import Verdict
from tremaux_tools.core.words import storable

TYPES = frozenset({"learning", "solution", "fix", "root_cause", "workaround", "turned_green"})
MAX_ERRORS = 5
_VERDICTS: Mapping[str, Verdict] = {
    "pass": "passed",
    "passed": "passed",
    "fail": "failed",
    "failed": "failed",
    "uncertain": "uncertain",
}
# The keys that hold what is said, the best first.
_TEXTS = ("content", "text", "excerpt", "description", "context", "message", "lesson", "title")


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


def verdict_from_qa(qa_results: Mapping[str, Any]) -> Verdict | None:
    """What a quality check found, by its `verdict`, `exit_code` or `qa_passed`; None where it does not say."""
    verdict = qa_results.get("verdict")
    if isinstance(verdict, str) and (read := _VERDICTS.get(verdict.strip().lower())):
        return read
    code = qa_results.get("exit_code")
    passed = qa_results.get("qa_passed", qa_results.get("passed"))
    if isinstance(code, int) and not isinstance(code, bool):
        passed = code == 0 and passed is not False
    if isinstance(passed, bool):
        return "passed" if passed else "failed"
    return None


def errors_from_qa(qa_results: Mapping[str, Any], redactor: Redactor = PUBLISHED) -> tuple[str, ...]:
    """What a quality check says went wrong: the root cause first, then errors; each once, at most `MAX_ERRORS`."""
    cause, errors = qa_results.get("root_cause"), qa_results.get("errors")
    entries = [cause, *(errors if isinstance(errors, list | tuple) else [errors])]
    said = (entry if isinstance(entry, str) else _text_of(entry) for entry in entries)
    clean = (redactor.redact(" ".join(storable(text[: 2 * MAX_CHARS]).split())).text[:MAX_CHARS] for text in said)
    return tuple(dict.fromkeys(filter(None, clean)))[:MAX_ERRORS]


def _text_of(entry: Any) -> str:
    """The text of an object; empty where it has none."""
    if not isinstance(entry, Mapping):
        return ""
    return next((entry[key] for key in _TEXTS if isinstance(entry.get(key), str) and entry[key].strip()), "")


def _told(entries: list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, str):
            yield "learning", entry
        elif isinstance(entry, Mapping):
            kind = entry.get("type")
            yield (kind if isinstance(kind, str) and kind in TYPES else "learning"), _text_of(entry)
