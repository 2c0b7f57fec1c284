"""What terminals cost, beside libtmux and the Docker SDK as they are usually called."""

import functools
import os
import re
import shlex
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import docker
import libtmux
from tests import engine

from tremaux_server.config import Settings
from tremaux_server.terminals import wire
from tremaux_tools.core.redact import PUBLISHED
from tremaux_tools.core.terminal.values import Opening
from tremaux_tools.store.database import Database
from tremaux_tools.terminals import Terminals

CAPTURES = 300
IN_A_ROW = 20  # of ours, then of theirs: so both see the same machine, and neither the other's cold caches
ANSWERS = 300
RUNS = 50
IDLE = 20  # terminals that are waited for
IDLE_SECONDS = 10.0
SETTLING = 10.0  # seconds of silence before: a terminal that just fell silent is looked at more often
OPENED = 50
DEADLINE = 60.0  # seconds for any one wait
PATIENCE = 30.0  # seconds for a shell or a program to start
SHELL = "bash --norc --noprofile -i"
# Each line read is answered, a little later, with the moment of the answer: by then the wait is under way.
TICKER = """
import sys, time
print("ready", flush=True)
for _ in sys.stdin:
    time.sleep(0.02)
    print(f"at {time.monotonic_ns()}.", flush=True)
"""

Part = Callable[[Terminals, Path], Awaitable[list[str]]]


def measure(folder: Path) -> Iterator[str]:
    """Time what agents do most, on this host and in containers."""
    yield "terminals on this host"
    parts: tuple[Part, ...] = (captures, answers, idle_waits, runs_on_the_host, openings)
    for part in parts:
        yield from anyio.run(_with_terminals, part, folder / part.__name__, None)
    yield "terminals in containers"
    try:
        with engine.engine() as address:
            for place in (engine.DEBIAN, engine.BUSYBOX):
                part = functools.partial(runs_in_a_container, address, place)
                yield from anyio.run(_with_terminals, part, folder / place.partition(":")[2], address)
    except engine.NoEngine as error:
        yield f"  skipped: {error}"


