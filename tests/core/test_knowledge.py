from tremaux_tools.core.knowledge import Relation
from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.skills.learning import graph_of

LEARNING = Learning("root_cause", "The cache was keyed by name only.")


def test_a_learning_is_learned_in_its_project_and_derived_from_its_task() -> None:
    graph = graph_of([LEARNING], project="/p", task="fix the cache", tools=["pytest"])

    project, task, finding, tool = graph.entities
    assert [entity.kind for entity in graph.entities] == ["project", "task", "finding", "tool"]
    assert finding.body == LEARNING.content
    assert set(graph.relations) == {
        Relation(finding.name, "learned_in", project.name),
        Relation(finding.name, "derived_from", task.name),
        Relation(tool.name, "used_in", task.name),
    }


def test_a_task_without_words_leaves_its_tools_to_the_project() -> None:
    graph = graph_of([], project="/p", task="", tools=["pytest", "Pytest"])

    project, tool = graph.entities
    assert Relation(tool.name, "used_in", project.name) in graph.relations


def test_nothing_learnt_is_no_graph() -> None:
    graph = graph_of([], project="/p", task="t", tools=[])

    assert (graph.entities, graph.relations) == ((), ())


def test_the_same_words_are_the_same_finding_whatever_their_case_space_and_end() -> None:
    same = Learning("fix", "the CACHE was   keyed by name only")
    names = [graph_of([one], project="/p", task="", tools=[]).entities[-1].name for one in (LEARNING, same)]

    assert names[0] == names[1]
