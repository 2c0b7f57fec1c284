"""A caller's pattern finds what it means, and can hang nothing."""

import gc
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import processes

from tremaux_tools.errors import BadArgument
from tremaux_tools.matching.child import match
from tremaux_tools.matching.matcher import MAX_PATTERN, Match, Matcher

HANGS = "^(a+)+$"
VICTIM = "a" * 40 + "!"
ENOUGH = 30.0  # seconds

pytestmark = pytest.mark.anyio


@pytest.fixture
async def matcher() -> AsyncIterator[Matcher]:
    matcher = Matcher()
    with anyio.fail_after(ENOUGH):
        yield matcher
        await matcher.aclose()
    gc.collect()  # a pipe left open would speak up here


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        pytest.param("port 8080", "on port 8080\n", "port 8080", id="plain text"),
        pytest.param(r"port \d+", "port x, port 80", "port 80", id="an expression"),
        pytest.param(r"(?m)^42\s*$", "x 42\n 42\n42 \nend", "42 ", id="a whole line"),
        pytest.param(r">>> ?$", ">>> 1\n1\n>>> ", ">>> ", id="a prompt at the end"),
        pytest.param(r">>> ?$", ">>> 1\n1\n", None, id="a prompt that is gone"),
        pytest.param(r"naïve \w+ 🎉", "a naïve Ünïcode 🎉!", "naïve Ünïcode 🎉", id="unicode"),
        pytest.param(r"\udcff+", "a\udcff\udcffb", "\udcff\udcff", id="bytes that are no text"),
        pytest.param("(?i)READY", "it is ready", "ready", id="an inline flag"),
        pytest.param("a.c", "a\nc", None, id="a dot is no new line"),
        pytest.param("$", "", "", id="the end of nothing"),
    ],
)
async def test_a_pattern_finds_what_it_means(matcher: Matcher, pattern: str, text: str, found: str | None) -> None:
    match = await matcher.search([pattern], text)

    assert (match.text if match else None) == found


async def test_the_first_pattern_wins_over_an_earlier_match_of_the_second(matcher: Matcher) -> None:
    assert await matcher.search([r"b+", r"a+"], "aabb") == Match(0, "bb", 2, 4)
    assert await matcher.search([r"c+", r"a+"], "baab") == Match(1, "aa", 1, 3)
    assert await matcher.search(["c", "ab"], "baab") == Match(1, "ab", 2, 4)


async def test_a_pattern_that_would_never_end_is_refused_and_the_next_works(matcher: Matcher) -> None:
    with pytest.raises(BadArgument, match=r"pattern '\^\(a\+\)\+\$' takes too long"):
        await matcher.search([r"x\d", HANGS], VICTIM)

    assert await matcher.search([r"a+"], VICTIM) == Match(0, "a" * 40, 0, 40)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        pytest.param("a(b", "missing ), unterminated subpattern at position 1", id="unbalanced"),
        pytest.param("*", "nothing to repeat at position 0", id="nothing to repeat"),
        pytest.param("a{99999999999}", "the repetition number is too large", id="a huge repeat"),
        pytest.param("(?\x1b)", r"unknown extension ?\x1b at position 1", id="a control character"),
        pytest.param(f"(?P={'ł' * 990})", "unknown group name", id="a long name"),
        pytest.param("", "empty", id="empty"),
        pytest.param("a" * (MAX_PATTERN + 1), f"at most {MAX_PATTERN}", id="too long"),
    ],
)
async def test_a_wrong_pattern_is_told_with_the_reason(matcher: Matcher, pattern: str, why: str) -> None:
    with pytest.raises(BadArgument, match=re.escape(why)):
        await matcher.check(pattern)

    await matcher.check(r"a\(b")


async def test_searches_at_once_get_each_their_own_answer(matcher: Matcher) -> None:
    found: dict[int, str] = {}

    async def search(number: int) -> None:
        match = await matcher.search([rf"\b{number}\b"], " ".join(map(str, range(200))))
        found[number] = match.text if match else ""

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(search, number)

    assert found == {number: str(number) for number in range(100)}


async def test_a_cancelled_search_leaves_the_matcher_usable(matcher: Matcher) -> None:
    await matcher.search(["a+"], "a")
    child = _child()
    with anyio.move_on_after(0.05) as scope:
        await matcher.search([HANGS], VICTIM)
    assert scope.cancelled_caught

    assert await matcher.search(["b+"], "abb") == Match(0, "bb", 1, 3)
    assert not _is_running(child)


async def test_a_child_killed_between_searches_is_replaced(matcher: Matcher) -> None:
    await matcher.search(["a+"], "a")
    child = _child()
    os.kill(child, signal.SIGKILL)
    await processes.until_dead(child)
    await anyio.wait_all_tasks_blocked()  # asyncio of Python 3.11.2 warns of a pipe that breaks under its hands

    assert await matcher.search(["b+"], "abb") == Match(0, "bb", 1, 3)


async def test_closing_leaves_no_process_and_no_descriptor() -> None:
    before = _descriptors()
    matcher = Matcher()
    await matcher.search(["a+"], "a")
    child = _child()

    await matcher.aclose()

    assert not _is_running(child)
    assert _descriptors() == before


SERVER = """
import anyio, os
from tremaux_tools.matching.matcher import Matcher

async def main():
    await Matcher().search(["a+"], "a")
    print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
    os.kill(os.getpid(), 9)

anyio.run(main)
"""


async def test_the_child_ends_with_a_server_that_is_killed() -> None:
    server = await anyio.run_process([sys.executable, "-c", SERVER], check=False)
    with anyio.fail_after(30):
        await processes.until_dead(int(server.stdout))

    assert server.returncode == -signal.SIGKILL


async def test_plain_text_needs_no_child(matcher: Matcher) -> None:
    before = processes.children(os.getpid())
    assert await matcher.search(["needle"], "hay needle hay") == Match(0, "needle", 4, 10)
    assert processes.children(os.getpid()) == before


@given(st.text(min_size=1, max_size=4), st.text(max_size=60))
def test_the_child_finds_what_is_escaped(needle: str, hay: str) -> None:
    at = hay.find(needle)

    assert match(re.escape(needle), hay) == ({"span": (at, at + len(needle))} if at >= 0 else {})


def _child() -> int:
    """The process that searches, a child of this one."""
    (child,) = [pid for pid in processes.children(os.getpid()) if "matching" in _command(pid)]
    return child


def _command(pid: int) -> str:
    return (processes.PROC / str(pid) / "cmdline").read_text()


def _descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
