"""Put text that a log or an agent wrote where a reader of Markdown shows it and does nothing else with it.

A fence or a code span is the one place in which Markdown, HTML, links and mentions all mean nothing, on GitHub, GitLab
and in chats; it ends only with as many backticks as it began with.
"""

import re

_BACKTICKS = re.compile(r"`+")
_MEANS_SOMETHING = re.compile(r"[\\`*_{}\[\]<>()#|~!&]|:(?=//)|(?<=\w)@(?=\w)|^(?:[-+=]|\d{1,9}(?=[.)]))")
_FENCE = re.compile(r"`{3,}")
_CALL = re.compile(r"(?<!\w)@(?=\w)|<(?=[!@#&])")
_MENTION = re.compile(r"(?<!\w)@\w[\w./-]{0,100}")


def fenced(text: str) -> str:
    """A code block of the text, which cannot end it."""
    fence = "`" * max(3, _longest_ticks(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def code(text: str) -> str:
    """A code span of the text on one line, which cannot end it, nor the cell of a table; empty for no text."""
    line = " ".join(text.split())
    if not line:
        return ""
    ticks = "`" * (_longest_ticks(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}".replace("|", "\\|")


def prose(text: str) -> str:
    """A sentence of ours on one line; what it quotes keeps its look, and mentions nobody."""
    line = " ".join(text.split())
    parts: list[str] = []
    done = 0
    for mention in _MENTION.finditer(line):
        parts += (_escaped(line[done : mention.start()]), code(mention[0]))
        done = mention.end()
    return "".join([*parts, _escaped(line[done:])])


def advice(text: str) -> str:
    """A sentence of ours on one line, with its commands as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a command that holds a backtick: which is whose cannot be told
        return prose(text)
    return "".join(code(part) if place % 2 else _spaced(part) for place, part in enumerate(parts))


def plain(text: str) -> str:
    """A text on one line for a place that may know Markdown, HTML or nothing, such as the title of a message."""
    return " ".join(text.replace("`", "'").replace("<", "‹").replace(">", "›").replace("@", "@ ").split())


def calm(text: str) -> str:
    """A text for the fence of a chat: it needs no longer one, and calls nobody even where code is looked into."""
    return _CALL.sub(lambda sign: f"{sign[0]} ", _FENCE.sub("``", text))


def _spaced(text: str) -> str:
    """Prose with the spaces at its ends, which part it from a command."""
    return f"{' ' * text.startswith(' ')}{prose(text)}{' ' * text.endswith(' ')}" if text.strip() else text


def _longest_ticks(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)


def _escaped(text: str) -> str:
    return _MEANS_SOMETHING.sub(lambda sign: f"\\{sign[0]}", text)
