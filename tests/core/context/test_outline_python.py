"""Python's own parser finds what a file defines, and says no in one way only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.context.outline import Lines, Outline
from tremaux_tools.core.context.python import outline_python


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(:\n", id="wrong syntax"),
        pytest.param("x = 1\0", id="a null byte"),
        pytest.param("(" * 5_000 + ")" * 5_000, id="too many brackets"),
        pytest.param("-" * 100_000 + "1", id="too deep for the parser"),
        pytest.param("x" + ".y" * 100_000, id="too long a chain"),
    ],
)
def test_what_is_no_python_is_a_syntax_error(text: str) -> None:
    with pytest.raises(SyntaxError):
        outline_python(text)


def test_a_doc_string_that_shares_its_line_is_code() -> None:
    outline = outline_python('class A: """one\n two\n three\n four"""\nclass B:\n    """one\n two"""; x = 1\n')

    assert outline.docs == ()


def test_the_body_of_a_function_begins_with_the_decorators_in_it() -> None:
    (outer, inner) = outline_python("def f():\n    @d\n    @e(\n    1)\n    def g():\n        pass\n").definitions

    assert outer.body == Lines(2, 6)
    assert inner.lines == Lines(5, 6)


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@given(st.text(alphabet=st.sampled_from("def class():\n \t\"'\\#@x=[]é\x0c\x00")))
def test_any_text_has_an_outline_or_a_syntax_error(text: str) -> None:
    try:
        outline = outline_python(text)
    except SyntaxError:
        return

    assert isinstance(outline, Outline)
    assert all(1 <= d.lines.first <= d.lines.last <= text.count("\n") + 1 for d in outline.definitions)
