"""Look closely at a log, whatever its length for a bounded time: at all of it, or at its beginning and its end."""

from tremaux_tools.core.block import Block
from tremaux_tools.core.fingerprint.lines import LineCutter
from tremaux_tools.core.postflight.cause.clues import Clues
from tremaux_tools.core.postflight.findings.findings import Findings

ENOUGH = 40_000  # lines looked at one by one, at most some 40 microseconds each: 3 MB of nothing but errors
END_CHARS = 2 * 1024 * 1024  # characters of the end, where a log says why it ended


class Attention:
    """Reads clues and findings; where nearly all lines of a huge log look like trouble, its middle is left out.

    Which block is the last one read depends on how such a log is split.
    """

    __slots__ = ("_effort", "_left_out_from", "clues", "findings")

    def __init__(self) -> None:
        self.clues = Clues()
        self.findings = Findings()
        self._effort = 0  # lines looked at one by one
        self._left_out_from = 0  # number of the first line left out; 0: none

    @property
    def is_over(self) -> bool:
        """Whether what comes next is left out, unless it is the end."""
        return self._effort >= ENOUGH

    def read(self, block: Block, line: int) -> None:
        """Read lines without control sequences; `line` is the number of the first, from 1."""
        if self._left_out_from:
            return
        if self.is_over:
            self._left_out_from = line
            return
        self._effort += self.clues.read(block, line) + self.findings.read(block, line)

    def finish(self, text: str, lines: int) -> str:
        """Look at the end of what was left out; returns a sentence that says which lines were not looked at, or "".

        `text` is what is kept of a log of `lines` lines, with a line end behind each.
        """
        if not self._left_out_from:
            return ""
        end = text[-END_CHARS:].partition("\n")[2]
        first = lines - end.count("\n") + 1
        if first < self._left_out_from:  # the end overlaps what was read
            end = end.split("\n", self._left_out_from - first)[-1]
            first = self._left_out_from
        cutter = LineCutter()
        line = first
        for block in map(Block, cutter.feed(end)):
            self.clues.read(block, line)
            self.findings.read(block, line)
            line += len(block.shapes)
        if first == self._left_out_from:
            return ""
        return (
            f"Nearly all lines of this log look like trouble: of lines {self._left_out_from} to {first - 1} only the "
            "tests were counted."
        )
