"""An alert reaches those who can be reached, in bounded time, and tells nobody's URL."""

import asyncio
import email
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.core.postflight.samples import FAILED, changed

from tremaux_tools.core.postflight.alerts import Alert, alert_of
from tremaux_tools.core.postflight.report import RootCause
from tremaux_tools.notify import Notifier, Sent, notifier

ENOUGH = 40.0  # seconds; apprise takes one to load
TOKEN = "s3cr3t-t0ken"
ALERT = Alert("failure", "failure: unit tests failed", "Tests: 2 failed.\n```text\nassert 42 == 41\n```")

pytestmark = pytest.mark.anyio

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


class Receivers:
    """Real servers on loopback that end with the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self.requests: list[dict[str, Any]] = []  # what the HTTP server got
        self.mails: list[str] = []
        self.is_asked = anyio.Event()  # a receiver that says nothing was connected to

    async def http(self, status: str = "200 OK") -> str:
        """A server that takes JSON, as an authority and a path for a URL."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            self.requests.append(json.loads(await reader.readexactly(size)))
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()

        return await self._listen(handle)

    async def silent(self) -> str:
        """A server that accepts and never answers."""

        async def handle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            self.is_asked.set()
            while await reader.read(1024):
                pass

        return await self._listen(handle)

    async def smtp(self) -> str:
        """A mail server that takes everything."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 here\r\n")
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    break

        return await self._listen(handle)

    async def _listen(self, handle: Handler) -> str:
        async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handle(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(closing, "127.0.0.1", 0)
        await self._stack.enter_async_context(server)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with AsyncExitStack() as stack:
        yield Receivers(stack)


async def send(*urls: str, alert: Alert = ALERT) -> Sent:
    with anyio.fail_after(ENOUGH):
        return await Notifier(urls).send(alert)


async def test_an_alert_reaches_a_web_hook(receivers: Receivers) -> None:
    sent = await send(f"json://{await receivers.http()}/{TOKEN}")

    assert sent == Sent(ok=True, problem="")
    (request,) = receivers.requests
    assert (request["title"], request["message"], request["type"]) == (ALERT.title, ALERT.body, "failure")


@pytest.mark.parametrize(
    ("shown_as", "kind", "body"),
    [
        pytest.param("text", "text/plain", "<script>alert(1)</script>", id="as text"),
        pytest.param("html", "text/html", "&lt;script&gt;alert(1)&lt;/script&gt;", id="as HTML"),
    ],
)
async def test_an_alert_in_a_mailbox_is_never_markup(receivers: Receivers, shown_as: str, kind: str, body: str) -> None:
    alert = Alert("warning", "warning: build", "```text\n<script>alert(1)</script>\n```")
    people = "from=me@example.com&to=you@example.com"

    sent = await send(f"mailto://{await receivers.smtp()}?{people}&mode=insecure&format={shown_as}", alert=alert)

    assert sent == Sent(ok=True, problem="")
    mail = email.message_from_string(receivers.mails[0])
    assert mail["Subject"] == "warning: build"
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()}
    shown = parts[kind]
    assert isinstance(shown, bytes)
    assert body in shown.decode()


async def test_a_bad_receiver_stops_no_other_one_and_no_url_is_told(
    receivers: Receivers, capfd: pytest.CaptureFixture[str]
) -> None:
    sent = await send(
        f"nosuch://{TOKEN}",
        f"json://{await receivers.http('500 Internal Server Error')}/{TOKEN}",
        f"json://127.0.0.1:{_refused_port()}/{TOKEN}",
        f"json://{await receivers.http()}/{TOKEN}",
    )

    assert not sent.ok
    assert sent.problem == (
        "receiver 1 is no URL that apprise understands; receiver 2 did not take it; receiver 3 did not take it"
    )
    assert len(receivers.requests) == 2
    assert "".join(capfd.readouterr()) == ""


async def test_a_receiver_that_never_answers_is_given_up_and_the_others_are_reached(
    receivers: Receivers,
) -> None:
    silent = f"json://{await receivers.silent()}/?rto=600&cto=600"

    sent = await send(silent, f"json://{await receivers.http()}")

    assert sent == Sent(ok=False, problem="receiver 1 did not answer in 10 s")
    assert len(receivers.requests) == 1


async def test_cancelling_ends_the_child(receivers: Receivers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier, "SEND_DEADLINE", 2 * ENOUGH)  # the child would live on
    urls = [f"json://{await receivers.silent()}/?rto=600&cto=600"]
    with anyio.fail_after(ENOUGH):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Notifier(urls).send, ALERT)
            await receivers.is_asked.wait()
            assert _children()
            tasks.cancel_scope.cancel()

    assert not _children()


async def test_a_child_that_nobody_kills_ends_by_itself(receivers: Receivers) -> None:
    request = {
        "urls": [f"json://{await receivers.silent()}/?rto=600&cto=600"],
        "title": "t",
        "body": "b",
        "type": "info",
    }
    command = [sys.executable, "-I", notifier.__file__.replace("notifier.py", "child.py")]
    with anyio.fail_after(ENOUGH):
        done = await anyio.run_process(command, input=json.dumps(request | {"seconds": 2}).encode(), check=False)

    assert done.returncode == -signal.SIGALRM


async def test_what_arrives_holds_no_secret(receivers: Receivers) -> None:
    token = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
    report = changed(FAILED, root_cause=RootCause(1, f"fatal: {token}\n@everyone", None, None))
    alert = alert_of(report, name="deploy")
    assert alert is not None

    await send(f"json://{await receivers.http()}", alert=alert)

    message = receivers.requests[0]["message"]
    assert "[redacted:github-token]" in message
    assert token not in message
    assert "@everyone" not in message


async def test_without_apprise_the_problem_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"
    make = [sys.executable, "-m", "venv", "--without-pip", str(bare)]
    await anyio.to_thread.run_sync(lambda: subprocess.run(make, check=True))
    monkeypatch.setattr(sys, "executable", str(bare / "bin" / "python"))

    sent = await send(f"json://127.0.0.1:{_refused_port()}")

    assert not sent.ok
    assert "pip install 'tremaux[notify]'" in sent.problem


async def test_without_receivers_nothing_is_started() -> None:
    assert await send() == Sent(ok=False, problem="no receiver is configured; name some in TREMAUX_NOTIFY_URLS")


def _refused_port() -> int:
    """A port that nobody listens on: the kernel has just given and taken it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _children() -> list[str]:
    """The child programs of ours that run."""
    asked = subprocess.run(
        ["ps", "-ww", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return [line for line in asked.stdout.splitlines() if "notify/child.py" in line]
