"""What a task that passed teaches, as a graph: skill -> learning -> project; the third step from tasks to skills.

A later task is looked up with its prompt, which tells a situation and no solution. So a finding carries, beside what
was learnt, the words of the task it comes from.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from tremaux_tools.core.knowledge import (
    DERIVED_FROM,
    FINDING,
    HAS_PATTERN,
    LEARNED_IN,
    PATTERN,
    PROJECT,
    SHOWN_BY,
    SKILL,
    TASK,
    TOOL,
    USED_IN,
    Entity,
    Graph,
    Relation,
    digest,
    title_of,
)
from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.skills.category import category_of
from tremaux_tools.core.skills.extraction import MAX_STATEMENTS, category_of_learning, said_in
from tremaux_tools.core.skills.pattern import patterns_of
from tremaux_tools.core.skills.task import MAX_TOOLS, FinishedTask

MAX_FINDINGS = 20  # of one task
MAX_SITUATION = 600  # characters of a prompt that a learning is found by
MAX_SHOWN_TOOLS = 8  # of one task that its findings are told to show; the others are only used in it


def graph_of(task: FinishedTask, learnings: Sequence[Learning]) -> Graph:
    """What a task teaches; nothing unless it passed and left a learning, a summary or a tool.

    Each learning is a finding. A task without any that says what it was and what was done is one finding of its own.
    A finding is learned_in its project, derived_from its task and has_pattern of its kinds of work; skills are
    shown_by it. A tool is used_in the task, or in the project where the task has no words.
    """
    if task.verdict != "passed":
        return Graph((), ())
    findings = _unique(_finding(learning, task) for learning in learnings[:MAX_FINDINGS]) or _own(task)
    if not findings and not task.tools:
        return Graph((), ())
    place, work = place_of(task), work_of(task)
    tools = _unique(map(_tool, task.tools[:MAX_TOOLS]))
    patterns = _unique(map(pattern_node, patterns_of(task.prompt))) if findings else ()
    stated = _stated(task, learnings)
    relations = [Relation(tool.name, USED_IN, (work or place).name) for tool in tools]
    for finding in findings:
        relations += related(finding, place, work, patterns)
        shown = (*tools[:MAX_SHOWN_TOOLS], *patterns, *stated)
        relations += [Relation(skill.name, SHOWN_BY, finding.name) for skill in shown]
    return Graph((place, *((work,) if work else ()), *findings, *tools, *patterns, *stated), tuple(relations))


def place_of(task: FinishedTask) -> Entity:
    """The project of a task."""
    return Entity(f"{PROJECT}:{task.project}", PROJECT, task.project)


def work_of(task: FinishedTask) -> Entity | None:
    """The task itself; None where it has no words."""
    prompt = task.prompt.strip()
    if not prompt:
        return None
    return Entity(f"{TASK}:{digest(task.project, prompt)}", TASK, title_of(prompt), prompt)


def pattern_node(name: str) -> Entity:
    """A kind of work."""
    return Entity(f"{PATTERN}:{name}", PATTERN, name, category="pattern")


def related(learning: Entity, place: Entity, work: Entity | None, patterns: Iterable[Entity]) -> list[Relation]:
    """How a finding or a pitfall hangs together with where it was learnt."""
    relations = [Relation(learning.name, LEARNED_IN, place.name)]
    if work:
        relations.append(Relation(learning.name, DERIVED_FROM, work.name))
    return relations + [Relation(learning.name, HAS_PATTERN, pattern.name) for pattern in patterns]


def situation(prompt: str) -> tuple[str, ...]:
    """The words of a task that a learning from it is found by; none where it has none."""
    said = " ".join(prompt.split())
    return (f"from the task: {said[:MAX_SITUATION]}",) if said else ()


def _finding(learning: Learning, task: FinishedTask) -> Entity:
    return Entity(
        f"{FINDING}:{digest(learning.words)}",
        FINDING,
        title_of(learning.content),
        learning.content,
        (f"type: {learning.type}", *situation(task.prompt)),
        category_of_learning(learning),
    )


def _own(task: FinishedTask) -> tuple[Entity, ...]:
    """The finding of a task of which nobody said what it taught; none where it does not say what it was."""
    prompt, summary = task.prompt.strip(), task.summary.strip()
    if not prompt or not (summary or task.tools):
        return ()
    title = title_of(prompt)
    patterns = patterns_of(prompt)
    done_with = f"Done with {', '.join(task.tools[:MAX_TOOLS])}." if task.tools else ""
    finding = Entity(
        f"{FINDING}:{digest(*(' '.join(text.casefold().split()) for text in (prompt, summary)))}",
        FINDING,
        title,
        "\n".join(filter(None, (summary, done_with))),
        (
            f"use when: {' or '.join(patterns)} work like: {title}" if patterns else f"use when: {title}",
            *(situation(prompt) if title != prompt else ()),
        ),
        category_of(summary) if summary else "tool_usage",
    )
    return (finding,)


def _tool(name: str) -> Entity:
    return Entity(f"{TOOL}:{name.casefold()}", TOOL, name, category="tool_usage")


def _stated(task: FinishedTask, learnings: Sequence[Learning]) -> tuple[Entity, ...]:
    """What the summary decided or told of the architecture; where nothing else was learnt, it is the finding itself."""
    if not learnings:
        return ()
    return _unique(
        Entity(
            f"{SKILL}:{skill.category}-{digest(skill.text.casefold())}",
            SKILL,
            skill.name,
            skill.text,
            category=skill.category,
        )
        for skill in islice(said_in(task.summary, learnings), MAX_STATEMENTS)
    )


def _unique(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    return tuple({entity.name: entity for entity in entities}.values())
