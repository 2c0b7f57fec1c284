"""Real server processes, driven over their pipes by nothing but the standard library."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


class ServerProcess:
    """`tremaux serve` as a client starts it. Every line on its standard output must be JSON-RPC."""

    def __init__(self, database: Path, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "tremaux_server", "--db", str(database), "serve", *arguments]
        environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        self.errors = folder / "stderr.log"
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )
        self._id = 0

    def handshake(self) -> dict[str, Any]:
        answer = self.ask("initialize", HANDSHAKE)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def post(self, method: str, params: dict[str, Any]) -> int:
        self._id += 1
        self.send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        return self._id

    def read(self) -> dict[str, Any] | None:
        """The next message; None at the end of the stream."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return dict(message)

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        wanted = self.post(method, params)
        while True:
            message = self.read()
            assert message is not None, self.errors.read_text()
            if message.get("id") == wanted:
                assert "result" in message, message
                return dict(message["result"])

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        assert not result.get("isError"), result
        return dict(result["structuredContent"])

    def end(self) -> int:
        """Close its input, as a client that leaves does; returns its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # what is still in our buffer has no reader
            self.process.stdin.close()


Start = Callable[..., ServerProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server on the test's own database; it is ended with the test."""
    running: list[ServerProcess] = []

    def started(*arguments: str) -> ServerProcess:
        running.append(ServerProcess(tmp_path / "t.db", tmp_path, *arguments))
        return running[-1]

    yield started
    for server in running:
        server.kill()


@pytest.fixture
def tremaux(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of the command line in the test's own directory."""

    def run(*arguments: str, stdin: str = "", cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tremaux_server", "--db", str(tmp_path / "t.db"), *arguments]
        environment = os.environ | {"HOME": str(tmp_path)}
        return subprocess.run(
            command, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, check=False
        )

    return run
