"""Where in a log a line stands, when that says that it tells of no error."""

import re
from dataclasses import dataclass

from tremaux_tools.core.postflight.findings import dismissals


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a log between two lines."""

    reason: str
    hints: tuple[str, ...]  #: in lower case; each line that opens one has one of them, after a line end
    opens: re.Pattern[str]  #: matched at the beginning of the line
    closes: re.Pattern[str]  #: matched at the beginning of the line that ends it
    unless: re.Pattern[str] | None = None  #: matched at the beginning of a line that counts all the same


def _section(reason: str, hints: tuple[str, ...], opens: str, closes: str, unless: str | None = None) -> Section:
    return Section(reason, hints, re.compile(opens), re.compile(closes), re.compile(unless) if unless else None)


# Commands that say what others wrote: their words are not about this run.
_SHOWING = (
    r"(?:echo|printf|cat|head|tail|less|more|grep|egrep|fgrep|rg|ag|ack|zgrep|sed|awk|cut|sort|uniq|wc|jq|tee|column"
    r"|git (?:log|show|diff|grep|blame|status)|diff|ls|find|tree|history|apt-cache|pip (?:list|show)|cd|sleep)"
)
_WORDS = r"[^|;&\"'>]|>(?:&\d)?|\"[^\"]*\"|'[^']*'"
_NEXT_COMMAND = r"\$ |\++ [\w./]|\[?exit(?: code)?[: ] ?\d"
_DIFF_HEADS = r"diff --git |index |(?:new|deleted|old) (?:file )?mode |similarity |rename |copy |Binary files "

SECTIONS: tuple[Section, ...] = (
    # Each simple command of the line only shows something; its own complaints count.
    _section(
        dismissals.SHOWN,
        ("\n$ ", "\n+ "),
        rf"[$+]\+* {_SHOWING}\b(?:{_WORDS}|(?:\||;|&&|\|\|) *(?:{_SHOWING}\b|$))*$",
        _NEXT_COMMAND,
        rf"(?:\S{{1,80}}: line \d{{1,7}}: )?{_SHOWING}: |\S{{1,80}}: line \d",
    ),
    _section(dismissals.HANDLED, ("\n$ ",), r"\$ .*(?:\|\| *(?:true|:|echo\b[^|;&]*)$|--exit-zero\b)", _NEXT_COMMAND),
    _section(dismissals.WARNING, ("warnings summary",), r"=+ warnings summary", r"=+ .* =+$|-- Docs: "),
    _section(dismissals.CONSOLE, ("pass",), r"=+ PASSES =+$", r"=+ .* =+$|(?:FAILED|ERROR) \S+\.py"),
    _section(dismissals.CONSOLE, ("● console",), r"  ● Console$", r"\S|  ● "),
    _section(dismissals.CONSOLE, ("\nstd",), r"std(?:out|err) \| \S", r"[ \t]*$"),
    _section(
        dismissals.SOURCE,
        ("\ndiff --git", "\n@@ "),
        r"diff --git |@@ -\d+(?:,\d+)? \+\d",
        rf"(?!{_DIFF_HEADS})[^ +\-@\\\s]",
    ),
)
