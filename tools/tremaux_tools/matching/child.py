"""The child of `Matcher`: matches regular expressions until its standard input ends. It imports nothing of ours.

A request is a line of JSON, `{"patterns": [...], "size": bytes, "seconds": processor time a pattern}`, then the text.
The answer is a line of JSON for each pattern tried: `{}` for none, `{"span": [start, end]}` or `{"wrong": why}`, after
which no more are tried. No answer: the pattern took too long and the kernel ended this process.
"""

import json
import re
import signal
import sys
from typing import BinaryIO


def main(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end."""
    # The regular expression engine holds the interpreter, so no Python code could end it: the kernel does.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for line in requests:
        request = json.loads(line)
        text = requests.read(request["size"]).decode("utf-8", "surrogatepass")
        for pattern in request["patterns"]:
            signal.setitimer(signal.ITIMER_PROF, request["seconds"])
            found = match(pattern, text)
            signal.setitimer(signal.ITIMER_PROF, 0)
            answers.write(json.dumps(found).encode() + b"\n")
            answers.flush()
            if found:
                break


def match(pattern: str, text: str) -> dict[str, object]:
    """The answer for one pattern; `re` itself remembers what it has compiled."""
    try:
        found = re.search(pattern, text)
    except re.error as error:
        return {"wrong": str(error)}  # with the position
    except (OverflowError, RecursionError, MemoryError) as error:
        return {"wrong": str(error) or "it is too large"}
    return {"span": found.span()} if found else {}


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
