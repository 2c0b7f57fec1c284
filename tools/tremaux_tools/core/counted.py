"""Say how many there are of something."""


def counted(number: int, noun: str) -> str:
    """The number with its noun: `1 file`, `2 files`, `0 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
