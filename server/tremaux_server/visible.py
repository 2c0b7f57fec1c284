"""Show a person all of a text that they are to agree to, hidden characters too."""

import re

# Printable by Unicode's categories, yet nothing is seen of them: fillers, joiners, selectors of variants.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_GAP = re.compile(r" {12,}")  # a client's window may be narrower than what stands behind it


def visible(text: str) -> str:
    """Text with every character that a screen would hide or obey as its escape, and long gaps by their length."""
    shown = "".join(
        c if c.isprintable() and not _BLANK.fullmatch(c) else c.encode("unicode_escape").decode() for c in text
    )
    return _GAP.sub(lambda gap: f" \\x20{{{len(gap[0]) - 2}}} ", shown)
