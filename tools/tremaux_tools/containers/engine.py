"""A container engine: make, find and remove containers, and start programs in them."""

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import anyio
import anyio.to_thread

from tremaux_tools.containers import confinement
from tremaux_tools.containers.address import find_address
from tremaux_tools.containers.failures import translated
from tremaux_tools.containers.stream import ExecStream, take_socket, wrap
from tremaux_tools.core.terminal.values import Limits
from tremaux_tools.errors import BadArgument, PlaceUnavailable, UnknownItem

if TYPE_CHECKING:
    from docker import APIClient
    from docker.types import Mount

CALL_TIMEOUT = 20  # seconds for one answer of the engine; starting a container on a busy machine takes some of it
THREADS = 4  # calls under way at once; the SDK blocks a thread for each
_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_IMAGE = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w./:@-]{0,254}", re.ASCII)
_NOT_READY = {
    "paused": "Let it go on: `docker unpause {name}`.",
    "exited": "Start it: `docker start {name}`.",
    "created": "Start it: `docker start {name}`.",
}

Status = Literal["running", "paused", "exited", "gone"]
_STATUS: Mapping[str, Status] = {"running": "running", "paused": "paused"}  # any other: no program runs in it

# What engines say when init found no shell and ended, or when the image does not know the user or bars it.
_SIGNALLED = 128  # plus the number of the signal: the exit code of what was killed
_NOT_STARTED = 127  # as shells tell it
_NOT_FOUND = 404
_PROBES = 2  # a container that is killed while it starts fails in ways that no message tells apart
_ENDING = 5  # seconds for a container to be known to have ended once nothing can be started in it
_NO_SHELL = ("is not running", "executable file not found", "permission denied", "no such file", "unable to find user")

