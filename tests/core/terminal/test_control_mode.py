"""What tmux writes in control mode, and what it understands."""

import subprocess
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.terminal.shells import pieces_of, program

from tremaux_tools.core.terminal.control_mode import (
    ControlParser,
    Ended,
    Event,
    Notice,
    Output,
    ProtocolError,
    Reply,
    hex_keys,
    quote,
)


def events(*pieces: bytes) -> list[Event]:
    parser = ControlParser()
    return [event for piece in pieces for event in parser.feed(piece)]


def escaped(data: bytes) -> bytes:
    """As tmux writes it."""
    return b"".join(b"\\%03o" % byte if byte < 0x20 or byte == 0x5C else bytes([byte]) for byte in data)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(b"%begin 17 4 1\na\nb\n%end 17 4 1\n", Reply(True, True, (b"a", b"b")), id="an answer"),
        pytest.param(b"%begin 17 4 0\n%end 17 4 0\n", Reply(False, True, ()), id="the first command's answer"),
        pytest.param(b"%begin 17 4 1\nbad\n%error 17 4 1\n", Reply(True, False, (b"bad",)), id="a refusal"),
        pytest.param(
            b"%begin 17 4 1\n%output %1 x\n%end 17 5 1\n%end\n%exit\n\n%end 17 4 1\n",
            Reply(True, True, (b"%output %1 x", b"%end 17 5 1", b"%end", b"%exit", b"")),
            id="a screen that shows the protocol",
        ),
        pytest.param(b"%output %1 a\\015\\012\\134n \xc3\xa9\n", Output("%1", b"a\r\n\\n \xc3\xa9"), id="output"),
        pytest.param(b"%output %1 \n", Output("%1", b""), id="empty output"),
        pytest.param(b"%extended-output %12 30 : a : b\n", Output("%12", b"a : b"), id="late output"),
        pytest.param(b"%exit\n", Ended(""), id="the end"),
        pytest.param(b"%exit server exited\n", Ended("server exited"), id="the end and why"),
        pytest.param(b"%window-renamed @1 a b\n", Notice("window-renamed", "@1 a b"), id="a notice"),
        pytest.param(b"sh: tmux: not found\n", Notice("", "sh: tmux: not found"), id="no tmux at all"),
    ],
)
def test_a_line_or_a_block_is_one_event(written: bytes, read: Event) -> None:
    assert events(written) == [read]


STREAM = (
    b"%begin 17 1 0\n%end 17 1 0\n%session-changed $0 x\n%output %0 \\033[1mhi\\033[0m\\134033\n"
    b"%begin 17 2 1\n%end 17 1 1\n%error 18 2 1\nrow\n%end 17 2 1\n%extended-output %0 5 : a\\011\xe2\x82\xac\n%exit\n"
)


@given(st.lists(st.integers(0, len(STREAM))))
def test_a_stream_says_the_same_wherever_it_is_cut(cuts: list[int]) -> None:
    assert events(*pieces_of(STREAM, cuts)) == events(STREAM)


FORGED = (b"%end 17 4 1", b"%exit", b"%begin 17 5 1", b"5ea1", b"%end 17 5 1", b"%error 17 4 1", b"%output %0 x", b"")
SEAL = "5ea1ed"


def sealed(rows: list[bytes], between: bytes = b"") -> bytes:
    """Two answers as tmux writes them, the first with rows of a program, the second with the seal."""
    body = b"".join(row + b"\n" for row in rows)
    return (
        b"%begin 17 4 1\n" + body + b"%end 17 4 1\n" + between + b"%begin 17 5 1\n5ea1ed\nfacts\n%end 17 5 1\n%exit\n"
    )


@given(
    st.lists(st.sampled_from(FORGED) | st.binary().filter(lambda row: b"\n" not in row)), st.lists(st.integers(0, 400))
)
def test_no_rows_of_a_program_end_a_sealed_answer(rows: list[bytes], cuts: list[int]) -> None:
    parser = ControlParser()
    parser.expect(2, SEAL.encode())
    read = [event for piece in pieces_of(sealed(rows), cuts) for event in parser.feed(piece)]

    assert read == [Reply(True, True, tuple(rows)), Reply(True, True, (SEAL.encode(), b"facts")), Ended("")]


