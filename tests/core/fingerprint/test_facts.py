"""A set of facts: bounded, and the same in any order."""

import random

from tremaux_tools.core.fingerprint.facts import MAX_FACTS, FactSet, name


def test_of_too_many_facts_the_same_stay_in_any_order() -> None:
    numbers = list(range(5 * MAX_FACTS))
    forward, shuffled = FactSet(), FactSet()
    for number in numbers:
        forward.add("test", f"test_{number}")
    random.Random(7).shuffle(numbers)
    for number in numbers:
        shuffled.add("test", f"test_{number}")

    assert len(forward.sorted()) == MAX_FACTS
    assert forward.sorted() == shuffled.sorted()


def test_a_fingerprint_carries_its_algorithm() -> None:
    algorithm, _, digits = name([]).partition(":")

    assert algorithm == "tremaux2"
    assert len(digits) == 16
    assert int(digits, 16) >= 0
