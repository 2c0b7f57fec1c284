"""The four kinds of skill that a task can show, and which of them a text speaks of."""

import re
from functools import cache
from typing import Literal, get_args

Category = Literal["tool_usage", "pattern", "decision", "architecture"]
CATEGORIES: tuple[Category, ...] = get_args(Category)

_READ = 2_000  # characters of a text that are looked at
_VERB = r"(?:defined|configured|declared|registered|implemented|generated|stored|kept|located|set|read|loaded|built)"
# Patterns, compiled at the first use: a server starts without any.
# What was chosen, and against what.
_DECISION = (
    r"\b(?:chose|chosen|decided|opted|settled on|went with|instead of|rather than|in favou?r of|turned out"
    r"|switch(?:ed|ing) (?:\w+ ){0,3}?(?:from|to|over)|replac(?:ed|ing) .{1,80}? (?:with|by)|reverted"
    r"|(?:fix|solution|workaround|cure|trick|answer|remedy) (?:was|is)|(?:fixed|solved|mended|cured) (?:it |this )?by"
    r"|work(?:ed|ing)? around|trade-?off|root cause)\b"
)
# Where things are, and how parts hang together.
_ARCHITECTURE = (
    rf"\b(?:li(?:es|ves?)|is|are|{_VERB}) (?:in|under|below|inside) (?:the )?[`\"']?[\w~@-]*[./]\w"
    rf"|\b(?:is|are|gets?) {_VERB} (?:in|at|by|from|under)\b|\bli(?:es|ves?) (?:in|at|under)\b"
    r"|\bdepends? (?:up)?on\b|\blistens? (?:on|at)\b|\bport \d|\btalks? to\b|\bconsists? of\b|\bbelongs? to\b"
    r"|\b(?:must|has to|have to|needs? to|should) (?:be )?(?:\w+ )?(?:start|run|build|load|creat|import|seed|migrat)\w*"
    r" (?:\w+ ){0,3}?(?:before|after|first)\b"
    r"|\b(?:database|json|api|graphql) schema\b|\bentry point\b|\benvironment variable\b|\bsource of truth\b"
)
_TOOL = (
    r"(?:^|[\s`'\"])--[a-z][\w-]|(?:^|\s)`?[a-z][\w.-]* -[a-zA-Z]\b"
    r"|\b(?:command line|subcommand|cli|(?:the )?(?:flag|switch|option))\b"
    r"|\b(?:run|use|call|invoke)(?:ning|s)? `"
)


def category_of(text: str) -> Category:
    """What kind of skill a text is about, by its words: a decision, else architecture, else a tool, else a pattern."""
    read = text[:_READ]
    if _compiled(_DECISION).search(read):
        return "decision"
    if _compiled(_ARCHITECTURE).search(read):
        return "architecture"
    return "tool_usage" if _compiled(_TOOL).search(read) else "pattern"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
