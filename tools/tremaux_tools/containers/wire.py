"""Ask a container engine without the SDK, for a small process that has only a few questions.

Each request has a connection of its own and is HTTP/1.0, so an answer simply ends with its connection.
"""

import json
import socket
from typing import Any

ANSWER_TIMEOUT = 10.0  # seconds for one answer of the engine
CHUNK = 65536  # bytes
_BLANK = b"\r\n\r\n"  # ends the header


class Refused(Exception):
    """The engine's answer was no."""


def ask(engine: str, path: str, body: Any = None) -> Any:
    """The engine's JSON answer to a GET, or to a POST where there is a body.

    Raises:
        Refused: the engine will not, and why.
        OSError: it cannot be reached.
    """
    with send(engine, path, body) as connection:
        return answer(connection)


def delete(engine: str, path: str) -> None:
    """Have the engine remove something.

    Raises:
        Refused: the engine will not, and why.
        OSError: it cannot be reached.
    """
    with _send(engine, "DELETE", path, None, "1.0", ()) as connection:
        answer(connection)


def send(engine: str, path: str, body: Any = None) -> socket.socket:
    """Send a request; its answer can be read from the connection."""
    return _send(engine, "GET" if body is None else "POST", path, body, "1.0", ())


def answer(connection: socket.socket) -> Any:
    """Read a whole answer."""
    content = _header(connection)
    while data := connection.recv(CHUNK):
        content += data
    return json.loads(content) if content.strip() else None


def open_stream(engine: str, path: str, body: Any) -> tuple[socket.socket, bytes]:
    """Send a request that makes its connection a two-way stream; with it, what has come already."""
    connection = _send(engine, "POST", path, body, "1.1", ("Connection: Upgrade", "Upgrade: tcp"))
    try:
        return connection, _header(connection)
    except BaseException:
        connection.close()
        raise


def _send(engine: str, method: str, path: str, body: Any, version: str, more: tuple[str, ...]) -> socket.socket:
    content = b"" if body is None else json.dumps(body).encode()
    kind = () if body is None else ("Content-Type: application/json", f"Content-Length: {len(content)}")
    head = [f"{method} {path} HTTP/{version}", "Host: engine", *kind, *more, "", ""]
    connection = _connect(engine)
    try:
        connection.sendall("\r\n".join(head).encode() + content)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(engine: str) -> socket.socket:
    scheme, _, place = engine.partition("://")
    if scheme != "unix":
        host, _, port = place.rstrip("/").rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), ANSWER_TIMEOUT)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(ANSWER_TIMEOUT)
        connection.connect(place)
    except BaseException:
        connection.close()
        raise
    return connection


def _header(connection: socket.socket) -> bytes:
    """Read up to the end of the header; what came after it."""
    received = bytearray()
    while _BLANK not in received:
        data = connection.recv(CHUNK)
        if not data:
            raise Refused("the engine hung up")
        received += data
    head, _, rest = bytes(received).partition(_BLANK)
    if int(head.split(None, 2)[1]) < 400:
        return rest
    while data := connection.recv(CHUNK):
        rest += data
    try:
        raise Refused(json.loads(rest)["message"])
    except (ValueError, KeyError, TypeError):
        raise Refused(rest.decode("utf-8", "replace").strip() or "no reason given") from None
