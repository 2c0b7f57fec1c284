"""Drive `tremaux serve` over its pipes with nothing but the standard library."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


class ServerProcess:
    """A server as a client starts it. Every line on its standard output must be JSON-RPC."""

    @classmethod
    def tremaux(cls, database: Path, folder: Path, *arguments: str) -> Self:
        """Start our server on a database."""
        return cls([sys.executable, "-m", "tremaux_server", "--db", str(database), "serve", *arguments], folder)

    def __init__(self, command: Sequence[str], folder: Path) -> None:
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
