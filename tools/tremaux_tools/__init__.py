"""Tremaux works: attempt memory, failure fingerprints, stall judgement and reports on runs, usable without the server.

The front door is pure, synchronous and free of I/O:

    >>> from tremaux_tools import fingerprint_of
    >>> fingerprint_of("E   KeyError: 'name'", exit_code=1) == fingerprint_of("E   KeyError: 'name'  ", exit_code=2)
    True
"""

TYPE_CHECKING = False  # `typing` takes longer to load than all that a job's supervisor needs

if TYPE_CHECKING:
    from typing import Any

    from tremaux_tools.core.attempt import Attempt, Gate, Metric
    from tremaux_tools.core.fingerprint import Failure, explain_failure, fingerprint_of
    from tremaux_tools.core.observation import Observation, observe
    from tremaux_tools.core.postflight.assessor import assess
    from tremaux_tools.core.postflight.report import Report
    from tremaux_tools.core.stall import StallSettings, Verdict, judge

__all__ = [
    "Attempt",
    "Failure",
    "Gate",
    "Metric",
    "Observation",
    "Report",
    "StallSettings",
    "Verdict",
    "assess",
    "explain_failure",
    "fingerprint_of",
    "judge",
    "observe",
]

_HOMES = {
    "attempt": ("Attempt", "Gate", "Metric"),
    "fingerprint": ("Failure", "explain_failure", "fingerprint_of"),
    "observation": ("Observation", "observe"),
    "postflight.assessor": ("assess",),
    "postflight.report": ("Report",),
    "stall": ("StallSettings", "Verdict", "judge"),
}


def __getattr__(name: str) -> "Any":
    """Load a name of the front door when it is asked for: a server's start must not pay for the rules."""
    from importlib import import_module  # noqa: PLC0415 - as with `typing`

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"tremaux_tools.core.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
