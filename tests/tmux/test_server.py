"""What is asked of the tmux that is installed, of its socket's directory, and what its sessions are like."""

import os
import subprocess
from pathlib import Path

import anyio
import pytest

from tremaux_tools.errors import PlaceUnavailable
from tremaux_tools.tmux import server as server_module
from tremaux_tools.tmux.server import (
    MAX_SOCKET_PATH,
    HostTmux,
    attach_session,
    copy_command,
    hold_command,
    is_usable,
    new_session,
    person_command,
)

pytestmark = pytest.mark.anyio
PATIENCE = 20.0  # seconds


@pytest.mark.parametrize(
    ("told", "usable"),
    [
        ("tmux 3.1c", False),
        ("tmux 2.9a", False),
        ("tmux 3.2", True),
        ("tmux 3.3a", True),
        ("tmux next-3.6", True),
        ("tmux 10.0", True),
        ("tmux master", True),
        ("", False),
    ],
)
def test_only_a_tmux_that_has_what_we_need_is_used(told: str, usable: bool) -> None:
    assert is_usable(told) is usable


def program(folder: Path, text: str) -> dict[str, str]:
    """An environment in which `tmux` is a script."""
    folder.mkdir()
    script = folder / "tmux"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    return {"PATH": str(folder), "TMUX_TMPDIR": str(folder)}


async def test_an_old_tmux_is_refused_with_its_version(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable, match=r"tmux 3\.1c is too old") as caught:
        await HostTmux("t", program(tmp_path / "bin", "echo tmux 3.1c")).ready()

    assert "Install tmux 3.2" in caught.value.hint


async def test_a_missing_tmux_is_told_with_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable, match="not installed") as caught:
        await HostTmux("t", {"PATH": str(tmp_path), "TMUX_TMPDIR": str(tmp_path)}).ready()

    assert "apt install tmux" in caught.value.hint


async def test_a_tmux_that_cannot_be_started_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable):
        await HostTmux("t", program(tmp_path / "bin", "exit 127")).ready()


async def test_a_tmux_that_hangs_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "CLIENT_DEADLINE", 0.2)

    with anyio.fail_after(PATIENCE), pytest.raises(PlaceUnavailable, match="did not answer"):
        await HostTmux("t", program(tmp_path / "bin", "exec /bin/sleep 60")).ready()


async def test_the_sockets_directory_is_made_for_its_user_alone(tmux: HostTmux) -> None:
    await tmux.ready()

    assert Path(tmux.socket).parent.stat().st_mode & 0o777 == 0o700


async def test_the_sockets_path_has_no_link_as_tmux_tells_it_to_its_programs(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    tmux = HostTmux("t", os.environ | {"TMUX_TMPDIR": str(tmp_path / "link")})

    await tmux.ready()

    assert tmux.socket == f"{tmp_path}/real/tmux-{os.getuid()}/t"


async def test_a_sockets_directory_that_others_can_reach_is_refused(tmux: HostTmux) -> None:
    Path(tmux.socket).parent.mkdir()
    Path(tmux.socket).parent.chmod(0o705)

    with pytest.raises(PlaceUnavailable, match="open to other users") as caught:
        await tmux.ready()

    assert "chmod 700" in caught.value.hint


async def test_a_sockets_directory_that_leads_elsewhere_is_refused(tmux: HostTmux, tmp_path: Path) -> None:
    Path(tmux.socket).parent.symlink_to(tmp_path)

    with pytest.raises(PlaceUnavailable, match="open to other users"):
        await tmux.ready()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to another user")
async def test_another_users_directory_is_refused(tmux: HostTmux) -> None:
    folder = Path(tmux.socket).parent
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)

    with pytest.raises(PlaceUnavailable, match="open to other users"):
        await tmux.ready()


async def test_a_directory_that_cannot_be_made_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(PlaceUnavailable, match="cannot be made"):
        await HostTmux("t", os.environ | {"TMUX_TMPDIR": str(tmp_path / "file")}).ready()


async def test_a_socket_whose_whole_path_is_too_long_for_the_kernel_is_refused() -> None:
    room = MAX_SOCKET_PATH - len(f"/tmux-{os.getuid()}")
    folder = "/tmp/" + "x" * (room - len("/tmp/"))

    with pytest.raises(PlaceUnavailable, match="too long"):
        await HostTmux("tremaux-01234567", os.environ | {"TMUX_TMPDIR": folder}).ready()


def asked(tmux: HostTmux, *question: str) -> str:
    told = subprocess.run(["tmux", "-S", tmux.socket, *question], check=True, capture_output=True, text=True)
    return told.stdout.rstrip("\n")


def start(tmux: HostTmux, session: str, *, program: str = "exec cat", **environment: str) -> None:
    """Start a session without a client."""
    Path(tmux.socket).parent.mkdir(mode=0o700, exist_ok=True)
    given = tmux.environment | environment
    command = new_session(tmux.socket, session, width=91, height=17, program=program, inherited=given)
    command.remove("-C")
    command.insert(command.index("new-session") + 1, "-d")
    subprocess.run(command, check=True, env=given, stdin=subprocess.DEVNULL, capture_output=True)


def test_a_session_has_the_size_the_history_and_the_silence_that_were_asked_for(tmux: HostTmux) -> None:
    start(tmux, "one")

    assert asked(tmux, "list-panes", "-a", "-F", "#{session_name} #{pane_width}x#{pane_height} #{history_limit}") == (
        "one 91x17 50000"
    )
    assert asked(tmux, "show-options", "-gv", "status") == "off"
    assert asked(tmux, "show-options", "-gwv", "allow-rename") == "off"
    assert asked(tmux, "show-options", "-sv", "set-clipboard") == "off"


