"""A small real worker: it takes a prompt as agents' programs do, does what the prompt says, and reports as they report.

    python tests/worker.py [--form FORM] [--format FORMAT] [--model MODEL] [PROMPT or PROMPT_FILE]

`--form`    how the prompt comes in: `argument` (the last word, the default), `file` (the last word names it, or else
            $TREMAUX_PROMPT_FILE), `stdin`, `typed` (on a terminal, after a `> `; asks for bracketed paste, as real
            ones do), `none`.
`--format`  how it reports: `text` (the default) or the JSON lines of `claude`, `codex`, `gemini`, `opencode`.
`--model`   the model it says it is (default `plain`).

It obeys the lines of the prompt that begin with `worker: `, and the lines of $WORKER_SCRIPT without that beginning
(these first), in their order. Words are read as a shell reads them, `\\n` in a text is a line feed:

    write PATH TEXT             write a file, folders included; a path is meant within the current directory
    append PATH TEXT            add one line to a file with one write: what several workers may do at once
    replace PATH OLD NEW        edit a file; fails where OLD is not in it
    say TEXT                    the result (the last one counts; `done` without one)
    blocked TEXT                the result `BLOCKED: TEXT`, exit code 0
    fail TEXT                   print TEXT and end with exit code 1 at once
    fail-unless-model MODEL TEXT   fail with TEXT unless --model is MODEL
    fail-times N FILE TEXT      fail with TEXT the first N times; FILE, outside the work tree, keeps the count
    error TEXT                  end with exit code 1 and TEXT as an error of the format's own
    exit CODE                   end with that exit code, after the report
    sleep SECONDS               do nothing
    wait-for FILE               wait until a file exists
    usage INPUT OUTPUT [COST]   one answer of the model that took so many tokens (and USD)
    steps N SECONDS INPUT OUTPUT   N such answers, each after a pause
    orphan SECONDS [FILE]       leave a process behind in a session of its own; its pid to FILE
    pid FILE                    write its own pid to a file
    prompt FILE                 write the whole prompt to a file
    environment FILE            write its environment to a file, as JSON
    ignore-term                 take no notice of SIGTERM and SIGINT
    print TEXT                  print a line that is no report

Standard library only; it runs wherever Python 3.9 does.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
import tty
from pathlib import Path

MARK = "worker: "
PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
PASTE_BEGIN, PASTE_END = b"\x1b[200~", b"\x1b[201~"
POLL = 0.01  # seconds between two looks for a file
SESSION = "0198f2a4-worker"


class Failed(Exception):
    """The work did not succeed."""


class Report:
    """What is printed: plain text, or events as JSON lines."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.input = self.output = self.answers = 0
        self.cost = 0.0

    def begin(self) -> None:
        pass

    def count(self, given: int, answered: int, cost: float) -> None:
        self.input += given
        self.output += answered
        self.cost += cost
        self.answers += 1
        self.answer(given, answered, cost)

    def answer(self, given: int, answered: int, cost: float) -> None:
        pass

    def end(self, result: str, is_error: bool) -> None:
        say(f"Error: {result}" if is_error else result)


class Claude(Report):
    """`claude -p --output-format stream-json --verbose`."""

    def begin(self) -> None:
        say_json(type="system", subtype="init", session_id=SESSION, model=self.model, tools=["Bash", "Edit"])

    def answer(self, given: int, answered: int, cost: float) -> None:  # noqa: ARG002 - the price is told at the end
        message = {
            "id": f"msg_{self.answers}",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [{"type": "text", "text": f"step {self.answers}"}],
            "usage": {"input_tokens": given, "cache_read_input_tokens": 9_000, "output_tokens": answered},
        }
        say_json(type="assistant", message=message, session_id=SESSION)

    def end(self, result: str, is_error: bool) -> None:
        usage = {"input_tokens": self.input, "output_tokens": self.output, "cache_read_input_tokens": 9_000}
        mine = {"inputTokens": self.input, "outputTokens": self.output, "costUSD": self.cost}
        say_json(
            type="result",
            subtype="error_during_execution" if is_error else "success",
            is_error=is_error,
            num_turns=self.answers,
            session_id=SESSION,
            total_cost_usd=self.cost,
            usage=usage,
            modelUsage={self.model: mine},
            result=result,
        )


