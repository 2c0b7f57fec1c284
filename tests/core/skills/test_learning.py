from dataclasses import replace

import pytest

from tremaux_tools.core.knowledge import Entity, Graph, Relation
from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.skills.learning import MAX_FINDINGS, MAX_SHOWN_TOOLS, graph_of
from tremaux_tools.core.skills.task import FinishedTask, Verdict

LEARNING = Learning("root_cause", "The cache was keyed by name only.")
TASK = FinishedTask(name="job-1", project="/p", prompt="fix the cache", verdict="passed", tools=("pytest",))


def of_kind(graph: Graph, kind: str) -> list[Entity]:
    return [entity for entity in graph.entities if entity.kind == kind]


def test_a_learning_is_a_finding_of_its_project_and_task_that_its_skills_are_shown_by() -> None:
    graph = graph_of(TASK, [LEARNING])

    project, task, finding, tool, pattern = graph.entities
    assert [entity.kind for entity in graph.entities] == ["project", "task", "finding", "tool", "pattern"]
    assert (finding.body, finding.category) == (LEARNING.content, "decision")
    assert set(graph.relations) == {
        Relation(finding.name, "learned_in", project.name),
        Relation(finding.name, "derived_from", task.name),
        Relation(finding.name, "has_pattern", pattern.name),
        Relation(tool.name, "used_in", task.name),
        Relation(tool.name, "shown_by", finding.name),
        Relation(pattern.name, "shown_by", finding.name),
    }


def test_a_finding_is_found_by_the_words_of_its_task() -> None:
    (finding,) = of_kind(graph_of(TASK, [LEARNING]), "finding")

    assert "from the task: fix the cache" in finding.observations


def test_a_task_of_which_nobody_said_what_it_taught_is_one_finding() -> None:
    task = replace(TASK, prompt="Fix the cache\nIt grows.", summary="Evict the oldest entry instead of none.")
    (finding,) = of_kind(graph_of(task, []), "finding")

    assert (finding.title, finding.category) == ("Fix the cache", "decision")
    assert finding.body == "Evict the oldest entry instead of none.\nDone with pytest."
    assert finding.observations == (
        "use when: debug work like: Fix the cache",
        "from the task: Fix the cache It grows.",
    )


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(replace(TASK, tools=()), id="what was done is not told"),
        pytest.param(replace(TASK, prompt="", tools=(), summary="Evicted it."), id="what was to do is not told"),
    ],
)
def test_a_task_that_tells_too_little_teaches_nothing(task: FinishedTask) -> None:
    assert graph_of(task, []) == Graph((), ())


def test_a_task_without_words_leaves_its_tools_to_the_project() -> None:
    graph = graph_of(replace(TASK, prompt="", tools=("pytest", "Pytest")), [])

    project, tool = graph.entities
    assert graph.relations == (Relation(tool.name, "used_in", project.name),)


@pytest.mark.parametrize("verdict", ["failed", "uncertain"])
def test_only_a_task_that_passed_teaches(verdict: Verdict) -> None:
    assert graph_of(replace(TASK, verdict=verdict, summary="done"), [LEARNING]) == Graph((), ())


def test_the_same_words_are_the_same_finding_whatever_their_case_space_and_end() -> None:
    same = Learning("fix", "the CACHE was   keyed by name only")
    names = [of_kind(graph_of(TASK, [one]), "finding")[0].name for one in (LEARNING, same)]

    assert names[0] == names[1]


def test_what_the_summary_decides_beside_the_learnings_is_a_skill_that_they_show() -> None:
    summary = "The fix: the cache was keyed by name only. Chose an LRU cache over a plain dict."
    graph = graph_of(replace(TASK, summary=summary), [LEARNING])

    (skill,) = of_kind(graph, "skill")
    (finding,) = of_kind(graph, "finding")
    assert (skill.body, skill.category) == ("Chose an LRU cache over a plain dict.", "decision")
    assert Relation(skill.name, "shown_by", finding.name) in graph.relations


def test_what_one_task_teaches_is_bounded_and_every_relation_has_its_ends() -> None:
    learnings = [Learning("fix", f"cure number {at}") for at in range(100)]
    graph = graph_of(replace(TASK, prompt="fix " * 9_000, tools=tuple(f"t{at}" for at in range(100))), learnings)

    findings = of_kind(graph, "finding")
    assert len(findings) == MAX_FINDINGS
    assert sum(r.type == "shown_by" for r in graph.relations) == MAX_FINDINGS * (MAX_SHOWN_TOOLS + 1)
    assert {name for r in graph.relations for name in (r.source, r.target)} <= {e.name for e in graph.entities}
    assert max(len(text) for finding in findings for text in finding.observations) < 1_000
