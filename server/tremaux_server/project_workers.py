"""A project's own workers and budgets, from its `tremaux.toml`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tremaux_server.project_file import (
    MAX_SHOWN,
    Rule,
    checked,
    heading,
    is_number,
    is_text,
    project_file,
    tables,
)
from tremaux_server.shape import cut_end
from tremaux_tools.core.tickets.budget import Budgets, Limit
from tremaux_tools.core.tickets.profile import OUTPUT_FORMATS, PROMPT, PROMPT_FILE, PROMPT_FORMS, Profile
from tremaux_tools.core.tickets.profiles import ProjectWorkers
from tremaux_tools.errors import BadArgument

MAX_TOKENS = 10**12
MAX_COST = 1e6  # USD
MAX_WALL = 366 * 86_400.0  # seconds


def worker_settings(root: Path) -> ProjectWorkers:
    """Read `[workers.NAME]` and `[budgets.*]` of the project's `tremaux.toml`, and the digest of the very same bytes.

    Whether a person trusts these bytes is for the caller to ask, by the digest.

    Raises:
        BadArgument: the file is no TOML, or a key is unknown, of the wrong type or out of range, or the parts of a
            worker do not fit each other.
    """
    digest, settings = project_file(root)
    profiles = profiles_in(settings)
    limits = {name: (lambda value: isinstance(value, dict), "a table of limits") for name in ("ticket", "goal", "day")}
    budgets = checked(heading("budgets"), settings.get("budgets", {}), limits)
    return ProjectWorkers(digest, profiles, Budgets(**{name: _limit(name, each) for name, each in budgets.items()}))


def profiles_in(settings: Mapping[str, object]) -> dict[str, Profile]:
    """The workers that a project's settings name.

    Raises:
        BadArgument: one makes no sense.
    """
    return {name: _profile(name, table) for name, table in tables(settings, "workers", "worker").items()}


def _are_words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) and "\0" not in each for each in value)


_WORKER_RULES: Mapping[str, Rule] = {
    "command": (_are_words, 'a list of words, such as ["agent", "--print"]; no shell reads it'),
    "prompt": (lambda value: value in PROMPT_FORMS, f"one of {', '.join(PROMPT_FORMS)}"),
    "model_argv": (_are_words, 'a list of words, such as ["--model", "{model}"]'),
    "ladder": (_are_words, "a list of models, the cheapest first"),
    "output": (lambda value: value in OUTPUT_FORMATS, f"one of {', '.join(OUTPUT_FORMATS)}"),
    "environment": (_are_words, "a list of names of variables; `*` stands for any text"),
    "ready": (is_text, "a Python regular expression"),
}
_LIMIT_RULES: Mapping[str, Rule] = {
    "tokens": (lambda value: isinstance(value, int) and is_number(value, MAX_TOKENS), "a whole number above 0"),
    "cost_usd": (lambda value: is_number(value, MAX_COST), "a number of USD above 0"),
    "wall_s": (lambda value: is_number(value, MAX_WALL), "a number of seconds above 0"),
}


def _profile(name: str, worker: object) -> Profile:
    shown = heading("workers", name)
    table = checked(shown, worker, _WORKER_RULES, needs="command")
    made: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    argv = made.pop("command")
    try:
        return Profile(name=name, argv=argv, **{"prompt": _usual_prompt(argv), **made})
    except ValueError as error:
        mend = "See docs/workers.md for what fits together."
        raise BadArgument(f"{shown} {cut_end(str(error), MAX_SHOWN)}", mend) from error


def _usual_prompt(argv: tuple[str, ...]) -> str:
    """How the prompt comes in where the worker does not say so: as its command line shows."""
    if PROMPT in argv:
        return "argument"
    return "file" if any(PROMPT_FILE in word for word in argv) else "stdin"


def _limit(name: str, limit: object) -> Limit:
    table: dict[str, Any] = checked(heading("budgets", name), limit, _LIMIT_RULES)
    return Limit(tokens=table.get("tokens"), cost=table.get("cost_usd"), wall=table.get("wall_s"))
