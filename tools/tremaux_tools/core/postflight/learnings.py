"""Take from a log what its writer learnt: lessons, solutions, fixes, root causes, workarounds.

What is found here is shown to other agents later, so a doubtful line is left out.
"""

import re
from collections.abc import Iterator

from tremaux_tools.core.cleaning import is_command_echo, strip_collector_prefix, strip_controls
from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.redact import redact

MAX_LEARNINGS = 20
MIN_CHARS, MAX_CHARS = 10, 500  # of one learning

_MARKUP = r"\s*(?:[-*+•] +|\d{1,3}[.)] +|#{1,6} +|> *)?(?:[*_`]{1,3})?"
_END = r"(?:[*_`]{1,3})?\s*(?::|\s[-–—]|\b)(?:[*_`]{1,3})?\s*"
_HEADS = {
    "learning": r"(?:key )?(?:learnings?|learn(?:ed|t)|lessons?(?: learn(?:ed|t))?|takeaway|insight)(?:[*_`]{0,3})(?::| [-–—])",
    "root_cause": r"(?:the )?root[ _-]cause(?:[*_`]{0,3})(?::| (?:was|is)\b(?: that\b)?| [-–—])",
    "workaround": r"(?:the )?work-?around(?:[*_`]{0,3})(?::| (?:was|is) to\b| [-–—])",
    "solution": r"(?:the )?solution(?:[*_`]{0,3})(?::| (?:was|is)(?: to)?\b| [-–—])",
    "fix": r"(?:the )?fix(?:ed(?: by)?)?(?:[*_`]{0,3})(?::| (?:was|is) to\b)|fixed by\b",
}
_HEAD = re.compile(
    rf"{_MARKUP}(?:{'|'.join(f'(?P<{kind}>{pattern})' for kind, pattern in _HEADS.items())})(?:[*_`]{{1,3}})?\s*",
    re.IGNORECASE,
)
_STOP = re.compile(r"\s*(?:$|[-*+•] |\d{1,3}[.)] |#{1,6} |[|{}\[<$>+]|```|[A-Z][\w ]{0,30}:)")
_JUNK = re.compile(r"[{}\[\]<>;|\\]|=>|::|\bat \S+:\d|\?$|^(?:none|n/a|tbd|todo|unknown)\b", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]{2,}")


def learnings_in(text: str) -> tuple[Learning, ...]:
    """Find what a log's writer learnt, in its order, each once, at most `MAX_LEARNINGS`."""
    found: dict[str, Learning] = {}
    for kind, said in _statements(strip_controls(text)):
        content = redact(" ".join(said.split())).text.strip(" *_`\"'")[:MAX_CHARS].rstrip()
        if len(content) >= MIN_CHARS and not _JUNK.search(content) and len(_WORDS.findall(content)) > 2:
            found.setdefault(content.casefold(), Learning(kind, content))
            if len(found) == MAX_LEARNINGS:
                break
    return tuple(found.values())


def _statements(text: str) -> Iterator[tuple[str, str]]:
    kind, parts = "", list[str]()
    for raw in text.split("\n"):
        line = strip_collector_prefix(raw)[:MAX_CHARS]
        head = None if is_command_echo(line) else _HEAD.match(line)
        if head and head.lastgroup:
            if kind:
                yield kind, " ".join(parts)
            kind, parts = head.lastgroup, [line[head.end() :]]
        elif kind and (_STOP.match(line) or sum(map(len, parts)) > MAX_CHARS):
            yield kind, " ".join(parts)
            kind = ""
        elif kind:
            parts.append(line)
    if kind:
        yield kind, " ".join(parts)
