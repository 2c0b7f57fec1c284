"""Which skills a task shows: the second step from tasks to skills. Only a task that passed shows any."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tremaux_tools.core.knowledge import title_of
from tremaux_tools.core.postflight.learnings import is_worth_keeping
from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.skills.category import Category, category_of
from tremaux_tools.core.skills.pattern import patterns_of
from tremaux_tools.core.skills.task import MAX_TOOLS, FinishedTask

MAX_STATEMENTS = 8  # decisions and facts of architecture taken from one task
MAX_STATEMENT = 500  # characters
# What ended a failure was a choice, whatever its words.
_CHOICES = frozenset({"fix", "solution", "workaround", "turned_green", "root_cause"})
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[`]?[A-Z0-9`])|\n+")
_BULLET = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)]|#{1,6})\s+")


@dataclass(frozen=True, slots=True)
class Skill:
    """Something that a task shows one can do, or has come to know."""

    category: Category
    name: str  #: of a tool or a kind of work; else its text as a title
    text: str  #: one sentence


def extract(task: FinishedTask, learnings: Sequence[Learning]) -> tuple[Skill, ...]:
    """The skills that a task shows, each once: its tools, the kind of work, what was decided, how things are built."""
    if task.verdict != "passed":
        return ()
    patterns = patterns_of(task.prompt)
    about = title_of(task.prompt)
    work = f"{' and '.join(patterns)} work" if patterns else "a task"
    tools = {tool.casefold(): tool for tool in task.tools if tool.strip()}
    return (
        *(Skill("tool_usage", tool, f"{tool}, used in {work}") for tool in list(tools.values())[:MAX_TOOLS]),
        *(Skill("pattern", pattern, f"{pattern}: {about}") for pattern in patterns),
        *_statements(task, learnings),
    )


def category_of_learning(learning: Learning) -> Category:
    """What kind of skill a learning is."""
    return "decision" if learning.type in _CHOICES else category_of(learning.content)


def said_in(summary: str, learnings: Sequence[Learning]) -> Iterator[Skill]:
    """Yield the decisions and facts of architecture that a summary tells beside what was learnt already."""
    known = [learning.words for learning in learnings]
    for sentence in _SENTENCE_END.split(summary):
        text = " ".join(_BULLET.sub("", sentence, count=1).split())[:MAX_STATEMENT]
        category = category_of(text)
        if category not in ("decision", "architecture") or not is_worth_keeping(text):
            continue
        if not any(words in text.casefold() for words in known):
            yield Skill(category, title_of(text), text)


def _statements(task: FinishedTask, learnings: Sequence[Learning]) -> list[Skill]:
    learnt = (
        Skill(category, title_of(learning.content), learning.content)
        for learning in learnings
        if (category := category_of_learning(learning)) in ("decision", "architecture")
    )
    found = {skill.text.casefold(): skill for skill in (*learnt, *said_in(task.summary, learnings))}
    return list(found.values())[:MAX_STATEMENTS]
