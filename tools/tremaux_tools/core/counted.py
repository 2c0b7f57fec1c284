"""Say how many there are of something."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """The number with its noun: `1 file`, `2 files`, `0 files`; `plural` where that is not the noun with an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or f'{noun}s'}"
