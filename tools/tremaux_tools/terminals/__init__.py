"""Terminals that agents open, type into, read and wait for; they outlive the server that opened them."""

from tremaux_tools.terminals.service import Terminals
from tremaux_tools.terminals.waits import Progress

__all__ = ["Progress", "Terminals"]
