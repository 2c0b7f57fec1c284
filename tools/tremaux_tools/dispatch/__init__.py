"""Dispatch: run the tickets that are ready, see each run to its end, and lose none, whichever process dies."""

from tremaux_tools.dispatch.dispatcher import Dispatcher
from tremaux_tools.dispatch.pool import Pool

__all__ = ["Dispatcher", "Pool"]
