"""Waits: over when what was waited for is there, and never because of what only looks like it."""

import threading

import anyio
import pytest
from tests.terminals.conftest import Service

from tremaux_tools.core.terminal.values import Outcome
from tremaux_tools.errors import BadArgument

pytestmark = pytest.mark.anyio


async def test_the_echo_of_what_was_typed_is_not_taken_for_output(service: Service) -> None:
    await service.bash()
    await service.terminals.send_keys("sh", "sleep 0.4; echo need''le needle >/dev/null")
    early = await service.terminals.wait_for_prompt("sh", "needle", timeout=0.2)
    late = await service.terminals.wait_for_prompt("sh", "needle", timeout=1)
    await service.terminals.send_keys("sh", "echo need''le")

    found = await service.terminals.wait_for_prompt("sh", "needle", timeout=20)

    assert [early.outcome, late.outcome, found.outcome] == [Outcome.TIMED_OUT, Outcome.TIMED_OUT, Outcome.MATCHED]


async def test_the_stop_pattern_ends_a_wait_as_well(service: Service) -> None:
    await service.open("t", "echo Error: no; cat")

    found = await service.terminals.wait_for_prompt("t", "success", stop=r"Error: \w+", timeout=20)

    assert (found.outcome, found.matched) == (Outcome.STOPPED, "Error: no")


async def test_a_time_out_is_an_outcome_and_the_wait_lasts_no_longer(service: Service) -> None:
    await service.open("t", "cat")

    for waiting in (
        service.terminals.wait_for_prompt("t", "never", timeout=0.3),
        service.terminals.wait_for_idle("t", quiet=30, timeout=0.3),
        service.terminals.wait_for_idle("t", quiet=30, mode="screen", timeout=0.3),
        service.terminals.wait_for_shell_prompt("t", timeout=0.3),
    ):
        assert (await waiting).outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*$"])
async def test_a_pattern_that_takes_too_long_is_refused_and_the_terminal_goes_on(
    service: Service, pattern: str
) -> None:
    await service.open("t", f"echo {'a' * 60}b; cat")
    await service.terminals.wait_for_prompt("t", "aab", timeout=20)

    with pytest.raises(BadArgument, match="takes too long"):
        await service.terminals.wait_for_prompt("t", pattern, timeout=20)
    await service.terminals.send_keys("t", "still here")

    assert (await service.terminals.wait_for_prompt("t", "still here", timeout=20)).outcome is Outcome.MATCHED


@pytest.mark.parametrize("pattern", ["", "(", "x" * 1_001])
async def test_what_is_no_pattern_is_refused(service: Service, pattern: str) -> None:
    await service.open("t", "cat")

    with pytest.raises(BadArgument, match="pattern"):
        await service.terminals.wait_for_prompt("t", pattern, timeout=20)
    with pytest.raises(BadArgument, match="pattern"):
        await service.terminals.wait_for_prompt("t", "x", stop=pattern, timeout=20)


async def test_a_program_that_paints_the_same_again_and_again_is_idle_by_its_screen_only(service: Service) -> None:
    await service.open("t", r"while :; do printf '\rworking'; sleep 0.05; done")
    await service.terminals.wait_for_prompt("t", "working", timeout=20)

    assert (await service.terminals.wait_for_idle("t", quiet=0.5, timeout=1.5)).outcome is Outcome.TIMED_OUT
    assert (await service.terminals.wait_for_idle("t", quiet=0.5, mode="screen", timeout=20)).outcome is Outcome.IDLE


async def test_a_prompt_that_is_only_printed_is_not_the_shells(service: Service) -> None:
    await service.bash()
    await service.terminals.send_keys("sh", r"printf '\nbash-5.2# '; sleep 1; echo over")

    early = await service.terminals.wait_for_shell_prompt("sh", timeout=0.6)
    found = await service.terminals.wait_for_shell_prompt("sh", timeout=20)

    assert early.outcome is Outcome.TIMED_OUT
    assert found.outcome is Outcome.MATCHED
    assert "# over\n" in (await service.terminals.capture_pane("sh")).text


async def test_what_a_program_said_at_its_very_end_is_found_but_for_rare_cases(service: Service) -> None:
    found = 0
    for number in range(20):
        await service.open(f"t{number}", "seq 300; echo LAST; exit 3")
        waited = await service.terminals.wait_for_prompt(f"t{number}", "(?m)^LAST$", timeout=20)
        found += waited.outcome is Outcome.MATCHED

    assert found >= 17  # tmux may take a pane for dead before the kernel has handed over the rest


async def test_a_cancelled_wait_ends_at_once_and_leaves_nothing(service: Service) -> None:
    await service.open("t", "cat")
    await service.terminals.wait_for_prompt("t", "x*", timeout=20)
    threads = threading.active_count()

    with anyio.fail_after(5):
        for waiting in (
            lambda: service.terminals.wait_for_prompt("t", "neve[r]", timeout=60),
            lambda: service.terminals.wait_for_idle("t", quiet=60, timeout=60),
            lambda: service.terminals.wait_for_shell_prompt("t", timeout=60),
        ):
            with anyio.move_on_after(0.3) as scope:
                await waiting()
            assert scope.cancelled_caught

    assert threading.active_count() <= threads + 1  # anyio keeps idle threads for the next call
    await service.terminals.send_keys("t", "on")
    assert (await service.terminals.wait_for_prompt("t", "on", timeout=20)).outcome is Outcome.MATCHED
