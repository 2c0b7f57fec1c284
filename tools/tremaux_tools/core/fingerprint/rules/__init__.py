"""What lines of logs state, one module for each family of facts."""

from tremaux_tools.core.fingerprint.rule import Rule
from tremaux_tools.core.fingerprint.rules.aftermaths import AFTERMATHS
from tremaux_tools.core.fingerprint.rules.commands import COMMANDS
from tremaux_tools.core.fingerprint.rules.comparisons import COMPARISONS, SENTENCES
from tremaux_tools.core.fingerprint.rules.crashes import CRASHES
from tremaux_tools.core.fingerprint.rules.diagnostics import DIAGNOSTICS
from tremaux_tools.core.fingerprint.rules.exceptions import EXCEPTIONS
from tremaux_tools.core.fingerprint.rules.frames import FRAMES
from tremaux_tools.core.fingerprint.rules.tests import TESTS

# The first rule that reads a line wins, so the families stand from the particular to the general.
RULES: tuple[Rule, ...] = (
    *AFTERMATHS,
    *TESTS,
    *FRAMES,
    *EXCEPTIONS,
    *CRASHES,
    *COMPARISONS,
    *COMMANDS,
    *DIAGNOSTICS,
    *SENTENCES,
)
