"""Remember what learnings are and whose, as long as the index does not change: each answer asks it of forty."""

from collections.abc import Mapping, Sequence

from tremaux_tools.store import learnings
from tremaux_tools.store.connection import Connection

MAX_KNOWN = 100_000  # learnings remembered, about 16 MB


class Kinds:
    """The kinds of the learnings in one file. One that is forgotten or retired has no document any more."""

    def __init__(self) -> None:
        self._version = b""
        self._known: dict[int, tuple[str, int]] = {}

    async def of(
        self, connection: Connection, entity_ids: Sequence[int], *, version: bytes
    ) -> Mapping[int, tuple[str, int]]:
        """The kind and the project's id of learnings, of these and maybe of others; 0 is no project.

        `version` is that of the index, which the connection must read.
        """
        if version != self._version or len(self._known) > MAX_KNOWN:
            self._version, self._known = version, {}
        if new := [entity_id for entity_id in entity_ids if entity_id not in self._known]:
            self._known |= await learnings.kinds(connection, new)
        return self._known
