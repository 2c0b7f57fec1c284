"""Tree-sitter and Python's own parser see the same in real Python."""

from pathlib import Path

import pytest

from tremaux_tools.context.trees import outline_tree
from tremaux_tools.core.context.outline import Outline
from tremaux_tools.core.context.python import outline_python
from tremaux_tools.core.context.skeleton import cut

ROOT = Path(__file__).parents[2]
REAL = sorted((ROOT / "tools" / "tremaux_tools").rglob("*.py"))


def skeleton(text: str, outline: Outline) -> str:
    return cut(text, outline, mark="#", stub="...").text


def test_both_parsers_find_the_same_functions_and_documentation() -> None:
    for path in REAL:
        text = path.read_text("utf-8")
        ours, theirs = outline_tree(text, "python"), outline_python(text)

        assert [(d.name, d.lines.first, d.body) for d in ours.definitions] == [
            (d.name, d.lines.first, d.body) for d in theirs.definitions
        ], path
        assert {doc.first for doc in ours.docs} == {doc.first for doc in theirs.docs}, path


def test_a_skeleton_of_python_is_python_and_declares_the_same() -> None:
    for path in REAL:
        text = path.read_text("utf-8")
        for outline in (outline_tree(text, "python"), outline_python(text)):
            left = outline_python(skeleton(text, outline))
            cut_away = {d.name for d in outline.definitions} - {d.name for d in left.definitions}

            assert cut_away == set(), path


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        pytest.param(
            "python",
            "def f():\n    (a, b) = g(\n        1,\n        2,\n    )\n",
            "def f():\n    ...  # lines 2-5\n",
            id="python that begins with a bracket",
        ),
        pytest.param(
            "ruby",
            "def f\n  [\n    1,\n    2\n  ]\nend\n",
            "def f\n  # lines 2-5\nend\n",
            id="ruby that begins with a bracket",
        ),
        pytest.param(
            "javascript",
            "x.forEach((a) => {\n  b(a);\n  c(a);\n  d(a);\n  e(a) });\n",
            "x.forEach((a) => {\n  // lines 2-4\n  e(a) });\n",
            id="a bracket that ends a line of code",
        ),
        pytest.param(
            "go",
            "x := 1 // one\ny := 2 // two\nz := 3 // three\nw := 4 // four\n",
            "x := 1 // one\ny := 2 // two\nz := 3 // three\nw := 4 // four\n",
            id="comments behind code",
        ),
        pytest.param(
            "java",
            "/* a\n b\n c\n d\n e */\nclass A {}\n",
            "/* a\n lines 2-4\n e */\nclass A {}\n",
            id="a comment that ends behind words",
        ),
    ],
)
def test_lines_that_hold_more_than_what_is_cut_stay(language: str, text: str, left: str) -> None:
    mark = "//" if language in ("javascript", "go", "java") else "#"
    made = cut(text, outline_tree(text, language), mark=mark, stub="..." if language == "python" else "")

    assert made.text == left
