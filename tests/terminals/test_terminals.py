"""Open, type, capture, close: what a terminal promises."""

import os
import signal
import subprocess
from pathlib import Path

import anyio
import pytest
from tests import processes
from tests.terminals.conftest import Service

from tremaux_tools.core.terminal.values import Opening, Outcome
from tremaux_tools.errors import BadArgument, TerminalGone, UnknownItem

pytestmark = pytest.mark.anyio
SECRET = "ghp_" + "a1B2c3D4e5" * 4


async def test_text_enter_and_keys_arrive_in_this_order_and_byte_for_byte(service: Service) -> None:
    text = "-l Enter ; 'q\" $(x) `y` \\; ü 漢 C-c\t;"
    await service.open(
        "t", f"stty -icanon -echo -icrnl -isig; printf go; head -c {len(text.encode()) + 3} >got; echo done; cat"
    )
    await service.terminals.wait_for_prompt("t", "go", timeout=20)
    sent = await service.terminals.send_keys("t", text, keys=["C-a", "Escape"])

    found = await service.terminals.wait_for_prompt("t", "done", timeout=20)

    assert found.outcome is Outcome.MATCHED
    assert (service.project / "got").read_bytes() == text.encode() + b"\r\x01\x1b"
    assert sent.size == len(text.encode()) + 3


async def test_typing_into_an_ended_terminal_is_refused_with_its_exit_code(service: Service) -> None:
    await service.open("t", "exit 3")
    await service.terminals.wait_for_prompt("t", "never", timeout=20)

    with pytest.raises(TerminalGone, match="has ended with exit code 3"):
        await service.terminals.send_keys("t", "x")
    with pytest.raises(TerminalGone, match="has ended with exit code 3"):
        await service.terminals.run_command("t", "true", timeout=5)


@pytest.mark.parametrize("name", ["a b", "Größe 漢字 ü", "-x", "#(touch wrong)", "it's;", "x" * 64])
async def test_any_printable_name_is_a_label(service: Service, name: str) -> None:
    opened = await service.open(name, "cat")

    assert opened.target == name
    assert (await service.terminals.capture_pane(name)).alive
    assert not (service.project / "wrong").exists()


async def test_a_name_in_use_is_refused_until_its_terminal_is_closed(service: Service) -> None:
    await service.open("t", "cat")
    with pytest.raises(BadArgument, match="open already"):
        await service.open("t", "cat")
    await service.terminals.close_session("t")

    assert (await service.open("t", "cat")).alive


async def test_a_name_that_looks_like_a_jobs_is_refused(service: Service) -> None:
    with pytest.raises(BadArgument, match="looks like a job"):
        await service.open("job-1", "cat")


async def test_a_directory_that_is_not_there_is_refused(service: Service) -> None:
    with pytest.raises(BadArgument, match="no directory"):
        await service.terminals.open_session(
            Opening(name="t", cwd=str(service.project / "none")), project=str(service.project)
        )

    assert await service.terminals.list_sessions() == []


async def test_more_text_than_may_be_typed_at_once_is_refused(service: Service) -> None:
    await service.open("t", "cat >/dev/null")

    with pytest.raises(BadArgument, match="of at most 1048576"):
        await service.terminals.send_keys("t", "x" * (1024 * 1024 + 1))


async def test_a_line_the_kernel_would_cut_is_refused_and_one_it_takes_arrives(service: Service) -> None:
    await service.open("t", "stty -echo; echo go; head -n 1 >got; echo done; cat >/dev/null")
    await service.terminals.wait_for_prompt("t", "go", timeout=20)
    with pytest.raises(BadArgument, match="more than 4095 bytes"):
        await service.terminals.send_keys("t", "x" * 4_096)
    await service.terminals.send_keys("t", "x" * 4_094)
    await service.terminals.wait_for_prompt("t", "done", timeout=20)

    assert (service.project / "got").read_text() == "x" * 4_094 + "\n"


