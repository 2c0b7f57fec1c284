"""Send an alert to all receivers, in bounded time, whatever they do."""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from tremaux_tools.core.postflight.alerts import Alert

SEND_DEADLINE = 10.0  # seconds for all receivers together: the start of the child, DNS, connections, answers
MAX_ANSWER = 4_096  # bytes of one line
MAX_URLS = 50  # a thread of the child for each
EXTRA = "apprise is not installed; install it with: pip install 'tremaux[notify]'"

_PROGRAM = Path(__file__).with_name("child.py")
_TYPES = {"critical": "failure", "failure": "failure", "warning": "warning", "success": "success"}  # ours: apprise's


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an alert."""

    ok: bool  #: every receiver took it
    problem: str  #: a sentence that names receivers by number, never by URL; empty if ok


class Notifier:
    """Sends alerts to the receivers of apprise's URLs, such as `tgram://TOKEN/CHAT` or `mailto://...`.

    Each alert gets a child process: a receiver that hangs, or a name that does not resolve, can be killed there, and
    apprise costs this process neither memory nor time.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = list(urls)[:MAX_URLS]

    @property
    def is_configured(self) -> bool:
        """Whether there is a receiver at all."""
        return bool(self._urls)

    async def send(self, alert: Alert) -> Sent:
        """Send an alert and tell what came of it. Never raises for a receiver; takes at most `SEND_DEADLINE`.

        A receiver that fails stops no other one. Cancelling kills the child; who was reached, stays reached.
        """
        if not self._urls:
            return Sent(ok=False, problem="no receiver is configured; name some in TREMAUX_NOTIFY_URLS")
        told: dict[int, str] = {}
        try:
            with anyio.move_on_after(SEND_DEADLINE) as scope:
                if not await self._send(alert, told):
                    return Sent(ok=False, problem=EXTRA)
        except OSError as error:
            return Sent(ok=False, problem=f"no process for the message could be started: {error.strerror or error}")
        silence = f"did not answer in {SEND_DEADLINE:.0f} s" if scope.cancelled_caught else "was lost with its process"
        problems = [
            f"receiver {number} {problem}"
            for number in range(1, len(self._urls) + 1)
            if (problem := told.get(number, silence))
        ]
        return Sent(ok=not problems, problem="; ".join(problems))

    async def _send(self, alert: Alert, told: dict[int, str]) -> bool:
        """Put what each receiver's sending came to into `told`; false without apprise."""
        with anyio.CancelScope(shield=True):  # a child that nobody knows could not be ended
            process = await anyio.open_process(
                [sys.executable, "-I", str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # apprise logs the URLs
                start_new_session=True,  # C-c in the person's terminal is not for it
            )
        try:
            return await self._talk(process, alert, told)
        finally:
            with anyio.CancelScope(shield=True):
                with suppress(ProcessLookupError):
                    process.kill()
                await process.aclose()

    async def _talk(self, process: Process, alert: Alert, told: dict[int, str]) -> bool:
        assert process.stdin is not None
        assert process.stdout is not None
        request = {
            "urls": self._urls,
            "title": alert.title,
            "body": alert.body,
            "type": _TYPES[alert.level],
            "seconds": SEND_DEADLINE,
        }
        answers = BufferedByteReceiveStream(process.stdout)
        with suppress(anyio.BrokenResourceError, anyio.EndOfStream, anyio.IncompleteRead, anyio.DelimiterNotFound):
            await process.stdin.send(json.dumps(request).encode())
            await process.stdin.aclose()
            while len(told) < len(self._urls):
                answer: dict[str, Any] = json.loads(await answers.receive_until(b"\n", MAX_ANSWER))
                if "missing" in answer:
                    return False
                told[answer["receiver"]] = answer["problem"]
        return True
