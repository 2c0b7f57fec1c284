import re
from hashlib import sha256
from pathlib import Path

import pytest

from tremaux_server.project_workers import worker_settings
from tremaux_tools.core.tickets.budget import Budgets, Limit
from tremaux_tools.core.tickets.profile import Profile
from tremaux_tools.core.tickets.profiles import BUILT_IN, ProjectWorkers
from tremaux_tools.errors import BadArgument

WHOLE = """
[workers.aider]
command = ["aider", "--yes-always", "--message-file", "{prompt_file}"]
prompt = "file"
model_argv = ["--model", "{model}"]
ladder = ["small", "large"]
output = "text"
environment = ["AIDER_*", "OPENROUTER_API_KEY"]
ready = "^> $"

[workers.claude]
command = ["claude", "-p", "{prompt}"]

[budgets.ticket]
tokens = 200_000
cost_usd = 2.5

[budgets.day]
wall_s = 3600
"""


def settings(folder: Path, text: str) -> ProjectWorkers:
    (folder / "tremaux.toml").write_text(text)
    return worker_settings(folder)


def test_a_project_names_workers_and_budgets_of_its_own(tmp_path: Path) -> None:
    read = settings(tmp_path, WHOLE)

    assert read.profile("aider") == Profile(
        name="aider",
        argv=("aider", "--yes-always", "--message-file", "{prompt_file}"),
        prompt="file",
        model_argv=("--model", "{model}"),
        ladder=("small", "large"),
        environment=("AIDER_*", "OPENROUTER_API_KEY"),
        ready="^> $",
    )
    assert read.budgets == Budgets(ticket=Limit(tokens=200_000, cost=2.5), day=Limit(wall=3_600))
    assert read.digest == sha256(WHOLE.encode()).hexdigest()


def test_a_projects_own_worker_comes_before_the_built_in_one_of_its_name(tmp_path: Path) -> None:
    read = settings(tmp_path, WHOLE)

    assert read.profile("claude") == Profile(name="claude", argv=("claude", "-p", "{prompt}"), prompt="argument")
    assert read.profile("codex") is BUILT_IN["codex"]


def test_without_settings_there_are_the_built_in_workers_and_no_budget(tmp_path: Path) -> None:
    read = worker_settings(tmp_path)

    assert read == ProjectWorkers()
    assert read.profile("codex") is BUILT_IN["codex"]


@pytest.mark.parametrize(
    ("command", "prompt"),
    [
        pytest.param('["agent", "{prompt}"]', "argument", id="argument"),
        pytest.param('["agent", "--in={prompt_file}"]', "file", id="file"),
        pytest.param('["agent"]', "stdin", id="standard input"),
    ],
)
def test_a_worker_that_does_not_say_how_its_prompt_comes_in_shows_it(command: str, prompt: str, tmp_path: Path) -> None:
    profile = settings(tmp_path, f"[workers.own]\ncommand = {command}").profile("own")

    assert profile is not None
    assert profile.prompt == prompt


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("workers = 1", "`workers` is no table", id="no table of workers"),
        pytest.param("[workers]\nown = 1", r"\[workers.own\] is no table", id="no worker"),
        pytest.param("[workers.own]", "has no command", id="no command"),
        pytest.param("[workers.own]\ncommand = 'agent -p'", "a list of words", id="a command for a shell"),
        pytest.param("[workers.own]\ncommand = []", "a list of words", id="an empty command"),
        pytest.param("[workers.own]\ncommand = ['']", "names no program", id="a program without a name"),
        pytest.param("[workers.own]\ncommand = ['a']\nargs = ['b']", "unknown key 'args'", id="an unknown key"),
        pytest.param("[workers.own]\ncommand = ['a']\nprompt = 'pipe'", "one of argument, file", id="no such form"),
        pytest.param("[workers.own]\ncommand = ['a']\noutput = ['text']", "one of text, claude", id="no such format"),
        pytest.param(
            "[workers.own]\ncommand = ['a']\nladder = ['b']", "no model_argv", id="a ladder that leads nowhere"
        ),
        pytest.param("[workers.own]\ncommand = ['sh', '-c', 'a {prompt}']", "a word of its own", id="shell code"),
        pytest.param("[workers.own]\ncommand = ['a']\nready = '('", "no regular expression", id="no expression"),
        pytest.param("[workers.own]\ncommand = ['a']\nenvironment = ['*']", "names no variable", id="all variables"),
        pytest.param("[workers.'a b']\ncommand = ['a']", "is no name", id="a name with a space"),
        pytest.param('[workers."a\\u0007"]\ncommand = ["a"]', "is no name for a worker", id="a name that rings"),
        pytest.param("budgets = 1", r"\[budgets\] is no table", id="no table of budgets"),
        pytest.param("[budgets.week]", "unknown key 'week'", id="no such budget"),
        pytest.param("[budgets]\nday = 5", "a table of limits", id="no limits"),
        pytest.param("[budgets.day]\nusd = 5", "Known keys are tokens, cost_usd, wall_s", id="no such limit"),
        pytest.param("[budgets.day]\ntokens = 1.5", "a whole number", id="half a token"),
        pytest.param("[budgets.day]\ntokens = true", "a whole number", id="true tokens"),
        pytest.param("[budgets.day]\ncost_usd = -1", "above 0", id="less than nothing"),
        pytest.param("[budgets.day]\nwall_s = nan", "above 0", id="no number"),
        pytest.param("[workers", "cannot be read", id="no TOML"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_what_to_write(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadArgument) as caught:
        settings(tmp_path, text)

    assert "tremaux.toml" in str(caught.value)
    assert caught.value.hint
    assert re.search(words, f"{caught.value} {caught.value.hint}")
