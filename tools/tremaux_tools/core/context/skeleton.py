"""Cut a source file down to what it declares; every gap says which lines are missing, so that they can be opened."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tremaux_tools.core.context.outline import Comment, Lines, Outline, find, leave_out

SHORT = 2  # lines; a line that tells of a gap costs about as much as what it would save
_QUOTE = re.compile(r"""\s*(\w{0,2})(\"\"\"|'''|"|')""")
_COMMENT_SIGN = re.compile(r"\s*(?:\*(?!/)|//+!?|#+|--+|;+)?\s?")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What is left of a file."""

    text: str
    gaps: int  #: how many pieces were left out
    unknown: tuple[str, ...]  #: symbols to keep that it does not define


@dataclass(frozen=True, slots=True)
class _Gap:
    """Lines to leave out, and what stands for them."""

    lines: Lines
    text: str


def cut(text: str, outline: Outline, *, keep: Sequence[str] = (), mark: str, stub: str = "") -> Skeleton:
    """Leave out the bodies of functions of more than `SHORT` lines, and all but the first line of documentation.

    All other lines stay as they are, in order; the definitions named in `keep` stay whole. `mark` begins a comment,
    `stub` is code for an empty body where the language wants some. Lines end with a line feed.
    """
    lines = text.split("\n")
    found = {symbol: find(outline, symbol) for symbol in keep}
    kept = [with_comment(place, outline) for places in found.values() for place in places]
    gaps = sorted(
        [
            *_bodies(lines, outline, kept, f"{stub}{'  ' if stub else ''}{mark} "),
            *_docs(lines, outline, kept, f"{mark} "),
            *_comments(lines, outline.comments, kept),
        ],
        key=lambda gap: (gap.lines.first, -gap.lines.last),
    )
    return Skeleton(*_without(lines, gaps), tuple(symbol for symbol in keep if not found[symbol]))


def with_comment(lines: Lines, outline: Outline) -> Lines:
    """A definition with the comments right above it."""
    first = lines.first
    for comment in reversed(outline.comments):
        if comment.lines.last == first - 1:
            first = comment.lines.first
    return Lines(first, lines.last)


def _bodies(lines: Sequence[str], outline: Outline, kept: Sequence[Lines], mark: str) -> Iterator[_Gap]:
    docs = {doc.first: doc for doc in outline.docs}
    for body in leave_out(outline, kept):
        doc = docs.get(body.first)
        rest = Lines(body.first + 1, body.last) if doc else body
        if rest.count <= SHORT:
            continue
        mark_line = _indent(lines, body) + mark + _numbers(rest)
        if doc is not None and doc.count > 1:
            yield _Gap(body, f"{_first_line(lines, doc)}\n{mark_line}")
        else:
            yield _Gap(rest, mark_line)


def _docs(lines: Sequence[str], outline: Outline, kept: Sequence[Lines], mark: str) -> Iterator[_Gap]:
    for doc in outline.docs:
        rest = Lines(doc.first + 1, doc.last)
        if rest.count > SHORT and not any(doc.meets(place) for place in kept):
            yield _Gap(doc, f"{_first_line(lines, doc)}\n{_indent(lines, doc)}{mark}{_numbers(rest)}")


def _comments(lines: Sequence[str], comments: Sequence[Comment], kept: Sequence[Lines]) -> Iterator[_Gap]:
    for comment in _runs(comments):
        first = comment.lines.first
        while first < comment.lines.last and not re.search(r"\w", lines[first - 1]):
            first += 1  # up to the first line with words
        rest = Lines(first + 1, comment.lines.last - comment.is_block)
        if rest.count > SHORT and not any(comment.lines.meets(place) for place in kept):
            sign = _COMMENT_SIGN.match(lines[rest.first - 1])
            head = sign[0] if sign else ""
            yield _Gap(rest, f"{head}{'' if head[-1:].isspace() or not head else ' '}{_numbers(rest)}")


def _runs(comments: Sequence[Comment]) -> Iterator[Comment]:
    """Comments, those of one line after another as one."""
    run: Comment | None = None
    for comment in comments:
        if run and not run.is_block and not comment.is_block and comment.lines.first == run.lines.last + 1:
            run = Comment(Lines(run.lines.first, comment.lines.last), is_block=False)
            continue
        if run:
            yield run
        run = comment
    if run:
        yield run


def _without(lines: Sequence[str], gaps: Sequence[_Gap]) -> tuple[str, int]:
    """The text without the gaps, and how many there are; of two that meet, the first counts."""
    left: list[str] = []
    made, after = 0, 1
    for gap in gaps:
        if gap.lines.first < after:
            continue
        left += lines[after - 1 : gap.lines.first - 1]
        left.append(gap.text)
        made, after = made + 1, gap.lines.last + 1
    return "\n".join([*left, *lines[after - 1 :]]), made


def _first_line(lines: Sequence[str], doc: Lines) -> str:
    """The first line with words of a doc string of many lines, ended as the string is."""
    head = lines[doc.first - 1]
    opening = _QUOTE.match(head)
    if opening is None:  # strings put together: nothing to close
        return head
    rest = (line.strip() for line in (head[opening.end() :], *lines[doc.first : doc.last]))
    words = next((line for line in rest if line), "").partition(opening[2])[0].rstrip("\\ ")
    room = " " if words.endswith(opening[2][0]) else ""
    return f"{opening[0]}{words}{room}{opening[2]}"


def _indent(lines: Sequence[str], place: Lines) -> str:
    line = next((line for line in lines[place.first - 1 : place.last] if line.strip()), "")
    return line[: len(line) - len(line.lstrip())]


def _numbers(lines: Lines) -> str:
    return f"lines {lines.first}-{lines.last}"
