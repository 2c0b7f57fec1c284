"""What the workers of a database have left behind once all its servers have ended: there must be nothing."""

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import docker
from tests import processes

from tremaux_server.config import Settings

MARK = "TREMAUX_JOB="
SUPERVISOR = b"tremaux_tools.places.supervisor"  # in the command line of each
POLL = 0.1  # seconds between two looks
DEADLINE = 30.0  # seconds for killed processes, terminals and containers to be gone


def of(folder: Path, database: Path) -> list[str]:
    """What is left after `DEADLINE` seconds, in words; `folder` is in the environment of all workers."""
    label = _label(database)
    deadline = time.monotonic() + DEADLINE
    while (left := [*_processes(folder), *_terminals(label, folder), *_containers(label), *_files(database)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(POLL)
    if server := tmux_server(database):
        processes.kill(server)
    return left


def tmux_server(database: Path) -> int | None:
    """The pid of the tmux server of a database."""
    asked = ["tmux", "-L", f"tremaux-{_label(database)}", "display-message", "-p", "#{pid}"]
    told = subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip()
    return int(told) if told.isdigit() else None


def of_workers(folder: Path) -> set[int]:
    """The processes of workers: those that inherited a job's mark and a path in `folder`."""
    return {pid for pid in processes.living() if pid != os.getpid() and _is_of_worker(pid, str(folder).encode())}


def _label(database: Path) -> str:
    return Settings.read(dict(os.environ), database=database).label


def _processes(folder: Path) -> Iterator[str]:
    for pid in of_workers(folder):
        yield f"process {pid} is left: {_command(pid)}"


def _terminals(label: str, folder: Path) -> Iterator[str]:
    """Panes that a job's supervisor was started in."""
    asked = ["tmux", "-L", f"tremaux-{label}", "list-panes", "-a", "-F", "#{session_name} #{pane_start_command}"]
    for line in subprocess.run(asked, check=False, capture_output=True, text=True).stdout.splitlines():
        if str(folder) in line:
            yield f"terminal {line.partition(' ')[0]} is left"


def _containers(label: str) -> Iterator[str]:
    if address := os.environ.get("DOCKER_HOST"):
        with closing(docker.APIClient(base_url=address, version="auto")) as engine:
            for found in engine.containers(all=True, filters={"name": f"tremaux-{label}-"}):
                yield f"container {found['Names'][0]} is left, {found['State']}"


def _files(database: Path) -> Iterator[str]:
    """Directories of jobs, folders of runs, and rows of jobs that nobody has seen to end."""
    for kind in ("jobs", "tickets"):
        folder = Path(f"{database}-{kind}")
        for each in folder.iterdir() if folder.is_dir() else ():
            # An empty one is of a start that was never stored; it goes with the first sweep after an hour.
            if held := sorted(file.name for file in each.iterdir()):
                yield f"{each} is left: {held}"
    with closing(sqlite3.connect(database)) as connection:
        for (number,) in connection.execute("SELECT job_id FROM job WHERE status = 'running'"):
            yield f"job {number} is still said to run"


def _is_of_worker(pid: int, folder: bytes) -> bool:
    """Whether a process is a worker's, or a supervisor, which has no mark where it was started in a terminal."""
    with suppress(OSError):
        words = (processes.PROC / str(pid) / "cmdline").read_bytes()
        environment = (processes.PROC / str(pid) / "environ").read_bytes().split(b"\0")
        is_marked = any(entry.startswith(MARK.encode()) for entry in environment)
        is_supervisor = SUPERVISOR in words and not words.startswith(b"tmux")
        return (is_marked and any(folder in entry for entry in environment)) or (is_supervisor and folder in words)
    return False


def _command(pid: int) -> str:
    with suppress(OSError):
        return (processes.PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return "gone"
