"""Files and processes of this host: what is ours is only ours, and what is killed is dead."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from tests import processes
from tests.core.terminal.shells import Keyboard, terminal

from tremaux_tools.errors import PlaceUnavailable
from tremaux_tools.tmux import host as host_module
from tremaux_tools.tmux.host import Host

pytestmark = pytest.mark.anyio
PATIENCE = 20.0  # seconds


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Host("label")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the private directory will be."""
    return tmp_path / f"tremaux-{os.getuid()}-label"


async def test_the_private_directory_is_its_users_alone(host: Host, place: Path) -> None:
    assert await host.private_directory() == str(place)
    assert await host.private_directory() == str(place)
    assert place.stat().st_mode & 0o777 == 0o700


async def test_a_directory_that_others_can_enter_is_not_taken_for_private(host: Host, place: Path) -> None:
    place.mkdir()
    place.chmod(0o710)

    with pytest.raises(PlaceUnavailable, match="not a directory of yours alone"):
        await host.private_directory()


@pytest.mark.parametrize("kind", ["directory", "file", "nothing"])
async def test_a_link_in_the_place_of_the_private_directory_is_refused(
    host: Host, place: Path, tmp_path: Path, kind: str
) -> None:
    if kind == "directory":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
    elif kind == "file":
        (tmp_path / "elsewhere").write_text("")
    place.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PlaceUnavailable, match="not a directory of yours alone"):
        await host.private_directory()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to another user")
async def test_another_users_directory_is_not_taken(host: Host, place: Path) -> None:
    place.mkdir(mode=0o700)
    os.chown(place, 65534, 65534)

    with pytest.raises(PlaceUnavailable, match="not a directory of yours alone"):
        await host.private_directory()


