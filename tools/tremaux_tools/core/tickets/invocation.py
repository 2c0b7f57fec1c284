"""Make of a profile and a prompt the command line of one run."""

from tremaux_tools.core.tickets.profile import (
    COMMAND,
    MODEL,
    PROMPT,
    PROMPT_FILE,
    PROMPT_FILE_VARIABLE,
    Invocation,
    Profile,
)
from tremaux_tools.errors import BadArgument

MAX_WORD_BYTES = 128 * 1024 - 1  # execve(2): MAX_ARG_STRLEN on Linux, less the byte that ends the word


def invocation(
    profile: Profile, *, prompt: str, prompt_file: str, model: str | None, command: str | None
) -> Invocation:
    """The command line for one run; what comes from outside is put in as whole words, never through a shell.

    `prompt_file` is the path of a file that holds the prompt. A `model` is left out where the profile has no way
    to name one.

    Raises:
        BadArgument: a command is missing or has no place, a word is too long for the kernel or holds a NUL byte.
    """
    takes_command = COMMAND in profile.argv
    if takes_command and not command:
        raise BadArgument(
            f"worker {profile.name!r} runs a command, and none is given",
            "Cancel it and hand it over again with a runner or a command, or do it yourself and decide `complete`.",
        )
    if command and not takes_command:
        raise BadArgument(
            f"worker {profile.name!r} takes no command",
            "Leave `command` out, or leave `runner` out to run it in a shell.",
        )
    whole = {PROMPT: prompt, COMMAND: command or ""}
    words = [whole.get(word, word.replace(PROMPT_FILE, prompt_file)) for word in profile.argv]
    if model is not None:
        words += [word.replace(MODEL, model) for word in profile.model_argv]
    for word in words:
        _check(word, profile)
    return Invocation(tuple(words), profile.prompt == "stdin", prompt if profile.prompt == "typed" else None)


def reads_prompt(profile: Profile, command: str | None) -> bool:
    """Whether anybody reads the prompt of a run: a plain command does not, unless it says where it does."""
    if COMMAND not in profile.argv:
        return True
    marks = (PROMPT, PROMPT_FILE, PROMPT_FILE_VARIABLE)
    return any(mark in word for word in (*profile.argv, command or "") for mark in marks)


def _check(word: str, profile: Profile) -> None:
    size = len(word.encode("utf-8", "surrogateescape"))
    if size > MAX_WORD_BYTES:
        raise BadArgument(
            f"a word of {size} bytes is too long for the command line of worker {profile.name!r}",
            'Shorten it, or have the prompt come in with prompt = "stdin" or "file".',
        )
    if "\0" in word:
        raise BadArgument(f"the command line of worker {profile.name!r} would hold a NUL byte", "Remove it.")
