"""`tremaux postflight`, `report` and `knowledge` as a person and a CI job type them."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
FAILED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed, 2 passed in 0.12s\n"
PASSED = "3 passed in 0.10s\n"


def script(output: str, code: int) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys; print({output!r}, end=''); sys.exit({code})")


def test_the_newest_job_is_judged_by_what_it_really_did(tremaux: Run) -> None:
    tremaux("run", "--", *script(PASSED, 0))
    tremaux("run", "--", *script(FAILED, 1))
    judged = tremaux("postflight")

    assert judged.returncode == 0
    assert judged.stdout.startswith("FAILED: The exit code is 1. pytest says 1 failed, 2 passed.")
    assert "Report 1 of 'default' (job-2);" in judged.stdout
    assert "pytest test_cart.py::test_total" in judged.stdout


def test_the_newest_job_of_the_goal_that_is_named_is_judged(tremaux: Run) -> None:
    tremaux("run", "--goal", "login", "--", *script(FAILED, 1))
    tremaux("run", "--goal", "logout", "--", *script(PASSED, 0))
    judged = tremaux("postflight", "--goal", "login", "--exit-code")
    recent = json.loads(tremaux("postflight", "--goal", "login", "--recent", "5", "--json").stdout)["reports"]
    refused = tremaux("postflight", "--goal", "logon")

    assert judged.returncode == 1
    assert "of 'login' (job-1);" in judged.stdout
    assert [report["job_id"] for report in recent] == ["job-1"]
    assert (refused.returncode, "no job of goal 'logon' has ended" in refused.stderr) == (2, True)


@pytest.mark.parametrize(("output", "code", "wanted"), [(PASSED, 0, 0), (FAILED, 1, 1), ("all is well\n", None, 1)])
def test_ci_can_rely_on_the_exit_code(tremaux: Run, output: str, code: int | None, wanted: int) -> None:
    exited = () if code is None else ("--exited", str(code))

    assert tremaux("postflight", "-", "--exit-code", *exited, stdin=output).returncode == wanted


def test_a_log_a_job_and_standard_input_are_told_apart(tremaux: Run, tmp_path: Path) -> None:
    (tmp_path / "gate.log").write_text(FAILED)
    tremaux("run", "--", *script(PASSED, 0))
    told = [
        json.loads(tremaux("postflight", *what, "--json", stdin=PASSED).stdout)
        for what in (("gate.log", "--exited", "1"), ("job-1",), ("-", "--exited", "0"))
    ]

    assert [(report["verdict"], report["job_id"]) for report in told] == [
        ("failed", None),
        ("passed", "job-1"),
        ("passed", None),
    ]


def test_the_directory_of_a_job_run_elsewhere_is_read_with_its_reports(tremaux: Run, tmp_path: Path) -> None:
    job = tmp_path / "jobs" / "a"
    job.mkdir(parents=True)
    (job / "output.log").write_text("1 failed, 2 passed in 0.12s\n")
    (job / "meta.json").write_text(json.dumps({"command": "pytest -q", "exit_code": 1, "duration": 1.5}))
    (job / "junit.xml").write_text(
        '<testsuite name="pytest" tests="2" failures="1"><testcase classname="t" name="a"/>'
        '<testcase classname="t" name="b"><failure message="41 != 42">E</failure></testcase></testsuite>'
    )
    report = json.loads(tremaux("postflight", str(job), "--json").stdout)
    again = json.loads(tremaux("postflight", str(job), "--json").stdout)

    assert (report["verdict"], report["exit_code"]) == ("failed", 1)
    assert (report["tests"]["passed"], report["tests"]["failed"]) == (1, 1)
    assert again["job_id"] == report["job_id"]


def test_a_directory_without_a_log_is_told_in_a_sentence(tremaux: Run, tmp_path: Path) -> None:
    done = tremaux("postflight", str(tmp_path))

    assert done.returncode == 2
    assert "output.log" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_recent_jobs_are_judged_newest_first(tremaux: Run) -> None:
    for output, code in ((PASSED, 0), (FAILED, 1)):
        tremaux("run", "--", *script(output, code))
    judged = tremaux("postflight", "--recent", "5", "--exit-code", "--json")

    assert judged.returncode == 1
    told = [(report["job_id"], report["report_id"]) for report in json.loads(judged.stdout)["reports"]]
    assert told == [("job-2", 2), ("job-1", 1)]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--exited", "0"), id="the newest job knows its exit code"),
        pytest.param(("job-1", "--exited", "0"), id="a named job knows its exit code"),
        pytest.param(("--recent", "2", "--exited", "0"), id="so do recent ones"),
        pytest.param(("--recent", "2", "--format", "junit"), id="several reports are no one file"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(tremaux: Run, options: tuple[str, ...]) -> None:
    tremaux("run", "--", *script(FAILED, 1))
    done = tremaux("postflight", *options)

    assert done.returncode == 2
    assert options[-2] in done.stderr or "exit_code" in done.stderr
    assert json.loads(tremaux("report", "list", "--json").stdout)["total"] == 0


def test_the_exit_code_of_a_directory_that_does_not_tell_it_can_be_told(tremaux: Run, tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text("all is well\n")

    assert tremaux("postflight", str(tmp_path), "--exit-code").returncode == 1
    assert tremaux("postflight", str(tmp_path), "--exit-code", "--exited", "0").returncode == 0


@pytest.mark.parametrize("options", [(), ("--recent", "3", "--exit-code")], ids=["the newest", "recent ones"])
def test_a_project_without_jobs_is_told_how_to_make_one(tremaux: Run, options: tuple[str, ...]) -> None:
    done = tremaux("postflight", *options)

    assert done.returncode == 2
    assert "tremaux run" in done.stderr


def test_reports_are_written_in_the_formats_of_others(tremaux: Run) -> None:
    tremaux("postflight", "-", "--exited", "1", "--task", "fix the cart", stdin=FAILED)
    suites = ET.fromstring(tremaux("report", "show", "1", "--format", "junit").stdout)
    ctrf = json.loads(tremaux("report", "show", "1", "--format", "ctrf").stdout)
    markdown = tremaux("report", "show", "1", "--format", "md").stdout

    (suite,) = suites.iter("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert ctrf["results"]["summary"]["failed"] == 1
    assert "failed" in markdown.splitlines()[0]
    assert "fix the cart" in markdown


def test_reports_are_listed_by_verdict(tremaux: Run) -> None:
    for output, code in ((PASSED, "0"), (FAILED, "1")):
        tremaux("postflight", "-", "--exited", code, stdin=output)
    listed = json.loads(tremaux("report", "list", "--verdict", "passed", "--json").stdout)

    assert (listed["total"], listed["reports"][0]["verdict"]) == (1, "passed")


def test_what_was_learnt_can_be_taken_along(tremaux: Run, tmp_path: Path) -> None:
    log = "Root cause: the cache key left the tenant out of it.\n" + PASSED
    tremaux("postflight", "-", "--exited", "0", "--tool", "pytest", stdin=log)
    done = tremaux("knowledge", "export", str(tmp_path / "memory.jsonl"))
    text = (tmp_path / "memory.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]

    assert (done.returncode, text[-1]) == (0, "}")  # that server writes no line feed at the end
    assert {line["type"] for line in lines} == {"entity", "relation"}
    assert any("the cache key left the tenant out of it" in str(line.get("observations")) for line in lines)


def test_a_log_that_cannot_be_read_files_nothing(tremaux: Run) -> None:
    done = tremaux("postflight", "no-such.log")

    assert done.returncode == 2
    assert "no file, directory or job 'no-such.log'" in done.stderr
    assert json.loads(tremaux("report", "list", "--json").stdout)["total"] == 0
