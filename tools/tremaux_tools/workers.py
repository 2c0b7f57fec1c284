"""Which workers there are: built-in profiles and a project's own, and whether they can run here."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.tickets.profile import COMMAND, Profile
from tremaux_tools.core.tickets.profiles import SHELL, ProjectWorkers
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket
from tremaux_tools.errors import BadArgument, NotAllowed, PlaceUnavailable, TremauxError
from tremaux_tools.git import Project
from tremaux_tools.place import Place
from tremaux_tools.trust import Trust, trust_path


class Workers:
    """The worker profiles of all projects. `settings_of` reads what the project rooted at a directory says of them."""

    def __init__(
        self,
        trust: Trust,
        *,
        settings_of: Callable[[Path], ProjectWorkers],
        places: Mapping[str, Place],
        environment: Mapping[str, str],
    ) -> None:
        self._trust = trust
        self._settings_of = settings_of
        self._places = places
        self._environment = environment
        self._known: dict[tuple[str, str], Profile] = {}

    async def profile(self, project: Project, name: str) -> Profile:
        """A profile by its name, a project's own before a built-in one.

        Raises:
            BadArgument: there is none of that name.
            NotAllowed: it is the project's own, and nobody trusts its settings file as it is now.
        """
        settings = await anyio.to_thread.run_sync(self._settings_of, project.root)
        found = settings.profile(name)
        if found is None:
            raise BadArgument(f"there is no worker {name[:40]!r}", f"Use one of {', '.join(settings.names)}.")
        if name in settings.profiles:
            path = await anyio.to_thread.run_sync(trust_path, project)
            if not await self._trust.has(path, settings.digest):
                raise NotAllowed(f"the worker {name!r} of {path} needs a person's consent")
        self._known[project.name, name] = found
        return found

    async def names(self, project: Project) -> Sequence[str]:
        """The names of all profiles, in order."""
        return (await anyio.to_thread.run_sync(self._settings_of, project.root)).names

    async def profile_of(self, ticket: Ticket) -> Profile | None:
        """The profile of a ticket that has run: as it was last, where it is trusted no more; None: not known."""
        with suppress(TremauxError):
            return await self.profile(await git.find_project(Path(ticket.root)), ticket.runner)
        return self._known.get((ticket.project, ticket.runner))

    async def check(self, project: Project, new: Iterable[NewTicket]) -> None:
        """Do nothing where all these tickets can run here.

        Raises:
            BadArgument: a worker is unknown, takes no command, needs one, or its program is not installed.
            NotAllowed: nobody trusts the settings that name it.
            PlaceUnavailable: a place cannot be used.
            UnknownItem: there is no such image.
        """
        kinds = dict.fromkeys((each.runner, each.place, each.image, each.command is not None) for each in new)
        for runner, place, image, has_command in kinds:
            profile = await self.profile(project, runner or SHELL)
            _check_command(profile, is_named=runner is not None, has_command=has_command)
            if profile.prompt == "typed" and place == "process":
                raise BadArgument(
                    f"the worker {profile.name!r} is typed to, and place 'process' has no terminal", "Use place 'tmux'."
                )
            if place not in self._places:
                raise PlaceUnavailable(f"no {place} is configured", f"Use one of {', '.join(self._places)}.")
            await self._places[place].check(image=image)
            if place != "docker":
                await self._check_program(profile)

    async def _check_program(self, profile: Profile) -> None:
        program = profile.argv[0]
        path = self._environment.get("PATH")
        if program != COMMAND and await anyio.to_thread.run_sync(lambda: shutil.which(program, path=path)) is None:
            raise BadArgument(
                f"the worker {profile.name!r} needs the program {program!r}, which is not installed",
                "Install it, or name another runner.",
            )


def _check_command(profile: Profile, *, is_named: bool, has_command: bool) -> None:
    """Refuse a command that would go nowhere, and a worker that was named for a command and has none."""
    takes_command = COMMAND in profile.argv
    if has_command and not takes_command:
        raise BadArgument(
            f"the worker {profile.name!r} takes no command",
            "Give one of both: a runner does what the description says.",
        )
    if is_named and takes_command and not has_command:
        raise BadArgument(f"the worker {profile.name!r} needs a command", "Give the command, or another runner.")
