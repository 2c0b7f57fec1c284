"""What the words of several commands have in common: numbers within bounds, and options that mean the same."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAX_NUMBER = 2**31 - 1  # the tools take no larger one


def number(text: str) -> int:
    """A whole number as the tools take it."""
    if not 0 <= (value := int(text)) <= MAX_NUMBER:
        raise ValueError
    return value


def exit_code(text: str) -> int:
    """An exit code as the tools take it; negative for a signal."""
    if abs(value := int(text)) > MAX_NUMBER:
        raise ValueError
    return value


def amount(text: str) -> float:
    """A finite number from 0."""
    if not 0 <= (value := float(text)) <= MAX_NUMBER:
        raise ValueError
    return value


def within(low: float, high: float, kind: Callable[[str], float]) -> Callable[[str], float]:
    """A number from `low` to `high`."""

    def read(text: str) -> float:
        try:
            if low <= (value := kind(text)) <= high:
                return value
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {low:.10g} to {high:.10g}")

    return read


def add_goal(parser: argparse.ArgumentParser, **default: Any) -> None:
    """Add `--goal`; `default` is the default, if not "default"."""
    parser.add_argument("--goal", **{"default": "default"} | default, help="what the attempts are for")


def add_project(parser: argparse.ArgumentParser) -> None:
    """Add `--project`."""
    parser.add_argument("--project", type=Path, metavar="DIR", help="a directory inside the project")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print the same object as the tool")
