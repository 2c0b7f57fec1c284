"""The tree-sitter grammars: which wheel holds one, and what its trees call a function, a class, a comment.

Each wheel holds its grammar. (`tree-sitter-language-pack` downloads them when they are first used, from 1.0 on, so it
fails where there is no network.)
"""

from collections.abc import Mapping
from dataclasses import dataclass

_COMMENTS = ("comment",)
_BOTH_COMMENTS = ("line_comment", "block_comment")


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar and the types of its nodes that count.

    The name and the body of a node are its fields `name` or `declarator`, and `body`; `more` has queries for what has
    them elsewhere. There `@function`, `@class`, `@comment` are as below, `@value` is a function that is assigned,
    `@doc` a string that documents; `@name`, `@body` and `@scope`, the class, belong to the node of their pattern.
    """

    module: str
    functions: tuple[str, ...]
    classes: tuple[str, ...] = ()  #: whatever holds definitions or is one, but has no statements to leave out
    comments: tuple[str, ...] = _COMMENTS
    more: str = ""
    factory: str = "language"  #: the function of the module that gives the grammar
    bracketed: bool = True  #: bodies begin and end with brackets

    def query(self) -> str:
        """All there is to find, in one query."""
        kinds = {"function": self.functions, "class": self.classes, "comment": self.comments}
        return "\n".join(
            [
                *(f"[{' '.join(f'({type_})' for type_ in types)}] @{kind}" for kind, types in kinds.items() if types),
                self.more,
            ]
        )


_ECMASCRIPT_FUNCTIONS = (
    "arrow_function",
    "function_declaration",
    "function_expression",
    "generator_function_declaration",
    "method_definition",
)
_ECMASCRIPT = """
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)] @value)
(assignment_expression left: (_) @name right: [(arrow_function) (function_expression)] @value)
(pair key: (_) @name value: [(arrow_function) (function_expression)] @value)
"""
_TYPESCRIPT = f"""{_ECMASCRIPT}
(public_field_definition name: (_) @name value: (arrow_function) @value)
"""
_TYPESCRIPT_CLASSES = (
    "abstract_class_declaration",
    "class_declaration",
    "enum_declaration",
    "interface_declaration",
    "internal_module",
    "type_alias_declaration",
)
_C = """
(struct_specifier name: (_) body: (_)) @class
(union_specifier name: (_) body: (_)) @class
(enum_specifier name: (_) body: (_)) @class
"""

GRAMMARS: Mapping[str, Grammar] = {
    "python": Grammar(
        "tree_sitter_python",
        functions=("function_definition",),
        classes=("class_definition",),
        more="(expression_statement . (string) @doc .)",
        bracketed=False,
    ),
    "javascript": Grammar(
        "tree_sitter_javascript",
        functions=_ECMASCRIPT_FUNCTIONS,
        classes=("class_declaration",),
        more=f"{_ECMASCRIPT} (field_definition property: (_) @name value: (arrow_function) @value)",
    ),
    "typescript": Grammar(
        "tree_sitter_typescript",
        functions=_ECMASCRIPT_FUNCTIONS,
        classes=_TYPESCRIPT_CLASSES,
        more=_TYPESCRIPT,
        factory="language_typescript",
    ),
    "tsx": Grammar(
        "tree_sitter_typescript",
        functions=_ECMASCRIPT_FUNCTIONS,
        classes=_TYPESCRIPT_CLASSES,
        more=_TYPESCRIPT,
        factory="language_tsx",
    ),
    "go": Grammar(
        "tree_sitter_go",
        functions=("func_literal", "function_declaration"),
        classes=("type_spec",),
        more="(method_declaration receiver: (parameter_list (parameter_declaration type: (_) @scope))) @function",
    ),
    "rust": Grammar(
        "tree_sitter_rust",
        functions=("function_item",),
        classes=("enum_item", "macro_definition", "mod_item", "struct_item", "trait_item", "union_item"),
        comments=_BOTH_COMMENTS,
        more="(impl_item type: (_) @name) @class",
    ),
    "java": Grammar(
        "tree_sitter_java",
        functions=("compact_constructor_declaration", "constructor_declaration", "method_declaration"),
        classes=(
            "annotation_type_declaration",
            "class_declaration",
            "enum_declaration",
            "interface_declaration",
            "record_declaration",
        ),
        comments=_BOTH_COMMENTS,
        more="(static_initializer (block) @body) @function",
    ),
    "c": Grammar("tree_sitter_c", functions=("function_definition",), more=_C),
    "cpp": Grammar(
        "tree_sitter_cpp",
        functions=("function_definition",),
        classes=("namespace_definition",),
        more=f"{_C} (class_specifier name: (_) body: (_)) @class",
    ),
    "csharp": Grammar(
        "tree_sitter_c_sharp",
        functions=(
            "accessor_declaration",
            "constructor_declaration",
            "conversion_operator_declaration",
            "destructor_declaration",
            "local_function_statement",
            "method_declaration",
            "operator_declaration",
        ),
        classes=(
            "class_declaration",
            "enum_declaration",
            "interface_declaration",
            "namespace_declaration",
            "property_declaration",
            "record_declaration",
            "struct_declaration",
        ),
    ),
    "ruby": Grammar(
        "tree_sitter_ruby",
        functions=("method", "singleton_method"),
        classes=("class", "module"),
        bracketed=False,
    ),
    "php": Grammar(
        "tree_sitter_php",
        functions=("anonymous_function", "function_definition", "method_declaration"),
        classes=("class_declaration", "enum_declaration", "interface_declaration", "trait_declaration"),
        factory="language_php",
    ),
    "bash": Grammar("tree_sitter_bash", functions=("function_definition",)),
    "kotlin": Grammar(
        "tree_sitter_kotlin",
        functions=(),
        classes=("class_declaration", "object_declaration"),
        comments=_BOTH_COMMENTS,
        more="""
        [(function_declaration (function_body) @body) (getter (function_body) @body) (setter (function_body) @body)
         (secondary_constructor (block) @body) (anonymous_initializer (block) @body)] @function
        """,
    ),
    "swift": Grammar(
        "tree_sitter_swift",
        functions=("deinit_declaration", "function_declaration", "init_declaration"),
        classes=("class_declaration", "protocol_declaration"),
        comments=("comment", "multiline_comment"),
        more="""
        (computed_property . "{" . (statements)) @function @body
        [(computed_getter (statements) @body) (computed_setter (statements) @body)] @function
        """,
    ),
    "scala": Grammar(
        "tree_sitter_scala",
        functions=("function_definition",),
        classes=("class_definition", "enum_definition", "object_definition", "trait_definition"),
        comments=("block_comment", "comment"),
    ),
    "lua": Grammar(
        "tree_sitter_lua",
        functions=("function_declaration", "function_definition"),
        more="""
        (assignment_statement (variable_list name: (_) @name) (expression_list value: (function_definition) @value))
        (field name: (_) @name value: (function_definition) @value)
        """,
        bracketed=False,
    ),
}
