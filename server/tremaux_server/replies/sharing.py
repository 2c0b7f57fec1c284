"""The answers of export_skills and import_skills."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, Self

from tremaux_server.replies.base import Reply
from tremaux_tools.core.counted import counted

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.sharing import Exported, Imported

FormatName = Literal["skill-md", "memory-jsonl", "json"]


class ExportReply(Reply):
    """What was written."""

    path: str
    format: FormatName
    entities: int
    relations: int
    skills: int
    left_out: int

    @classmethod
    def of(cls, exported: "Exported") -> Self:
        """Translate an export."""
        return cls(**asdict(exported))

    def lines(self) -> Iterator[str]:
        """How much was written where."""
        graph = f"{counted(self.entities, 'entity', 'entities')} and {counted(self.relations, 'relation')}"
        if self.format != "skill-md" or self.skills:
            yield f"WRITTEN {counted(self.skills, 'skill') if self.format == 'skill-md' else graph} to {self.path}."
        else:
            yield f"NOTHING was written to {self.path}."
            yield "No learning has proved itself yet, by three outcomes or more; candidates go out only when asked for."
        if self.left_out:
            yield f"{self.left_out} left out: not proven yet, or of no use in this form."


class ImportReply(Reply):
    """What was read, and what of it was new."""

    format: FormatName
    entities_new: int
    entities_known: int
    observations_new: int
    relations_new: int
    relations_dangling: int
    outcomes_new: int
    bad_lines: int
    skills: int

    @classmethod
    def of(cls, imported: "Imported") -> Self:
        """Translate an import."""
        return cls(**asdict(imported))

    def lines(self) -> Iterator[str]:
        """What is new, then what was passed over."""
        yield (
            f"IMPORTED: {counted(self.entities_new, 'entity', 'entities')} new, {self.entities_known} known; "
            f"{counted(self.observations_new, 'observation')}, {counted(self.relations_new, 'relation')}, "
            f"{counted(self.outcomes_new, 'outcome')} new."
        )
        if self.relations_dangling:
            yield f"{counted(self.relations_dangling, 'relation')} passed over: one end is nowhere."
        if self.bad_lines:
            yield f"{counted(self.bad_lines, 'part')} could not be read, so passed over."
