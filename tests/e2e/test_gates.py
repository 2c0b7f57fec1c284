"""Gates and jobs over the lives of real processes."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Runs `sh fill` as a gate that a server would run.
GATE = """
import os, sys
from pathlib import Path
import anyio
from tremaux_tools.core.job import Order
from tremaux_tools.jobs import Jobs
from tremaux_tools.places.process import ProcessPlace
from tremaux_tools.store.database import Database

async def main():
    database = Database(Path("disk/t.db"))
    folder = Path("disk/t.db-jobs").absolute()
    places = {"process": ProcessPlace(folder)}
    jobs = Jobs(database, folder=folder, places=places, environment=os.environ, clock=lambda: 1.0)
    order = Order(argv=("sh", "fill"), command="sh fill", project="/p", root="/p", cwd=os.getcwd())
    try:
        record = await jobs.wait(await jobs.start(order))
    finally:
        await database.close()
    print("EXIT", record.exit_code)
    return record.exit_code

sys.exit(anyio.run(main))
"""
Run = Callable[..., subprocess.CompletedProcess[str]]
TOML = '[gates.slow]\ncommand = "echo begun; read -r line < go; echo 1 failed in 0.1s; exit 1"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tremaux.toml").write_text(TOML)
    os.mkfifo(tmp_path / "go")
    return tmp_path


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(database) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def wait_for(database: Path, query: str) -> list[tuple[Any, ...]]:
    """Wait for another process to store something."""
    deadline = time.monotonic() + 60
    while not (found := rows(database, query)):
        assert time.monotonic() < deadline, query
        time.sleep(0.05)
    return found


def test_a_gate_outlives_a_killed_server_and_is_recorded_once(
    start: Callable[..., Any], tremaux: Run, project: Path
) -> None:
    tremaux("trust")
    server = start("--toolsets", "all")
    server.handshake()
    running = server.call("run_gate", name="slow", goal="g", wait_s=0)
    server.kill()
    (project / "go").write_text("on\n")
    heirs = [start("--toolsets", "all") for _ in range(2)]
    for heir in heirs:
        heir.handshake()
        heir.call("list_goals")
    jobs = [heir.call("get_job", job_id=running["job_id"], wait_s=30) for heir in heirs]

    assert running["status"] == "running"
    assert [(job["status"], job["exit_code"]) for job in jobs] == [("exited", 1)] * 2
    assert rows(project / "t.db", "SELECT attempt_id, judged_gate, job_id FROM attempt") == [
        (jobs[0]["attempt_id"], "fail", int(running["job_id"].removeprefix("job-")))
    ]
    assert not list((project / "t.db-jobs").iterdir())


def test_a_gate_that_ended_while_no_server_ran_is_recorded_by_the_next_one(
    start: Callable[..., Any], tremaux: Run, project: Path
) -> None:
    tremaux("trust")
    server = start("--toolsets", "all")
    server.handshake()
    server.call("run_gate", name="slow", goal="g", wait_s=0)
    server.kill()
    (project / "go").write_text("on\n")
    next_one = start("--toolsets", "all")
    next_one.handshake()
    next_one.call("resume_goal", goal="g")
    next_one.end()
    again = start("--toolsets", "all")
    again.handshake()
    again.call("resume_goal", goal="g")

    assert wait_for(project / "t.db", "SELECT judged_gate, exit_code FROM attempt") == [("fail", 1)]


def test_a_killed_run_leaves_no_job_that_runs_for_ever(tremaux: Run, project: Path) -> None:
    command = [sys.executable, "-m", "tremaux_server", "--db", "t.db", "run", "--", "sh", "-c", "read -r line < go"]
    with subprocess.Popen(command, cwd=project, stdin=subprocess.DEVNULL) as killed:
        while not (project / "t.db").exists():
            time.sleep(0.05)
        wait_for(project / "t.db", "SELECT 1 FROM sqlite_schema WHERE name = 'trust'")
        wait_for(project / "t.db", "SELECT 1 FROM job WHERE status = 'running'")
        killed.kill()
    tremaux("run", "--", "true")

    assert wait_for(project / "t.db", "SELECT status FROM job WHERE job_id = 1 AND status <> 'running'") == [("lost",)]


IN_LITTLE_ROOM = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]


@pytest.mark.parametrize("how", ["run --", "gate"])
@pytest.mark.skipif(
    subprocess.run([*IN_LITTLE_ROOM, "mount -t tmpfs t /mnt"], check=False, capture_output=True).returncode != 0,
    reason="a small disk takes a user namespace",
)
def test_a_log_that_fills_the_disk_does_not_hide_how_the_gate_ended(tmp_path: Path, how: str) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "fill").write_text("head -c 50000000 /dev/zero | tr '\\0' x; exit 3\n")
    (tmp_path / "gate.py").write_text(GATE)
    run = f"{sys.executable} -m tremaux_server --db disk/t.db run -- sh fill"
    script = run if how == "run --" else f"{sys.executable} gate.py"
    done = subprocess.run(
        [*IN_LITTLE_ROOM, f"mount -t tmpfs -o size=8m t disk && {script} >&2; echo $?; ls disk/t.db-jobs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.stdout == "3\n"
    assert "EXIT 3" in done.stderr[-2_000:]


def test_a_run_is_a_job(tremaux: Run, project: Path) -> None:
    answer = json.loads(tremaux("run", "--json", "--", "sh", "-c", "echo x; exit 4").stdout)
    stored = "SELECT job.kind, job.status, job.exit_code, attempt.attempt_id FROM job JOIN attempt USING (job_id)"

    assert (answer["status"], answer["exit_code"]) == ("exited", 4)
    assert rows(project / "t.db", stored) == [("process", "exited", 4, answer["attempt_id"])]


def test_a_gate_runs_for_a_person_once_its_file_is_trusted(tremaux: Run, tmp_path: Path) -> None:
    (tmp_path / "tremaux.toml").write_text('[gates.test]\ncommand = "echo out; echo err >&2; exit 3"\n')
    refused = tremaux("gate", "test")
    listed = tremaux("gate")
    trusted = tremaux("trust")
    done = tremaux("gate", "test", "--goal", "g")

    assert refused.returncode == 1
    assert "Read it, then run `tremaux trust`" in refused.stderr
    assert listed.stdout.startswith("NOT TRUSTED")
    assert trusted.stdout.startswith("TRUSTED")
    assert "test: echo out; echo err >&2; exit 3" in trusted.stdout
    assert (done.returncode, done.stdout) == (3, "out\n")
    assert done.stderr.startswith("err\n")
    assert "Gate 'test': EXIT 3" in done.stderr


@pytest.mark.parametrize(
    ("gate", "exit_code", "told"),
    [
        pytest.param("command = 'sleep 1000'\ntimeout_s = 0.3", 124, "its time was over", id="too long"),
        pytest.param("command = 'echo x'\npattern = 'y'", 1, "does not show 'y'", id="without its pattern"),
        pytest.param("command = 'pwd'\ncwd = 'sub'", 0, "EXIT 0", id="in a directory"),
    ],
)
def test_a_gate_exits_with_its_verdict(tremaux: Run, tmp_path: Path, gate: str, exit_code: int, told: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "tremaux.toml").write_text(f"[gates.test]\n{gate}\n")
    tremaux("trust")
    done = tremaux("gate", "test")

    assert done.returncode == exit_code
    assert told in done.stderr


def test_nothing_of_what_is_trusted_is_hidden_from_the_person(tremaux: Run, tmp_path: Path) -> None:
    gates = [f'[gates.gate{n}]\ncommand = "echo {n} \\r\\u001b[2K{"x" * 100}"\n' for n in range(100)]
    (tmp_path / "tremaux.toml").write_text("".join(gates))
    shown = tremaux("trust").stdout

    assert all(f"gate{n}: echo {n} \\r\\x1b[2K{'x' * 100}\n" in shown for n in range(100))


def test_a_trust_can_be_looked_at_and_taken_back(tremaux: Run, tmp_path: Path) -> None:
    (tmp_path / "tremaux.toml").write_text("[gates.test]\ncommand = 'true'\n")
    tremaux("trust")
    listed = json.loads(tremaux("trust", "--list", "--json").stdout)
    revoked = tremaux("trust", "--revoke")

    assert [each["path"] for each in listed["trusted"]] == [f"{tmp_path}/tremaux.toml"]
    assert revoked.stdout.startswith("REVOKED 1")
    assert tremaux("gate", "test").returncode == 1


def test_there_is_nothing_to_trust_without_a_file(tremaux: Run) -> None:
    done = tremaux("trust")

    assert done.returncode == 2
    assert "there is no" in done.stderr
