"""What a task taught, as a graph: skill -> learning -> project."""

from collections.abc import Sequence

from tremaux_tools.core.knowledge import (
    DERIVED_FROM,
    FINDING,
    LEARNED_IN,
    PROJECT,
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

MAX_TOOLS = 50  # of one task


def graph_of(learnings: Sequence[Learning], *, project: str, task: str, tools: Sequence[str]) -> Graph:
    """What a task that passed teaches; nothing without a learning or a tool.

    A finding is learned_in its project and derived_from its task; a tool is used_in the task, or in the project where
    the task has no words.
    """
    findings = tuple({finding.name: finding for finding in map(_finding, learnings)}.values())
    used = tuple({tool.name: tool for tool in map(_tool, tools[:MAX_TOOLS])}.values())
    if not findings and not used:
        return Graph((), ())
    place = Entity(f"{PROJECT}:{project}", PROJECT, project)
    work = Entity(f"{TASK}:{digest(project, task)}", TASK, title_of(task), task) if task else None
    relations = [Relation(finding.name, LEARNED_IN, place.name) for finding in findings]
    if work:
        relations += [Relation(finding.name, DERIVED_FROM, work.name) for finding in findings]
    relations += [Relation(tool.name, USED_IN, (work or place).name) for tool in used]
    return Graph((place, *((work,) if work else ()), *findings, *used), tuple(relations))


def _finding(learning: Learning) -> Entity:
    name = f"{FINDING}:{digest(learning.words)}"
    return Entity(name, FINDING, title_of(learning.content), learning.content, (f"type: {learning.type}",))


def _tool(name: str) -> Entity:
    return Entity(f"{TOOL}:{name.casefold()}", TOOL, name)
