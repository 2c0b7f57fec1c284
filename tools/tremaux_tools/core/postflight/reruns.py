"""The command with which each runner runs just the tests that failed."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence

from tremaux_tools.core.cleaning import strip_controls

MAX_TESTS = 3  # named in one command
MAX_NAME = 200  # characters; a longer name is not put into a command

_SCRIPT = "__main__."  # the module of a test that was run as a script
_UNITTEST = re.compile(r"(\w+) \(([\w.]+)\)")
_JUNIT = re.compile(r"(\w+)\(([\w.$]+)\)$|([\w.$]+)\.(\w+)$")
_SEPARATORS = re.compile(r" [›>] |::| -> ")
_MASKED = re.compile(r"<[a-z]{1,10}>")  # a volatile part of the name that was hidden
_TEST_FILE = re.compile(r"[\w./@\\-]*(?:test|spec)[\w./@\\-]*\.[a-z]{2,4}$", re.IGNORECASE)
# What names look like when no runner counted, as Go without -v; the first that fits.
_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("pytest", re.compile(r"\S+\.py::")),
    ("unittest", re.compile(r"\w+ \([\w.]+\)$")),
    ("go", re.compile(r"Test[A-Z0-9_]\w*(?:/|$)")),
)


def rerun(runner: str, tests: Sequence[str], file: str | None) -> str:
    """Give the shell command that runs only these tests again; empty where none is known.

    `file` is where the failure was seen, for runners that want it. Names come from a log: each is quoted,
    and one that is too long or holds control characters is left out.
    """
    named = [test for test in tests if _is_usable(test)][:MAX_TESTS]
    commands = _COMMANDS.get(runner)
    if not named or commands is None:
        return ""
    place = file if file and _is_usable(file) and _TEST_FILE.match(file) else ""
    return commands(named, place)


def runner_of(test: str) -> str:
    """Guess the runner from how it names a test; empty where nobody could."""
    return next((runner for runner, look in _LOOKS if look.match(test)), "")


def _is_usable(name: str) -> bool:
    is_plain = strip_controls(name) == name and "\n" not in name and "\t" not in name
    return 0 < len(name) <= MAX_NAME and is_plain and not _MASKED.search(name)


def _quoted(words: Sequence[str]) -> str:
    return " ".join(shlex.quote(word if not word.startswith("-") else f"./{word}") for word in words)


def _last(test: str) -> str:
    """The test's own name, without its suites."""
    return _SEPARATORS.split(test)[-1].strip()


def _pytest(tests: Sequence[str], _: str) -> str:
    return f"pytest {_quoted(tests)}"


def _unittest(tests: Sequence[str], file: str) -> str:
    names = []
    for test in tests:
        if found := _UNITTEST.match(test):
            method, owner = found.groups()
            names.append(owner if owner.endswith(f".{method}") else f"{owner}.{method}")
    if own := [name.removeprefix(_SCRIPT) for name in names if name.startswith(_SCRIPT)]:  # `python test_a.py`
        return f"python {_quoted([file])} {_quoted(own)}" if file else ""
    return f"python -m unittest {_quoted(names)}" if names else ""


def _by_title(command: str, option: str) -> Callable[[Sequence[str], str], str]:
    """Runners that take the file and a regular expression for the title of a test."""

    def titled(tests: Sequence[str], file: str) -> str:
        first, *_ = _SEPARATORS.split(tests[0])
        place = first if _TEST_FILE.match(first) else file  # vitest's names begin with the file
        place = f"{_quoted([place])} " if place else ""
        pattern = re.escape(_last(tests[0])).replace("\\ ", " ")
        return f"{command} {place}{option} {shlex.quote(pattern)}"

    return titled


def _by_pattern(command: str, after: str = "") -> Callable[[Sequence[str], str], str]:
    """Runners that take a regular expression for whole names."""

    def matched(tests: Sequence[str], _: str) -> str:
        names = "|".join(dict.fromkeys(re.escape(test) for test in tests))
        return f"{command} {shlex.quote(f'^({names})$' if len(tests) > 1 else f'^{names}$')}{after}"

    return matched


def _go(tests: Sequence[str], _: str) -> str:
    # A slash parts a test from its subtests, each with a pattern of its own: only whole tests are named.
    return _by_pattern("go test -run", " ./...")([test.partition("/")[0] for test in tests], "")


def _cargo(tests: Sequence[str], _: str) -> str:
    return f"cargo test {_quoted(tests[:1])}"


def _surefire(tests: Sequence[str], _: str) -> str:
    names = []
    for test in tests:
        if found := _JUNIT.search(test):
            owner, method = (found[2], found[1]) if found[1] else (found[3], found[4])
            names.append(f"{owner.rpartition('.')[2]}#{method}")
        elif test.isidentifier():
            names.append(f"*#{test}")
    return f"mvn test -Dtest={_quoted([','.join(dict.fromkeys(names))])}" if names else ""


def _phpunit(tests: Sequence[str], _: str) -> str:
    return f"phpunit --filter {shlex.quote(re.escape(_last(tests[0]).partition(' ')[0]))}"


def _node(tests: Sequence[str], file: str) -> str:
    pattern = f"--test-name-pattern={shlex.quote('^' + re.escape(_last(tests[0])) + '$')}"
    return f"node --test {pattern} {_quoted([file])}" if file else f"node --test {pattern}"


_COMMANDS: Mapping[str, Callable[[Sequence[str], str], str]] = {
    "pytest": _pytest,
    "unittest": _unittest,
    "jest": _by_title("npx jest", "-t"),
    "vitest": _by_title("npx vitest run", "-t"),
    "mocha": _by_title("npx mocha", "-g"),
    "playwright": _by_title("npx playwright test", "-g"),
    "bun": _by_title("bun test", "-t"),
    "node": _node,
    "go": _go,
    "gotestsum": _go,
    "cargo": _cargo,
    "nextest": lambda tests, _: f"cargo nextest run {_quoted([tests[0].rpartition(' ')[2]])}",
    "ctest": _by_pattern("ctest --output-on-failure -R"),
    "surefire": _surefire,
    "gradle": lambda tests, _: f"./gradlew test --tests {shlex.quote(tests[0].replace(' > ', '.').removesuffix('()'))}",
    "dotnet": lambda tests, _: f"dotnet test --filter {shlex.quote(f'FullyQualifiedName~{tests[0]}')}",
    "rspec": lambda tests, _: f"rspec -e {shlex.quote(tests[0])}",
    "phpunit": _phpunit,
}
