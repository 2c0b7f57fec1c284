"""Read a gate's output once and say everything the journal wants to know of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.evidence import Evidence, weigh
from tremaux_tools.core.fingerprint import Failure, Fingerprinter
from tremaux_tools.core.head_tail import HeadTail
from tremaux_tools.core.observation import Observation, observe
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.stall import StallSettings


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
