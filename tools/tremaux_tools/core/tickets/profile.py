"""A worker profile: how an agent's program is started, gets its prompt, and tells what it used and found."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

PromptForm = Literal["argument", "file", "stdin", "typed", "none"]
OutputFormat = Literal["text", "claude", "codex", "gemini", "opencode"]

PROMPT, PROMPT_FILE, MODEL, COMMAND = "{prompt}", "{prompt_file}", "{model}", "{command}"  # in command lines
PROMPT_FILE_VARIABLE = "TREMAUX_PROMPT_FILE"  # every worker finds the path of its prompt's file in it

PROMPT_FORMS: tuple[PromptForm, ...] = get_args(PromptForm)
OUTPUT_FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_*][A-Za-z0-9_*]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one kind of worker is run. Parts that do not fit each other raise ValueError with a sentence."""

    name: str
    argv: tuple[str, ...]  #: a word may be `{prompt}` or `{command}`, and hold `{prompt_file}`
    prompt: PromptForm = "stdin"
    model_argv: tuple[str, ...] = ()  #: added at the end where there is a model; holds `{model}`
    ladder: tuple[str, ...] = ()  #: models, the cheapest first; retries climb it
    output: OutputFormat = "text"
    environment: tuple[str, ...] = ()  #: names of variables it needs beside the common ones; `*` stands for any text
    ready: str | None = None  #: a regular expression that shows it can be typed to; None: it has gone quiet

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name[:64]!r} is no name: use up to 64 letters, digits, dots, dashes")
        self._check_words()
        if self.ladder and not self.model_argv:
            raise ValueError(f"there is a ladder, but no model_argv with {MODEL} to name a model by")
        if self.model_argv and not any(MODEL in word for word in self.model_argv):
            raise ValueError(f"model_argv has to hold {MODEL}")
        for variable in self.environment:
            if not _VARIABLE.fullmatch(variable) or not variable.strip("*"):
                raise ValueError(f"environment names no variable with {variable[:64]!r}")
        if self.ready is not None:
            _check_expression(self.ready)

    def _check_words(self) -> None:
        if not self.argv or not self.argv[0]:
            raise ValueError("the command names no program")
        for word in self.argv:
            for mark in (PROMPT, COMMAND):
                # Within `sh -c "agent {prompt}"` a prompt would be run as shell code.
                if mark in word and mark != word:
                    raise ValueError(f"{mark} has to be a word of its own, not a part of {word[:64]!r}")
            if MODEL in word:
                raise ValueError(f"{MODEL} belongs into model_argv, which is left out where there is no model")
        if (PROMPT in self.argv) != (self.prompt == "argument"):
            raise ValueError(f"{PROMPT} is in the command exactly where prompt is 'argument', not {self.prompt!r}")


@dataclass(frozen=True, slots=True)
class Invocation:
    """A worker's command line for one run."""

    argv: tuple[str, ...]
    stdin: bool  #: its standard input is the prompt's file
    typed: str | None  #: typed into its terminal once it is ready


def _check_expression(text: str) -> None:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"ready is no regular expression: {error}") from error
