"""Run a command in a container of its own, in a terminal of tmux.

The container sees the directory it works in and what it may read, under the same paths, and nothing else of this host.
It is removed when the command has ended, so nothing lives on inside; whoever ends or loses sight of the command, its
name and its labels tell what it was for.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from tremaux_tools.core.terminal.values import Limits
from tremaux_tools.core.tickets.profiles import portable
from tremaux_tools.errors import BadArgument, PlaceUnavailable
from tremaux_tools.place import Work
from tremaux_tools.places import family, supervised
from tremaux_tools.places.supervised import Container
from tremaux_tools.places.tmux import GLANCE, Panes, TmuxPlace

if TYPE_CHECKING:
    from tremaux_tools.containers.engine import Engine, Outfit

READING = ("sh", "-c", 'exec "$@" <"$0"')  # the file to read follows, then the command
MAKING = 5.0  # seconds in which a container that somebody else makes shows itself
LEAST_CPUS = 0.01  # cores; an engine refuses less
_ROOT = "0:0"


class DockerPlace(TmuxPlace):
    """Containers of the engine at `address`, or of the one that `docker` would use. They are labelled as `owner`'s."""

    kind = "docker"

    def __init__(
        self,
        folder: Path,
        panes: Callable[[], Panes],
        environment: Mapping[str, str],
        *,
        address: str | None,
        owner: str,
    ) -> None:
        """`environment` is where tmux is found."""
        super().__init__(folder, panes, environment)
        self._address = address
        self._owner = owner
        self._engine: Engine | None = None
        self._user = ""

    async def check(self, *, image: str | None) -> None:
        """Do nothing where work can be submitted.

        Raises:
            PlaceUnavailable: tmux or the engine is missing, or does not answer.
            UnknownItem: there is no such image.
            BadArgument: no image is named.
        """
        await super().check(image=image)
        await (await self._reach()).image(_named(image))

    async def submit(self, work: Work) -> str:
        """Begin a piece of work; submitted twice it begins once. Cancelled, it has begun whole or not at all.

        The engine keeps all its limits, so it returns nothing.
        """
        with anyio.CancelScope(shield=True):
            if not await supervised.has_begun(work.directory):
                await anyio.to_thread.run_sync(supervised.check, work)
                await self._begin(work)
            try:
                await self._check_begun(work)
            except PlaceUnavailable:
                await (await self._reach()).remove(self._name(work.nonce))
                raise
        return ""

    async def stop(self, nonce: str) -> None:
        """End it with all that runs in its container. What had not begun never will."""
        with anyio.CancelScope(shield=True):
            await super().stop(nonce)
            await (await self._reach()).remove(self._name(nonce))

    async def clear(self, nonce: str) -> None:
        """Close the terminal of a piece of work that has ended, and remove its container if it is still there."""
        await (await self._reach()).remove(self._name(nonce))
        await super().clear(nonce)

    async def names(self) -> Sequence[str]:
        """The nonces of the work that may still run here.

        The engine is only asked by a process that has had to do with it: a job leaves its directory as long as it has
        a container, and the engine's package takes long to load.
        """
        found = set(await super().names())
        if self._engine is not None:
            labels = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.confinement")
            owned = await self._engine.owned(self._owner)
            found |= {each.labels[labels.NONCE] for each in owned if labels.NONCE in each.labels}
        return sorted(found)

    async def aclose(self) -> None:
        """Leave the engine; the work goes on."""
        if self._engine is not None:
            await self._engine.aclose()

    async def _begin(self, work: Work) -> None:
        """Make the container, then the terminal from which the command is run in it."""
        engine = await self._reach()
        try:
            made = await engine.create(
                _named(work.image),
                await _limits(engine, work),
                user=self._user,
                owner=self._owner,
                outfit=await self._outfit(work),
            )
        except PlaceUnavailable:
            if not await self._is_elsewhere(engine, work):
                raise
            await self._until_begun(work)
            return
        try:
            bridge = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.bridge")
            address = await engine.address()
            argv = (*READING, str(work.stdin), *work.argv) if work.stdin else work.argv
            words = bridge.command(address, made.id, argv, user=self._user, pid_file="")
            by = replace(work, argv=tuple(words), environment=self._environment, stdin=None)
            if await self._prepare(work, by=by, container=Container(address, made.id)) is not None:
                await self._open(work)
        except BaseException:
            with suppress(PlaceUnavailable):
                await engine.remove(made.id)
            raise

    async def _is_elsewhere(self, engine: "Engine", work: Work) -> bool:
        """Whether somebody else makes the container, or has made it: the work may even be over by now.

        The engine takes a name as soon as it begins to make a container, and knows the container only when it is made.
        """
        with anyio.move_on_after(MAKING):
            while not await supervised.has_begun(work.directory):
                if (await engine.state(self._name(work.nonce))).status != "gone":
                    return True
                await anyio.sleep(GLANCE)
            return True
        return False

    async def _outfit(self, work: Work) -> "Outfit":
        """What the container has of this host."""
        engine = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.engine")
        labels = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.confinement")
        guarded = await anyio.to_thread.run_sync(_guarded, work.cwd)
        made: Outfit = engine.Outfit(
            name=self._name(work.nonce),
            labels={labels.NONCE: work.nonce},
            environment={**portable(work.environment), family.MARK: work.nonce},
            cwd=str(work.cwd),
            writable=[str(work.cwd)],
            readable=[str(path) for path in (*guarded, *work.readable, *([work.stdin] if work.stdin else []))],
        )
        return made

    def _name(self, nonce: str) -> str:
        return f"tremaux-{self._owner}-{nonce}"

    async def _reach(self) -> "Engine":
        """The engine; docker's package is loaded only where a container is asked for."""
        if self._engine is None:
            module = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.engine")
            engine: Engine = module.Engine(self._address)
            self._user = _ROOT if await engine.is_rootless() else f"{os.getuid()}:{os.getgid()}"
            self._engine = engine
        return self._engine


async def _limits(engine: "Engine", work: Work) -> Limits:
    """What the container of a piece of work may use; an engine refuses more cores than its machine has."""
    if work.cpus is None:
        return Limits()
    return Limits(cpus=max(min(work.cpus, await engine.cores()), LEAST_CPUS))


def _guarded(cwd: Path) -> list[Path]:
    """What of a directory stays as it is: its repository names programs that git runs, outside the container.

    Raises:
        BadArgument: it is reached by a link, which can be replaced.
    """
    repository = cwd / ".git"
    if repository.is_symlink():
        raise BadArgument(
            f"{repository} is a link, which a container could replace",
            "Write `gitdir: PATH` into a file of that name instead, see `git init --separate-git-dir`.",
        )
    return [repository] if repository.exists() else []


def _named(image: str | None) -> str:
    if image is None:
        raise BadArgument("place 'docker' needs an image", "Name one that the engine has: `docker images`.")
    return image
