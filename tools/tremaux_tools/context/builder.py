"""Build the context of a ticket: read its files, cut them, keep the whole within bounds."""

from dataclasses import dataclass
from pathlib import Path

import anyio.from_thread
import anyio.to_thread

from tremaux_tools.context.files import Source, read_source
from tremaux_tools.context.pruner import Pruned, Pruner
from tremaux_tools.core.context.assembly import ABOUT_GAPS, Section, assemble
from tremaux_tools.core.context.languages import TEXT, Language, language_of
from tremaux_tools.core.context.tokens import estimate_tokens
from tremaux_tools.core.context.values import MAX_TOKENS, Context, ContextPart, ContextRequest, How

MAX_SEEN_CHARS = 20_000_000  # of all files together, about; those that come after are not read
MAX_UNKNOWN = 5  # symbols named in a note


async def build_context(
    root: Path, request: ContextRequest, *, max_tokens: int = MAX_TOKENS, grammars: bool = True
) -> Context:
    """Show the files of a request: the target whole or around its symbols, all others as skeletons.

    Files are taken in the order given, the target first; one that finds no room in `max_tokens` is only named. (Names
    are always there, so a hundred of them may take more than a small `max_tokens`.) What cannot be read or cut has a
    note in its part, and is no error. Nothing is fetched from a network. `grammars=False` does without tree-sitter, as
    if it were not installed: then only Python is cut.

    Cancelling ends the work at once and leaves no process behind.
    """
    sources = await anyio.to_thread.run_sync(_read, root, request.ordered())
    shown: list[Section] = []
    async with Pruner(grammars=grammars) as pruner:
        room = max_tokens - estimate_tokens(ABOUT_GAPS) - sum(_named(source).frame_tokens() for source in sources)
        for number, source in enumerate(sources):
            is_target = number == 0
            builder = _Builder(pruner, source, language_of(source.path, source.text), room)
            section = await builder.build(is_target=is_target, symbols=request.target_symbols if is_target else ())
            room -= _cost(section, source)
            shown.append(section)
    return await anyio.to_thread.run_sync(assemble, shown)


def _read(root: Path, names: tuple[str, ...]) -> list[Source]:
    """The files, each once, however it was named."""
    sources: dict[str, Source] = {}
    seen = 0
    for name in names:
        anyio.from_thread.check_cancelled()
        if seen < MAX_SEEN_CHARS:
            source = read_source(root, name)
        else:
            source = Source(name, wrong="the files before it are too large together")
        if source.path not in sources:
            sources[source.path] = source
            seen += len(source.text)
    return list(sources.values())


def _named(source: Source) -> Section:
    if source.wrong:
        return Section(ContextPart(source.path, "missing", 0, 0, source.wrong))
    note = f"there is no room for its {source.tokens} tokens"
    return Section(ContextPart(source.path, "named", source.tokens, 0, note))


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes the section of one file."""

    pruner: Pruner
    source: Source
    language: Language | None
    room: int  #: tokens there are beyond its name

    async def build(self, *, is_target: bool, symbols: tuple[str, ...]) -> Section:
        """The section that shows most of what was asked for, of those there is room for."""
        named = _named(self.source)
        if self.source.wrong:
            return named
        whole = is_target and not symbols
        if whole and (section := self._whole("full")):
            return section
        if self.language is None or not self.language.is_code:
            what = "a file of an unknown language" if self.language is None else self.language.name
            return self._whole("text", f"{what} is not cut") or named
        pruned = await self.pruner.prune(self.language.name, self.source.text, symbols)
        if pruned.wrong:
            return self._whole("text", pruned.wrong) or named
        if symbols and set(pruned.unknown) == set(symbols) and (section := self._whole("full", _unknown(pruned))):
            return section
        notes = (
            "it is too long to be shown whole" if whole else "",
            _unknown(pruned),
            "" if pruned.gaps else "there is nothing to cut",
            "with syntax its parser does not know" if pruned.is_broken else "",
        )
        tokens = await anyio.to_thread.run_sync(estimate_tokens, pruned.text)
        return self._section("target" if symbols else "skeleton", pruned.text, tokens, *notes) or named

    def _whole(self, how: How, note: str = "") -> Section | None:
        return self._section(how, self.source.text, self.source.tokens, note)

    def _section(self, how: How, text: str, tokens: int, *notes: str) -> Section | None:
        """A section, or None if there is no room for it."""
        source = self.source
        note = "; ".join(note for note in (*notes, source.note) if note)
        part = ContextPart(source.path, how, source.tokens, tokens, note)
        section = Section(part, (self.language or TEXT).name, text)
        return section if _cost(section, source) <= self.room else None


def _cost(section: Section, source: Source) -> int:
    """What a section takes beyond the source's name, in tokens."""
    return section.part.tokens_after + max(0, section.frame_tokens() - _named(source).frame_tokens())


def _unknown(pruned: Pruned) -> str:
    more = " and others" if len(pruned.unknown) > MAX_UNKNOWN else ""
    return f"it defines no {', no '.join(pruned.unknown[:MAX_UNKNOWN])}{more}" if pruned.unknown else ""
