"""The built-in profiles with the real programs, where they are installed; none of them needs an account here."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.model import ANSWERED, DONE, NEW, TEXT, model

from tremaux_tools.core.tickets.invocation import invocation
from tremaux_tools.core.tickets.profiles import BUILT_IN, worker_environment
from tremaux_tools.core.tickets.result import read_result

AGENTS = ("claude", "codex", "gemini", "opencode")
SUBCOMMANDS = {"codex": ["exec"], "opencode": ["run"]}
PATIENCE = 120  # seconds; some look around on the network first

Settings = Callable[[Path, str], dict[str, str]]


def claude_settings(home: Path, address: str) -> dict[str, str]:
    return {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": address, "CLAUDE_CONFIG_DIR": str(home / "claude")}


def codex_settings(home: Path, address: str) -> dict[str, str]:
    provider = f'name = "m"\nbase_url = "{address}/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"\n'
    (home / "config.toml").write_text(f'model_provider = "m"\n[model_providers.m]\n{provider}')
    return {"CODEX_HOME": str(home), "OPENAI_API_KEY": "none"}


def gemini_settings(home: Path, address: str) -> dict[str, str]:
    (home / ".gemini").mkdir()
    (home / ".gemini" / "settings.json").write_text('{"security": {"auth": {"selectedType": "gemini-api-key"}}}')
    return {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": address}


def opencode_settings(home: Path, address: str) -> dict[str, str]:
    options = {"baseURL": f"{address}/v1", "apiKey": "none"}
    models = {"m": {"limit": {"context": 100_000, "output": 1_000}}}
    provider = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": models}
    (home / "opencode.json").write_text(json.dumps({"provider": {"m": provider}}))
    return {"OPENCODE_CONFIG": str(home / "opencode.json"), "OPENCODE_DISABLE_AUTOUPDATE": "1"}


SETTINGS: dict[str, Settings] = {
    "claude": claude_settings,
    "codex": codex_settings,
    "gemini": gemini_settings,
    "opencode": opencode_settings,
}
MODELS = {"claude": "haiku", "codex": "m", "gemini": "flash", "opencode": "m/m"}


@pytest.fixture(params=AGENTS)
def agent(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


def test_the_program_knows_every_option_that_we_give_it(agent: str) -> None:
    asked = [agent, *SUBCOMMANDS.get(agent, []), "--help"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=PATIENCE)
    profile = BUILT_IN[agent]

    options = [word for word in profile.argv + profile.model_argv if word.startswith("-") and word != "-"]
    assert options
    for option in options:
        assert option in (told.stdout + told.stderr).replace(",", " ").split()


def test_the_program_edits_a_file_of_its_work_tree_and_tells_what_it_used(
    agent: str, repo: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    prompt = tmp_path / "prompt"
    prompt.write_text("Write the file `made.txt`, please.")
    profile = BUILT_IN[agent]
    with model(repo / "made.txt") as address:
        given = os.environ | {"HOME": str(home)} | SETTINGS[agent](home, address)
        made = invocation(profile, prompt="", prompt_file=str(prompt), model=MODELS[agent], command=None)
        assert made.stdin
        with prompt.open("rb") as stdin:
            run = subprocess.run(
                made.argv,
                cwd=repo,
                env=worker_environment(profile, given),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=PATIENCE,
            )
    printed = run.stdout.decode()
    result = read_result(profile.output, printed)

    assert (run.returncode, result.result, result.is_error) == (0, DONE, False), printed
    assert (repo / "made.txt").read_text() == TEXT
    # Claude asks for a title, too; the others for nothing that they count.
    assert (result.usage.input_tokens, result.usage.output_tokens) in {(n * NEW, n * ANSWERED) for n in (2, 3)}