async def test_a_secret_is_hidden_even_where_it_is_wrapped(service: Service) -> None:
    await service.open("t", f"echo {SECRET}; cat", width=30)
    found = await service.terminals.wait_for_prompt("t", "ghp_\\w+", timeout=20)

    screen = await service.terminals.capture_pane("t")
    since = await service.terminals.capture_pane("t", since=f"{screen.mark[:4]}:0")

    assert found.matched == "[redacted:github-token]"
    for seen in (screen, since):
        assert "[redacted:github-token]" in seen.text
        assert seen.redactions == 1
        assert not any(SECRET[at : at + 8] in seen.text for at in range(4, len(SECRET) - 8))


async def test_a_mark_shows_only_what_came_after_it(service: Service) -> None:
    await service.open("t", "stty -echo; echo go; cat")
    await service.terminals.wait_for_prompt("t", "go", timeout=20)
    await service.terminals.send_keys("t", "before")
    await service.terminals.wait_for_prompt("t", "before", timeout=20)
    mark = (await service.terminals.capture_pane("t")).mark
    await service.terminals.send_keys("t", "after")
    await service.terminals.wait_for_prompt("t", "after", timeout=20)

    new = await service.terminals.capture_pane("t", since=mark)
    other = await service.terminals.capture_pane("t", since=f"{(int(mark[:4], 16) + 1) % 65536:04x}:0")

    assert set(new.text.split()) == {"after"}
    assert not new.truncated
    assert other.truncated
    assert "before" in other.text


@pytest.mark.parametrize("mark", ["", "x", "0000:", ":1", "0000:-1", "0000:1 ", "zzzz:1", "0000:" + "9" * 40])
async def test_what_is_no_mark_is_refused(service: Service, mark: str) -> None:
    await service.open("t", "cat")

    with pytest.raises(BadArgument, match="is no mark"):
        await service.terminals.capture_pane("t", since=mark)


@pytest.mark.parametrize(("program", "code"), [("exit 3", 3), ("kill -9 $$", 137), ("exec true", 0)])
async def test_a_program_that_ended_tells_its_exit_code_and_last_words(
    service: Service, program: str, code: int
) -> None:
    await service.open("t", f"echo last words; sleep 0.1; {program}")
    waited = await service.terminals.wait_for_prompt("t", "never", timeout=20)

    shown = await service.terminals.capture_pane("t")
    (listed,) = await service.terminals.list_sessions()

    assert waited.outcome is Outcome.GONE
    assert (shown.alive, shown.exit_code, shown.text) == (False, code, "last words")
    assert (listed.alive, listed.exit_code) == (False, code)
    assert (await service.terminals.close_session("t")).exit_code == code
    assert await service.terminals.list_sessions() == []


async def test_closing_a_terminal_leaves_no_process_and_no_session(service: Service) -> None:
    await service.bash()
    started = await service.terminals.run_command(
        "sh", "(trap '' HUP TERM; sleep 1000) & nohup sleep 1001 >/dev/null 2>&1 & echo $$ $!", timeout=20
    )
    pids = [int(word) for word in started.output.split() if word.isdigit()]
    family = processes.of_session(pids[0])
    assert set(pids) <= family

    closed = await service.terminals.close_session("sh")

    assert not closed.alive
    assert not any(map(processes.is_alive, family))
    left = subprocess.run(["tmux", "-S", service.tmux.socket, "list-sessions"], check=False, capture_output=True)
    assert left.stdout == b""


async def test_a_tmux_server_that_is_killed_is_told_to_every_wait_and_what_was_seen_can_still_be_read(
    service: Service,
) -> None:
    await service.open("a", "echo seen; cat")
    await service.open("b", "cat")
    await service.terminals.wait_for_prompt("a", "seen", timeout=20)
    pid = subprocess.run(
        ["tmux", "-S", service.tmux.socket, "display-message", "-p", "#{pid}"], check=True, capture_output=True
    ).stdout
    outcomes = []

    async def wait(name: str) -> None:
        outcomes.append((await service.terminals.wait_for_prompt(name, "never", timeout=40)).outcome)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait, "a")
            tasks.start_soon(wait, "b")
            await anyio.sleep(0.1)
            os.kill(int(pid), signal.SIGKILL)

    shown = await service.terminals.capture_pane("a")
    assert outcomes == [Outcome.GONE] * 2
    assert (shown.alive, shown.exit_code) == (False, None)
    assert "seen" in shown.text
    assert not (await service.terminals.close_session("a")).alive