A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Container:
    """A container as the engine describes it."""

    id: str  #: 64 hex digits
    name: str
    running: bool
    user: str  #: who programs run as unless told otherwise; empty: root
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a container of ours has of this host, beside its image. Paths are the same inside."""

    name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None  #: where programs start; None: as the image says
    writable: Sequence[str] = ()  #: paths
    readable: Sequence[str] = ()  #: paths, each mounted over a writable one above it


@dataclass(frozen=True, slots=True)
class ContainerState:
    """How a container stands."""

    status: Status
    exit_code: int | None  #: of its main process; None while that runs or when the container is gone


class Engine:
    """A container engine, connected to at the first call.

    Every method raises `PlaceUnavailable` when the engine is missing or does not answer within `CALL_TIMEOUT`.
    Cancelling waits for the call under way, so nothing half made is left behind.
    """

    def __init__(self, address: str | None = None) -> None:
        self._given = address
        self._address = ""
        self._client: APIClient | None = None
        self._connecting = anyio.Lock()
        self._limiter: anyio.CapacityLimiter | None = None

    async def address(self) -> str:
        """Where the engine is: `unix:///path` or `tcp://host:port`."""
        await self._connected()
        return self._address

    async def version(self) -> str:
        """The engine's own version."""
        told = await self._call(lambda client: client.version(), "engine")
        return str(told["Version"])

    async def container(self, name: str) -> Container:
        """The running container with this name or id.

        Raises:
            UnknownItem: the engine has none of this name.
            PlaceUnavailable: it is stopped or paused.
        """
        if not _CONTAINER.fullmatch(name):
            raise BadArgument(f"{name[:64]!r} cannot be a container's name", "Take one from `docker ps`.")
        found = await self._call(lambda client: client.inspect_container(name), f"container {name!r}")
        status = found["State"]["Status"]
        if status != "running":
            raise PlaceUnavailable(
                f"the container {name!r} is {status}",
                _NOT_READY.get(status, "Wait for it, or name another one.").format(name=name),
            )
        return _described(found)

    async def is_rootless(self) -> bool:
        """Whether the engine runs as our user: then root in its containers is that user outside."""
        told = await self._call(lambda client: client.info(), "engine")
        return "name=rootless" in (told.get("SecurityOptions") or ())

    async def cores(self) -> int:
        """How many cores the engine's machine has."""
        told = await self._call(lambda client: client.info(), "engine")
        return int(told["NCPU"])

    async def image(self, image: str) -> Mapping[str, Any]:
        """How an image is configured. Images are never fetched.

        Raises:
            UnknownItem: the engine does not have it.
        """
        if not _IMAGE.fullmatch(image):
            raise BadArgument(f"{image[:64]!r} cannot be an image's name", "Take one from `docker images`.")
        found = await self._call(lambda client: client.inspect_image(image), f"image {image!r}")  # type: ignore[no-untyped-call]
        return found.get("Config") or {}

    async def create(
        self, image: str, limits: Limits, *, user: str | None, owner: str, outfit: Outfit = Outfit()
    ) -> Container:
        """Make and start a container that only waits, confined to `limits`, labelled as `owner`'s.

        It runs as `user`, else as the image's own user, else as 1000:1000, or as root where that one cannot start
        a shell. A failed or cancelled call leaves no container.

        Raises:
            UnknownItem: the engine does not have the image.
            BadArgument: the image has no shell, the user cannot start one, or the engine refuses the limits.
            PlaceUnavailable: there is a container of the outfit's name.
        """
        config = await self.image(image)
        for candidate in confinement.candidates(user, config.get("User") or ""):
            environment = {**confinement.environment(candidate, config.get("Env") or []), **outfit.environment}
            dressed = replace(outfit, environment=environment, labels={confinement.OWNER: owner, **outfit.labels})
            for _ in range(_PROBES):
                if made := await self._start(image, limits, candidate, dressed):
                    return made
        raise confinement.without_shell(image, user)

    async def _start(self, image: str, limits: Limits, user: str, outfit: Outfit) -> Container | None:
        """Make and start a container; None when this user cannot start a shell in it."""

        def create(client: "APIClient") -> str:
            made = client.create_container(
                image,
                name=outfit.name,
                entrypoint=confinement.SLEEP,
                command=[],
                user=user,
                stdin_open=True,
                working_dir=outfit.cwd,
                environment=dict(outfit.environment),
                labels=dict(outfit.labels),
                host_config=client.create_host_config(**confinement.host_options(limits), mounts=_mounts(outfit)),
            )
            return str(made["Id"])

        identity = await self._call(create, f"image {image!r}")
        made = None
        try:
            if await self._call(lambda client: _start_and_probe(client, identity), f"image {image!r}"):
                made = await self.container(identity)
        except UnknownItem as error:
            raise _killed() from error
        finally:
            if made is None:
                with anyio.CancelScope(shield=True):
                    await self.remove(identity)
        return made

    async def remove(self, identity: str) -> None:
        """Remove a container and everything that runs in it; no error where there is none."""
        from docker.errors import APIError  # noqa: PLC0415

        def remove(client: "APIClient") -> None:
            try:
                client.remove_container(identity, force=True, v=True)
            except APIError as error:
                if "already in progress" not in str(error.explanation):  # somebody else removes it
                    raise

        with suppress(UnknownItem):
            await self._call(remove, f"container {identity!r}")

    async def state(self, identity: str) -> ContainerState:
        """How a container stands."""
        try:
            found = await self._call(lambda client: client.inspect_container(identity), f"container {identity!r}")
        except UnknownItem:
            return ContainerState("gone", None)
        status = _STATUS.get(found["State"]["Status"], "exited")
        return ContainerState(status, found["State"]["ExitCode"] if status == "exited" else None)

    async def owned(self, owner: str) -> list[Container]:
        """The containers made for `owner`, those that stopped too."""
        from docker.errors import NotFound  # noqa: PLC0415

        label = f"{confinement.OWNER}={owner}"

        def find(client: "APIClient") -> list[Container]:
            found = []
            for each in client.containers(all=True, filters={"label": label}):
                with suppress(NotFound):  # removed since
                    found.append(_described(client.inspect_container(each["Id"])))
            return found

        return await self._call(find, "containers")

    async def open_stream(
        self,
        identity: str,
        argv: Sequence[str],
        *,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
        tty: bool = False,
        size: tuple[int, int] | None = None,
    ) -> ExecStream:
        """Start a program in a running container and reach its input and output.

        `size` is its terminal's, in columns and rows.

        Raises:
            UnknownItem: there is no such container.
            PlaceUnavailable: it is stopped or paused.
        """

        def start(client: "APIClient") -> tuple[str, Any]:
            made = client.exec_create(
                identity, list(argv), stdin=True, tty=tty, user=user or "", environment=dict(environment or {})
            )
            return made["Id"], take_socket(client.exec_start(made["Id"], tty=tty, socket=True))

        program, (taken, early) = await self._call(start, f"container {identity[:12]!r}")
        stream = await wrap(taken, early, _Program(self, program), tty=tty)
        try:
            if size:
                await stream.resize(*size)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await stream.aclose()
            raise
        return stream

    async def aclose(self) -> None:
        """Close the connections to the engine; containers and their programs go on."""
        if self._client is not None:
            client, self._client = self._client, None
            await anyio.to_thread.run_sync(client.close)

    async def _call(self, ask: "Callable[[APIClient], T]", what: str) -> T:
        """Ask the engine about `what` in a thread of our own pool."""
        client = await self._connected()
        return await self._in_thread(ask, client, what)

    async def _connected(self) -> "APIClient":
        async with self._connecting:
            if self._client is None:
                self._address = await self._in_thread(find_address, self._given, "engine")
                self._client = await self._in_thread(_connect, self._address, "engine")
            return self._client

    async def _in_thread(self, function: "Callable[[A], T]", argument: "A", what: str) -> T:
        def run() -> T:
            with translated(what):
                return function(argument)

        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(run, limiter=self._limiter)


