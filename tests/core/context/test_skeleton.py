"""A skeleton keeps what a file declares, and says of all else where it stands."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.context.outline import Comment, Definition, Lines, Outline
from tremaux_tools.core.context.python import outline_python
from tremaux_tools.core.context.skeleton import cut

SHOP = '''\
"""A shop.

It sells things, and does so
in many ways.
"""
import math
from os import path

RATE = 0.2

def total(items: list[int], *, tax: float = RATE) -> int:
    """The price of all items.

    Raises:
        ValueError: there are none.
    """
    if not items:
        raise ValueError
    return math.ceil(sum(items) * (1 + tax))

@register(
    name="cart",
)
class Cart(Base):
    """What a customer takes."""

    size: int = 0

    @property
    def empty(self) -> bool:
        return not self.size

    async def fill(self, n):
        """Put n things in."""
        for _ in range(n):
            self.size += 1
        return self

def cached(function):
    @wraps(function)
    def call(*args):
        key = hash(args)
        if key not in seen:
            seen[key] = function(*args)
        return seen[key]
    return call
'''

SHOP_SKELETON = '''\
"""A shop."""
# lines 2-5
import math
from os import path

RATE = 0.2

def total(items: list[int], *, tax: float = RATE) -> int:
    """The price of all items."""
    ...  # lines 13-19

@register(
    name="cart",
)
class Cart(Base):
    """What a customer takes."""

    size: int = 0

    @property
    def empty(self) -> bool:
        return not self.size

    async def fill(self, n):
        """Put n things in."""
        ...  # lines 35-37

def cached(function):
    @wraps(function)
    def call(*args):
        ...  # lines 42-45
    return call
'''
GAP = re.compile(r"lines (\d+)-(\d+)")


def skeleton(text: str, *keep: str) -> str:
    return cut(text, outline_python(text), keep=keep, mark="#", stub="...").text


def test_a_skeleton_has_signatures_decorators_attributes_imports_and_first_doc_lines() -> None:
    assert skeleton(SHOP) == SHOP_SKELETON


@pytest.mark.parametrize(
    ("asked", "whole"),
    [
        pytest.param("total", "math.ceil(sum(items)", id="a function"),
        pytest.param("Cart.fill", "for _ in range(n)", id="a method"),
        pytest.param("fill", "for _ in range(n)", id="a method without its class"),
        pytest.param("Cart::fill", "for _ in range(n)", id="as other languages write it"),
        pytest.param("Cart#fill()", "for _ in range(n)", id="as a call"),
        pytest.param("Cart", "for _ in range(n)", id="a class with its methods"),
        pytest.param("cached", "key = hash(args)", id="a function with those in it"),
        pytest.param("call", "key = hash(args)", id="a function in a function"),
    ],
)
def test_a_named_symbol_stays_whole(asked: str, whole: str) -> None:
    text = skeleton(SHOP, asked)

    assert whole in text
    assert len(GAP.findall(text)) < len(GAP.findall(SHOP_SKELETON))


def test_a_symbol_that_is_not_defined_is_told() -> None:
    made = cut(SHOP, outline_python(SHOP), keep=["fill", "Basket.fill", "siz"], mark="#")

    assert made.unknown == ("Basket.fill", "siz")


def test_a_gap_names_the_lines_that_are_gone() -> None:
    lines = SHOP.splitlines()
    gone = {n for first, last in GAP.findall(skeleton(SHOP)) for n in range(int(first), int(last) + 1)}
    kept = {line for n, line in enumerate(lines, 1) if n not in gone}

    assert kept - set(skeleton(SHOP).splitlines()) == {'"""A shop.', '    """The price of all items.'}


@pytest.mark.parametrize(
    ("doc", "kept"),
    [
        pytest.param(
            '"""\n    Begins below.\n\n    more\n    """', '"""Begins below."""', id="words on the second line"
        ),
        pytest.param('r"""Raw \\d.\n\n    more\n    """', 'r"""Raw \\d."""', id="a raw string"),
        pytest.param("'''Says \"hi\"\n\n    more\n    '''", "'''Says \"hi\"'''", id="other quotes"),
        pytest.param('"""Says "hi"\n\n    more\n    """', '"""Says "hi" """', id="a quote at the end"),
        pytest.param('"""One \\\n    two\n    three\n    """', '"""One"""', id="a line that goes on"),
        pytest.param('"""\n\n\n    """', '""""""', id="no words"),
        pytest.param('"one \\\n  two \\\n  three \\\n  four"', '"one"', id="one long string"),
    ],
)
def test_the_first_line_of_a_doc_string_is_a_whole_string(doc: str, kept: str) -> None:
    text = skeleton(f"def f():\n    {doc}\n    return 1\n")

    assert text.splitlines()[1] == f"    {kept}"
    ast.parse(text)


def test_the_documentation_of_an_attribute_keeps_its_first_line() -> None:
    text = skeleton('class A:\n    size: int = 0\n    """How many.\n\n    At most\n    a lot.\n    """\n')

    assert text == 'class A:\n    size: int = 0\n    """How many."""\n    # lines 4-7\n'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f():\n    a()\n    b()\n", id="a body of two lines"),
        pytest.param("def f(): return (\n    a,\n    b,\n    c,\n)\n", id="a body on the line of the signature"),
        pytest.param("f = lambda: [\n    a,\n    b,\n    c,\n]\n", id="a lambda"),
        pytest.param("x = [\n    a,\n    b,\n    c,\n]\n", id="no function"),
        pytest.param('def f():\n    "short"\n    a()\n    b()\n', id="a doc string and two lines"),
    ],
)
def test_what_would_save_nothing_is_left_alone(text: str) -> None:
    assert skeleton(text) == text


def lines(first: int, last: int) -> Lines:
    return Lines(first, last)


WRAPPED = "\n".join(str(n) for n in range(1, 13))


@pytest.mark.parametrize(
    ("definitions", "gaps"),
    [
        pytest.param([("outer", 1, 12, False), ("inner", 3, 10, False)], ["4-9"], id="a definition in a definition"),
        pytest.param([("", 1, 12, False), ("inner", 3, 10, False)], ["4-9"], id="a definition in a wrapper"),
        pytest.param([("", 1, 12, False), ("inner", 3, 10, True)], ["4-9"], id="an assigned function in a wrapper"),
        pytest.param([("outer", 1, 12, False), ("inner", 3, 10, True)], ["2-11"], id="an assigned one in a named one"),
        pytest.param([("outer", 1, 12, False), ("", 3, 10, False)], ["2-11"], id="a nameless one in a named one"),
        pytest.param([("", 1, 5, False), ("", 7, 11, False)], ["2-4", "8-10"], id="one after the other"),
    ],
)
def test_a_body_that_holds_definitions_is_not_cut(
    definitions: list[tuple[str, int, int, bool]], gaps: list[str]
) -> None:
    outline = Outline(
        tuple(Definition(name, Lines(a, b), Lines(a + 1, b - 1), is_value=value) for name, a, b, value in definitions)
    )

    assert ["-".join(gap) for gap in GAP.findall(cut(WRAPPED, outline, mark="//").text)] == gaps


def test_an_assigned_function_that_is_asked_for_saves_the_one_around_it() -> None:
    inner = Definition("click", Lines(4, 9), Lines(5, 8), is_value=True)
    outline = Outline((Definition("Button", Lines(1, 12), Lines(2, 11)), inner))

    assert cut(WRAPPED, outline, keep=["Button.click"], mark="//").text == WRAPPED


@pytest.mark.parametrize(
    ("text", "comments", "left"),
    [
        pytest.param(
            "/**\n * Adds.\n *\n * @param a\n * @param b\n */\nf();",
            [Comment(Lines(1, 6), is_block=True)],
            "/**\n * Adds.\n * lines 3-5\n */\nf();",
            id="a block",
        ),
        pytest.param(
            "# one\n# two\n# three\n# four\nf",
            [Comment(Lines(n, n), is_block=False) for n in range(1, 5)],
            "# one\n# lines 2-4\nf",
            id="line by line",
        ),
        pytest.param(
            "# one\n# two\n\n# three\n# four",
            [Comment(Lines(n, n), is_block=False) for n in (1, 2, 4, 5)],
            "# one\n# two\n\n# three\n# four",
            id="two short ones",
        ),
    ],
)
def test_a_long_comment_keeps_its_first_words_and_its_end(text: str, comments: list[Comment], left: str) -> None:
    assert cut(text, Outline(comments=tuple(comments)), mark="//").text == left


def test_the_comment_above_a_named_symbol_stays_whole() -> None:
    text = "# one\n# two\n# three\n# four\ndef f():\n    a\n    b\n    c"
    comments = tuple(Comment(Lines(n, n), is_block=False) for n in range(1, 5))
    outline = Outline((Definition("f", Lines(5, 8), Lines(6, 8)),), comments=comments)

    assert cut(text, outline, keep=["f"], mark="#").text == text


SPANS = st.tuples(st.integers(1, 30), st.integers(0, 29)).map(lambda pair: Lines(pair[0], min(30, sum(pair))))
OUTLINES = st.builds(
    Outline,
    definitions=st.lists(
        st.builds(Definition, st.sampled_from(["", "a", "b", "C"]), SPANS, st.none() | SPANS, st.booleans()),
        max_size=8,
    ).map(lambda found: tuple(sorted(found, key=lambda d: (d.lines.first, -d.lines.last)))),
    docs=st.lists(SPANS, max_size=4).map(tuple),
    comments=st.lists(st.builds(Comment, SPANS, st.booleans()), max_size=4).map(
        lambda found: tuple(sorted(found, key=lambda c: c.lines.first))
    ),
)
THIRTY = "\n".join(f"line {n}" for n in range(1, 31))


@given(OUTLINES, st.lists(st.sampled_from(["a", "b", "C", "C.a"]), max_size=2))
def test_whatever_a_parser_says_lines_stay_in_order_and_symbols_whole(outline: Outline, keep: list[str]) -> None:
    made = cut(THIRTY, outline, keep=keep, mark="#")
    kept = [int(line[5:]) for line in made.text.split("\n") if re.fullmatch(r"line \d+", line)]

    assert kept == sorted(set(kept))
    named = {name.rpartition(".")[2] for name in keep if name not in made.unknown}
    whole = [d for d in outline.definitions if d.name in named and "C.a" not in keep]
    assert all(n in kept for d in whole for n in range(d.lines.first, d.lines.last + 1))
