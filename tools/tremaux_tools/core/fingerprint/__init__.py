"""Give a failure a stable name, from nothing but what the program wrote.

Text is cleaned and cut into lines (`lines`), rules say what a line states (`rule`, `rules`), volatile tokens are
hidden (`masks`, `paths`), and the sorted set of facts (`facts`) is hashed. No model, no clock, no order.
"""

from tremaux_tools.core.fingerprint.facts import ALGORITHM
from tremaux_tools.core.fingerprint.fingerprinter import (
    Failure,
    Fingerprinter,
    explain_failure,
    fingerprint_of,
)

__all__ = ["ALGORITHM", "Failure", "Fingerprinter", "explain_failure", "fingerprint_of"]
