"""Read the head of a `SKILL.md`: the part of YAML that people write there, without a YAML library.

It knows plain, quoted and block scalars (`|`, `>`), one nested mapping, and lists; comments are passed over. Anchors,
tags and documents of several parts are not read: what cannot be read is an error, never a guess.
"""

import json
import re
from collections.abc import Mapping, Sequence

MAX_CHARS = 64_000  # of a head
Value = str | Mapping[str, str] | Sequence[str]

_KEY = re.compile(r"(?P<indent> *)(?P<key>[^\s#\"'\-:{\[][^:\n]*?|\"[^\"\n]+\"|'[^'\n]+')\s*:(?:\s+(?P<rest>.*)|\s*)$")
_BLOCK = re.compile(r"[|>][+\-0-9]{0,2}(?:\s+#.*)?$")
_COMMENT = re.compile(r"\s+#.*$|^#.*$")
_DASH = re.compile(r"\s*-(?:\s+(?P<rest>.*))?$")
_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "v": "\v", " ": " ", "N": "\x85", "_": "\xa0", "L": "\u2028",
            "P": "\u2029", "\t": "\t"}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)


def split(text: str) -> tuple[str, str]:
    """The head and the body of a file.

    Raises:
        ValueError: it does not begin with a head, or that is too long.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise ValueError("no frontmatter")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise ValueError("the frontmatter has no end")
    head = "\n".join(lines[1:end])
    if len(head) > MAX_CHARS:
        raise ValueError(f"the frontmatter is longer than {MAX_CHARS} characters")
    return head, "\n".join(lines[end + 1 :])


def read(head: str) -> dict[str, Value]:
    """The keys of a head and what they stand for.

    Raises:
        ValueError: it is not the part of YAML that is known here.
    """
    found: dict[str, Value] = {}
    lines = [line.rstrip() for line in head.split("\n")]
    at = 0
    while at < len(lines):
        if not lines[at] or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        key = _KEY.match(lines[at])
        if key is None or key["indent"]:
            raise ValueError(f"line {at + 2} is no key")
        end = at + 1
        while end < len(lines) and (not lines[end] or lines[end][0] in " \t" or _DASH.match(lines[end])):
            end += 1
        found[_unquoted(key["key"])] = _value(key["rest"] or "", lines[at + 1 : end])
        at = end
    return found


def _value(first: str, more: Sequence[str]) -> Value:
    """What stands behind a key: on its line, and on the deeper ones below."""
    first = first.strip()
    if _BLOCK.match(first):
        return _block(first, more)
    if first.startswith("#"):
        first = ""
    if first:
        return _scalar([first, *more])
    below = [line for line in more if line and not line.lstrip().startswith("#")]
    if below and _DASH.match(below[0]):
        return _list(below)
    if below and _KEY.match(below[0]):
        return _mapping(more)
    return _scalar(below) if below else ""


def _scalar(lines: Sequence[str]) -> str | Sequence[str]:
    """A plain or quoted scalar, or a list between brackets."""
    first = lines[0]
    if first[0] in "\"'":
        return _quoted(_folded(lines))
    if first[0] == "[":
        return _flow(" ".join(line.strip() for line in lines))
    if first[0] in "&*!%@`{":
        raise ValueError("that part of YAML is not read")
    return _folded([_COMMENT.sub("", line) for line in lines])


def _folded(lines: Sequence[str]) -> str:
    """Lines as one: a line end is a space, an empty line is a line end."""
    text = ""
    breaks = 0
    for line in lines:
        if not line.strip():
            breaks += 1
            continue
        text += ("\n" * breaks if breaks else " " if text else "") + line.strip()
        breaks = 0
    return text


def _quoted(text: str) -> str:
    mark = text[0]
    if mark == "'":
        whole = re.match(r"'((?:[^']|'')*)'\s*(?:#.*)?$", text, re.DOTALL)
        if whole:
            return whole[1].replace("''", "'")
    else:
        whole = re.match(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$', text, re.DOTALL)
        if whole:
            return _unescaped(whole[1])
    raise ValueError("a quote has no end")


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))  # surrogate pairs as JSON writes them
    except ValueError:
        return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    if digits:
        number = int(digits, 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    simple = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "/": "/", "f": "\f"}
    return simple.get(escape[4]) or _ESCAPES.get(escape[4]) or escape[4]


def _unquoted(text: str) -> str:
    return _quoted(text) if text[0] in "\"'" else text.strip()


def _block(header: str, lines: Sequence[str]) -> str:
    """A block scalar: lines as they are (`|`) or folded (`>`)."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return ""
    indent = len(filled[0]) - len(filled[0].lstrip(" "))
    texts = [line[indent:] if not line[:indent].strip() else line.strip() for line in lines]
    while texts and not texts[-1]:
        texts.pop()
    text = "\n".join(texts) if header[0] == "|" else _folded_block(texts)
    return text if "-" in header else f"{text}\n"


def _folded_block(lines: Sequence[str]) -> str:
    text = ""
    before = ""
    for number, line in enumerate(lines):
        if number:
            is_prose = line and before and line[0] not in " \t" and before[0] not in " \t"
            text += (
                " " if is_prose else "\n" if line[:1] in (" ", "\t") or before[:1] in (" ", "\t") or not line else ""
            )
        text += line
        before = line
    return text


def _list(lines: Sequence[str]) -> Sequence[str]:
    items: list[list[str]] = []
    for line in lines:
        dash = _DASH.match(line)
        if dash:
            items.append([(dash["rest"] or "").strip()])
        elif items:
            items[-1].append(line)
    return [str(_scalar(item)) if item[0] else "" for item in items]


def _flow(text: str) -> Sequence[str]:
    """A list between brackets, of scalars."""
    whole = re.match(r"\[(.*)\]\s*(?:#.*)?$", text)
    if whole is None:
        raise ValueError("a list has no end")
    parts = re.findall(r"\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^,\s\"'][^,]*)", whole[1])
    return [_unquoted(part.strip()) for part in parts]


def _mapping(lines: Sequence[str]) -> Mapping[str, str]:
    """A nested mapping; what is nested deeper is one text."""
    found: dict[str, str] = {}
    indent: int | None = None
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line or line.lstrip().startswith("#"):
            at += 1
            continue
        key = _KEY.match(line)
        if key is None or (indent is not None and len(key["indent"]) != indent):
            raise ValueError("a nested mapping is not read")
        indent = len(key["indent"])
        end = at + 1
        while end < len(lines) and (not lines[end] or len(lines[end]) - len(lines[end].lstrip()) > indent):
            end += 1
        value = _value(key["rest"] or "", lines[at + 1 : end])
        found[_unquoted(key["key"])] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        at = end
    return found
