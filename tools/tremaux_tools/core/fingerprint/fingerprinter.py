"""Name a failure from what a program wrote, as it is written."""

from dataclasses import dataclass

from tremaux_tools.core.fingerprint.facts import Fact, name
from tremaux_tools.core.fingerprint.kinds import EXIT, OUTPUT, SYMPTOM, TEST
from tremaux_tools.core.fingerprint.lines import LineCutter
from tremaux_tools.core.fingerprint.reader import Reader

MAX_SHOWN = 40  # lines of a signature
MAX_SHOWN_TESTS = 200
NO_OUTPUT = Fact(OUTPUT, "<no telling output>")  # none at all, a bare summary, or only what passed


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of one failed run; all empty when it did not fail."""

    fingerprint: str  #: `tremaux2:` and 16 hexadecimal digits, or ""
    signature: tuple[str, ...] = ()  #: the facts that were hashed, sorted; at most 40, then how many more
    failing_tests: tuple[str, ...] = ()  #: as the runner names them, sorted; at most 200


_NO_FAILURE = Failure("")


class Fingerprinter:
    """Reads a log of any length in bounded memory; how it is split into chunks does not matter."""

    __slots__ = ("_cutter", "_reader")

    def __init__(self) -> None:
        self._cutter = LineCutter()
        self._reader = Reader()

    def feed(self, chunk: str) -> None:
        """Read the next part of the log."""
        for block in self._cutter.feed(chunk):
            self._reader.read(block)

    def finish(self, exit_code: int | None = None, *, failed: bool | None = None) -> Failure:
        """Return what failed, after the last chunk.

        `failed` says so for certain, for example because a person did; without it the exit code decides,
        and without that whether the log speaks of a failure. Even a silent failure has a fingerprint.
        """
        self._reader.read(self._cutter.finish())
        if not self._has_failed(exit_code, failed):
            return _NO_FAILURE
        facts = self._reader.facts()
        if all(fact.kind in (OUTPUT, SYMPTOM) for fact in facts):
            facts = sorted([*(facts or [NO_OUTPUT]), *([Fact(EXIT, str(exit_code))] if exit_code else [])])
        return Failure(name(facts), _shown(facts), tuple(f.text for f in facts if f.kind == TEST)[:MAX_SHOWN_TESTS])

    def _has_failed(self, exit_code: int | None, failed: bool | None) -> bool:
        if failed is not None:
            return failed
        return self._reader.evidence if exit_code is None else exit_code != 0


def _shown(facts: list[Fact]) -> tuple[str, ...]:
    lines = tuple(str(fact) for fact in facts[:MAX_SHOWN])
    return lines if len(facts) <= MAX_SHOWN else (*lines, f"... and {len(facts) - MAX_SHOWN} more")


def explain_failure(text: str, exit_code: int | None = None, *, failed: bool | None = None) -> Failure:
    """Return the name of a failure with the facts that it stands for; see `Fingerprinter.finish`."""
    fingerprinter = Fingerprinter()
    fingerprinter.feed(text)
    return fingerprinter.finish(exit_code, failed=failed)


def fingerprint_of(text: str, exit_code: int | None = None, *, failed: bool | None = None) -> str:
    """Return a name for the failure that a log tells of, "" when it did not fail.

    The same bug has the same name whatever the line numbers, directories, times, order of tests and colours
    of the run; another bug has another one. Never raises; linear in the length of the text.
    """
    return explain_failure(text, exit_code, failed=failed).fingerprint
