"""The child of `Notifier`: hands one message to all receivers at a time. It imports nothing of ours.

The request is JSON on standard input: `{"urls": [...], "title": str, "body": str, "type": str, "seconds": float}`. Each
receiver that is done with is answered by a line of JSON on standard output, `{"receiver": from 1, "problem": str}`;
without apprise there is one line, `{"missing": true}`. URLs hold tokens: they come in by the pipe, and go to no log.
"""

import json
import math
import os
import signal
import sys
import threading
from typing import Any, BinaryIO


def main(request: dict[str, Any], answers: BinaryIO) -> None:
    """Send, answer, and end with the last receiver or when the kernel's clock has run out."""
    # Not a Python handler: a plugin may hang in C code. This also ends us if nobody is left to kill us.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(math.ceil(request["seconds"]))
    try:
        import apprise  # noqa: PLC0415  # it may be missing
    except ImportError:
        _answer(answers, {"missing": True})
        return
    lock = threading.Lock()

    def send(receiver: int, url: str) -> None:
        problem = _send(apprise, url, request)
        with lock:
            _answer(answers, {"receiver": receiver, "problem": problem})

    threads = [
        threading.Thread(target=send, args=(number, url), daemon=True) for number, url in enumerate(request["urls"], 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(apprise: Any, url: str, request: dict[str, Any]) -> str:
    """Send to one receiver; what went wrong, or nothing."""
    try:
        receiver = apprise.Apprise()
        if not receiver.add(url):
            return "is no URL that apprise understands"
        # As text: apprise escapes it for receivers that show HTML.
        sent = receiver.notify(
            body=request["body"], title=request["title"], notify_type=request["type"], body_format="text"
        )
    except Exception as error:  # noqa: BLE001  # a hundred plugins: one that breaks is one receiver not reached
        return f"broke its plugin ({type(error).__name__})"
    return "" if sent else "did not take it"


def _answer(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what plugins print is no answer
    main(json.load(sys.stdin), told)
    told.flush()
    os._exit(0)  # libraries start threads of their own
