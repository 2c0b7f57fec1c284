"""Tell what a program printed from the echo of what was typed."""


def without_echo(text: str, typed: str) -> str:
    """Leave out the lines of `typed` where `text` begins with them, as an echo does.

    A later line of an echo may follow a prompt of its own (`> `). An echo that has come in part is left out too.
    """
    rest = text
    for number, line in enumerate(typed.split("\n")):
        shown, newline, after = rest.partition("\n")
        echo = shown.rstrip()
        whole = echo == line.rstrip() if number == 0 else echo.endswith(line.rstrip())
        if not whole:
            partial = not newline and line.startswith(shown)
            return "" if partial else rest
        rest = after
    return rest
