"""A program that prints plain text: it tells no usage, and nothing marks where its answer begins."""

from tremaux_tools.core.tickets.blocked import blocked_reason

RESULT_LINES = 40  # the last ones
MAX_LINE_CHARS = 2_000


def result_of(text: str) -> str:
    """The answer within all that a program printed (without control sequences): its last lines.

    Where a worker says that it is blocked, the answer begins there: at the very beginning, behind the last empty
    line, or in the last line. Anywhere else the word is a part of what it reports on.
    """
    lines = [line[:MAX_LINE_CHARS].rstrip() for line in text.strip().split("\n")]
    last = len(lines) - 1
    paragraph = next((at + 1 for at in range(last, -1, -1) if not lines[at]), 0)
    for begin in dict.fromkeys((0, paragraph, last)):
        answer = "\n".join(lines[begin : begin + RESULT_LINES])
        if blocked_reason(answer) is not None:
            return answer
    return "\n".join(lines[-RESULT_LINES:])
