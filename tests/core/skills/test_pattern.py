import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.skills.pattern import MAX_PATTERNS, patterns_of


@pytest.mark.parametrize(
    ("prompt", "patterns"),
    [
        pytest.param("Deploy the service to staging", ("deploy",), id="deploy"),
        pytest.param("Refactoring the billing module", ("refactor",), id="refactor, inflected"),
        pytest.param("Debugging a memory leak", ("debug",), id="debug, its last letter doubled"),
        pytest.param("Users cannot log in: fixed it last week, fails again", ("debug",), id="debug, twice"),
        pytest.param("Optimize the slow query", ("optimise",), id="optimise, as Americans spell it"),
        pytest.param("Write unit tests for the parser", ("test",), id="to write tests is to test"),
        pytest.param("create a database migration for users", ("migrate",), id="to create a migration is to migrate"),
        pytest.param("Document the API", ("document",), id="document, a verb"),
        pytest.param("- build the image", ("build",), id="build, an item of a list"),
        pytest.param("Secure the admin endpoint", ("secure",), id="secure"),
        pytest.param("Please set up linting", ("configure",), id="configure"),
        pytest.param("Speed the search up", ("optimise",), id="speed up, around its object"),
        pytest.param("Fix the failing test", ("debug", "test"), id="two, in their order"),
        pytest.param("Test the deployment, then fix what fails", ("test", "deploy"), id="two at most"),
        pytest.param("Tests and docs for the release", ("test", "document"), id="a release is no deploying"),
    ],
)
def test_a_prompt_speaks_of_the_kinds_of_work_it_asks_for(prompt: str, patterns: tuple[str, ...]) -> None:
    assert patterns_of(prompt) == patterns


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("Show the latest contest", id="parts of words"),
        pytest.param("Parse the document and store it", id="a document is a thing"),
        pytest.param("The port is in use", id="a port is a thing"),
        pytest.param("Set the title to bold", id="to set is not to set up"),
        pytest.param("Rows of build_test.py in a table", id="the name of a file"),
        pytest.param("Call cart.test and old_fix", id="identifiers"),
        pytest.param("", id="nothing"),
        pytest.param("\x00💥 \ud800", id="no words"),
    ],
)
def test_a_prompt_that_asks_for_no_known_work_has_no_pattern(prompt: str) -> None:
    assert patterns_of(prompt) == ()


@given(st.text())
def test_any_text_has_few_patterns_each_once(text: str) -> None:
    found = patterns_of(text)

    assert len(found) == len(set(found)) <= MAX_PATTERNS
