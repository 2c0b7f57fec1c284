"""Why a report is not read."""


class Unreadable(Exception):
    """A report, but not one to be read; its text says why, as the end of a sentence."""
