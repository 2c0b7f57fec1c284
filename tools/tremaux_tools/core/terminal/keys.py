"""Name the keys a program can be sent, and write text as a keyboard would."""

import difflib
import re
from collections.abc import Mapping

from tremaux_tools.errors import BadArgument

_NAMED = (
    *("Escape", "Enter", "Tab", "BTab", "BSpace", "Space", "Up", "Down", "Left", "Right"),
    *("Home", "End", "PPage", "NPage", "IC", "DC", *(f"F{number}" for number in range(1, 13))),
)
_SYNONYMS = {
    "esc": "Escape",
    "return": "Enter",
    "cr": "Enter",
    "backtab": "BTab",
    "backspace": "BSpace",
    "bs": "BSpace",
    "spacebar": "Space",
    "arrowup": "Up",
    "arrowdown": "Down",
    "arrowleft": "Left",
    "arrowright": "Right",
    "pageup": "PPage",
    "pgup": "PPage",
    "pagedown": "NPage",
    "pgdn": "NPage",
    "pgdown": "NPage",
    "insert": "IC",
    "ins": "IC",
    "delete": "DC",
    "del": "DC",
}
_KEYS: Mapping[str, str] = {name.lower(): name for name in _NAMED} | _SYNONYMS
_MODIFIERS: Mapping[str, str] = {
    "c": "C",
    "ctrl": "C",
    "control": "C",
    "m": "M",
    "alt": "M",
    "meta": "M",
    "option": "M",
    "s": "S",
    "shift": "S",
}
_MODIFIER = re.compile(r"([a-z]+)[-+](?=.)", re.IGNORECASE | re.DOTALL)
_SEPARATOR = re.compile("[-_ ]")  # Page-Up, page_down
_ORDER = "CMS"
_CONTROLLED = re.compile(r"[a-z@\[\\\]^_]")  # what a keyboard has a control character for


def key(name: str) -> str:
    """Find the name that tmux has for a key; case counts only in a letter behind `M-`.

    Accepts tmux's names (`C-c`, `M-x`, `S-Up`, `PPage`) and the usual others (`Ctrl+C`, `^C`, `Esc`, `PageUp`).

    Raises:
        BadArgument: there is no such key. A letter without Ctrl or Alt is none: it is text.
    """
    rest, modifiers = name.strip(), set[str]()
    if len(rest) == 2 and rest.startswith("^"):
        rest, modifiers = rest[1:], {"C"}
    while (match := _MODIFIER.match(rest)) and match[1].lower() in _MODIFIERS:
        modifiers.add(_MODIFIERS[match[1].lower()])
        rest = rest[match.end() :]
    base = _KEYS.get(_SEPARATOR.sub("", rest).lower()) or _character(rest, modifiers)
    if base is None:
        raise BadArgument(f"no such key: {name[:40]!r}", _hint(rest))
    if base == "Tab" and "S" in modifiers:
        base, modifiers = "BTab", modifiers - {"S"}
    return "".join(f"{modifier}-" for modifier in _ORDER if modifier in modifiers) + base


def _character(rest: str, modifiers: set[str]) -> str | None:
    """The one character a control or alt key goes with, or None."""
    if "C" in modifiers:
        return rest.lower() if _CONTROLLED.fullmatch(rest.lower()) and "S" not in modifiers else None
    return rest if modifiers == {"M"} and len(rest) == 1 and "!" <= rest <= "~" else None


def _hint(rest: str) -> str:
    if len(rest) == 1 or not rest:
        return "Send characters as text; keys are names such as C-c, M-x, Enter, Escape, Up."
    close = difflib.get_close_matches(rest.lower(), _KEYS, n=1)
    if close:
        return f"Did you mean {_KEYS[close[0]]}?"
    return f"Keys are C-a to C-z, M- and S- forms, {', '.join(_NAMED)}."


_PASTE_BEGIN, _PASTE_END = "\x1b[200~", "\x1b[201~"


def typed(text: str, *, bracketed: bool) -> bytes:
    """Write text as a terminal sends it: line ends become Enter, in UTF-8.

    `bracketed`: the program asked to tell pasted text from typed; text of several lines is then marked as
    pasted, and holds nothing that would end the paste.

    Raises:
        BadArgument: `text` has half a surrogate pair, which is no character.
    """
    text = text.replace("\r\n", "\r").replace("\n", "\r")
    if bracketed and "\r" in text:
        while _PASTE_END in text:  # what is left can form a new one
            text = text.replace(_PASTE_END, "")
        text = _PASTE_BEGIN + text + _PASTE_END
    return encoded(text)


def encoded(text: str) -> bytes:
    """Encode text in UTF-8.

    Raises:
        BadArgument: `text` has half a surrogate pair, which is no character.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        character = text[error.start]
        raise BadArgument(f"not a character: {character!r}", "Send whole Unicode characters.") from error
