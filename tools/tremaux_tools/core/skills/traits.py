"""Tools and languages of a project, by which it is compared with another one."""

from collections.abc import Mapping, Sequence

from tremaux_tools.core.skills.task import FinishedTask

MAX_NAME = 60  # characters; what is longer is no tool's name
MAX_TRAITS = 60  # of one task

# By language: what tests, builds or checks it. Names of our own readers of test runs are among them.
_LANGUAGES: Mapping[str, str] = {
    "python": "pytest unittest behave robot trial tox nox mypy ruff pyright flake8 pylint black pip uv poetry python3",
    "javascript": "jest vitest mocha ava jasmine playwright cypress tape node npm pnpm yarn bun deno eslint vite",
    "typescript": "tsc ts-node",
    "go": "gotestsum golangci-lint gofmt",
    "rust": "cargo nextest rustc clippy rustfmt",
    "java": "surefire junit maven mvn javac testng",
    "jvm": "gradle",
    "scala": "sbt scalac scalatest",
    "kotlin": "kotlinc ktlint",
    "c++": "ctest googletest gcc g++ clang clang++ cmake catch2",
    "c#": "dotnet nunit xunit msbuild csc",
    "elixir": "exunit mix",
    "ruby": "rspec minitest test-unit rake bundler rubocop",
    "php": "phpunit pest composer phpstan",
    "perl": "prove",
    "shell": "bats shellcheck",
}
_BY_TOOL = {tool: language for language, tools in _LANGUAGES.items() for tool in tools.split()}


def traits_of(task: FinishedTask, runners: Sequence[str]) -> frozenset[str]:
    """The tools a task used, the test runners seen in its log, and the languages that these imply; in lower case."""
    found: dict[str, None] = {}
    for name in filter(None, map(_program, (*runners, *task.tools))):
        found[name] = None
        if language := _BY_TOOL.get(name):
            found[language] = None
    return frozenset(list(found)[:MAX_TRAITS])


def _program(tool: str) -> str:
    """The name of a tool that may have been given as a command line with a path; empty where it is none."""
    name = next(iter(tool.casefold().split()), "").rpartition("/")[2]
    return name if len(name) <= MAX_NAME else ""
