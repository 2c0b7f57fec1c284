"""Keys by name, and text as a keyboard types it."""

import pytest
from tests.core.terminal.test_control_mode import answers

from tremaux_tools.core.terminal.control_mode import quote
from tremaux_tools.core.terminal.keys import key, typed
from tremaux_tools.errors import BadArgument

NAMES = {
    "C-c": ("C-c", "Ctrl-C", "ctrl+c", "^C", "^c", "Control-c", " C-C "),
    "M-x": ("M-x", "alt+x", "Meta-x"),
    "M-X": ("M-X",),
    "M--": ("M--",),
    "C-M-x": ("C-M-x", "M-C-x", "ctrl+alt+x"),
    "C-\\": ("C-\\", "^\\"),
    "C-[": ("^[",),
    "C-Space": ("C-Space", "ctrl+space"),
    "S-Up": ("S-Up", "shift+up"),
    "C-S-Left": ("C-S-Left",),
    "Escape": ("Escape", "Esc", "ESC"),
    "Enter": ("Enter", "Return", "enter"),
    "Tab": ("Tab",),
    "BTab": ("BTab", "S-Tab", "Shift+Tab", "BackTab"),
    "BSpace": ("BSpace", "Backspace"),
    "Space": ("Space",),
    "PPage": ("PPage", "PageUp", "PgUp", "Page Up"),
    "NPage": ("NPage", "PageDown", "page_down"),
    "IC": ("IC", "Insert"),
    "DC": ("DC", "Delete", "Del"),
    "F12": ("F12", "f12"),
    "Home": ("home",),
    "End": ("END",),
    "Down": ("ArrowDown",),
    "Right": ("Right",),
}


@pytest.mark.parametrize(("given", "name"), [(given, name) for name, all_given in NAMES.items() for given in all_given])
def test_a_key_has_one_name_for_tmux(given: str, name: str) -> None:
    assert key(given) == name


def test_tmux_knows_every_key() -> None:
    names = [
        *NAMES,
        *(f"C-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz@[\\]^_"),
        *(f"F{n}" for n in range(1, 13)),
    ]

    replies = answers(*(f"bind-key -- {quote(key(name))} list-keys" for name in names))

    assert [name for name, reply in zip(names, replies, strict=False) if not reply.ok] == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("a", "Send characters as text", id="a letter"),
        pytest.param("Entr", "Did you mean Enter?", id="misspelt"),
        pytest.param("PageUpp", "Did you mean PPage?", id="misspelt synonym"),
        pytest.param("F13", "Did you mean F", id="beyond F12"),
        pytest.param("C-é", "Send characters as text", id="not a control character"),
        pytest.param("S-a", "Send characters as text", id="a capital letter"),
        pytest.param("", "Send characters as text", id="empty"),
        pytest.param("0x41", "Keys are C-a to C-z", id="a code"),
        pytest.param("kill-server", "Keys are C-a to C-z", id="a command"),
        pytest.param("MouseDown1Pane", "Keys are C-a", id="the mouse"),
    ],
)
def test_what_is_no_key_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(BadArgument, match="no such key") as refused:
        key(name)

    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("text", "bracketed", "sent"),
    [
        pytest.param("a;é\n", False, b"a;\xc3\xa9\r", id="typed"),
        pytest.param("a\r\nb\rc", False, b"a\rb\rc", id="all line ends are Enter"),
        pytest.param("one line", True, b"one line", id="one line is typed"),
        pytest.param("a\nb", True, b"\x1b[200~a\rb\x1b[201~", id="several lines are pasted"),
        pytest.param("a\n\x1b[201~rm\n", True, b"\x1b[200~a\rrm\r\x1b[201~", id="a paste that would end itself"),
        pytest.param(
            "\n\x1b[2\x1b[201~01~x", True, b"\x1b[200~\rx\x1b[201~", id="a paste that would end itself once mended"
        ),
    ],
)
def test_text_is_typed_or_pasted_as_the_program_asked(text: str, bracketed: bool, sent: bytes) -> None:
    assert typed(text, bracketed=bracketed) == sent


def test_half_a_character_is_refused() -> None:
    with pytest.raises(BadArgument, match=r"not a character: '\\ud800'"):
        typed("a\ud800", bracketed=False)
