"""Find the container engine that a person would reach with `docker`."""

import os
from pathlib import Path

from tremaux_tools.errors import PlaceUnavailable

DEFAULT_SOCKET = Path("/var/run/docker.sock")
ROOTLESS_SOCKET = "docker.sock"  # in XDG_RUNTIME_DIR
GET_ONE = (
    "Install one (`apt install docker.io`), start it, or name a running one: DOCKER_HOST=unix:///path/to/docker.sock."
)
FORWARD = "Forward its socket, `ssh -NL /tmp/engine.sock:/var/run/docker.sock HOST`, and set DOCKER_HOST=unix:///tmp/engine.sock."
CARRIED = ("unix://", "tcp://", "http://")  # what the event loop can read from without a helper in between


def find_address(given: str | None) -> str:
    """The engine's address: as given, as DOCKER_HOST or docker's current context say, else a usual socket.

    Raises:
        PlaceUnavailable: there is none, or it is reached through TLS or ssh.
    """
    address = given or os.environ.get("DOCKER_HOST") or _from_context() or _usual()
    if not address.startswith(CARRIED) or (not given and os.environ.get("DOCKER_TLS_VERIFY")):
        raise PlaceUnavailable(f"terminals cannot be carried over the engine's address {address!r}", FORWARD)
    return address


def _from_context() -> str | None:
    """What docker's current context says; None for its default one."""
    from docker.context import ContextAPI  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT"))
    except (DockerException, OSError, ValueError, KeyError):
        return None  # a damaged file of contexts; the usual sockets may still do
    return context.Host if context.name != "default" else None


def _usual() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    sockets = [DEFAULT_SOCKET, *([Path(runtime, ROOTLESS_SOCKET)] if runtime else [])]
    for path in sockets:
        if path.exists():
            return f"unix://{path}"
    raise PlaceUnavailable("no container engine runs here", GET_ONE)
