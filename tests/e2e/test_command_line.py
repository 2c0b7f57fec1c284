"""`tremaux` as a person types it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
FAILED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed, 2 passed in 0.12s\n"


def test_a_run_passes_output_and_exit_code_through(tremaux: Run) -> None:
    script = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
    done = tremaux("run", "--goal", "g", "--action", "edit", "--", sys.executable, "-c", script)

    assert done.returncode == 7
    assert done.stdout == "out\n"
    assert done.stderr.startswith("err\n")
    assert "tremaux: PROGRESS" in done.stderr


def test_a_run_is_recorded_as_it_was_seen(tremaux: Run) -> None:
    answer = json.loads(
        tremaux("run", "--json", "--goal", "g", "--", sys.executable, "-c", f"print({FAILED!r})").stdout
    )

    assert (answer["gate"], answer["judged_gate"], answer["tests"]["failed"]) == ("pass", "fail", 1)


def test_a_child_that_dies_of_a_signal_is_told_as_shells_tell_it(tremaux: Run) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"

    assert tremaux("run", "--", sys.executable, "-c", script).returncode == 137


def test_a_child_left_in_the_background_does_not_hold_up_the_run(tremaux: Run) -> None:
    script = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"

    assert tremaux("run", "--", sys.executable, "-c", script).returncode == 0


def test_a_reader_that_leaves_does_not_lose_the_record(tremaux: Run, tmp_path: Path) -> None:
    command = f"{sys.executable} -m tremaux_server --db {tmp_path / 't.db'} run -- seq 200000 | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == "1\n"
    assert "Traceback" not in done.stderr
    assert "1 attempt" in tremaux("status", "--goal", "default").stdout


def test_a_run_does_not_wait_for_the_protocol_to_load(tmp_path: Path) -> None:
    script = "import sys; from tremaux_server.cli import main; main(sys.argv[1:]); sys.exit('mcp' in sys.modules)"
    command = [sys.executable, "-c", script, "--db", str(tmp_path / "t.db"), "run", "--", "true"]

    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("limit", "where", "printed"),
    [
        pytest.param("true", ">&-", 0, id="nobody ever read"),
        pytest.param("true", ">/dev/full", 0, id="a full disk for the output"),
        pytest.param("ulimit -f 1000", "| cat", 2_000_000, id="a full disk for the log"),
    ],
)
def test_a_run_goes_on_whatever_becomes_of_its_output(tmp_path: Path, limit: str, where: str, printed: int) -> None:
    gate = "head -c 2000000 /dev/zero; touch done; exit 3"
    run = f"{sys.executable} -m tremaux_server --db {tmp_path / 't.db'} run -- sh -c '{gate}'"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {limit}; {run} {where}"], cwd=tmp_path, capture_output=True, check=False
    )

    assert (tmp_path / "done").exists()
    assert b"EXIT 3" in done.stderr
    assert (done.returncode, len(done.stdout)) == (3, printed)


def test_what_cannot_be_recorded_is_told_before_the_gate_runs(tremaux: Run, tmp_path: Path) -> None:
    done = tremaux("run", "--goal", "", "--", sys.executable, "-c", "open('ran', 'w')")

    assert done.returncode == 2
    assert not (tmp_path / "ran").exists()


def test_a_command_that_cannot_start_is_told_and_nothing_recorded(tremaux: Run) -> None:
    done = tremaux("run", "--", "no-such-command")

    assert done.returncode == 2
    assert "cannot be started" in done.stderr
    assert json.loads(tremaux("status", "--json").stdout) == {"goals": [], "shortened": []}


def test_three_failures_exit_with_ten(tremaux: Run) -> None:
    for n in range(3):
        assert tremaux("stall", "--goal", "g", "--exit-code").returncode == 0
        tremaux("record", f"edit {n}", "--gate", "fail", "--goal", "g", "--output", "-", stdin=FAILED)
    done = tremaux("stall", "--goal", "g", "--exit-code")

    assert done.returncode == 10
    assert done.stdout.startswith("STALLED: 3 identical failures")


def test_the_goals_and_attempts_are_listed(tremaux: Run) -> None:
    tremaux("record", "edit", "--gate", "fail", "--goal", "g", "--metric", "lint=12:lower", "--exit-code", "1")
    goals, attempts = tremaux("status"), json.loads(tremaux("status", "--goal", "g", "--json").stdout)
    resumed = tremaux("resume", "--goal", "g")

    assert "'g': open, 1 attempt, last gate fail" in goals.stdout
    assert [attempt["action"] for attempt in attempts["attempts"]] == ["edit"]
    assert "1 attempt" in resumed.stdout


def test_changes_since_the_last_attempt(tremaux: Run, repo: Path) -> None:
    tremaux("record", "edit", "--gate", "none", cwd=repo)
    (repo / "new.txt").write_text("1\n")

    assert "added new.txt +1 -0" in tremaux("since", cwd=repo).stdout


def test_a_failure_is_named_from_a_file_anywhere_or_standard_input(tremaux: Run, tmp_path: Path) -> None:
    (tmp_path / "gate.log").write_text(FAILED)
    named = tremaux("fingerprint", str(tmp_path / "gate.log")).stdout.splitlines()[0]

    assert named.startswith("tremaux2:")
    assert tremaux("fingerprint", stdin=FAILED).stdout.splitlines()[0] == named
    assert "No failure" in tremaux("fingerprint", stdin="all good").stdout


def test_a_journal_goes_out_and_in_again(tremaux: Run, tmp_path: Path) -> None:
    tremaux("record", "edit", "--gate", "fail", "--goal", "g", "--output", "-", stdin=FAILED)
    (tmp_path / "copy.jsonl").write_text(tremaux("journal", "export", "--goal", "g").stdout + "{corrupt\n")
    done = tremaux("journal", "import", "copy.jsonl", "--goal", "other", "--json")

    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["added"], told["known"]) == (0, 1)
    assert told["skipped"] == [{"line": 2, "why": "the line is no JSON"}]


def test_the_doctor_finds_the_state_sound(tremaux: Run) -> None:
    tremaux("record", "edit", "--gate", "fail", "--output", "-", stdin=FAILED)
    health = json.loads(tremaux("doctor", "--prune", "--keep-days", "0", "--json").stdout)

    assert (health["attempts"], health["outputs"], health["pruned_outputs"], health["damage"]) == (1, 0, 1, [])


def test_the_doctor_names_the_tmux_and_says_how_to_get_an_engine(
    tremaux: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    done = tremaux("doctor")
    health = json.loads(tremaux("doctor", "--json").stdout)

    told = subprocess.run(["tmux", "-V"], check=True, capture_output=True, text=True).stdout.split()[-1]
    assert done.returncode == 0
    assert f"tmux      {told}\n" in done.stdout
    assert "engine    no container engine answers. Install one" in done.stdout
    assert health["tmux"] == {"version": told, "address": None, "problem": None}
    assert health["container_engine"]["version"] is None
    limits = health["cpu_limits"]
    assert f"limits    {limits['problem'] or limits['version']}" in done.stdout


def test_the_doctor_names_the_model_that_compares_meanings(tremaux: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREMAUX_SEMANTIC", "wordllama")

    assert "semantic  wordllama-l2-supercat-256\n" in tremaux("doctor").stdout


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("#!/bin/sh\necho tmux 3.1c\n", "tmux 3.1c is too old for Tremaux. Install tmux 3.2", id="old"),
        pytest.param(None, "tmux is not installed. Install tmux 3.2", id="missing"),
    ],
)
def test_the_doctor_says_how_to_get_a_tmux_that_terminals_can_use(
    tremaux: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, told: str
) -> None:
    (tmp_path / "bin").mkdir()
    if script:
        (tmp_path / "bin/tmux").write_text(script)
        (tmp_path / "bin/tmux").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    done = tremaux("doctor")

    assert done.returncode == 0
    assert f"tmux      {told}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["record", "x", "--gate", "maybe"], "invalid choice"),
        (["record", "x", "--gate", "fail", "--metric", "nonsense"], "NAME=VALUE:lower"),
        (["record", "x", "--gate", "fail", "--metric", "m=nan:lower"], "NAME=VALUE:lower"),
        (["record", "x", "--gate", "fail", "--exit-code", "9" * 20], "invalid exit_code value"),
        (["record", "x", "--gate", "fail", "--iteration", "-4"], "invalid number value"),
        (["doctor", "--prune", "--keep-mib", "inf"], "invalid amount value"),
        (["record", "x", "--gate", "fail", "--output", "missing.log"], "missing.log"),
        (["status", "-n", "0"], "'0' is no number from 1 to 2147483647"),
        (["context", "a.py", "--max-tokens", "0"], "'0' is no number from 1 to 2147483647"),
        (["--db", "/dev/null", "status"], "/dev/null is no file that can hold a database"),
        (["stall", "-k", "1"], "between 2 and"),
        (["serve", "--toolsets", "nonsense"], "no toolset 'nonsense'"),
        (["--db", "/", "status"], "is a directory"),
        (["journal", "export", "--goal", "never"], "nothing was recorded"),
        (["stall", "--goal", ""], "is no name"),
        (["skill", "record", "/nope"], "/nope: No such file or directory. Check the path."),
        (["ticket", "export", "/nope/x"], "/nope/x: No such file or directory. Check the path."),
    ],
)
def test_a_mistake_is_told_in_a_sentence(tremaux: Run, arguments: list[str], told: str) -> None:
    done = tremaux(*arguments)

    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_export_to_a_directory_is_told_in_a_sentence(tremaux: Run, tmp_path: Path) -> None:
    tremaux("record", "edit", "--gate", "fail")
    done = tremaux("journal", "export", str(tmp_path))

    assert done.returncode == 2
    assert done.stderr == f"tremaux: FILE {str(tmp_path)!r} cannot be written: Is a directory. Check the path.\n"


def test_a_terminal_of_another_encoding_shows_escapes(tremaux: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = tremaux("record", "edit", "--gate", "fail", "--goal", "łódź")

    assert done.returncode == 0
    assert r"\u0142\xf3d\u017a" in done.stdout


def test_the_demo_ends_as_it_should(tremaux: Run) -> None:
    done = tremaux("demo")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "judged fail" in done.stdout
    assert "STALLED: 3 identical failures" in done.stdout
    assert "PROGRESS" in done.stdout.split("STALLED")[1]
