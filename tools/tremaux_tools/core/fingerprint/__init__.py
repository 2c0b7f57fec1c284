"""Give a failure a stable name, from nothing but what the program wrote.

Text is cut into lines (`lines`) and cleaned, rules say what a line states (`rule`, `rules`, `reader`),
volatile tokens are hidden (`masks`, `paths`), and the sorted set of facts (`facts`) is hashed.
"""

from tremaux_tools.core.fingerprint.facts import ALGORITHM
from tremaux_tools.core.fingerprint.fingerprinter import (
    Failure,
    Fingerprinter,
    explain_failure,
    fingerprint_of,
)

__all__ = ["ALGORITHM", "Failure", "Fingerprinter", "explain_failure", "fingerprint_of"]
