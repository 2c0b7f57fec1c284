import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.postflight.exits import exit_in, explain_exit


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("work\nexit:0", 0),
        ("work\nexit:137\n", 137),
        ("work\nexit: 2\n\n", 2),
        ("work\nexit code: 3", 3),
        ("work\n[exit 1]", 1),
        ("work\n[exit 1 after 2.5s]", 1),
        ("work\nexited with code 4", 4),
        ("work\nexit status 2", 2),
        ("work\nexit_code=9", 9),
        ("work\nexit code: -11", -11),
        ("work\n##[error]Process completed with exit code 2.", 2),
        ("work\nError: Process completed with exit code 2.", 2),
        ("2026-01-01T00:00:00.0Z Error: Process completed with exit code 2.\n2026-01-01T00:00:01.0Z Post job", 2),
        ("ERROR: Job failed: exit code 1", 1),
        ("error Command failed with exit code 7.", 7),
        ('The command "make test" exited with 2.', 2),
        ("\x1b[31mexit:1\x1b[0m", 1),
    ],
)
def test_the_trailer_of_a_log_tells_the_exit_code(text: str, code: int) -> None:
    assert exit_in(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "work",
        "exit:1\n" + "more work\n" * 9,
        "the worker gave exit code 3 and was started again",
        'echo "exit:1"',
        "$ exit 1",
        "def exit(code: int = 1)",
        "exit:99999999999",
        "exit:9999999999",
        "exit",
    ],
)
def test_what_is_no_trailer_tells_none(text: str) -> None:
    assert exit_in(text) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (124, "timeout"),
        (125, "docker run"),
        (126, "execute permission"),
        (127, "not found"),
        (130, "SIGINT"),
        (134, "SIGABRT"),
        (137, "SIGKILL"),
        (139, "SIGSEGV"),
        (143, "SIGTERM"),
        (254, "-2"),
        (255, "ssh"),
        (-9, "SIGKILL"),
        (-11, "SIGSEGV"),
        (0xC0000005, "access violation"),
        (0xC0000005 - (1 << 32), "access violation"),
        (0xC0000ABC, "0xC0000ABC"),
    ],
)
def test_a_known_code_is_explained_in_one_sentence(code: int, words: str) -> None:
    said = explain_exit(code)

    assert words in said
    assert said.endswith(".")


@pytest.mark.parametrize("code", [0, 1, 3, 5, 42, 100, 200, 256, 99999])
def test_a_code_that_says_only_that_it_failed_is_not_explained(code: int) -> None:
    assert explain_exit(code) == ""


@given(st.text(), st.integers())
def test_any_text_and_any_code_are_survived(text: str, code: int) -> None:
    exit_in(text)
    explain_exit(code)
