"""Find what a dead terminal's screen shows beyond the output that was heard."""

from collections.abc import Sequence

ANCHOR = 5  # lines of what was heard that are looked for on the screen, when not all of it is there any more


def last_words(heard: str, rows: Sequence[str]) -> str:
    """Return what `rows`, the newest lines of a terminal, hold behind the plain text that was `heard`.

    Empty where the two have nothing in common: of a full-screen program, whose screen alone tells.
    """
    known = "\n".join(line.rstrip() for line in heard.split("\n"))
    shown = "\n".join(row.rstrip() for row in rows).rstrip("\n")
    if shown.startswith(known):
        return shown[len(known) :]
    anchor = "\n".join(known.split("\n")[-ANCHOR:])
    at = shown.rfind(anchor) if anchor.strip() else -1
    return shown[at + len(anchor) :] if at >= 0 else ""