async def captures(terminals: Terminals, folder: Path) -> list[str]:
    """Capture one full screen, in turn as we do it and as libtmux does."""
    async with _opened(terminals, folder, SHELL) as (target,):
        await terminals.run_command(target, "seq 1 200", timeout=PATIENCE)
        (terminal,) = await terminals.list_sessions()
        server = libtmux.Server(socket_path=_socket(terminal.attach))
        (pane,) = server.panes
        ours, theirs = [], []
        for _ in range(CAPTURES // IN_A_ROW):
            for _ in range(IN_A_ROW):
                begun = time.perf_counter()
                await terminals.capture_pane(target)
                ours.append(_since(begun))
            for _ in range(IN_A_ROW):
                begun = time.perf_counter()
                pane.capture_pane()
                theirs.append(_since(begun))
    ratio = statistics.median(theirs) / statistics.median(ours)
    return [
        told("capture_pane", ours),
        told("libtmux's Pane.capture_pane()", theirs),
        f"    1/{ratio:.1f} of libtmux's p50, to be at most 1/8",
    ]


async def answers(terminals: Terminals, folder: Path) -> list[str]:
    """Time from when a program prints what is waited for until the wait is over."""
    async with _opened(terminals, folder, f"{sys.executable} -c '{TICKER}'") as (target,):
        await terminals.wait_for_prompt(target, "ready", timeout=PATIENCE)
        found = []
        for _ in range(ANSWERS):
            await terminals.send_keys(target)
            waited = await terminals.wait_for_prompt(target, r"at (\d+)\.", timeout=DEADLINE)
            now = time.monotonic_ns()
            printed = re.search(r"\d+", waited.matched or "")
            assert printed is not None
            found.append((now - int(printed[0])) / 1e6)
    return [told("text printed until its wait is over", found), "    to be at most 5 ms (p50) and 50 ms (p99)"]


async def idle_waits(terminals: Terminals, folder: Path) -> list[str]:
    """Processor time while nothing happens: of waits for what does not come, and of commands that run on."""
    pattern = functools.partial(terminals.wait_for_prompt, pattern=r"never \d+", timeout=DEADLINE, progress=_unheard)
    prompt = functools.partial(terminals.wait_for_shell_prompt, timeout=DEADLINE, progress=_unheard)
    run = functools.partial(terminals.run_command, command="sleep 1000", timeout=DEADLINE, progress=_unheard)
    lines = []
    for name, program, wait in (
        ("waits for a pattern", "cat", pattern),
        ("waits for the shell's prompt", "cat", prompt),
        ("silent runs", SHELL, run),
    ):
        async with _opened(terminals, folder, *[program] * IDLE) as targets:
            share = await _share_of_a_core(terminals, targets, wait)
            lines.append(f"  {IDLE} {name}: {share:.1f} % of a core, tmux and children included")
    return [*lines, "    each to be below 2 %"]


async def _share_of_a_core(terminals: Terminals, targets: list[str], wait: Callable[[str], Awaitable[object]]) -> float:
    """Processor time in percent while `wait` goes on for each target."""
    (socket,) = {_socket(each.attach) for each in await terminals.list_sessions()}
    server = int(libtmux.Server(socket_path=socket).cmd("display-message", "-p", "#{pid}").stdout[0])
    async with anyio.create_task_group() as tasks:
        for target in targets:
            tasks.start_soon(wait, target)
        await anyio.sleep(SETTLING)
        before, begun = _processor_time(server), time.monotonic()
        await anyio.sleep(IDLE_SECONDS)
        share = 100 * (_processor_time(server) - before) / (time.monotonic() - begun)
        tasks.cancel_scope.cancel()
    return share


async def runs_on_the_host(terminals: Terminals, folder: Path) -> list[str]:
    """Run a command again and again in one shell."""
    async with _opened(terminals, folder, SHELL) as (target,):
        return [told("run_command", await _run(terminals, target))]


async def runs_in_a_container(address: str, image: str, terminals: Terminals, folder: Path) -> list[str]:
    """The same in a container, beside the SDK's `exec_run` there, which has no state and no terminal."""
    folder.mkdir()
    opened = await terminals.open_session(Opening(name="c", place="docker", image=image), project=str(folder))
    try:
        ours = await _run(terminals, "c")
        client = docker.DockerClient(base_url=address)
        container = client.containers.get(opened.container)
        theirs = []
        for n in range(RUNS):
            begun = time.perf_counter()
            code, output = container.exec_run(["sh", "-c", _command(n)])
            theirs.append(_since(begun))
            assert (code, output) == (n % 7, b"%d\n" % n)
        client.close()
    finally:
        await terminals.close_session("c")
    return [
        told(f"run_command, {'through the bridge' if image == engine.BUSYBOX else 'tmux inside'}", ours),
        told("the SDK's exec_run", theirs),
        "    ours to be at most 100 ms (p50)",
    ]


async def openings(terminals: Terminals, folder: Path) -> list[str]:
    """Open many shells one after another, and close them."""
    folder.mkdir()
    begun = time.perf_counter()
    for n in range(OPENED):
        await terminals.open_session(Opening(name=f"o{n}", command=SHELL), project=str(folder))
    opened, begun = time.perf_counter() - begun, time.perf_counter()
    for n in range(OPENED):
        await terminals.close_session(f"o{n}")
    return [f"  {OPENED} terminals: opened in {opened:.1f} s, closed in {time.perf_counter() - begun:.1f} s"]


def told(name: str, found: list[float]) -> str:
    """One line with the median, the 90th and the 99th percentile of milliseconds."""
    steps = statistics.quantiles(found, n=100)
    return f"  {name:36} p50 {steps[49]:7.2f} ms   p90 {steps[89]:7.2f} ms   p99 {steps[98]:7.2f} ms"


async def _with_terminals(part: Part, folder: Path, engine_address: str | None) -> list[str]:
    """Run a part with terminals of its own, wired as the server does it."""
    environment = {**os.environ, **({"DOCKER_HOST": engine_address} if engine_address else {})}
    state = folder.parent / f"{folder.name}.db"
    database = Database(state)
    settings = Settings(database=state, log_file=state.with_suffix(".log"), environment=environment)
    async with anyio.create_task_group() as tasks:
        terminals = wire(settings, database, tasks, PUBLISHED)
        try:
            return await part(terminals, folder)
        finally:
            with anyio.CancelScope(shield=True):
                await terminals.close()
                await database.close()
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def _opened(terminals: Terminals, folder: Path, *commands: str) -> AsyncIterator[list[str]]:
    """Terminals with these programs, closed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = [f"b{n}" for n in range(len(commands))]
    for target, command in zip(targets, commands, strict=True):
        await terminals.open_session(Opening(name=target, command=command), project=str(folder))
    try:
        yield targets
    finally:
        for target in targets:
            await terminals.close_session(target)


async def _run(terminals: Terminals, target: str) -> list[float]:
    """Milliseconds of each run; the answers must be right."""
    await terminals.wait_for_shell_prompt(target, timeout=PATIENCE)
    found = []
    for n in range(RUNS):
        begun = time.perf_counter()
        run = await terminals.run_command(target, _command(n), timeout=DEADLINE)
        found.append(_since(begun))
        assert (run.exit_code, run.output) == (n % 7, f"{n}\n"), run
    return found


def _command(n: int) -> str:
    return f"echo {n}; (exit {n % 7})"


async def _unheard(_waited: float, _at_most: float) -> None:
    """Progress, as a client that asked for it makes the server tell it."""


def _socket(attach: str) -> str:
    words = shlex.split(attach)
    return words[words.index("-S") + 1]


def _since(begun: float) -> float:
    return 1000 * (time.perf_counter() - begun)


def _processor_time(server: int) -> float:
    """Seconds used so far by this process, its descendants and the tmux server."""
    table = {int(entry.name): entry for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    times, parents = {}, {}
    for pid, entry in table.items():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[pid], times[pid] = int(fields[1]), sum(map(int, fields[11:15]))  # proc(5), reaped children too
    family = {os.getpid(), server}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(times[pid] for pid in family) / os.sysconf("SC_CLK_TCK")
