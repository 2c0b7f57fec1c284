"""What redacting does to a text: which spans go, and where the rest is afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

MASK = "[redacted:"  # and the kind


@dataclass(frozen=True, slots=True)
class Edit:
    """One secret: where it stood, and what stands there now."""

    start: int
    end: int
    mask: str

    @classmethod
    def of(cls, span: tuple[int, int], kind: str) -> Self:
        """Hide a span behind the mask of its kind."""
        return cls(*span, f"{MASK}{kind}]")


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, which are in order."""
    parts: list[str] = []
    done = 0
    for edit in edits:
        parts += (text[done : edit.start], edit.mask)
        done = edit.end
    return "".join([*parts, text[done:]])


def moved(places: Iterable[int], edits: Sequence[Edit], *, back: bool = False) -> list[int]:
    """Where places, in order, are after the edits; one inside a secret is behind its mask, or with `back` before."""
    found: list[int] = []
    shift = at = 0
    for place in places:
        while at < len(edits) and edits[at].end <= place:
            shift += len(edits[at].mask) - (edits[at].end - edits[at].start)
            at += 1
        inside = at < len(edits) and edits[at].start < place
        found.append(shift + (edits[at].start + (0 if back else len(edits[at].mask)) if inside else place))
    return found
