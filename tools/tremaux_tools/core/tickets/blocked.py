"""The word by which a worker says that it cannot go on without a person."""

import re

BLOCKED = "BLOCKED"
MAX_REASON = 2_000  # characters
NO_REASON = "the worker gave no reason"

# At the very beginning and as a word of its own: a result that mentions the word, names a `BLOCKED_USERS` table or
# lists `BLOCKED-by` links is no call for help.
_BEGINS = re.compile(
    r"[\s*_`#]*"  # white space, Markdown's emphasis or heading
    + BLOCKED
    + r"[*_`]*"
    r"(?::|\s*[-\u2010-\u2015]+(?=\s|$)|[.!](?=\s|$)|[ \t\r]*(?:\n|$))"
    r"[*_`]*"
)


def blocked_reason(result: str) -> str | None:
    """Why the worker is blocked, if its result says so; None if it does not.

    It does when the result begins with the word BLOCKED and a colon, a dash, a full stop, a line's end or nothing
    follows. The reason is what stands behind, at most `MAX_REASON` characters, and never empty.
    """
    match = _BEGINS.match(result)
    if match is None:
        return None
    reason = result[match.end() :].strip()
    return reason[:MAX_REASON] or NO_REASON
