"""Hold what was learnt of a failure as a set, and name that set.

A set has no order, so a run that fails the same tests in another order has the same name.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

ALGORITHM = "tremaux2"  # part of every fingerprint; a change of any rule or mask needs a new one
MAX_FACTS = 1000  # of one failure; more say nothing new and would not be read
MAX_FACT = 400  # characters of one fact
_DIGITS = 16  # of the fingerprint: 64 bits, so a million failures collide with a chance of 3 in 10^8


class Fact(NamedTuple):
    """One thing that a log states about a failure, for example `exception` and `KeyError: 'name'`."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def _weight(fact: Fact) -> bytes:
    return hashlib.blake2b(str(fact).encode("utf-8", "replace"), digest_size=8).digest()


class FactSet:
    """A bounded set of facts that does not depend on the order in which they came.

    Of too many facts those with the smallest hash stay: the bottom-k sample of a stream.
    Source: Broder 1997, On the resemblance and containment of documents, doi:10.1109/SEQUEN.1997.666900.
    """

    __slots__ = ("_facts",)

    def __init__(self) -> None:
        self._facts: set[Fact] = set()

    def add(self, kind: str, text: str) -> None:
        """Add one fact; a long one keeps its beginning."""
        self._facts.add(Fact(kind, text[:MAX_FACT]))
        if len(self._facts) >= 2 * MAX_FACTS:
            self._thin_out()

    def _thin_out(self) -> None:
        self._facts = set(sorted(self._facts, key=_weight)[:MAX_FACTS])

    def __len__(self) -> int:
        return len(self._facts)

    def sorted(self) -> list[Fact]:
        """Return the facts in the order in which they are hashed and shown."""
        if len(self._facts) > MAX_FACTS:
            self._thin_out()
        return sorted(self._facts)


def name(facts: Iterable[Fact]) -> str:
    """Return the fingerprint of sorted facts: the algorithm, a colon and 16 hexadecimal digits."""
    digest = hashlib.sha256(ALGORITHM.encode())
    for fact in facts:
        digest.update(b"\n" + str(fact).encode("utf-8", "replace"))
    return f"{ALGORITHM}:{digest.hexdigest()[:_DIGITS]}"
