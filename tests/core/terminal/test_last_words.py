import pytest

from tremaux_tools.core.terminal.last_words import last_words


@pytest.mark.parametrize(
    ("heard", "rows", "missing"),
    [
        pytest.param("", ["a", "b", "", ""], "a\nb", id="nothing was heard"),
        pytest.param("a\nb\n", ["a", "b"], "", id="all was heard but the line end"),
        pytest.param("a\nb", ["a", "bc", "d"], "c\nd", id="the last line came in part"),
        pytest.param("a\na\n", ["a", "a", "a"], "a", id="equal lines are counted from the beginning"),
        pytest.param("x\n1\n2\n3\n4\n5", ["1", "2", "3", "4", "5", "6"], "\n6", id="the beginning scrolled away"),
        pytest.param("a  \nb", ["a", "b", "c"], "\nc", id="a screen has no spaces at its lines' ends"),
        pytest.param("menu", ["[ File ]", "[ Edit ]"], "", id="a full-screen program"),
        pytest.param("a\n", [], "", id="a cleared screen"),
    ],
)
def test_last_words_are_what_the_screen_has_behind_what_was_heard(heard: str, rows: list[str], missing: str) -> None:
    assert last_words(heard, rows).rstrip("\n") == missing