class _Program:
    """A program that was started in a container."""

    def __init__(self, engine: Engine, identity: str) -> None:
        self._engine = engine
        self._id = identity

    async def resize(self, width: int, height: int) -> None:
        with suppress(UnknownItem, PlaceUnavailable, BadArgument):  # it has ended; the stream says so
            await self._engine._call(lambda client: client.exec_resize(self._id, height, width), "program")  # noqa: SLF001

    async def exit_code(self) -> int | None:
        try:
            found = await self._engine._call(lambda client: client.exec_inspect(self._id), "program")  # noqa: SLF001
        except UnknownItem:
            return None
        code = found["ExitCode"]
        return None if found["Running"] or code is None else int(code)


def _described(found: Mapping[str, Any]) -> Container:
    """What the engine's long description says."""
    return Container(
        id=found["Id"],
        name=found["Name"].lstrip("/"),
        running=found["State"]["Status"] == "running",
        user=found["Config"]["User"],
        labels=found["Config"]["Labels"] or {},
    )


def _mounts(outfit: Outfit) -> "list[Mount]":
    from docker.types import Mount  # noqa: PLC0415

    paths = [*((path, False) for path in outfit.writable), *((path, True) for path in outfit.readable)]
    return [Mount(path, path, type="bind", read_only=read_only) for path, read_only in paths]


def _connect(address: str) -> "APIClient":
    from docker import APIClient  # noqa: PLC0415 - a third of a second; only who uses containers pays it

    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as trial:  # the SDK would leave its socket open where nobody answers
            trial.settimeout(CALL_TIMEOUT)
            trial.connect(address.removeprefix("unix://"))
    return APIClient(base_url=address, version="auto", timeout=CALL_TIMEOUT)


def _start_and_probe(client: "APIClient", identity: str) -> bool:
    """Start a container; whether its user can start a shell there.

    Raises:
        PlaceUnavailable: it was killed meanwhile, which tells nothing of its user.
    """
    from docker.errors import APIError  # noqa: PLC0415

    try:
        client.start(identity)
    except APIError as error:
        if any(sign in str(error.explanation) for sign in _NO_SHELL):
            return False
        raise
    try:
        program = client.exec_create(identity, confinement.PROBE)["Id"]
        client.exec_start(program)
        exit_code = client.exec_inspect(program)["ExitCode"]
    except APIError as error:  # also for an exec that went with its container
        if error.status_code != _NOT_FOUND and not any(sign in str(error.explanation) for sign in _NO_SHELL):
            raise
        exit_code = _exit_code(client, identity)
    if exit_code is None or exit_code > _SIGNALLED:
        raise _killed()
    return bool(exit_code == 0)


def _killed() -> PlaceUnavailable:
    return PlaceUnavailable("the container was killed while it was made", "Try again.")


def _exit_code(client: "APIClient", identity: str) -> int | None:
    """How a container ended in which nothing can be started; None where it is gone."""
    from docker.errors import NotFound  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    try:
        return int(client.wait(identity, timeout=_ENDING)["StatusCode"])
    except NotFound:
        return None
    except RequestException:  # it runs, and yet takes no shell
        return _NOT_STARTED