async def test_a_written_file_is_its_owners_alone_and_holds_any_bytes(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    await host.write(str(path), bytes(range(256)))
    await host.write(str(path), b"second")

    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_each_directory_made_for_a_file_is_its_owners_alone(host: Host, place: Path, tmp_path: Path) -> None:
    await host.write(f"{tmp_path}/a/b/file", b"")
    assert [(tmp_path / each).stat().st_mode & 0o777 for each in ("a", "a/b")] == [0o700] * 2

    await host.private_directory()
    await Host("label").aclose()  # another process leaves
    await host.write(f"{place}/runs/file", b"")

    assert await host.private_directory() == str(place)


async def test_nothing_is_written_where_somebody_else_put_his_directory(host: Host, place: Path) -> None:
    await host.private_directory()
    await host.aclose()
    place.mkdir()
    place.chmod(0o777)

    with pytest.raises(PlaceUnavailable, match="not a directory of yours alone"):
        await host.write(f"{place}/file", b"")

    assert list(place.iterdir()) == []


async def test_writing_replaces_a_link_instead_of_following_it(host: Host, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "precious")

    await host.write(str(tmp_path / "link"), b"new")

    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_bytes() == b"new"


async def test_only_so_much_of_a_file_is_read_as_is_asked_for(host: Host, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")

    assert await host.read(str(tmp_path / "file"), 4) == b"0123"
    assert await host.read(str(tmp_path / "file"), 400) == b"0123456789"
    assert await host.read(str(tmp_path / "none"), 4) is None
    assert await host.read(str(tmp_path / "none" / "deeper"), 4) is None


async def test_a_directory_is_removed_with_all_in_it_and_links_are_not_followed(host: Host, tmp_path: Path) -> None:
    (tmp_path / "ours" / "deep").mkdir(parents=True)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    (tmp_path / "ours" / "link").symlink_to(tmp_path / "precious")

    await host.remove(str(tmp_path / "ours"))
    await host.remove(str(tmp_path / "ours"))

    assert not (tmp_path / "ours").exists()
    assert (tmp_path / "precious" / "file").read_text() == "mine"


class Shell:
    """A shell on a pseudo-terminal."""

    def __init__(self, keyboard: Keyboard, pid: int) -> None:
        self.pid = pid
        self._keyboard = keyboard

    def do(self, line: str) -> None:
        self._keyboard.type(f"{line}\r".encode())

    def wait_for(self, text: str) -> None:
        self._keyboard.wait_for(text.encode())

    def number(self, name: str) -> int:
        """What the shell tells after `name=`."""
        wanted = f"{name}=".encode()

        def find(seen: bytes) -> int | None:
            told = seen.rpartition(wanted)[2].partition(b"\r")
            return int(told[0]) if wanted in seen and told[1] and told[0].isdigit() else None

        return self._keyboard.wait(find)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    environment = {"PATH": os.environ["PATH"], "PS1": "ready> ", "HOME": str(tmp_path), "TERM": "dumb"}
    with ExitStack() as stack:
        keyboard = stack.enter_context(terminal(["bash", "--norc", "--noprofile", "-i"], cwd=tmp_path, env=environment))
        keyboard.wait_for(b"ready> ")
        keyboard.type(b"echo pid=$$\r")
        shell = Shell(keyboard, 0)
        shell.pid = shell.number("pid")
        keyboard.wait_for(b"ready> ", times=2)
        yield shell
        processes.kill(*processes.of_session(shell.pid))


async def test_the_shell_at_its_prompt_is_in_front_and_takes_each_key(host: Host, shell: Shell) -> None:
    with anyio.fail_after(PATIENCE):
        while not (front := await host.foreground(shell.pid)) or not (front.raw and front.sleeping):
            await anyio.sleep(0.01)

    assert (front.leader, front.program) == (shell.pid, "bash")


async def test_a_program_of_the_shell_is_in_front_while_it_runs(host: Host, shell: Shell, tmp_path: Path) -> None:
    odd = tmp_path / "a) S (b"  # the process table has names in parentheses
    odd.symlink_to("/bin/sleep")
    shell.do(f"'{odd}' 60")

    with anyio.fail_after(PATIENCE):
        while not (front := await host.foreground(shell.pid)) or front.leader == shell.pid:
            await anyio.sleep(0.01)
        while front is None or front.program == "bash":  # it has not become the program yet
            front = await host.foreground(shell.pid)

    assert (front.program, front.raw) == ("a) S (b", False)


async def test_nobody_is_in_front_where_there_is_no_process_or_no_terminal(host: Host) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        without = await host.foreground(process.pid)
        process.kill()
        process.wait()

        assert without is None
        assert await host.foreground(process.pid) is None


async def test_long_lines_fit_a_program_that_takes_each_key_and_no_other(host: Host, shell: Shell) -> None:
    with anyio.fail_after(PATIENCE):
        while await host_module.longest_line(shell.pid) is not None:
            await anyio.sleep(0.01)
        shell.do("stty -echo; echo is=1; read -r x")
        shell.wait_for("is=1\r")
        while await host_module.shows_typing(shell.pid):
            await anyio.sleep(0.01)

    assert await host_module.longest_line(shell.pid) == 4_095


STUBBORN = (
    "(trap '' HUP TERM INT; echo a=$BASHPID; while :; do sleep 60; done) &",
    "nohup sleep 61 >/dev/null 2>&1 & echo b=$!",
    "setsid --wait sh -c 'trap \"\" HUP; echo c=$$; sleep 62; sleep 62' &",
    "(set -m; sleep 63 & echo d=$!; disown); sleep 0.1; echo e=0",
)


async def test_a_killed_session_leaves_no_process_whatever_it_ignores(host: Host, shell: Shell) -> None:
    victims = []
    for line, name in zip(STUBBORN, "abcd", strict=True):
        shell.do(line)
        victims.append(shell.number(name))
    shell.number("e")
    family = processes.of_session(shell.pid) | set(victims)
    assert all(map(processes.is_alive, family))

    with anyio.fail_after(PATIENCE):
        await host.kill_session(shell.pid)

    assert not any(map(processes.is_alive, family))


async def test_what_a_session_starts_while_it_is_killed_is_killed_too(host: Host, shell: Shell) -> None:
    shell.do("echo go=1; for i in $(seq 300); do (trap '' HUP; sleep 60 & sleep 60) & done")
    shell.number("go")
    await anyio.sleep(0.02)

    with anyio.fail_after(PATIENCE):
        await host.kill_session(shell.pid)

    assert not processes.of_session(shell.pid)


async def test_killing_a_session_spares_all_others(host: Host, shell: Shell) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        await host.kill_session(shell.pid)

        assert processes.is_alive(other.pid)
        await host.kill_session(2**22 + 1)  # there is no such process
        other.kill()
