"""The words of a text: what is worth searching for, and the parts of the names that programmers run together."""

import re
from collections.abc import Iterable

# Snowball's English stop words (https://snowballstem.org/algorithms/english/stop.txt, BSD) but those of amount and
# negation (all, any, each, more, no, not, only, same ...), which many tasks are about; and, as words are cut at
# apostrophes, what is left of its contractions: don't -> don, t.
STOP_WORDS = frozenset(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves what which who whom this that these those
    am is are was were be been being have has had having do does did doing would should could ought cannot
    a an the and but if or because as until while of at by for with about against between into through during
    before after above below to from up down in out on off over under again further then once here there when where
    why how such so than too very
    d don doesn didn hadn haven hasn isn aren wasn weren wouldn shouldn couldn mustn shan ll m re s t ve won
    """.split()  # noqa: SIM905 - a list of quoted words would be three times as long
)

_APART = bytes(code if code < 128 and chr(code).isalnum() else ord(" ") for code in range(256))
_FOREIGN = re.compile(r"[^\W_\x00-\x7f]")  # a letter or digit outside ASCII
_WORD = re.compile(r"[^\W_]+")  # what SQLite's unicode61 takes for a word, but for rare marks
# fooBar -> foo Bar, HTTPServer -> HTTP Server; digits stay with what they follow: utf8Reader -> utf8 Reader
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(text: str) -> list[str]:
    """The words of a text in their order, stop words and all, as they are spelled; `snake_case` is two."""
    if text.isascii() or not _FOREIGN.search(text):  # most texts: in a third of the time
        return text.encode("ascii", "replace").translate(_APART).decode().split()
    return _WORD.findall(text)


def parts(word: str) -> list[str]:
    """What a `camelCase` word is made of; nothing if it is one piece."""
    if word.islower() or word.isupper() or word.istitle():  # most words: a third of the time
        return []
    pieces = _BOUNDARY.split(word)
    return pieces if len(pieces) > 1 else []


def all_parts(text: str) -> Iterable[str]:
    """The parts of all `camelCase` words of a text, each once, in the order met."""
    return dict.fromkeys(part for word in words(text) for part in parts(word))
