"""Find the container engine that a person would reach with `docker`."""

import os
from pathlib import Path
from typing import Any

from tremaux_tools.errors import PlaceUnavailable

DEFAULT_SOCKET = Path("/var/run/docker.sock")
ROOTLESS_SOCKET = "docker.sock"  # in XDG_RUNTIME_DIR
GET_ONE = (
    "Install one (`apt install docker.io`), start it, or name a running one: DOCKER_HOST=unix:///path/to/docker.sock."
)
FORWARD = "Forward its socket, `ssh -NL /tmp/engine.sock:/var/run/docker.sock HOST`, and set DOCKER_HOST=unix:///tmp/engine.sock."
OTHER_CONTEXT = "Choose another (`docker context use default`), or name the engine in DOCKER_HOST."
CARRIED = ("unix://", "tcp://", "http://")  # what the event loop can read from without a helper in between


def find_address(given: str | None) -> str:
    """The engine's address: as given, as DOCKER_HOST or docker's current context say, else a usual socket.

    Raises:
        PlaceUnavailable: there is none, or it is reached through TLS or ssh.
    """
    address = given or os.environ.get("DOCKER_HOST") or _from_context() or _usual()
    is_encrypted = os.environ.get("DOCKER_TLS_VERIFY") and not address.startswith("unix://")
    if is_encrypted or not address.startswith(CARRIED):
        raise _not_carried(address)
    return address


def _not_carried(address: str) -> PlaceUnavailable:
    return PlaceUnavailable(f"terminals cannot be carried over TLS or ssh, as the engine at {address!r} asks", FORWARD)


def _from_context() -> str | None:
    """What docker's current context says; None for its default one."""
    from docker.context import ContextAPI  # noqa: PLC0415

    try:
        context: Any = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT"))
    except Exception as error:  # the SDK raises just that where a file is damaged
        raise PlaceUnavailable(f"docker's current context cannot be read: {error}", OTHER_CONTEXT) from error
    if context is None:
        raise PlaceUnavailable("docker's current context does not exist", OTHER_CONTEXT)
    if context.name == "default":
        return None
    if context.TLSConfig:
        raise _not_carried(context.Host)
    return str(context.Host)


def _usual() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    sockets = [DEFAULT_SOCKET, *([Path(runtime, ROOTLESS_SOCKET)] if runtime else [])]
    for path in sockets:
        if path.exists():
            return f"unix://{path}"
    raise PlaceUnavailable("no container engine runs here", GET_ONE)
