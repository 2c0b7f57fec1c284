"""Take secrets out of text before it is stored or shown; what was taken cannot be had back.

A secret is known by its own shape (`tokens`), by what stands beside it (`contexts`), by the marks around it (`keys`),
or because it is the value of an environment variable whose name says so (`environment`).
"""

from tremaux_tools.core.redact.edits import MASK
from tremaux_tools.core.redact.environment import secret_values
from tremaux_tools.core.redact.redactor import PUBLISHED, Redacted, Redactor, Sieve, redact

__all__ = ["MASK", "PUBLISHED", "Redacted", "Redactor", "Sieve", "redact", "secret_values"]
