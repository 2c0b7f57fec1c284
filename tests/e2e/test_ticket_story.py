"""The run that docs/tickets.md tells of, done as it is written there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.engine import BUSYBOX

GUIDE = Path(__file__).parents[2] / "docs" / "tickets.md"
TIME_LIMIT = 240  # seconds


def commands() -> str:
    """What the section `A run to follow` has a person type."""
    section = GUIDE.read_text().partition("## A run to follow")[2]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def test_five_tickets_run_in_tmux_and_a_container_and_are_merged(tmp_path: Path, docker_engine: str) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tremaux").write_text(f'#!/bin/sh\nexec {sys.executable} -m tremaux_server "$@"\n')
    (tmp_path / "bin" / "tremaux").chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TREMAUX_DB": str(tmp_path / "state" / "t.db"),
        "DOCKER_HOST": docker_engine,
        **{f"GIT_{who}_{what}": "t@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    script = commands().replace('"busybox"', f'"{BUSYBOX}"')
    command = ["sh", "-e", "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=TIME_LIMIT
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 tickets: 5 completed" in done.stdout
    assert re.search(r"^hard +completed +scripted large in tmux x3", done.stdout, re.MULTILINE)
    assert re.search(r"^look +completed +shell in docker", done.stdout, re.MULTILINE)
    assert (tmp_path / "shop" / "SOLVED").read_text() == "solved\n"
    assert (tmp_path / "shop" / "FUNCTIONS").read_text() == "greet\npart\n"
