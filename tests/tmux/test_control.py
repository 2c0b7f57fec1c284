"""One connection to a real tmux: every answer goes to who asked, and an end is told to everybody."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest
from tests import processes

from tremaux_tools.core.terminal.control_mode import ControlParser, Notice
from tremaux_tools.errors import PlaceUnavailable, TremauxError
from tremaux_tools.tmux import control as control_module
from tremaux_tools.tmux.client import ClientPipes
from tremaux_tools.tmux.control import CommandFailed, Control
from tremaux_tools.tmux.server import HostTmux, attach_session, new_session

pytestmark = pytest.mark.anyio
PATIENCE = 20.0  # seconds
ASKERS = 200


class Heard:
    """What a connection passed on."""

    def __init__(self) -> None:
        self.output = b""
        self.notices: list[Notice] = []

    def take(self, _pane: str, data: bytes) -> None:
        self.output += data


@asynccontextmanager
async def connected(tmux: HostTmux, command: list[str], heard: Heard | None = None) -> AsyncIterator[Control]:
    """A client of a server, attached."""
    heard = heard or Heard()
    await tmux.ready()
    stream = await ClientPipes.start(command, tmux.environment)
    control = Control(stream, on_output=heard.take, on_notice=heard.notices.append)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(control.run)
            try:
                await control.started()
                yield control
            finally:
                await control.close()


def opened(tmux: HostTmux, program: str = "exec cat") -> list[str]:
    return new_session(tmux.socket, "one", width=80, height=24, program=program)


async def server_of(control: Control) -> int:
    (((told,),)) = await control.ask("display-message -p '#{pid}'")
    return int(told)


async def failure(ask: Callable[[], Awaitable[object]]) -> str:
    """The name of what an ask raises."""
    try:
        await ask()
    except TremauxError as error:
        return type(error).__name__
    return "none"


async def test_of_many_who_ask_at_once_each_gets_its_own_answer(tmux: HostTmux) -> None:
    answers: dict[int, list[tuple[bytes, ...]]] = {}
    refused: set[int] = set()

    async def ask(control: Control, number: int) -> None:
        if number % 7 == 3:
            with pytest.raises(CommandFailed, match=f"nowhere{number}"):
                await control.ask(f"kill-session -t nowhere{number}")
            refused.add(number)
        else:
            answers[number] = await control.ask(
                f"display-message -p {number}.a", "list-sessions -F ''", f"display-message -p {number}.b"
            )

    async with connected(tmux, opened(tmux)) as control, anyio.create_task_group() as tasks:
        for number in range(ASKERS):
            tasks.start_soon(ask, control, number)

    assert answers.keys() | refused == set(range(ASKERS))
    assert answers == {n: [(f"{n}.a".encode(),), (b"",), (f"{n}.b".encode(),)] for n in answers}


async def test_who_stops_waiting_for_an_answer_leaves_the_others_theirs(tmux: HostTmux) -> None:
    answers = {}
    async with connected(tmux, opened(tmux)) as control:
        for number in range(40):
            with anyio.CancelScope() as scope:
                if number % 2:
                    scope.cancel()
                answers[number] = await control.ask(f"display-message -p {number}")
            async with anyio.create_task_group() as given_up:
                given_up.start_soon(control.ask, f"display-message -p lost{number}")
                await anyio.lowlevel.checkpoint()
                given_up.cancel_scope.cancel()

        last = await control.ask("display-message -p last")

    assert answers == {n: [(str(n).encode(),)] for n in range(0, 40, 2)}
    assert last == [(b"last",)]


async def test_a_refused_command_tells_why_and_those_behind_it_are_carried_out(tmux: HostTmux) -> None:
    async with connected(tmux, opened(tmux)) as control:
        with pytest.raises(CommandFailed, match="unknown command: nonsense"):
            await control.ask("nonsense", "set-option -g @behind done")
        assert await control.ask("display-message -p '#{@behind}'") == [(b"done",)]


async def test_output_arrives_byte_for_byte_while_others_ask(tmux: HostTmux) -> None:
    heard = Heard()
    wanted = bytes(range(256)) * 40
    program = "stty raw -echo; printf ready; head -c 10240; exec sleep 60"
    async with connected(tmux, opened(tmux, program), heard) as control:
        while b"ready" not in heard.output:
            await anyio.sleep(0.01)
        for start in range(0, len(wanted), 512):
            await control.ask(f"send-keys -H {wanted[start : start + 512].hex(' ')}", "display-message -p x")
        while len(heard.output) < len(wanted) + len(b"ready"):
            await anyio.sleep(0.01)

    assert heard.output == b"ready" + wanted


async def test_showing_a_pane_that_is_gone_is_refused(tmux: HostTmux) -> None:
    async with connected(tmux, opened(tmux)) as control:
        with pytest.raises(CommandFailed, match="find pane: %99"):
            await control.show("capture-pane -p -t %99", "x", pane="%99")


async def test_a_screen_that_guesses_how_its_answer_ends_is_told_as_it_is(tmux: HostTmux) -> None:
    heard = Heard()
    guesses = 'for (t = 0; t < 20; t++) for (n = 240; n < 340; n++) print "%end " now + t " " n " 1\\n%exit"'
    program = f"awk -v now=$(date +%s) 'BEGIN {{ {guesses}; print \"done\" }}'; exec cat"
    async with connected(tmux, opened(tmux, program), heard) as control:
        while b"done" not in heard.output:
            await anyio.sleep(0.01)
        for number in range(20):
            rows, told = await control.show("capture-pane -p -S -5000", f"{number} #{{pane_id}}", pane="%0")

            assert rows.count(b"%exit") == len([row for row in rows if row.startswith(b"%end ")]) == 2_000
            assert told == (f"{number} %0".encode(),)


@pytest.mark.parametrize(
    "line", [pytest.param("x" * 999, id="a line"), pytest.param("%begin 1 1 1\\n" + "x\\n" * 999, id="a reply")]
)
async def test_a_client_that_prints_without_end_is_left(
    tmux: HostTmux, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(control_module, "ControlParser", partial(ControlParser, 1024 * 1024))
    endless = [sys.executable, "-c", f"while True: print('{line}', end='')"]
    before = processes.children(os.getpid())

    with pytest.RaisesGroup(pytest.RaisesExc(PlaceUnavailable, match="cannot be understood")):
        async with connected(tmux, endless):
            pass

    assert processes.children(os.getpid()) == before


async def test_everybody_learns_at_once_that_the_server_was_killed(tmux: HostTmux) -> None:
    failures = []

    async def ask(control: Control) -> None:
        failures.append(await failure(lambda: control.ask("display-message -p x")))

    async with connected(tmux, opened(tmux)) as control:
        server = await server_of(control)
        await control.ask("wait-for never")  # answered at once, but nothing behind it is
        with anyio.fail_after(control_module.ANSWER_DEADLINE - 1):
            async with anyio.create_task_group() as tasks:
                os.kill(server, signal.SIGSTOP)  # so that no answer comes before the end
                for _ in range(5):
                    tasks.start_soon(ask, control)
                await anyio.lowlevel.checkpoint()
                os.kill(server, signal.SIGKILL)
        failures.append(await failure(lambda: control.ask("display-message -p x")))

    assert failures == ["Disconnected"] * 6


async def test_a_server_that_does_not_answer_is_told_apart_from_one_that_ended(
    tmux: HostTmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(tmux, opened(tmux)) as control:
        server = await server_of(control)
        monkeypatch.setattr(control_module, "ANSWER_DEADLINE", 0.3)
        os.kill(server, signal.SIGSTOP)
        try:
            with pytest.raises(PlaceUnavailable, match="did not answer"):
                await control.ask("display-message -p late")
        finally:
            os.kill(server, signal.SIGCONT)
        monkeypatch.undo()

        assert await control.ask("display-message -p next") == [(b"next",)]


async def test_a_client_that_was_closed_leaves_its_session_and_nothing_else(tmux: HostTmux) -> None:
    async with connected(tmux, opened(tmux)):
        pass
    before = processes.children(os.getpid()), processes.open_files()

    for _ in range(3):
        async with connected(tmux, attach_session(tmux.socket, "one")) as control:
            assert await control.ask("list-sessions -F '#{session_name}'") == [(b"one",)]

    assert (processes.children(os.getpid()), processes.open_files()) == before


async def test_joining_a_session_that_is_not_there_is_refused(tmux: HostTmux) -> None:
    async with connected(tmux, opened(tmux)):
        with pytest.RaisesGroup(pytest.RaisesExc(CommandFailed, match="one-more")):
            async with connected(tmux, attach_session(tmux.socket, "one-more")):
                pass


async def test_joining_where_no_server_runs_is_refused(tmux: HostTmux) -> None:
    before = processes.children(os.getpid())

    with pytest.RaisesGroup(pytest.RaisesExc(CommandFailed, match="no sessions")):
        async with connected(tmux, attach_session(tmux.socket, "one")):
            pass

    assert processes.children(os.getpid()) == before


async def test_a_session_that_is_killed_ends_its_client(tmux: HostTmux) -> None:
    async with connected(tmux, opened(tmux)) as control:
        await failure(lambda: control.ask("kill-session"))
        await control.ended.wait()

        assert await failure(lambda: control.ask("display-message -p x")) == "Disconnected"
