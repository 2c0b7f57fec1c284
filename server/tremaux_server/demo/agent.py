"""Play the story: a real project, real pytest runs, a real MCP connection over stdio."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from tremaux_server.demo.story import FILES, GOAL, STEPS, WAY_OUT, Step
from tremaux_server.demo.transcript import pause, say
from tremaux_tools.errors import TremauxError

ANSWER_TIMEOUT = 30.0  # seconds for one call
_TEST = ("-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider")
_IDENTITY = ("-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class GateRun:
    """One run of the project's tests."""

    output: str
    exit_code: int


async def play(folder: Path) -> bool:
    """Play the story in the empty `folder`; true when it ended as it should."""
    await _make_project(folder)
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "tremaux_server", "--db", str(folder / "tremaux.db"), "serve"],
        cwd=folder / "shop",
    )
    async with Client(server, read_timeout_seconds=ANSWER_TIMEOUT) as client:
        say("agent", [f"New goal: {GOAL}. Tremaux, where do I stand?", "resume_goal()"])
        await _ask(client, "resume_goal", goal=GOAL)
        first = await _run_tests(folder / "shop")
        _show_gate(first)
        verdict = ""
        for step in STEPS:
            verdict = await _try(client, folder / "shop", step)
        stalled = verdict == "STALLED"
        passed = await _try(client, folder / "shop", WAY_OUT) == "PROGRESS"
        say("agent", ["Done, and on record. What did we learn?", "resume_goal()"])
        await _ask(client, "resume_goal", goal=GOAL)
    return stalled and passed


async def _make_project(folder: Path) -> None:
    shop = anyio.Path(folder / "shop")
    await shop.mkdir()
    await _write(folder / "shop", FILES)
    for arguments in (("init", "--quiet"), ("add", "."), (*_IDENTITY, "commit", "--quiet", "-m", "A small shop")):
        await anyio.run_process(["git", *arguments], cwd=shop)


async def _write(shop: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        await anyio.Path(shop / name).write_text(text, "utf-8")


async def _try(client: Client, shop: Path, step: Step) -> str:
    """Carry out a step and record it; returns the verdict's word."""
    say("agent", [step.says, f"-> {step.action}"])
    await _write(shop, step.writes)
    report: dict[str, Any] = {"goal": GOAL, "action": step.action, "hypothesis": step.hypothesis, "gate": "none"}
    if step.runs_gate:
        run = await _run_tests(shop)
        _show_gate(run)
        gate = step.claims or ("fail" if run.exit_code else "pass")
        report |= {"gate": gate, "gate_output": run.output, "exit_code": run.exit_code, "command": "pytest -q"}
    say("agent", f'record_attempt(gate="{report["gate"]}", ...)' + (" and claims victory" if step.claims else ""))
    answer = await _ask(client, "record_attempt", **report)
    return str(answer["verdict"]["verdict"])


async def _run_tests(shop: Path) -> GateRun:
    done = await anyio.run_process([sys.executable, *_TEST], cwd=shop, check=False, stderr=subprocess.STDOUT)
    output = done.stdout.decode("utf-8", "replace")
    if "No module named pytest" in output:
        raise TremauxError("the demo runs pytest, which is missing", "Install it with `pip install 'tremaux[demo]'`.")
    return GateRun(output, done.returncode)


def _show_gate(run: GateRun) -> None:
    telling = [line for line in run.output.splitlines() if line.startswith("E  ") or " in " in line[-30:]]
    say("pytest", telling or f"exit code {run.exit_code}")


async def _ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    text = next((block.text for block in result.content if block.type == "text"), "")
    if result.is_error:
        raise TremauxError(f"the server refused {tool}: {text}")
    say("tremaux", text.splitlines())
    pause()
    return dict(result.structured_content or {})
