"""What one process knows of where its client works. It knows no protocol, so a command need not load one."""

from collections.abc import Iterable
from pathlib import Path

from tremaux_tools.errors import BadArgument

MAX_SHOWN = 200  # characters of a path in a message


class Whereabouts:
    """The directory a call is about: its argument, the settings, the client's first root, the working directory."""

    def __init__(self, configured: Path | None) -> None:
        self._configured = configured
        self._roots: tuple[Path, ...] | None = None

    def needs_roots(self, project: str | None) -> bool:
        """Whether a call that names `project` cannot be placed before the client was asked for its roots."""
        return not project and not self._configured and self._roots is None

    def learn(self, roots: Iterable[Path]) -> None:
        """Take the client's roots; none where it has none to give."""
        self._roots = tuple(roots)

    def directory(self, project: str | None) -> Path:
        """The directory a call is about.

        Raises:
            BadArgument: `project` is no usable path.
        """
        return _named(project) if project else self.current()

    def current(self) -> Path:
        """The directory of what takes no `project`: resources, prompts, completion.

        Raises:
            BadArgument: it was removed while the server ran.
        """
        if self._configured:
            return self._configured
        try:
            return next(iter(self._roots or ()), None) or Path.cwd()
        except FileNotFoundError as error:
            raise BadArgument("the working directory was removed", "Pass project, or start the server anew.") from error


def _named(project: str) -> Path:
    try:
        if "\0" not in project:
            return Path(project).expanduser().absolute()
    except (OSError, RuntimeError):
        pass  # no such user, or no working directory to start from
    raise BadArgument(f"project {project[:MAX_SHOWN]!r} is no path", "Name a directory inside the project.")
