"""A person's own tmux sessions, as far as the person allowed them: reading and writing apart."""

from collections.abc import Sequence
from pathlib import Path

from tremaux_tools.core.terminal.records import TerminalRecord
from tremaux_tools.core.terminal.values import ForeignSession
from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.tmux.sessions import FoundSession, find_sessions

ALLOW = "The person allows sessions with TREMAUX_ALLOW_FOREIGN_SESSIONS=SOCKET:SESSION[:rw]."


class ForeignSessions:
    """What the rules allow; a target is written `SOCKET:SESSION`."""

    def __init__(self, rules: Sequence[ForeignSession], folder: Path) -> None:
        """`folder` holds the sockets of this user's tmux servers."""
        self._rules = rules
        self._folder = folder

    async def list_sessions(self) -> list[TerminalRecord]:
        """The sessions that may be read and run now."""
        return [_record(each) for each in await find_sessions(self._rules, self._folder)]

    async def find(self, target: str) -> TerminalRecord:
        """The session that `target` names.

        Raises:
            UnknownItem: it does not run, or nobody allowed it; which of the two is not told.
        """
        for record in await self.list_sessions():
            if record.name == target:
                return record
        hint = f"list_sessions names those there are.{f' {ALLOW}' if ':' in target else ''}"
        raise UnknownItem(f"there is no open terminal {target[:80]!r}", hint)

    async def check_write(self, record: TerminalRecord) -> None:
        """Refuse to type into a session that may only be read.

        Raises:
            BadArgument: no rule with `rw` names it.
        """
        rules = [rule for rule in self._rules if rule.write]
        if all(_record(each).name != record.name for each in await find_sessions(rules, self._folder)):
            raise BadArgument(f"session {record.name!r} may be read only", ALLOW)


def is_foreign(record: TerminalRecord) -> bool:
    """Whether a terminal is a person's session, not one of ours."""
    return record.terminal_id == 0


def _record(found: FoundSession) -> TerminalRecord:
    return TerminalRecord(
        terminal_id=0,
        name=f"{found.server}:{found.name}",
        project="",
        place="tmux",
        socket=found.socket,
        session=found.name,
        tmux_inside=False,
        container="",
        user=None,
        directory="",
        made=False,
        command="",
        width=found.width,
        height=found.height,
        opened_at=0.0,
        used_at=0.0,
    )