class Codex(Report):
    """`codex exec --json`: tokens are told at the end of the turn, a price never."""

    def begin(self) -> None:
        say_json(type="thread.started", thread_id=SESSION)
        say_json(type="turn.started")

    def end(self, result: str, is_error: bool) -> None:
        if is_error:
            say_json(type="turn.failed", error={"message": result})
            return
        say_json(type="item.completed", item={"id": "item_0", "type": "agent_message", "text": result})
        usage = {"input_tokens": self.input + 9_000, "cached_input_tokens": 9_000, "output_tokens": self.output}
        say_json(type="turn.completed", usage=usage)


class Gemini(Report):
    """`gemini --output-format stream-json`: tokens are told at the end, a price never."""

    def begin(self) -> None:
        say_json(type="init", session_id=SESSION, model=self.model)

    def end(self, result: str, is_error: bool) -> None:
        tokens = {"input_tokens": self.input + 9_000, "output_tokens": self.output, "cached": 9_000}
        stats = dict(tokens, input=self.input, total_tokens=self.input + 9_000 + self.output)
        stats["models"] = {self.model: dict(stats)}
        if is_error:
            error = {"type": "Error", "message": result}
            say_json(type="result", status="error", error=error, stats=stats)
            return
        say_json(type="message", role="assistant", content=result, delta=True)
        say_json(type="result", status="success", stats=stats)


class OpenCode(Report):
    """`opencode run --format json`: each step tells its tokens and its price."""

    def answer(self, given: int, answered: int, cost: float) -> None:
        cache = {"read": 9_000, "write": 0}
        tokens = {"input": given, "output": answered, "reasoning": 0, "cache": cache}
        part = {"id": f"prt_{self.answers}", "type": "step-finish", "reason": "stop", "cost": cost, "tokens": tokens}
        say_json(type="step_finish", sessionID=SESSION, part=part)

    def end(self, result: str, is_error: bool) -> None:
        if is_error:
            say_json(type="error", sessionID=SESSION, error={"name": "UnknownError", "data": {"message": result}})
            return
        say_json(type="text", sessionID=SESSION, part={"id": "prt_text", "type": "text", "text": result})


REPORTS = {"text": Report, "claude": Claude, "codex": Codex, "gemini": Gemini, "opencode": OpenCode}


def say(line: str) -> None:
    print(line, flush=True)


def say_json(**event: object) -> None:
    say(json.dumps(event))


