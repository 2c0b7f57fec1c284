"""Compare texts by what they mean, with a small model where one is installed; the only user of such models."""

from tremaux_tools.semantic.choice import CHOICES, find_model
from tremaux_tools.semantic.model import Embedder, install_line

__all__ = ["CHOICES", "Embedder", "find_model", "install_line"]
