"""Put together the titles of failures that a runner numbers: `  1) Cart`, and under it `       adds up:`."""

import re

_NUMBERED = re.compile(r"(\s*)\d+\) (?!Failure:|Error:)(\S.*)$")
_MAX_PARTS = 8  # levels of nested suites


class Title:
    """A numbered title that may go on in deeper lines, until one that ends with a colon."""

    __slots__ = ("_indent", "parts")

    def __init__(self, indent: int, first: str) -> None:
        self._indent = indent
        self.parts = [first]

    @classmethod
    def begin(cls, line: str) -> "Title | None":
        """Begin a title at a numbered line; None if it is no such line."""
        match = _NUMBERED.match(line)
        return cls(len(match[1]), match[2]) if match else None

    @property
    def ended(self) -> bool:
        """Whether the last part said that the title is complete."""
        return self.parts[-1].endswith(":")

    def goes_on(self, line: str) -> bool:
        """Take one more part; False if the line is not one."""
        part = line.strip()
        if len(line) - len(line.lstrip()) <= self._indent + 2 or len(self.parts) == _MAX_PARTS:
            return False
        self.parts.append(part)
        return True

    def __str__(self) -> str:
        return " > ".join(self.parts).removesuffix(":")
