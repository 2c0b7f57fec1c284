"""Values that the environment calls secret, followed through the whole server."""

import base64
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import kill_server
from tests.driver import ServerProcess

SECRET = "walrus-2042/Xy7+quokka"
PARTS = ("walrus", "2042", "Xy7", "quokka", base64.b64encode(SECRET.encode()).decode()[4:16])
OUTPUT = f"""\
    def test_login():
>       assert login("{SECRET}") == 200
E       AssertionError: assert '{SECRET}' == 'x', at https://x/?t={SECRET.replace("/", "%2F").replace("+", "%2B")}
E       header {base64.b64encode(SECRET.encode()).decode()}
E       cut in colours {SECRET[:9]}\x1b[31m{SECRET[9:]}
FAILED test_login.py::test_login[{SECRET}] - AssertionError: assert '{SECRET}' == 'x'
1 failed in 0.12s
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="tmx-") as folder:
        monkeypatch.setenv("TMUX_TMPDIR", folder)
        monkeypatch.setenv("API_TOKEN", SECRET)
        yield
        for socket in Path(folder).glob("*/*"):
            kill_server(str(socket))


def read(server: ServerProcess, uri: str) -> str:
    return json.dumps(server.ask("resources/read", {"uri": uri}))


def leaks(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return [part for part in PARTS if part.encode() in data]


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("t.db*"))


def test_nothing_of_a_secret_is_in_the_journal_or_its_answers(
    start: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = start("--toolsets", "all")
    server.handshake()
    told = server.ask(
        "tools/call",
        {
            "name": "record_attempt",
            "arguments": {
                "action": f"log in with {SECRET}",
                "note": f"was {SECRET}",
                "command": f"login {SECRET}",
                "hypothesis": SECRET,
                "gate": "fail",
                "gate_output": OUTPUT,
            },
        },
    )
    asked = [json.dumps(server.call(tool)) for tool in ("check_stall", "resume_goal", "list_attempts", "changes_since")]
    explained = server.call("fingerprint_failure", text=OUTPUT)
    closed = server.call("close_goal", goal="default", outcome=SECRET, note=SECRET)
    kept = read(server, "tremaux://attempts/1/output")

    assert told["structuredContent"]["redactions"] == 7
    assert "[redacted:env]" in kept
    assert told["structuredContent"]["fingerprint"] == explained["fingerprint"] != ""
    for answer in (json.dumps(told), *asked, json.dumps(explained), json.dumps(closed), kept, stored(tmp_path)):
        assert leaks(answer) == []


def test_nothing_of_a_secret_is_in_what_terminals_show_or_keep(
    start: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = start("--toolsets", "all")
    server.handshake()
    server.call("open_session", name="t", command=f"env API_TOKEN={SECRET} bash --norc --noprofile -i", width=40)
    run = server.call("run_command", target="t", command=f'echo "is $API_TOKEN or {SECRET}"')
    server.call("send_keys", target="t", text="echo ready $API_TOKEN")
    seen = server.call("capture_pane", target="t", wait="pattern", pattern="ready w.*", lines=100)
    job = server.call("get_job", job_id=run["job_id"])
    listed = server.call("list_sessions")
    log = read(server, f"tremaux://jobs/{run['job_id']}/log")
    server.call("close_session", target="t")

    assert run["redactions"] == 2
    assert seen["matched"] == "ready [redacted:env]"
    for answer in (run, seen, job, listed):
        assert leaks(json.dumps(answer)) == []
    assert leaks(log) == leaks(stored(tmp_path)) == []
