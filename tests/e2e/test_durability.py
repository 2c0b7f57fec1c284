"""What was answered is on the disk, whatever dies and however many write."""

import random
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

KILLS = 50
WRITERS = 8
EACH = 500
ATTEMPT = {"gate": "fail", "gate_output": "E  boom\n1 failed in 0.1s", "goal": "g"}


def rows(path: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT attempt_id, action FROM attempt ORDER BY attempt_id").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return found


def test_a_server_killed_at_any_moment_loses_nothing_it_answered(start: Callable[..., Any], tmp_path: Path) -> None:
    random.seed(20)  # moments, not outcomes: the interleaving is the machine's
    answered: dict[int, str] = {}
    for life in range(KILLS):
        server = start()
        server.handshake()
        first = server.call("record_attempt", action=f"{life}.0", **ATTEMPT)
        answered[first["attempt_id"]] = f"{life}.0"
        killer = threading.Timer(random.uniform(0.0, 0.25), server.process.kill)
        killer.start()
        try:
            for n in range(1, 10_000):
                action = f"{life}.{n}"
                server.post("tools/call", {"name": "record_attempt", "arguments": {"action": action} | ATTEMPT})
                message = server.read()
                if message is None:
                    break
                answered[message["result"]["structuredContent"]["attempt_id"]] = action
        except BrokenPipeError:
            pass  # killed between two calls
        killer.join()
        server.kill()

    stored = dict(rows(tmp_path / "t.db"))
    assert len(answered) > 2 * KILLS
    assert answered.items() <= stored.items()
    assert len(stored) - len(answered) <= KILLS  # at most the one in flight at each kill
    server = start()
    server.handshake()
    assert server.call("check_stall", goal="g")["verdict"]


def test_many_servers_write_at_once_and_nothing_is_lost_or_doubled(start: Callable[..., Any], tmp_path: Path) -> None:
    servers = [start() for _ in range(WRITERS)]
    ids: list[list[int]] = [[] for _ in servers]
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            servers[number].handshake()
            for n in range(EACH):
                answer = servers[number].call("record_attempt", action=f"{number}.{n}", **ATTEMPT)
                ids[number].append(answer["attempt_id"])
        except BaseException as error:  # told below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    stored = rows(tmp_path / "t.db")
    assert sorted(action for _, action in stored) == sorted(f"{w}.{n}" for w in range(WRITERS) for n in range(EACH))
    assert sorted(attempt_id for own in ids for attempt_id in own) == [attempt_id for attempt_id, _ in stored]


@pytest.mark.parametrize("how", ["terminate", "interrupt", "leave"])
def test_a_server_ends_when_its_client_wants_it(start: Callable[..., Any], how: str) -> None:
    server = start()
    server.handshake()
    server.call("record_attempt", action="x", **ATTEMPT)
    if how == "leave":
        assert server.end() == 0
    else:
        server.process.send_signal(signal.SIGTERM if how == "terminate" else signal.SIGINT)
        server.process.wait(timeout=20)
    assert server.process.poll() is not None
    assert "Traceback" not in server.errors.read_text()