async def test_a_terminal_nobody_opened_is_unknown(service: Service) -> None:
    for target in ("none", "job-1", "job-x", "=a", "%0"):
        with pytest.raises(UnknownItem):
            await service.terminals.capture_pane(target)


async def test_no_more_than_64_terminals_are_open_and_those_left_for_a_day_are_closed(service: Service) -> None:
    for number in range(64):
        await service.open(f"t{number}", "exec sleep 999")
    with pytest.raises(BadArgument, match="64 terminals are open"):
        await service.open("one more", "cat")
    service.clock.now += 23 * 3600
    await service.terminals.capture_pane("t5")
    service.clock.now += 2 * 3600

    await service.open("one more", "cat")

    assert {each.target for each in await service.terminals.list_sessions()} == {"t5", "one more"}
    assert Path(service.tmux.socket).exists()


async def test_a_token_in_many_colours_is_hidden(service: Service) -> None:
    painted = "".join(f"\\033[3{number % 8}m{letter}" for number, letter in enumerate(SECRET))
    await service.open("t", f"printf 'so {painted}\\033[0m end'; exec cat")
    await service.terminals.wait_for_prompt("t", "end", timeout=20)

    shown = await service.terminals.capture_pane("t", ansi=True)

    assert "so " in shown.text
    assert "[redacted:github-token]" in shown.text
    assert "D" not in shown.text
    assert shown.redactions == 1


async def test_the_newest_lines_of_a_private_key_are_not_shown(service: Service) -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
    (service.project / "key").write_text(
        f"{SECRET}\n-----BEGIN PRIVATE KEY-----\n" + f"{body}\n" * 60 + "-----END PRIVATE KEY-----\n"
    )
    await service.open("t", "head -n 50 key; printf stop; read -r _; tail -n 12 key; printf end; exec cat")
    begun = (await service.terminals.wait_for_prompt("t", "stop", timeout=20)).outcome
    within = await service.terminals.capture_pane("t", lines=6)
    await service.terminals.send_keys("t")
    await service.terminals.wait_for_prompt("t", "end", timeout=20)

    behind = await service.terminals.capture_pane("t", lines=3)
    screen = await service.terminals.capture_pane("t")

    assert begun is Outcome.MATCHED
    assert [body in shown.text for shown in (within, behind, screen)] == [False, False, False]
    assert within.redactions == 2
    assert behind.text.endswith("end")


async def test_a_match_shows_no_more_of_a_secret_than_a_capture(service: Service) -> None:
    await service.open("t", "echo password=hunter2hunter; exec cat")

    found = await service.terminals.wait_for_prompt("t", r"(?<=d=)hunter\w+", timeout=20)

    assert found.matched == "[redacted:assigned]"


async def test_what_takes_long_to_read_holds_up_no_other_terminal(service: Service) -> None:
    (service.project / "slow").write_bytes(b"\x1b[999Cx\x1b[D\x1b[5P\x1b[@" * 60_000)
    await service.open("a", "cat slow; echo; echo done; exec cat")
    await service.open("b", "exec cat")
    with anyio.fail_after(20):
        while "done" not in (await service.terminals.capture_pane("a")).text:
            await anyio.sleep(0.05)
    mark = f"{(await service.terminals.capture_pane('a')).mark[:4]}:0"
    read: list[bool] = []

    async def read_all() -> None:
        read.append("done" in (await service.terminals.capture_pane("a", since=mark)).text)

    looks = 0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read_all)
        while not read:
            await service.terminals.capture_pane("b")
            looks += 1

    assert read == [True]
    assert looks > 10
