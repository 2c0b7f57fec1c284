"""What registries and clients read fits what they accept, agrees with itself, and starts the program."""

import base64
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema
import pytest

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "tests" / "schemas"
GUIDE = ROOT / "docs" / "clients.md"
STARTED_BY = "uvx"  # runs the console script named first, from the distribution of that name

SCHEMA_OF = {
    "server.json": "registry-server.json",
    "claude-code/.claude-plugin/plugin.json": "claude-plugin.json",
    "claude-code/.claude-plugin/marketplace.json": "claude-marketplace.json",
    "claude-code/.mcp.json": "mcp-servers.json",
    "vscode/mcp.json": "vscode-mcp.json",
}


def manifest(name: str) -> dict[str, Any]:
    return load(ROOT / "manifests" / name)


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def validate(name: str, content: dict[str, Any]) -> None:
    jsonschema.Draft7Validator(load(SCHEMAS / SCHEMA_OF[name])).validate(content)


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def version() -> str:
    source = (ROOT / "server" / "tremaux_server" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    assert found is not None
    return found[1]


def commands(value: Any) -> Iterator[list[str]]:
    """Every command line a client's configuration holds, however deep; some clients write it as one array."""
    if isinstance(value, list):
        for item in value:
            yield from commands(item)
    elif isinstance(value, dict):
        if command := value.get("command"):
            yield [*([command] if isinstance(command, str) else command), *value.get("args", [])]
        for item in value.values():
            yield from commands(item)


def registry_command() -> list[str]:
    (package,) = manifest("server.json")["packages"]
    return [
        package["runtimeHint"],
        package["identifier"],
        *(argument["value"] for argument in package["packageArguments"]),
    ]


def shown(language: str) -> list[str]:
    """The code blocks of the guide in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def guide_commands() -> Iterator[list[str]]:
    for block in shown("json"):
        yield from commands(json.loads(block))
    for block in shown("toml"):
        yield from commands(tomllib.loads(block))
    for line in "".join(shown("sh")).splitlines():
        words = shlex.split(line)
        if STARTED_BY in words:
            yield words[words.index(STARTED_BY) :]
        yield from commands([json.loads(word) for word in words if word.startswith("{")])


def link_commands() -> Iterator[list[str]]:
    """What the links that install with one click hold."""
    for link in re.findall(r"(?:cursor|vscode|goose):[^\s`)]+", GUIDE.read_text("utf-8")):
        parts = urlsplit(link)
        match parts.scheme, parse_qs(parts.query):
            case "cursor", query:
                yield from commands(json.loads(base64.b64decode(query["config"][0], validate=True)))
            case "goose", query:
                yield [*query["cmd"], *query["arg"]]
            case _:
                yield from commands(json.loads(unquote(parts.query)))


def test_every_manifest_is_checked() -> None:
    written = {path.relative_to(ROOT / "manifests").as_posix() for path in (ROOT / "manifests").rglob("*.json")}

    assert written == SCHEMA_OF.keys()


@pytest.mark.parametrize("name", SCHEMA_OF)
def test_a_manifest_is_what_its_reader_accepts(name: str) -> None:
    validate(name, manifest(name))


@pytest.mark.parametrize("name", SCHEMA_OF)
def test_a_misspelt_key_is_refused(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match="mcpserver"):
        validate(name, manifest(name) | {"mcpserver": {}})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name": "tremaux"}, id="a name without a namespace"),
        pytest.param({"description": "x" * 101}, id="a description of more than 100 characters"),
        pytest.param({"version": ">=0.1.0"}, id="a range of versions"),
        pytest.param({"repository": {"url": "https://example.org"}}, id="a repository without its host"),
        pytest.param({"packages": []}, id="nothing to install"),
    ],
)
def test_what_the_registry_would_refuse_is_refused_here(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate("server.json", manifest("server.json") | change)


def test_every_version_is_the_programs() -> None:
    server, plugin = manifest("server.json"), manifest("claude-code/.claude-plugin/plugin.json")
    marketplace = manifest("claude-code/.claude-plugin/marketplace.json")

    assert {
        server["version"],
        server["packages"][0]["version"],
        plugin["version"],
        marketplace["version"],
    } == {version()}


def test_every_name_is_the_distributions() -> None:
    marketplace = manifest("claude-code/.claude-plugin/marketplace.json")
    names = {
        manifest("server.json")["packages"][0]["identifier"],
        manifest("claude-code/.claude-plugin/plugin.json")["name"],
        marketplace["plugins"][0]["name"],
        *manifest("claude-code/.mcp.json")["mcpServers"],
        *manifest("vscode/mcp.json")["servers"],
    }

    assert names == {project()["name"]}


def test_the_readme_proves_to_the_registry_whose_package_it_is() -> None:
    name = manifest("server.json")["name"]

    assert f"mcp-name: {name}" in (ROOT / "README.md").read_text("utf-8")


def test_the_marketplace_offers_the_plugin_beside_it() -> None:
    folder = ROOT / "manifests" / "claude-code"
    (offered,) = manifest("claude-code/.claude-plugin/marketplace.json")["plugins"]
    plugin = load(folder / offered["source"] / ".claude-plugin" / "plugin.json")

    assert (offered["name"], offered["description"]) == (plugin["name"], plugin["description"])


def test_every_manifest_and_every_example_gives_the_same_command() -> None:
    given = [
        *commands(manifest("claude-code/.mcp.json")),
        *commands(manifest("vscode/mcp.json")),
        *guide_commands(),
    ]

    assert [command for command in given if command != registry_command()] == []


def test_every_link_that_installs_gives_the_same_command() -> None:
    assert list(link_commands()) == [registry_command()] * 3  # Cursor, VS Code, Goose


def test_the_guide_shows_a_configuration_or_a_command_for_every_client() -> None:
    sections = re.split(r"^## ", GUIDE.read_text("utf-8"), flags=re.MULTILINE)
    clients = ("Claude Code", "Codex", "Cursor", "VS Code", "Gemini CLI", "OpenCode")

    silent = [client for client in clients if not any(s.startswith(f"{client}\n") and "```" in s for s in sections)]
    assert silent == []


def test_the_installed_script_accepts_the_command() -> None:
    started, script, *arguments = registry_command()
    module = project()["scripts"][script].partition(".")[0]

    answer = subprocess.run(
        [sys.executable, "-m", module, *arguments, "--help"], capture_output=True, text=True, check=False
    )

    assert started == STARTED_BY
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith(f"usage: {script} {' '.join(arguments)}")


def test_the_variables_a_manifest_offers_are_read_by_the_settings(tmp_path: Path) -> None:
    from tremaux_server.config import Settings

    offered = {each["name"] for each in manifest("server.json")["packages"][0]["environmentVariables"]}
    examples = {
        "TREMAUX_DB": str(tmp_path / "own.db"),
        "TREMAUX_TOOLSETS": "all",
        "TREMAUX_SEMANTIC": "off",
        "TREMAUX_MAX_WORKERS": "7",
        "TREMAUX_HOLDOUT_PERCENT": "5",
        "TREMAUX_NOTIFY_URLS": "json://localhost/",
        "TREMAUX_ALLOW_FOREIGN_SESSIONS": "own:pair:rw",
    }

    assert offered == examples.keys()
    for example in examples.items():
        assert replace(Settings.read(dict([example])), environment={}) != replace(Settings.read({}), environment={})
