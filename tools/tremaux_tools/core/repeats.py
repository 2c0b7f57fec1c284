"""Tell a message that is new from one that was given just now."""

QUIET = 60.0  # seconds in which the same message is not given again


class Repeats:
    """Remembers the messages of the last minute."""

    def __init__(self) -> None:
        self._given: dict[str, float] = {}

    def is_news(self, message: str, *, at: float) -> bool:
        """Whether a message is to be given at `at`, in seconds of a clock that only goes forward."""
        self._given = {known: given for known, given in self._given.items() if at - given < QUIET}
        return self._given.setdefault(message, at) == at
