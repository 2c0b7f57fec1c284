"""The kinds of work that a prompt asks for, told by its words.

A word counts whole and in its inflections: "latest" and "contest" speak of no test. A word that is a noun as often
as a verb ("build", "document", "port") counts only where something is asked for: at the beginning of a clause, or
after a word such as "to", "and" or "please".
"""

import re
from collections.abc import Iterator, Mapping

MAX_PATTERNS = 2  # of one prompt: with more, all prompts are alike
MAX_CHARS = 2_000  # of a prompt that are read: what is wanted stands in its beginning
_OBJECT = 4  # words after a verb among which its object is looked for: "add a unit test", "speed the search up"

# Words that tell a kind of work wherever they stand; all inflected.
_WORDS: Mapping[str, str] = {
    "debug": "fix debug diagnose troubleshoot repair crash fail failure bug bugfix hotfix defect regression traceback"
    " stacktrace segfault deadlock flake flaky broken hang",
    "test": "test testing unittest pytest coverage mock fixture e2e",
    "refactor": "refactor refactoring restructure modularise modularize decouple deduplicate simplify",
    "optimise": "optimise optimize optimisation optimization performance speedup faster slow slowness latency"
    " throughput bottleneck benchmark accelerate",
    "migrate": "migrate migration upgrade downgrade backport",
    "deploy": "deploy deployment redeploy rollout",
    "document": "documentation docs docstring readme changelog tutorial",
    "secure": "security vulnerability cve xss csrf exploit encrypt encryption sanitise sanitize harden",
    "configure": "configure configuration install installation provision setup",
    "integrate": "integrate integration webhook",
    "automate": "automate automation",
    "analyse": "analyse analyze analysis",
    "build": "implement implementation scaffold prototype",
}
# Verbs that are nouns as often: they count only where something is asked for. Behind a plus stands what must follow.
_VERBS: Mapping[str, str] = {
    "debug": "mend resolve correct investigate trace solve",
    "test": "assert verify",
    "refactor": "clean+up tidy+up rename reorganise reorganize rewrite",
    "optimise": "profile speed+up reduce tune",
    "migrate": "port convert bump",
    "deploy": "release ship publish launch roll+out",
    "document": "document describe explain annotate",
    "secure": "secure protect authenticate authorise authorize",
    "configure": "set+up enable disable",
    "review": "review audit inspect",
    "analyse": "measure compare evaluate calculate compute estimate plot visualise visualize",
    "build": "build create add write develop introduce",
}
_WRITTEN = frozenset({"test", "document", "migrate"})  # to "write tests" is to test, not to build

_WORD = re.compile(r"(?<![\w.])[^\W_]+(?:'[a-z]+)?(?!\w|\.\w)")  # a file's name or an identifier is no word
# What comes before a verb that asks for something.
_ASKING = frozenset(
    {"to", "and", "or", "then", "please", "now", "also", "just", "first", "finally", "should", "must", "can", "could"}
    | {"would", "let's", "lets", "we", "i", "you", "help", "need"}
)
_CLAUSE_END = re.compile(r"[\n.:;,!?()*•#>-]\s*\Z")
_GAP = 4  # characters before a word in which the end of a clause is looked for
_VOWELS = "aeiou"


def patterns_of(text: str) -> tuple[str, ...]:
    """The kinds of work a prompt asks for, at most `MAX_PATTERNS`, the one asked for first before the other."""
    return tuple(dict.fromkeys(_kinds_in(text[:MAX_CHARS].strip())))[:MAX_PATTERNS]


def _kinds_in(text: str) -> Iterator[str]:
    words = list(_WORD.finditer(text))
    spoken = [word[0].casefold() for word in words]
    for at, (word, said) in enumerate(zip(words, spoken, strict=True)):
        if kind := _ALWAYS.get(said):
            yield kind
        elif said in _ASKED and _is_asked(text, word.start(), spoken[at - 1] if at else ""):
            kind, particle = _ASKED[said]
            behind = spoken[at + 1 : at + 1 + _OBJECT]
            is_written = kind == "build" and not _WRITTEN.isdisjoint(map(_ALWAYS.get, behind))
            if not is_written and particle in ("", *behind):
                yield kind


def _is_asked(text: str, start: int, before: str) -> bool:
    """Tell whether a verb there asks for something: it begins a clause or follows a word that asks."""
    gap = text[max(0, start - _GAP) : start]
    return start == 0 or before in _ASKING or _CLAUSE_END.search(gap) is not None


def _inflected(word: str) -> Iterator[str]:
    """Yield a regular verb's or noun's forms; what English does not have hurts nobody."""
    yield word
    if word.endswith("y") and word[-2] not in _VOWELS:
        yield from (f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing")
    elif word.endswith("e"):
        yield from (f"{word}s", f"{word}d", f"{word[:-1]}ing")
    elif word.endswith(("s", "sh", "ch", "x")):
        yield from (f"{word}es", f"{word}ed", f"{word}ing")
    else:
        yield from (f"{word}s", f"{word}ed", f"{word}ing", f"{word}{word[-1]}ed", f"{word}{word[-1]}ing")


_ALWAYS = {form: kind for kind, words in _WORDS.items() for word in words.split() for form in _inflected(word)}
# Asked for in its plain form or as "building": "the documents were moved" asks for nothing.
_ASKED = {
    form: (kind, particle)
    for kind, entries in _VERBS.items()
    for verb, _, particle in (entry.partition("+") for entry in entries.split())
    for form in (verb, *(form for form in _inflected(verb) if form.endswith("ing")))
}
