"""The outline of Python source by Python's own parser, which is always there."""

import ast
from collections.abc import Iterator, Sequence

from tremaux_tools.core.context.outline import Definition, Lines, Outline

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def outline_python(text: str) -> Outline:
    """What `text` defines; comments are not seen. Lines end with a line feed.

    Raises:
        SyntaxError: it is no Python of the version that runs this, or nested too deeply for its parser.
    """
    lines = text.split("\n")
    try:
        tree = ast.parse(text)
    except (MemoryError, RecursionError, ValueError) as error:  # too deep, in one of the parser's three ways
        raise SyntaxError(str(error) or "it is nested too deeply") from error
    return Outline(tuple(_definitions(tree, lines)), tuple(_docs(tree, lines)))


def _definitions(tree: ast.AST, lines: Sequence[str]) -> Iterator[Definition]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Function | ast.ClassDef):
            last = node.end_lineno or node.lineno
            body = None if isinstance(node, ast.ClassDef) else _body(node, lines, last)
            yield Definition(node.name, Lines(node.lineno, last), body)
        waiting += reversed(list(ast.iter_child_nodes(node)))


def _body(node: _Function, lines: Sequence[str], last: int) -> Lines | None:
    """The lines of its statements; None where they begin on the line of the signature."""
    first = node.body[0]
    decorators = first.decorator_list if isinstance(first, _Function | ast.ClassDef) else []
    begin = min([first.lineno, *(decorator.lineno for decorator in decorators)])
    return Lines(begin, last) if decorators or _is_blank(lines[begin - 1], 0, first.col_offset) else None


def _docs(tree: ast.AST, lines: Sequence[str]) -> Iterator[Lines]:
    """Strings that are statements: they document what they begin, or the attribute above them."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(
                value=ast.Constant(value=str()),
                lineno=int(first),
                col_offset=int(start),
                end_lineno=int(last),
                end_col_offset=int(end),
            ) if _is_blank(lines[first - 1], 0, start) and _is_blank(lines[last - 1], end, None):
                yield Lines(first, last)


def _is_blank(line: str, start: int, end: int | None) -> bool:
    """Whether there is nothing between two columns, which the parser counts in bytes."""
    return not line.encode("utf-8", "surrogatepass")[start:end].strip()
