"""Write the files of a context as one text for a prompt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.context.languages import TEXT
from tremaux_tools.core.context.tokens import estimate_tokens
from tremaux_tools.core.context.values import Context, ContextPart, How

_CUT: tuple[How, ...] = ("target", "skeleton")
_UNSHOWN: tuple[How, ...] = ("named", "missing")
_WORDS: dict[How, str] = {
    "full": "whole",
    "target": "the named symbols whole, the rest as a skeleton",
    "skeleton": "skeleton",
    "text": "whole",
    "named": "not shown",
    "missing": "not shown",
}
ABOUT_GAPS = (
    "Of some files only what they declare is shown; `lines A-B` stands for lines left out, to be read in the file.\n"
)
_FENCE = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Section:
    """One file of a context: what became of it, and what is shown of it."""

    part: ContextPart
    language: str = TEXT.name
    text: str = ""

    def write(self) -> str:
        """The file's heading and its text in a fence that nothing in it can end."""
        head = f"## {inline(self.part.path)}: {_WORDS[self.part.how]}"
        if self.part.note:
            head = f"{head} ({inline(self.part.note)})"
        if self.part.how in _UNSHOWN:
            return f"{head}\n"
        fence = "`" * max((3, *(len(run) + 1 for run in _FENCE.findall(self.text))))
        end = "" if self.text.endswith("\n") or not self.text else "\n"
        return f"{head}\n{fence}{self.language}\n{self.text}{end}{fence}\n"

    def frame_tokens(self) -> int:
        """What its heading and its fence cost."""
        return estimate_tokens(Section(self.part, self.language).write())


def assemble(sections: Sequence[Section]) -> Context:
    """One text of all files, in the order given."""
    parts = tuple(section.part for section in sections)
    about = ABOUT_GAPS if any(part.how in _CUT for part in parts) else ""
    frames = sum(section.frame_tokens() for section in sections) + estimate_tokens(about)
    return Context(
        text="\n".join([*([about] if about else []), *(section.write() for section in sections)]),
        parts=parts,
        tokens_before=sum(part.tokens_before for part in parts),
        tokens_after=sum(part.tokens_after for part in parts) + frames,
    )


def inline(text: str) -> str:
    """Text for a heading: a path may hold line ends and worse."""
    return re.sub(r"\s+", " ", strip_controls(text))
