"""Read a gate's output once and say everything the journal wants to know of it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.evidence import Evidence, weigh
from tremaux_tools.core.fingerprint import Failure, Fingerprinter
from tremaux_tools.core.observation import Observation, observe
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.stall import StallSettings

KEPT_CHARS = 8 * 1024 * 1024  # characters kept of one output
HEAD_CHARS = KEPT_CHARS // 4  # of them from its head; failures and summaries stand at the end


@dataclass(frozen=True, slots=True)
class Examination:
    """An output cleaned, redacted, cut to its cap, and understood."""

    text: str  #: what is kept
    full_bytes: int  #: UTF-8 size of the whole
    redactions: int  #: secrets taken out of `text`
    evidence: Evidence
    failure: Failure
    observation: Observation


def examine(
    chunks: Iterable[str],
    *,
    claimed: Gate,
    exit_code: int | None,
    action: str,
    settings: StallSettings,
    redactor: Redactor = PUBLISHED,
) -> Examination:
    """Examine an output of any size in bounded memory.

    The fingerprint reads all of it; counts and the stall judgement read what is kept.
    """
    fingerprinter = Fingerprinter()
    sieve = redactor.sieve()  # the fingerprint's own masks would leave parts of a value
    kept = HeadTail()
    for chunk in chunks:
        fingerprinter.feed(sieve.feed(chunk))
        kept.feed(chunk)
    fingerprinter.feed(sieve.finish())
    redacted = redactor.redact(strip_controls(kept.text()))
    evidence = weigh(claimed, redacted.text, exit_code)
    failed = True if evidence.gate == Gate.FAIL else None
    failure = _redacted(fingerprinter.finish(exit_code, failed=failed), redactor)
    return Examination(
        text=redacted.text,
        full_bytes=kept.full_bytes,
        redactions=redacted.count,
        evidence=evidence,
        failure=Failure("", (), ()) if evidence.gate == Gate.PASS else failure,
        observation=observe(
            redacted.text,
            action=action,
            exit_code=exit_code,
            ignore_patterns=settings.ignore_patterns,
            metric_pattern=settings.metric_pattern,
            metric_better=settings.metric_better,
        ),
    )


def explain_chunks(chunks: Iterable[str], exit_code: int | None, redactor: Redactor = PUBLISHED) -> Failure:
    """Name the failure in an output of any size; without one where it shows none."""
    fingerprinter = Fingerprinter()
    sieve = redactor.sieve()
    for chunk in chunks:
        fingerprinter.feed(sieve.feed(chunk))
    fingerprinter.feed(sieve.finish())
    return _redacted(fingerprinter.finish(exit_code), redactor)


def _redacted(failure: Failure, redactor: Redactor) -> Failure:
    return Failure(
        failure.fingerprint,
        tuple(redactor.redact(fact).text for fact in failure.signature),
        tuple(redactor.redact(test).text for test in failure.failing_tests),
    )


class HeadTail:
    """The head and the tail of a stream of text, in memory bounded by `KEPT_CHARS` and one chunk."""

    def __init__(self) -> None:
        self.full_bytes = 0
        self._head: list[str] = []
        self._head_chars = 0
        self._tail: deque[str] = deque()
        self._tail_chars = 0
        self._lost = 0

    def feed(self, chunk: str) -> None:
        """Take the next piece."""
        self.full_bytes += len(chunk.encode("utf-8", "replace"))
        room = HEAD_CHARS - self._head_chars
        if room > 0:
            self._head.append(chunk[:room])
            self._head_chars += len(self._head[-1])
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk)
            self._tail_chars += len(chunk)
        self._drop(self._tail_chars - (KEPT_CHARS - HEAD_CHARS))

    def _drop(self, excess: int) -> None:
        """Forget the oldest `excess` characters of the tail."""
        while excess > 0:
            oldest = self._tail.popleft()
            gone = min(excess, len(oldest))
            if gone < len(oldest):
                self._tail.appendleft(oldest[gone:])
            self._tail_chars -= gone
            self._lost += gone
            excess -= gone

    def text(self) -> str:
        """What is kept, with a line that says how much is missing."""
        gap = f"\n[... {self._lost} characters not kept ...]\n" if self._lost else ""
        return "".join(self._head) + gap + "".join(self._tail)
