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

WRAPPED_FROM = 60  # characters; only a line that long goes on in the next one

# By type: the name, and what makes a sentence of it.
_HEADS: dict[str, tuple[str, str]] = {
    "learning": (r"(?:[Kk]ey )?(?:[Ll]earnings?|[Ll]earn(?:ed|t)|[Ll]essons?(?: [Ll]earn(?:ed|t))?|LEARNINGS?)", ""),
    "root_cause": (r"(?:[Tt]he )?(?:[Rr]oot[ -][Cc]ause|ROOT[ _]CAUSE)", "was|is"),
    "workaround": (r"(?:[Tt]he )?(?:[Ww]ork-?around|WORKAROUND)", "was to|is to"),
    "solution": (r"(?:[Tt]he )?(?:[Ss]olution|SOLUTION)", "was to|is to|was|is"),
    # In lower case `fix:` begins the subject of a commit.
    "fix": (r"(?:Fix(?:ed)?(?: by)?|FIX(?:ED)?|[Tt]he fix)", "was to|is to|by"),
}
_BULLET = r"(?:[-*+•] +|\d{1,3}[.)] +)"
_HEAD = re.compile(
    rf"\s*(?:{_BULLET}|> *)?(?:#{{1,6}} +)?[*_`]{{0,3}}(?:"
    + "|".join(
        rf"(?P<{kind}>{name}[*_]{{0,3}}(?::| [-–—] {f'| (?:{verbs}) ' if verbs else ''}))"
        for kind, (name, verbs) in _HEADS.items()
    )
    + r")[*_]{0,3}\s*"
)
_HEADING = re.compile(
    r"\s*(?:#{1,6} +|\*\*)(?:"
    + "|".join(f"(?P<{kind}>{name})" for kind, (name, _) in _HEADS.items())
    + r")(?:\*\*)?:?\s*$"
)
_ITEM = re.compile(rf"\s*{_BULLET}")
_STOP = re.compile(r"\s*(?:$|[-*+•] |\d{1,3}[.)] |#{1,6} |[|{}\[<$>+=]|```|[A-Z][\w ]{0,30}:)")
_CODE = re.compile(r"`[^`]{1,100}`|\[redacted:[\w-]{1,40}\]")
_JUNK = re.compile(
    r"[{}\[\]<>;|\\]|[=-]>|::|\(\)|==|\b(?:PASS|FAIL|OK)(?:ED)?\b|\bat \S+:\d|\?\W*$"
    r"|^\W*(?:none|n/a|tbd|todo|unknown|not (?:yet )?(?:known|found)|see )\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_MIN_WORDS = 3


def learnings_in(text: str) -> tuple[Learning, ...]:
    """Find what a log's writer learnt, in its order, each once, at most `MAX_LEARNINGS`.

    Contents have `MIN_CHARS` to `MAX_CHARS` characters, are one line, and hold no secrets.
    """
    found: dict[str, Learning] = {}
    for kind, said in _statements(strip_controls(text)):
        content = redact(" ".join(said.split())).text.strip(" *_\"'")[:MAX_CHARS].rstrip()
        if _is_worth_keeping(content):
            found.setdefault(content.casefold(), Learning(kind, content))
            if len(found) == MAX_LEARNINGS:
                break
    return tuple(found.values())


def _is_worth_keeping(content: str) -> bool:
    prose = _CODE.sub("it", content)
    return len(content) >= MIN_CHARS and not _JUNK.search(prose) and len(_WORD.findall(prose)) >= _MIN_WORDS


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """Yield what stands behind a head, or under a heading, with its type."""
    kind, parts = "", list[str]()
    takes_items = takes_prose = False  # of what stands under a heading
    for whole in text.split("\n"):
        line = strip_collector_prefix(whole[: 2 * MAX_CHARS])
        head = _HEADING.match(line) or (None if is_command_echo(line) else _HEAD.match(line))
        if head and head.lastgroup:
            yield kind, " ".join(parts)
            kind, said = head.lastgroup, line[head.end() :].strip()
            parts = [said] if said else []
            takes_items = takes_prose = not said
        elif not kind:
            continue
        elif takes_items and (item := _ITEM.match(line)):
            yield kind, " ".join(parts)
            parts, takes_prose = [line[item.end() :]], False
        elif parts and not _STOP.match(line) and _is_wrapped(parts):
            parts.append(line.strip())
        elif takes_prose and not parts and line.strip() and not _STOP.match(line):
            parts, takes_items = [line.strip()], False
        elif parts or line.strip():
            yield kind, " ".join(parts)
            parts = []
            kind = kind if takes_items and not line.strip() else ""
    yield kind, " ".join(parts)


def _is_wrapped(parts: list[str]) -> bool:
    return len(parts[-1]) >= WRAPPED_FROM and sum(map(len, parts)) < MAX_CHARS
