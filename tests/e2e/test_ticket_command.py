"""`tremaux ticket` and `tremaux dispatch`, each command a process of its own."""

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
MANY = [
    {"id": "a", "description": "First", "status": "todo", "assigned_to": "", "depends_on": [], "step_mode": False},
    {"id": "b", "description": "Second", "status": "todo", "depends_on": ["a"]},
]


@contextmanager
def started(tmp_path: Path, *arguments: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on beside the test; it has ended when this is left."""
    command = [sys.executable, "-m", "tremaux_server", "--db", str(tmp_path / "t.db"), *arguments]
    environment = os.environ | {"HOME": str(tmp_path)}
    told: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, **told)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def added(tremaux: Run, name: str, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    done = tremaux("ticket", "add", f"Do {name}", "--id", name, "--place", "process", *words, "--", command)
    assert done.returncode == 0, done.stderr
    return done


def test_tickets_are_added_run_and_waited_for(tremaux: Run, tmp_path: Path) -> None:
    added(tremaux, "a", "echo one > one")
    second = added(tremaux, "b", "cat one && echo two > two", "--needs", "a")
    before = tremaux("ticket", "list")
    tremaux("dispatch", "--until-idle")
    waited = tremaux("ticket", "wait", "a", "b", "--timeout", "30")
    shown = tremaux("ticket", "show", "b")

    assert "start `tremaux dispatch`" in second.stderr
    assert before.stdout.splitlines()[0] == "2 tickets: 1 ready, 1 waiting"
    assert [line.split()[:2] for line in before.stdout.splitlines()[1:]] == [
        ["ID", "STATUS"],
        ["a", "ready"],
        ["b", "waiting"],
    ]
    assert (waited.returncode, waited.stdout.splitlines()[0].split(" after")[0]) == (0, "DONE")
    assert shown.stdout.startswith("COMPLETED b: Do b\n")
    assert (tmp_path / "two").read_text() == "two\n"


def test_a_dispatch_on_a_damaged_database_ends_in_a_sentence(tremaux: Run, tmp_path: Path) -> None:
    added(tremaux, "a", "true")
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute("DROP TABLE ticket")
    done = tremaux("dispatch", "--until-idle")

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "its table ticket is missing. Move the file away or restore a copy" in done.stderr


def test_a_failure_is_told_by_the_exit_code_of_who_waited(tremaux: Run) -> None:
    added(tremaux, "a", "exit 3", "--retries", "0")
    tremaux("dispatch", "--until-idle")
    waited = tremaux("ticket", "wait", "a")

    assert waited.returncode == 1
    assert "failed: `tremaux ticket retry a`" in waited.stdout


def test_a_wait_that_is_not_over_in_time_exits_as_timeout_does(tremaux: Run) -> None:
    added(tremaux, "a", "true")
    waited = tremaux("ticket", "wait", "--timeout", "0.1")

    assert (waited.returncode, waited.stdout.split()[:2]) == (124, ["NOT", "DONE"])


def test_a_step_waits_for_a_persons_word(tremaux: Run, tmp_path: Path) -> None:
    asked = added(tremaux, "a", "touch ran", "--step")
    added(tremaux, "b", "touch never", "--step")
    tremaux("dispatch", "--until-idle")
    waits = tremaux("ticket", "wait", "a")
    ran_unasked = (tmp_path / "ran").exists()
    tremaux("ticket", "reject", "b", "--reason", "no need")
    tremaux("ticket", "approve", "a")
    tremaux("dispatch", "--until-idle")
    rejected = tremaux("ticket", "show", "b")

    assert "`tremaux ticket approve a`, or `tremaux ticket reject a`" in asked.stdout
    assert waits.returncode == 1
    assert not ran_unasked
    assert (tmp_path / "ran").exists()
    assert not (tmp_path / "never").exists()
    assert rejected.stdout.startswith("BLOCKED b: Do b\nWhy: no need\n")


def test_a_decision_that_makes_no_sense_is_told(tremaux: Run) -> None:
    added(tremaux, "a", "true")
    wrong = tremaux("ticket", "approve", "a")
    unknown = tremaux("ticket", "cancel", "z")

    assert (wrong.returncode, unknown.returncode) == (2, 1)
    assert "the ticket is ready" in wrong.stderr
    assert unknown.stderr == "tremaux: there is no ticket 'z' in this project. List them with `tremaux ticket list`.\n"


def test_a_program_gets_all_tickets(tremaux: Run) -> None:
    many = [{"id": f"t{at}", "description": "x" * 300, "command": "true"} for at in range(40)]
    taken = json.loads(tremaux("ticket", "import", "-", "--json", stdin=json.dumps(many)).stdout)
    listed = json.loads(tremaux("ticket", "list", "--json").stdout)

    assert (len(taken["tickets"]), len(listed["tickets"]), listed["shortened"]) == (40, 40, [])


def test_a_flat_list_is_taken_in_and_given_out(tremaux: Run, tmp_path: Path) -> None:
    taken = tremaux("ticket", "import", "-", stdin=json.dumps([t | {"command": "true"} for t in MANY]))
    tremaux("ticket", "export", "out.json")
    graph = tremaux("ticket", "graph")
    again = tremaux("ticket", "import", "out.json")
    no_file = tremaux("ticket", "import", "nowhere.json")
    no_worker = tremaux("ticket", "import", "-", "--runner", "nobody", stdin=json.dumps(MANY))
    given = json.loads((tmp_path / "out.json").read_text())

    assert taken.returncode == 0, taken.stderr
    assert [(t["id"], t["description"], t["depends_on"]) for t in given] == [("a", "First", []), ("b", "Second", ["a"])]
    assert "a: First" in graph.stdout
    assert (again.returncode, "'a' is taken" in again.stderr) == (2, True)
    assert (no_file.returncode, no_file.stderr) == (
        1,
        "tremaux: nowhere.json: No such file or directory. Check the path.\n",
    )
    assert "there is no worker 'nobody'" in no_worker.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "are no JSON"),
        ('[{"id": "a"}]', "has no description"),
        ('[{"description": "x", "depends_on": ["z"]}]', "'z', which is unknown"),
    ],
)
def test_a_list_that_makes_no_sense_creates_nothing(tremaux: Run, text: str, told: str) -> None:
    taken = tremaux("ticket", "import", "-", stdin=text)
    listed = json.loads(tremaux("ticket", "list", "--json").stdout)

    assert (taken.returncode, told in taken.stderr) == (2, True)
    assert listed["total"] == 0


@pytest.mark.parametrize("content", [b"nonsense", "[]".encode("utf-16")])
def test_a_file_that_holds_no_list_is_named(tremaux: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "work.json").write_bytes(content)
    taken = tremaux("ticket", "import", "work.json")

    assert taken.returncode == 2
    assert taken.stderr.startswith("tremaux: 'work.json': the tickets are no JSON")


def test_a_watch_in_a_pipe_prints_a_line_a_change_and_ends(tremaux: Run) -> None:
    added(tremaux, "a", "true")
    added(tremaux, "b", "true", "--needs", "a")
    tremaux("dispatch", "--until-idle")
    watched = tremaux("ticket", "watch")
    as_json = tremaux("ticket", "watch", "--json")

    assert [line.split(" ", 1)[1].split(" by ")[0] for line in watched.stdout.splitlines()] == [
        "a ready",
        "b waiting",
        "a in progress",
        "a noted",
        "a completed",
        "b ready",
        "b in progress",
        "b noted",
        "b completed",
    ]
    assert [json.loads(line)["new"] for line in as_json.stdout.splitlines()][-1] == "completed"


def test_a_watch_on_a_screen_shows_a_table_that_changes(tremaux: Run, tmp_path: Path) -> None:
    added(tremaux, "a", "true")
    screen, terminal = pty.openpty()
    with started(tmp_path, "ticket", "watch", stdout=terminal, stdin=terminal) as watch:
        os.close(terminal)
        shown = b""
        while b"ready" not in shown:
            shown += os.read(screen, 65_536)
        tremaux("dispatch", "--until-idle")
        try:
            while chunk := os.read(screen, 65_536):
                shown += chunk
        except OSError:  # Linux says so once nobody has the other end
            pass
        code = watch.wait(timeout=30)
    os.close(screen)

    assert code == 0
    assert b"1 ticket: 1 completed" in shown
    assert b"Ctrl-C leaves, the tickets go on." in shown


def test_an_ended_dispatcher_leaves_its_worker_to_the_next(tremaux: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "begun")
    os.mkfifo(tmp_path / "go")
    added(tremaux, "a", "echo x > begun; read -r line < go; echo ran >> ran")
    with started(tmp_path, "dispatch") as first:
        (tmp_path / "begun").read_text()
        with_one = added(tremaux, "b", "true", "--needs", "a")
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=30)
    with started(tmp_path, "dispatch", "--until-idle", "--max-workers", "1") as second:
        (tmp_path / "go").write_text("on\n")
        second.communicate(timeout=60)
    waited = tremaux("ticket", "wait", "a", "b")
    runs = json.loads(tremaux("ticket", "show", "a", "--json").stdout)["runs"]

    assert first.returncode == 0
    assert "tremaux dispatch" not in with_one.stderr
    assert waited.returncode == 0, waited.stdout
    assert ((tmp_path / "ran").read_text(), len(runs)) == ("ran\n", 1)


def test_finished_work_is_merged_from_its_branch(tremaux: Run, repo: Path) -> None:
    words = ("ticket", "add", "Write b", "--id", "b", "--place", "process", "--command", "echo two > b.txt")
    tremaux(*words, cwd=repo)
    tremaux("dispatch", "--until-idle", cwd=repo)
    is_apart = not (repo / "b.txt").exists()
    merged = tremaux("ticket", "merge", "b", cwd=repo)
    twice = tremaux("ticket", "merge", "b", cwd=repo)

    assert is_apart
    assert merged.stdout.startswith("MERGED b as "), merged.stderr
    assert (repo / "b.txt").read_text() == "two\n"
    assert (twice.returncode, "already" in twice.stderr) == (2, True)


def test_what_a_worker_printed_is_captured_by_its_tickets_id(tremaux: Run) -> None:
    added(tremaux, "a", "echo hello; exit 3", "--retries", "0")
    tremaux("dispatch", "--until-idle")
    captured = tremaux("pane", "capture", "a")

    assert "hello" in captured.stdout
    assert "GONE: ended with exit code 3" in captured.stderr


def test_json_is_the_object_of_the_tool(tremaux: Run, start: Callable[..., object]) -> None:
    added(tremaux, "a", "true")
    server = start("--toolsets", "tickets")
    server.handshake()  # type: ignore[attr-defined]
    for words, tool, arguments in (
        (("show", "a"), "get_ticket", {"id": "a"}),
        (("list",), "list_tickets", {}),
    ):
        printed = json.loads(tremaux("ticket", *words, "--json").stdout)
        assert set(printed) == set(server.call(tool, **arguments))  # type: ignore[attr-defined]
