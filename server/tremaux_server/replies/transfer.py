"""The answer of `tremaux journal import`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from tremaux_server.replies.base import Part, Reply, listed
from tremaux_tools.core.counted import counted

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.transfer import Imported


class SkippedPart(Part):
    """A line that holds no attempt."""

    line: int
    why: str


class ImportReply(Reply):
    """What an import did with the lines of a file."""

    added: int
    known: int
    skipped: list[SkippedPart]

    @classmethod
    def of(cls, imported: "Imported") -> Self:
        """Translate the service's answer."""
        skipped = [SkippedPart(line=bad.number, why=bad.why) for bad in imported.skipped]
        return cls(added=imported.added, known=imported.known, skipped=skipped)

    def lines(self) -> Iterator[str]:
        """The counts, then each line passed over."""
        skipped = counted(len(self.skipped), "line")
        yield f"{counted(self.added, 'attempt')} added, {self.known} known already, {skipped} skipped."
        yield from listed("Skipped", [f"line {bad.line}: {bad.why}" for bad in self.skipped])
