"""Clients that are not ours: the 1.x Python SDK and the TypeScript SDK, installed from their registries."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

CLIENTS = Path(__file__).parent / "clients"
PYTHON_1X = "mcp==1.30.0"
TYPESCRIPT = "@modelcontextprotocol/sdk@1.29.0"
SEEN = {
    "server": "tremaux",
    "tools": [
        "capture_pane",
        "changes_since",
        "check_stall",
        "decide_ticket",
        "list_tickets",
        "recommend_skills",
        "record_attempt",
        "resume_goal",
        "run_postflight",
        "spawn_ticket",
    ],
    "attempt": 1,
    "refused": True,
    "output": "1 failed in 0.1s",
}


def install(*command: str | Path, cwd: Path) -> None:
    """Run an installer; without its registry the client cannot be had, and the test says so."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"{command[0]} could not install the client: {done.stderr.strip()[-300:]}")


def drive(client: Sequence[str | Path], folder: Path) -> dict[str, Any]:
    server = [sys.executable, "-m", "tremaux_server", "--db", str(folder / "t.db"), "serve"]
    done = subprocess.run([*client, *server], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_1x_python_client_is_served(tmp_path: Path) -> None:
    install(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    install(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTHON_1X, cwd=tmp_path)

    assert drive([python, CLIENTS / "python_1x.py"], tmp_path) == SEEN


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_typescript_client_is_served(tmp_path: Path) -> None:
    shutil.copy(CLIENTS / "typescript.mjs", tmp_path)
    install("npm", "install", "--no-audit", "--no-fund", "--no-save", TYPESCRIPT, cwd=tmp_path)

    assert drive(["node", tmp_path / "typescript.mjs"], tmp_path) == SEEN
