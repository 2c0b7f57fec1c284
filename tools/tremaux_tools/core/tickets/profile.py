"""A worker profile: how an agent's program is started, gets its prompt, and tells what it used and found."""

from dataclasses import dataclass
from typing import Literal

PromptForm = Literal["argument", "file", "stdin", "typed", "none"]
OutputFormat = Literal["text", "claude", "codex", "gemini", "opencode"]

PROMPT, PROMPT_FILE, MODEL, COMMAND = "{prompt}", "{prompt_file}", "{model}", "{command}"  # in command lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one kind of worker is run."""

    name: str
    argv: tuple[str, ...]  #: words that may be or hold `{prompt}`, `{prompt_file}`, `{command}`
    prompt: PromptForm = "stdin"
    model_argv: tuple[str, ...] = ()  #: added behind the first word where there is a model; holds `{model}`
    ladder: tuple[str, ...] = ()  #: models, the cheapest first; retries climb it
    output: OutputFormat = "text"
    environment: tuple[str, ...] = ()  #: names of variables it needs beside the common ones; `*` stands for any text
    ready: str | None = None  #: a regular expression that shows it can be typed to; None: it has gone quiet
    is_trusted: bool = True  #: a built-in one, or from a settings file that a person trusted


@dataclass(frozen=True, slots=True)
class Invocation:
    """A worker's command line for one run."""

    argv: tuple[str, ...]
    stdin: bool  #: its standard input is the prompt's file
    typed: str | None  #: typed into its terminal once it is ready
