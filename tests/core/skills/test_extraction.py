import pytest

from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.skills.category import Category, category_of
from tremaux_tools.core.skills.extraction import MAX_STATEMENTS, category_of_learning, extract
from tremaux_tools.core.skills.qa import learnings_from_qa, verdict_from_qa
from tremaux_tools.core.skills.task import MAX_TOOLS, FinishedTask, Verdict

SUMMARY = """\
Chose SQLite over Redis, as one file is enough. Then wrote the code.
- The schema is defined in db/schema.sql.
- The worker must be started before the server.
"""


def finished(verdict: Verdict = "passed", summary: str = "", tools: tuple[str, ...] = ()) -> FinishedTask:
    return FinishedTask(
        name="job-1", project="/p", prompt="Fix the queue", verdict=verdict, tools=tools, summary=summary
    )


@pytest.mark.parametrize(
    ("text", "category"),
    [
        pytest.param("We chose a queue over threads.", "decision", id="chose"),
        pytest.param("Parse with a table instead of a chain of ifs.", "decision", id="instead of"),
        pytest.param("Switched from Redis to SQLite.", "decision", id="switched"),
        pytest.param("The fix was to close the file first.", "decision", id="the fix was"),
        pytest.param("Replaced the lock by a queue.", "decision", id="replaced"),
        pytest.param("Routes are defined in `app/urls.py`.", "architecture", id="defined in"),
        pytest.param("The billing service depends on the ledger.", "architecture", id="depends on"),
        pytest.param("The broker must be started before the workers.", "architecture", id="an order"),
        pytest.param("The API listens on port 8080.", "architecture", id="a port"),
        pytest.param("Secrets live in config/prod.env.", "architecture", id="a place"),
        pytest.param("Pass --no-cache to see the real time.", "tool_usage", id="a flag"),
        pytest.param("Run `make lint` every time.", "tool_usage", id="a command"),
        pytest.param("Small steps keep the tests green.", "pattern", id="none of them"),
        pytest.param("", "pattern", id="nothing"),
    ],
)
def test_a_text_is_of_the_category_that_its_words_tell(text: str, category: Category) -> None:
    assert category_of(text) == category


def test_what_ended_a_failure_was_a_decision_whatever_its_words() -> None:
    assert category_of_learning(Learning("root_cause", "Rows were counted twice.")) == "decision"
    assert category_of_learning(Learning("learning", "Rows are stored in db/rows.sql.")) == "architecture"


def test_a_task_shows_its_tools_its_kind_of_work_what_it_decided_and_how_things_are_built() -> None:
    skills = extract(finished(summary=SUMMARY, tools=("pytest", "PyTest", "git")), [])

    assert [(skill.category, skill.name) for skill in skills] == [
        ("tool_usage", "PyTest"),
        ("tool_usage", "git"),
        ("pattern", "debug"),
        ("decision", "Chose SQLite over Redis, as one file is enough."),
        ("architecture", "The schema is defined in db/schema.sql."),
        ("architecture", "The worker must be started before the server."),
    ]


def test_what_summary_and_learnings_both_say_is_one_skill() -> None:
    learning = Learning("fix", "close the file before it is read again")
    skills = extract(finished(summary=f"The fix was to {learning.content}."), [learning])

    assert [skill.text for skill in skills if skill.category == "decision"] == [learning.content]


@pytest.mark.parametrize("verdict", ["failed", "uncertain"])
def test_a_task_that_did_not_pass_shows_no_skill(verdict: Verdict) -> None:
    assert extract(finished(verdict, SUMMARY, ("pytest",)), [Learning("fix", "close the file")]) == ()


def test_skills_of_a_task_are_bounded() -> None:
    summary = "\n".join(f"Chose the plan number {at} over the others." for at in range(100))
    skills = extract(finished(summary=summary, tools=tuple(f"tool{at}" for at in range(100))), [])

    assert len(skills) == MAX_TOOLS + 1 + MAX_STATEMENTS


def test_learnings_of_a_quality_check_are_read_in_any_shape() -> None:
    found = learnings_from_qa(
        {"learnings": ["Use WAL", {"type": "fix", "content": "Close\nit"}, {"text": "Third"}, 4, {"type": "fix"}]}
    )

    assert found == (Learning("learning", "Use WAL"), Learning("fix", "Close it"), Learning("learning", "Third"))


@pytest.mark.parametrize("results", [{}, {"learnings": None}, {"learnings": 7}, {"learnings": [None, [], {}, " "]}])
def test_a_quality_check_without_learnings_has_none(results: dict[str, object]) -> None:
    assert learnings_from_qa(results) == ()


def test_learnings_of_a_quality_check_hold_no_secret_and_no_control_character() -> None:
    token = "ghp_" + "a1B2" * 9
    (found,) = learnings_from_qa({"learnings": [f"The token \x1b[31m{token} had expired"]})

    assert token not in found.content
    assert "\x1b" not in found.content


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ({"verdict": "failed", "exit_code": 0}, "failed"),
        ({"verdict": "Fail", "qa_passed": True}, "failed"),
        ({"verdict": "pass"}, "passed"),
        ({"verdict": "fine", "passed": True}, "passed"),
        ({"qa_passed": True, "exit_code": 1}, "failed"),
        ({"qa_passed": False, "exit_code": 0}, "failed"),
        ({"exit_code": 0}, "passed"),
        ({"exit_code": "0", "tests": "4 passed"}, None),
        ({}, None),
    ],
)
def test_what_a_check_found_outweighs_what_is_claimed(results: dict[str, object], verdict: str | None) -> None:
    assert verdict_from_qa(results) == verdict