def test_each_session_has_the_environment_it_was_opened_from(tmux: HostTmux, tmp_path: Path) -> None:
    for name in ("one", "two"):
        start(tmux, name, program=f'echo "$WHO $TERM" >{tmp_path}/{name}; exec cat', WHO=f"{name} $(id) #{{pane_id}}")
        asked(tmux, "run-shell", f"while ! [ -s {tmp_path}/{name} ]; do sleep 0.01; done")

    assert (tmp_path / "one").read_text() == "one $(id) #{pane_id} tmux-256color\n"
    assert (tmp_path / "two").read_text() == "two $(id) #{pane_id} tmux-256color\n"


@pytest.mark.parametrize("end", ["", ";", "\\;", " \\;", " \\\\;", " ;;", "\\", " ';'"])
def test_the_program_of_a_session_is_what_was_given_whatever_it_ends_with(tmux: HostTmux, end: str) -> None:
    given = f"echo ready; read line # x{end}"
    start(tmux, "one", program=given)
    until(tmux, "tmux capture-pane -p | grep -q ready")
    pid = asked(tmux, "list-panes", "-a", "-F", "#{pane_pid}")

    assert Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1] == ["/bin/sh", "-c", given]


def test_joining_a_session_leaves_its_environment_as_it_is(tmux: HostTmux) -> None:
    Path(tmux.socket).parent.mkdir(mode=0o700)
    given = {"SSH_AUTH_SOCK": "/agent", "DISPLAY": ":7"}
    persons = ["tmux", "-S", tmux.socket, "-f", "/dev/null", "new-session", "-d", "-s", "one", "exec cat"]
    subprocess.run(persons, check=True, env=tmux.environment | given)
    before = asked(tmux, "show-environment", "-t", "one")

    ours = {name: value for name, value in tmux.environment.items() if name not in given}
    with subprocess.Popen(
        attach_session(tmux.socket, "one"), env=ours, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as client:
        assert client.stdout is not None
        assert any(line.startswith(b"%session-changed") for line in client.stdout)

    assert "SSH_AUTH_SOCK=/agent" in before
    assert asked(tmux, "show-environment", "-t", "one") == before


def test_a_person_sees_the_session_with_the_command_that_is_told(tmux: HostTmux) -> None:
    start(tmux, "one")
    command = person_command(tmux.socket, "one")

    seen = subprocess.run(
        ["script", "-qec", " ".join(f"'{word}'" for word in [*command, ";", "detach-client"]), "/dev/null"],
        capture_output=True, text=True, check=False, env=tmux.environment | {"TERM": "xterm"},
    )  # fmt: skip

    assert "[detached (from session one)]" in seen.stdout


ODD_NAMES = ["plain", "it's", "per%Ycent", "#{pane_id}", "#(touch wrong)", "a b;c", "ü\\"]


def told(tmux: HostTmux, *commands: str) -> None:
    """Give a session commands as our clients do."""
    subprocess.run(
        ["tmux", "-u", "-S", tmux.socket, "-C", "attach-session", "-t", "=one"],
        input="".join(f"{command}\n" for command in commands),
        check=True, env=tmux.environment, text=True, capture_output=True,
    )  # fmt: skip


def until(tmux: HostTmux, test: str) -> None:
    """Wait until a line for /bin/sh succeeds."""
    asked(tmux, "run-shell", f"for i in $(seq 999); do {test} && exit; sleep 0.01; done")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_panes_output_is_copied_at_once_to_a_file_of_any_name(tmux: HostTmux, tmp_path: Path, name: str) -> None:
    start(tmux, "one", program="read line; echo got $line; exec cat")
    path = tmp_path / "new" / name

    told(tmux, copy_command("%0", str(path), 512), "send-keys -t %0 abc Enter")
    until(tmux, f'[ "$(cat {tmp_path}/new/* | wc -c)" = 14 ]')

    assert path.read_bytes() == b"abc\r\ngot abc\r\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {"new"}
    assert list(path.parent.iterdir()) == [path]


def test_a_copy_ends_at_its_limit_and_when_it_is_told_to(tmux: HostTmux, tmp_path: Path) -> None:
    start(tmux, "one", program="read a; seq 9999; read b; echo b; exec cat")
    full, none = tmp_path / "full", tmp_path / "none"

    told(tmux, copy_command("%0", str(full), 1024), "send-keys -t %0 x Enter")
    until(tmux, f'[ "$(wc -c <{full})" = 1024 ]')
    told(tmux, copy_command("%0", str(none), 1024))
    until(tmux, f"[ -e {none} ]")
    told(tmux, hold_command("%0"), "send-keys -t %0 y Enter")
    until(tmux, "tmux capture-pane -p | grep -q b")

    assert full.read_bytes() == b"x\r\n" + "".join(f"{n}\r\n" for n in range(1, 1_000)).encode()[:1021]
    assert none.read_bytes() == b""


def test_what_a_program_printed_before_it_ended_is_on_its_screen_but_for_rare_cases(tmux: HostTmux) -> None:
    whole = 0
    for number in range(20):
        start(tmux, f"s{number}", program="seq 300; exit 3")
        until(tmux, f"[ $(tmux display-message -p -t s{number} '##{{pane_dead}}') = 1 ]")
        whole += asked(tmux, "capture-pane", "-p", "-t", f"s{number}").rstrip().endswith("\n300")

    assert whole >= 17  # without the pipe about half; with it the kernel is late once in some hundred times
