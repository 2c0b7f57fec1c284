"""A model behind the real agents' programs: it speaks the four services' protocols and answers by script.

The first answer has one file written, the next one says that all is done. Each takes 3,212 tokens, 3,000 of them
from a cache, and gives 25.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DONE = "All done: tests pass."
TEXT = "hello\n"
NEW, CACHED, ANSWERED = 212, 3_000, 25
RESULT_OF_A_TOOL = ("'tool_result'", "'function_call_output'", "'functionResponse'", "'role': 'tool'")


@contextmanager
def model(written: Path) -> Iterator[str]:
    """A service on the loopback; gives its address. `written` is the file that it asks for."""

    class Handler(_Handler):
        path_to_write = str(written)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    path_to_write: str

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self._answer("application/json", json.dumps({"data": [], "models": []}))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        path = self.path.partition("?")[0]
        # Only a request with tools is the conversation; others make a title for it, and such.
        said = str(asked.get("messages") or asked.get("input") or asked.get("contents"))
        writes = bool(asked.get("tools")) and not any(mark in said for mark in RESULT_OF_A_TOOL)
        if path.endswith("/messages"):
            self._stream(self._anthropic(writes=writes))
        elif path.endswith("/responses"):
            self._stream(self._responses(writes=writes))
        elif path.endswith(":streamGenerateContent"):
            self._stream(self._gemini(writes=writes))
        elif path.endswith(":generateContent"):
            self._answer("application/json", json.dumps(self._gemini(writes=False)[0]))
        elif path.endswith("/chat/completions"):
            self._stream([*self._chat(writes=writes), "[DONE]"])
        else:
            self._answer("application/json", "{}")

    def _stream(self, events: list[Any]) -> None:
        lines = []
        for event in events:
            if isinstance(event, dict) and "type" in event:
                lines.append(f"event: {event['type']}")
            lines.append(f"data: {event if isinstance(event, str) else json.dumps(event)}\n")
        self._answer("text/event-stream", "\n".join(lines) + "\n")

    def _answer(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _anthropic(self, *, writes: bool) -> list[Any]:
        usage = {"input_tokens": 12, "cache_creation_input_tokens": 200, "cache_read_input_tokens": CACHED}
        message = {"id": f"msg_{writes}", "type": "message", "role": "assistant", "model": "m", "content": []}
        block: dict[str, Any] = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": DONE}
        if writes:
            block = {"type": "tool_use", "id": "toolu_1", "name": "Write", "input": {}}
            given = {"file_path": self.path_to_write, "content": TEXT}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
        stop = {"stop_reason": "tool_use" if writes else "end_turn"}
        return [
            {"type": "message_start", "message": message | {"usage": usage | {"output_tokens": 1}}},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": stop, "usage": usage | {"output_tokens": ANSWERED}},
            {"type": "message_stop"},
        ]

    def _responses(self, *, writes: bool) -> list[Any]:
        item: dict[str, Any] = {"type": "message", "id": "m", "role": "assistant"}
        item["content"] = [{"type": "output_text", "text": DONE}]
        if writes:
            command = json.dumps({"cmd": f"printf 'hello\\n' > '{self.path_to_write}'"})
            item = {"type": "function_call", "id": "f", "call_id": "c", "name": "exec_command", "arguments": command}
        usage = {"input_tokens": NEW + CACHED, "input_tokens_details": {"cached_tokens": CACHED}}
        usage |= {"output_tokens": ANSWERED, "total_tokens": NEW + CACHED + ANSWERED}
        response = {"id": "r", "object": "response", "output": [item], "usage": usage}
        return [
            {"type": "response.created", "response": {"id": "r"}},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response},
        ]

    def _gemini(self, *, writes: bool) -> list[Any]:
        call = {"name": "write_file", "args": {"file_path": self.path_to_write, "content": TEXT}}
        part = {"functionCall": call} if writes else {"text": DONE}
        usage = {"promptTokenCount": NEW + CACHED, "cachedContentTokenCount": CACHED}
        usage |= {"candidatesTokenCount": ANSWERED, "totalTokenCount": NEW + CACHED + ANSWERED}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        return [{"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"}]

    def _chat(self, *, writes: bool) -> list[Any]:
        delta: dict[str, Any] = {"role": "assistant", "content": DONE}
        if writes:
            given = json.dumps({"filePath": self.path_to_write, "content": TEXT})
            call = {"index": 0, "id": "c", "type": "function", "function": {"name": "write", "arguments": given}}
            delta = {"role": "assistant", "tool_calls": [call]}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        usage: dict[str, Any] = {"prompt_tokens": NEW + CACHED, "completion_tokens": ANSWERED}
        usage |= {"total_tokens": NEW + CACHED + ANSWERED, "prompt_tokens_details": {"cached_tokens": CACHED}}
        finish = "tool_calls" if writes else "stop"
        return [
            chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}], "usage": usage},
        ]
