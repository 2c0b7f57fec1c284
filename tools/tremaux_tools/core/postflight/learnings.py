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

WRAPPED_FROM = 60  # characters; only a line that long goes on in the next one of a log
_ENDS = (".", "!", "?")  # of a sentence

# By type: the name, and what makes a sentence of it.
_HEADS: dict[str, tuple[str, str]] = {
    "learning": (r"(?:[Kk]ey )?(?:[Ll]earnings?|[Ll]earn(?:ed|t)|[Ll]essons?(?: [Ll]earn(?:ed|t))?|LEARNINGS?)", ""),
    "root_cause": (r"(?:[Tt]he )?(?:[Rr]oot[ -][Cc]ause|ROOT[ _]CAUSE)", "was|is"),
    "workaround": (r"(?:[Tt]he )?(?:[Ww]ork-?around|WORKAROUND)", "was to|is to"),
    "solution": (r"(?:[Tt]he )?(?:[Ss]olution|SOLUTION)", "was to|is to|was|is"),
    # In lower case `fix:` begins the subject of a commit.
    "fix": (r"(?:Fix(?:ed)?(?: by)?|FIX(?:ED)?|[Tt]he fix)", "was to|is to|by"),
}
# One of them stands in each head.
_WORDS = (
    "earn",
    "EARN",
    "esson",
    "oot",
    "OOT",
    "ork-",
    "orka",
    "orkA",
    "WORKA",
    "olution",
    "SOLU",
    "Fix",
    "FIX",
    "he fix",
)
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
_CODE = re.compile(r"`[^`]{1,100}`|\[redacted:[\w-]{1,40}\]|\b[A-Za-z_][\w.]{0,80}\(\)")
_JUNK = re.compile(
    r"[{}\[\]<>|\\]|;(?! [A-Za-z])|[=-]>|::|\(\)|==|\b(?:PASS|FAIL|OK)(?:ED)?\b|\bat \S+:\d|\?\W*$"
    r"|^\W*(?:none|n/a|tbd|todo|unknown|not (?:yet )?(?:known|found)|see )\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_MIN_WORDS = 3


def learnings_in(text: str, *, is_prose: bool = False) -> tuple[Learning, ...]:
    """Find what a log's writer learnt, in its order, each once, at most `MAX_LEARNINGS`.

    In prose, such as the notes of an agent, a line that ends no sentence goes on in the next one, however short it is.
    Contents have `MIN_CHARS` to `MAX_CHARS` characters, are one line, and hold no secrets.
    """
    found: dict[str, Learning] = {}
    for kind, said in _statements(strip_controls(text), is_prose=is_prose):
        content = redact(" ".join(said.split())).text.strip(" *_\"'")[:MAX_CHARS].rstrip()
        if is_worth_keeping(content):
            learning = Learning(kind, content)
            found.setdefault(learning.words, learning)
            if len(found) == MAX_LEARNINGS:
                break
    return tuple(found.values())


def is_worth_keeping(content: str) -> bool:
    """Tell whether a line is a sentence about something, not data, code, a mark of a test or a placeholder."""
    prose = _CODE.sub("it", content)
    return len(content) >= MIN_CHARS and not _JUNK.search(prose) and len(_WORD.findall(prose)) >= _MIN_WORDS


def _statements(text: str, *, is_prose: bool) -> Iterator[tuple[str, str]]:
    """Yield what stands behind a head, or under a heading, with its type."""
    done = 0  # so far the text was read
    for start in _starts(text):
        if start >= done:
            statement = _Statements(is_prose=is_prose)
            for line, end in _lines(text, start):
                done = end
                yield from statement.read(line)
                if not statement.kind:
                    break
            yield from statement.finish()


def _starts(text: str) -> Iterator[int]:
    """Where the lines begin that may be a head: few logs have one, and to look for words is cheap."""
    words = [word for word in _WORDS if word in text]
    if words:
        for found in re.finditer("|".join(words), text):
            yield text.rfind("\n", 0, found.start()) + 1


def _lines(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield the lines from a place on, and where the next one begins."""
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield strip_collector_prefix(text[start : min(end, start + 2 * MAX_CHARS)]), end + 1
        start = end + 1


class _Statements:
    """Reads the lines from a head on, until nothing that is said there goes on."""

    def __init__(self, *, is_prose: bool) -> None:
        self._is_prose = is_prose
        self.kind = ""  #: of what is being read; empty once it is over
        self._parts: list[str] = []
        self._takes_items = self._takes_prose = False  # of what stands under a heading

    def read(self, line: str) -> Iterator[tuple[str, str]]:
        """Take the next line; yield what it ends."""
        head = _HEADING.match(line) or (None if is_command_echo(line) else _HEAD.match(line))
        if head and head.lastgroup:
            yield from self.finish()
            said = line[head.end() :].strip()
            self.kind, self._parts = head.lastgroup, [said] if said else []
            self._takes_items = self._takes_prose = not said
        elif self.kind:
            yield from self._go_on(line)

    def finish(self) -> Iterator[tuple[str, str]]:
        """Yield what was said last."""
        if self._parts:
            yield self.kind, " ".join(self._parts)
            self._parts = []

    def _go_on(self, line: str) -> Iterator[tuple[str, str]]:
        if self._takes_items and (item := _ITEM.match(line)):
            yield from self.finish()
            self._parts, self._takes_prose = [line[item.end() :]], False
        elif self._parts and not _STOP.match(line) and self._is_wrapped():
            self._parts.append(line.strip())
        elif self._takes_prose and not self._parts and line.strip() and not _STOP.match(line):
            self._parts, self._takes_items = [line.strip()], False
        elif self._parts or line.strip():
            yield from self.finish()
            self.kind = self.kind if self._takes_items and not line.strip() else ""

    def _is_wrapped(self) -> bool:
        last = self._parts[-1]
        goes_on = len(last) >= WRAPPED_FROM or (self._is_prose and not last.endswith(_ENDS))
        return goes_on and sum(map(len, self._parts)) < MAX_CHARS
