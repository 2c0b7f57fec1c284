"""What can go wrong in a way the caller can mend.

    TremauxError
    ├── BadArgument        an argument makes no sense; nothing was written
    ├── NotAllowed         a person has not agreed to it; nothing was run
    ├── UnknownItem        a goal, attempt, report ... that was never recorded
    ├── StateError         the database cannot be used
    │   ├── StateNewer       written by a newer Tremaux
    │   ├── StateCorrupt     not a database, or a damaged one
    │   ├── StateLocked      another process holds the write lock too long
    │   ├── StateReadOnly    no permission to write it
    │   └── StateFull        no room left on its disk
    ├── GitError           git refused or is missing
    │   └── GitConflict      branches changed the same lines
    ├── PlaceUnavailable   tmux, a container engine ... is missing or does not answer
    └── TerminalError      a terminal cannot do what was asked
        ├── TerminalGone     it has ended
        └── TerminalBusy     another program or run has it

Each carries one sentence with the fact (its text) and one with the way out (its `hint`). Anything
that is not a `TremauxError` is a bug and stays loud.
"""

from collections.abc import Sequence


class TremauxError(Exception):
    """An expected failure: `str(error)` is the fact, `error.hint` what to do next."""

    hint = ""

    def __init__(self, fact: str, hint: str | None = None) -> None:
        super().__init__(fact)
        if hint is not None:
            self.hint = hint


class BadArgument(TremauxError):
    """An argument makes no sense; nothing was written."""


class NotAllowed(TremauxError):
    """A person has not agreed to it; nothing was run."""

    hint = "A person can agree with `tremaux trust` in the project's directory, after reading its tremaux.toml."


class UnknownItem(TremauxError):
    """The named thing was never recorded."""


class StateError(TremauxError):
    """The database cannot be used; the server stays up and says so at each call."""


class StateNewer(StateError):
    """The database was written by a newer Tremaux."""

    hint = "Upgrade Tremaux, or name another file with TREMAUX_DB."


class StateCorrupt(StateError):
    """The file is no SQLite database, or a damaged one."""

    hint = "Move the file away or restore a copy, or name another file with TREMAUX_DB."


class StateLocked(StateError):
    """Another process kept the write lock for longer than we wait."""

    hint = "Try again; if it lasts, `tremaux doctor` names the file to look at."


class StateReadOnly(StateError):
    """The database or its directory may not be written."""

    hint = "Give this user write permission on it, or name another file with TREMAUX_DB."


class StateFull(StateError):
    """The disk that holds the database has no room left."""

    hint = "Free some space, or prune old outputs with `tremaux doctor --prune`."


class GitError(TremauxError):
    """Git refused, or is not installed."""


class GitConflict(GitError):
    """Branches changed the same lines, so they cannot be merged without a decision."""

    hint = "Let one piece of work come after the other, or merge them by hand."
    MAX_NAMED = 5  # files named in the text

    def __init__(self, branch: str, files: Sequence[str]) -> None:
        more = f" and {len(files) - self.MAX_NAMED} more" if len(files) > self.MAX_NAMED else ""
        super().__init__(f"{branch} conflicts in {', '.join(map(ascii, files[: self.MAX_NAMED]))}{more}")
        self.branch = branch
        self.files = tuple(files)


class PlaceUnavailable(TremauxError):
    """What a terminal should run in is missing, too old or does not answer; all else works on."""


class TerminalError(TremauxError):
    """A terminal cannot do what was asked."""


class TerminalGone(TerminalError):
    """The terminal has ended."""

    hint = "Open a new one with open_session."


class TerminalBusy(TerminalError):
    """Another program or another run has the terminal."""

    hint = "Wait for it, send C-c, or open another terminal."