def test_what_comes_before_the_seal_keeps_its_place() -> None:
    parser = ControlParser()
    parser.expect(2, SEAL.encode())
    read = parser.feed(sealed([b"%exit"], b"%output %0 a\n%window-renamed @1 b\n"))

    assert read[:3] == [Reply(True, True, (b"%exit",)), Output("%0", b"a"), Notice("window-renamed", "@1 b")]


def test_a_refusal_is_sealed_as_well() -> None:
    parser = ControlParser()
    parser.expect(2, SEAL.encode())

    written = b"%begin 17 4 1\nno pane\n%error 17 4 1\n%begin 17 5 1\n5ea1ed\n%end 17 5 1\n"
    assert parser.feed(written)[0] == Reply(True, False, (b"no pane",))


def test_a_line_or_a_reply_without_end_is_not_kept_for_ever() -> None:
    for start in (b"", b"%begin 17 4 1\n", b"%begin 17 4 1\n" + b"row\n" * 20):
        parser = ControlParser(limit=100)
        parser.feed(start)
        for _ in range(100 - len(start)):
            parser.feed(b"x")
        with pytest.raises(ProtocolError, match="no end"):
            parser.feed(b"x")


@given(st.binary())
def test_every_byte_of_output_comes_back(data: bytes) -> None:
    assert events(b"%output %1 " + escaped(data) + b"\n") == [Output("%1", data)]


@given(st.binary())
def test_no_bytes_at_all_break_the_parser(data: bytes) -> None:
    events(data, b"\n%begin " + data, b"\n%extended-output " + data, b"\n")


@pytest.mark.parametrize("hostile", ["a\nkill-server", "a\0b"])
def test_what_would_end_a_command_is_refused(hostile: str) -> None:
    with pytest.raises(ValueError, match="no newline and no NUL"):
        quote(hostile)


def test_bytes_are_named_in_commands_that_tmux_can_hold() -> None:
    assert list(hex_keys(b"\xc3\xa9;\x00-", size=2)) == ["c3 a9", "3b 00", "2d"]
    assert [len(keys.split()) for keys in hex_keys(bytes(2_500))] == [1_000, 1_000, 500]
    assert list(hex_keys(b"")) == []


ODD = (
    "",
    ";",
    "a;",
    "\\;",
    "a\\",
    "\\",
    "#{pane_id}",
    "#(touch x)",
    "$HOME",
    '"',
    "'",
    "''",
    "it's 'quoted' \"twice\"",
    "~",
    "~root",
    "%if 1",
    "%end",
    "{ a }",
    "}",
    "-g",
    "--",
    "# comment",
    "a#b",
    "a\tb",
    "a\rb",
    "  spaces  ",
    "&& || | > < * ?",
    "\\u0041\\n\\101",
    "é ü 漢字 👩‍💻",
)


def answers(*commands: str) -> list[Reply]:
    """Let a real tmux answer, in control mode, on a server of its own that ends with its client."""
    name = f"tremaux-test-{uuid.uuid4().hex[:10]}"
    tmux = [program("tmux"), "-u", "-L", name, "-f", "/dev/null"]
    try:
        done = subprocess.run(
            [*tmux, "-C", "new-session", "sleep 60"],
            input="".join(f"{command}\n" for command in (*commands, "kill-server")).encode(),
            capture_output=True,
            timeout=20,
            check=True,
        )
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True, timeout=20, check=False)
    return [event for event in events(done.stdout) if isinstance(event, Reply) and event.asked]


def test_tmux_takes_a_quoted_argument_literally() -> None:
    replies = answers(*(line for odd in ODD for line in (f"set -g @x {quote(odd)}", "show -gv @x")))

    shown = [b"\n".join(reply.lines).decode() for reply in replies[1 : 2 * len(ODD) : 2]]
    assert shown == list(ODD)


def test_tmux_takes_as_many_keys_as_one_command_holds() -> None:
    (reply, *_) = answers(*(f"send-keys -H {keys}" for keys in hex_keys(b";" * 1_000)))

    assert reply == Reply(asked=True, ok=True, lines=())