class Worker:
    """Does what the prompt says, one order after the other."""

    def __init__(self, prompt: str, model: str, report: Report) -> None:
        self.prompt = prompt
        self.model = model
        self.report = report
        self.result = "done"
        self.code = 0

    def obey(self, order: str) -> None:
        name, *words = shlex.split(order)
        words = [word.replace("\\n", "\n") for word in words]
        getattr(self, "do_" + name.replace("-", "_"))(*words)

    def do_write(self, path: str, *text: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(" ".join(text) + "\n")

    def do_append(self, path: str, *text: str) -> None:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(file, (" ".join(text) + "\n").encode())
        os.close(file)

    def do_replace(self, path: str, old: str, new: str) -> None:
        text = Path(path).read_text()
        if old not in text:
            raise Failed(f"{old!r} is not in {path}")
        Path(path).write_text(text.replace(old, new))

    def do_say(self, *text: str) -> None:
        self.result = " ".join(text)

    def do_blocked(self, *text: str) -> None:
        self.result = "BLOCKED: " + " ".join(text)

    def do_fail(self, *text: str) -> None:
        raise Failed(" ".join(text))

    def do_fail_unless_model(self, model: str, *text: str) -> None:
        if self.model != model:
            raise Failed(" ".join(text))

    def do_fail_times(self, times: str, path: str, *text: str) -> None:
        self.do_append(path, "tried")
        if len(Path(path).read_text().splitlines()) <= int(times):
            raise Failed(" ".join(text))

    def do_error(self, *text: str) -> None:
        self.report.end(" ".join(text), is_error=True)
        sys.exit(1)

    def do_exit(self, code: str) -> None:
        self.code = int(code)

    def do_sleep(self, seconds: str) -> None:
        time.sleep(float(seconds))

    def do_wait_for(self, path: str) -> None:
        while not Path(path).exists():
            time.sleep(POLL)

    def do_usage(self, given: str, answered: str, cost: str = "0") -> None:
        self.report.count(int(given), int(answered), float(cost))

    def do_steps(self, times: str, seconds: str, given: str, answered: str) -> None:
        for _ in range(int(times)):
            time.sleep(float(seconds))
            self.report.count(int(given), int(answered), 0.0)

    def do_orphan(self, seconds: str, path: str | None = None) -> None:
        left = subprocess.Popen(["sleep", seconds], start_new_session=True, stdin=subprocess.DEVNULL)
        if path:
            self.do_write(path, str(left.pid))

    def do_pid(self, path: str) -> None:
        self.do_write(path, str(os.getpid()))

    def do_prompt(self, path: str) -> None:
        Path(path).write_text(self.prompt)

    def do_environment(self, path: str) -> None:
        Path(path).write_text(json.dumps(dict(os.environ)))

    def do_ignore_term(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    def do_print(self, *text: str) -> None:
        say(" ".join(text))


def typed() -> str:
    """Read what is typed on the terminal up to Return, or to the end of a paste and Return."""
    saved = termios.tcgetattr(0)
    tty.setraw(0)  # the kernel keeps no more than 4,095 bytes of a line in its own mode
    try:
        os.write(1, (PASTE_ON + "> ").encode())
        data = b""
        while not is_sent(data):
            select.select([0], [], [])
            data += os.read(0, 65_536)
    finally:
        os.write(1, (PASTE_OFF + "\r\n").encode())
        termios.tcsetattr(0, termios.TCSANOW, saved)
    return data.replace(PASTE_BEGIN, b"").replace(PASTE_END, b"").decode().replace("\r", "\n")


def is_sent(data: bytes) -> bool:
    """Whether Return was typed outside a paste."""
    if PASTE_BEGIN in data:
        data = data.partition(PASTE_END)[2] if PASTE_END in data else b""
    return b"\r" in data or b"\n" in data


def prompt_of(form: str, word: str | None) -> str:
    if form == "argument":
        return word or ""
    if form == "file":
        return Path(word or os.environ["TREMAUX_PROMPT_FILE"]).read_text()
    if form == "stdin":
        return sys.stdin.read()
    return typed() if form == "typed" else ""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--form", choices=["argument", "file", "stdin", "typed", "none"], default="argument")
    parser.add_argument("--format", choices=sorted(REPORTS), default="text")
    parser.add_argument("--model", default="plain")
    parser.add_argument("word", nargs="?")
    arguments = parser.parse_args()

    prompt = prompt_of(arguments.form, arguments.word)
    report = REPORTS[arguments.format](arguments.model)
    worker = Worker(prompt, arguments.model, report)
    report.begin()
    orders = os.environ.get("WORKER_SCRIPT", "").splitlines()
    orders += [line[len(MARK) :] for line in prompt.splitlines() if line.startswith(MARK)]
    try:
        for order in filter(str.strip, orders):
            worker.obey(order)
    except Failed as failure:
        say(f"Error: {failure}")  # as programs fail that never get as far as a report
        return 1
    report.end(worker.result, is_error=False)
    return worker.code


if __name__ == "__main__":
    sys.exit(main())
