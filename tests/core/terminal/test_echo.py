import pytest

from tremaux_tools.core.terminal.echo import without_echo


@pytest.mark.parametrize(
    ("text", "typed", "rest"),
    [
        pytest.param("echo hi\nhi\n$ ", "echo hi", "hi\n$ ", id="what was typed, then its output"),
        pytest.param("echo", "echo hi", "", id="half an echo"),
        pytest.param("", "echo hi", "", id="nothing yet"),
        pytest.param("for x\n> do\n> done\nout\n", "for x\ndo\ndone", "out\n", id="a prompt before each later line"),
        pytest.param("hello\n", "password", "hello\n", id="no echo at all"),
        pytest.param("hi\nhi\n", "hi", "hi\n", id="only the first is the echo"),
        pytest.param("$ echo hi\nhi\n", "echo hi", "$ echo hi\nhi\n", id="not at the beginning"),
    ],
)
def test_the_echo_of_what_was_typed_is_no_output(text: str, typed: str, rest: str) -> None:
    assert without_echo(text, typed) == rest
