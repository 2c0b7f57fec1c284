"""The outline of a source file by tree-sitter, in any of its grammars."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module

from tree_sitter import Language, Node, Parser, Query, QueryCursor

from tremaux_tools.context.grammars import GRAMMARS, Grammar
from tremaux_tools.core.context.outline import Comment, Definition, Lines, Outline

_NAME_FIELDS = ("name", "declarator")
# Of a declarator such as `*cart::find(int id)`.
_NAME = re.compile(r"[\w$~@#]+(?:(?:::|->|[.:])[\w$~@#]+)*[?!]?")
_TYPE_PARAMETERS = re.compile(r"<[^<>]*>")
_CLOSING = re.compile(rb"\s*[)}\];,]+\s*")
_MAX_NAME = 500  # bytes looked at


def outline_tree(text: str, language: str) -> Outline:
    """What `text` defines. Lines end with a line feed; what the grammar does not understand is skipped."""
    parser, query = _tools(language)
    source = text.encode("utf-8", "replace")
    lines = source.split(b"\n")
    root = parser.parse(source).root_node
    definitions: dict[int, tuple[Node, Definition]] = {}
    docs: list[Node] = []
    comments: list[Node] = []
    for _, found in QueryCursor(query).matches(root):
        docs += found.get("doc", ())
        comments += found.get("comment", ())
        for kind in ("function", "class", "value"):
            for node in found.get(kind, ()):
                # One that is assigned is met twice, and named once.
                if node.id not in definitions or "name" in found or "body" in found:
                    definitions[node.id] = node, _definition(node, kind, found, lines, GRAMMARS[language])
    ordered = sorted(definitions.values(), key=lambda pair: (pair[0].start_byte, -pair[0].end_byte))
    return Outline(
        definitions=tuple(definition for _, definition in ordered),
        docs=tuple(_alone(docs, lines)),
        comments=tuple(Comment(place, is_block=place.count > 1) for place in _alone(comments, lines)),
        is_broken=root.has_error,
    )


@cache
def _tools(language: str) -> tuple[Parser, Query]:
    """The parser of a language and its query.

    Raises:
        ImportError: its grammar is not installed, or of a version that does not fit.
    """
    grammar = GRAMMARS[language]
    loaded = getattr(import_module(grammar.module), grammar.factory)()
    try:
        return Parser(Language(loaded)), Query(Language(loaded), grammar.query())
    except ValueError as error:
        raise ImportError(f"{grammar.module}: {error}") from error


def _definition(
    node: Node, kind: str, found: dict[str, list[Node]], lines: Sequence[bytes], grammar: Grammar
) -> Definition:
    name = _name(found.get("name", [None])[0] or _field(node, _NAME_FIELDS))
    if scope := found.get("scope"):
        name = f"{_name(scope[0])}.{name}"
    body = None if kind == "class" else found.get("body", [None])[0] or node.child_by_field_name("body")
    inside = _inside(body, lines, bracketed=grammar.bracketed) if body else None
    return Definition(name, _place(node), inside, is_value=kind == "value")


def _field(node: Node, names: Sequence[str]) -> Node | None:
    return next((found for name in names if (found := node.child_by_field_name(name))), None)


def _name(node: Node | None) -> str:
    if node is None:
        return ""
    text = (node.text or b"")[:_MAX_NAME].decode("utf-8", "replace")
    found = _NAME.search(_TYPE_PARAMETERS.sub("", text))
    return found[0] if found else text.strip()


def _place(node: Node) -> Lines:
    first = node.start_point.row + 1
    # Some nodes end where the next line begins, or with the white space before what follows them.
    return Lines(first, first + (node.text or b"").rstrip().count(b"\n"))


def _inside(body: Node, lines: Sequence[bytes], *, bracketed: bool) -> Lines | None:
    """The lines of a body that can go while the rest still reads as code; None if there are none.

    A body that begins a line, as Python's and Ruby's do, has all its lines to itself. One that is `bracketed` begins
    with a bracket, or behind the signature, and ends with one: those lines stay.
    """
    place = _place(body)
    text = body.text or b""
    begins_line = not lines[place.first - 1][: body.start_point.column].strip()
    if begins_line and not (bracketed and text.startswith((b"{", b"("))):
        inside = place
    elif bracketed and (text.startswith(b"{") or _CLOSING.fullmatch(lines[place.last - 1][: body.end_point.column])):
        inside = Lines(place.first + 1, place.last - 1)
    else:
        return None
    return inside if inside.count > 0 else None


def _alone(nodes: Sequence[Node], lines: Sequence[bytes]) -> Iterator[Lines]:
    """The places of the nodes that share no line with anything else."""
    for node in sorted(nodes, key=lambda node: node.start_byte):
        place = _place(node)
        before = lines[place.first - 1][: node.start_point.column]
        after = lines[place.last - 1][node.end_point.column :] if node.end_point.row + 1 == place.last else b""
        if not before.strip() and not after.strip():
            yield place
