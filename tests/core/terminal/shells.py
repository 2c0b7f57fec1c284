"""Real programs for the tests of terminals, and streams cut into pieces."""

import shutil
from collections.abc import Sequence
from itertools import pairwise

import pytest


def program(name: str) -> str:
    """The path of a program; without it the test is skipped."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def pieces_of(stream: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut a stream at the given offsets."""
    edges = [0, *sorted(cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]
