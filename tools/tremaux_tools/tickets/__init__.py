"""The ticket service: hand work over as a graph, look at it, decide about it, wait for it.

It writes what is wanted into the database and runs nothing itself: that is the dispatcher's business, in this process
or another.
"""

from tremaux_tools.tickets.service import Tickets
from tremaux_tools.tickets.values import History, Listed, Merged, Spawned, Waited

__all__ = ["History", "Listed", "Merged", "Spawned", "Tickets", "Waited"]
