"""How busy a machine is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MachineLoad:
    """How busy the machine was, in percent of what this process may use of it."""

    cpu_percent: float  #: of all cores, since the look before
    memory_percent: float


def percent(part: float, whole: float) -> float:
    """A part of a whole in percent, from 0 to 100; 0 of nothing."""
    return min(max(100.0 * part / whole, 0.0), 100.0) if whole > 0 else 0.0
