"""The learning cycle: look at how work went, change settings, measure what came of it, take back what hurt."""

from tremaux_tools.learning.service import Learning

__all__ = ["Learning"]
