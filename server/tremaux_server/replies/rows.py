"""Answers in rows: what names a thing comes whole, as callers hand it back; what tells of it may be cut."""

from abc import ABC
from typing import Any, ClassVar

from tremaux_server.replies.base import ROOM_FOR_NAMES, Reply
from tremaux_server.shape import MAX_STRUCTURED, fit_texts

ROOM = MAX_STRUCTURED - ROOM_FOR_NAMES  # characters


class RowsReply(Reply, ABC):
    """An answer in rows."""

    texts: ClassVar[frozenset[str]]  #: fields that may be cut

    def structured(self) -> dict[str, Any]:
        """The answer as a JSON object with every name whole, shortened to what clients pass on."""
        whole = self.model_dump(mode="json")
        del whole["shortened"]  # comes last
        small = fit_texts(whole, self.texts, ROOM, at_most=self.at_most())
        return small | {"shortened": [name for name, value in whole.items() if small[name] != value]}

    def at_most(self) -> int:
        """The characters from which on rows are left out."""
        return ROOM
