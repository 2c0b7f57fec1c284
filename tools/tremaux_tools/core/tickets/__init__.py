"""Tickets: work handed over as a graph, and the rules by which it is run."""
