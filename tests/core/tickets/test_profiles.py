import re

import pytest

from tremaux_tools.core.tickets.invocation import MAX_WORD_BYTES, invocation, reads_prompt
from tremaux_tools.core.tickets.profile import Profile
from tremaux_tools.core.tickets.profiles import BUILT_IN, SHELL, ProjectWorkers, portable, worker_environment
from tremaux_tools.errors import BadArgument

HOSTILE = "$(touch /tmp/x) `id` ; \"'\\ -rf {command} {prompt_file} {model}\nsecond line"


def run(profile: Profile, **values: str | None) -> tuple[str, ...]:
    usual: dict[str, str | None] = {"prompt": "p", "prompt_file": "/f", "model": None, "command": None}
    return invocation(profile, **(usual | values)).argv  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("argv", "prompt", "expected"),
    [
        pytest.param(("agent", "{prompt}", "-q"), "argument", ("agent", HOSTILE, "-q"), id="argument"),
        pytest.param(("agent", "--in={prompt_file}"), "file", ("agent", "--in=/a b"), id="file"),
        pytest.param(("agent", "-"), "stdin", ("agent", "-"), id="stdin"),
        pytest.param(("agent",), "typed", ("agent",), id="typed"),
    ],
)
def test_a_prompt_stays_one_word_and_is_never_read_as_anything_else(
    argv: tuple[str, ...], prompt: str, expected: tuple[str, ...]
) -> None:
    profile = Profile(name="own", argv=argv, prompt=prompt)  # type: ignore[arg-type]
    made = invocation(profile, prompt=HOSTILE, prompt_file="/a b", model=None, command=None)

    assert made.argv == expected
    assert made.stdin == (prompt == "stdin")
    assert made.typed == (HOSTILE if prompt == "typed" else None)


def test_a_command_reaches_the_shell_as_one_word() -> None:
    assert run(BUILT_IN[SHELL], command=HOSTILE) == ("/bin/sh", "-c", HOSTILE)


@pytest.mark.parametrize(
    ("argv", "command", "is_read"),
    [
        pytest.param(("agent",), None, True, id="an agent"),
        pytest.param(("sh", "-c", "{command}"), "make", False, id="a plain command"),
        pytest.param(("sh", "-c", "{command}"), 'agent <"$TREMAUX_PROMPT_FILE"', True, id="a command that names it"),
        pytest.param(("agent", "{prompt_file}", "{command}"), "make", True, id="an agent with a command"),
    ],
)
def test_a_plain_command_reads_no_prompt(argv: tuple[str, ...], command: str | None, is_read: bool) -> None:
    assert reads_prompt(Profile(name="own", argv=argv), command) is is_read


def test_a_model_is_named_only_where_there_is_one() -> None:
    profile = Profile(name="own", argv=("agent", "run"), model_argv=("--model={model}", "-v"))

    assert run(profile, model="big") == ("agent", "run", "--model=big", "-v")
    assert run(profile) == ("agent", "run")


def test_a_worker_that_cannot_be_told_a_model_runs_without() -> None:
    assert run(Profile(name="own", argv=("agent",)), model="big") == ("agent",)


@pytest.mark.parametrize(
    ("profile", "values", "words"),
    [
        pytest.param(BUILT_IN[SHELL], {}, "none is given", id="a shell without a command"),
        pytest.param(BUILT_IN["claude"], {"command": "make"}, "takes no command", id="an agent with a command"),
        pytest.param(BUILT_IN[SHELL], {"command": "x" * (MAX_WORD_BYTES + 1)}, "too long", id="too long"),
        pytest.param(BUILT_IN[SHELL], {"command": "é" * 70_000}, "140000 bytes", id="too long in bytes"),
        pytest.param(BUILT_IN[SHELL], {"command": "a\0b"}, "NUL", id="a NUL byte"),
    ],
)
def test_a_command_line_that_the_kernel_or_the_worker_would_refuse_is_refused_before(
    profile: Profile, values: dict[str, str], words: str
) -> None:
    with pytest.raises(BadArgument, match=words) as caught:
        run(profile, **values)

    assert caught.value.hint


def test_the_longest_word_that_the_kernel_takes_is_taken() -> None:
    assert run(BUILT_IN[SHELL], command="x" * MAX_WORD_BYTES)[2] == "x" * MAX_WORD_BYTES


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        pytest.param({"argv": ()}, "names no program", id="no program"),
        pytest.param({"argv": ("sh", "-c", "agent {prompt}")}, "a word of its own", id="a prompt within shell code"),
        pytest.param({"argv": ("sh", "-c", "x; {command}")}, "a word of its own", id="a command within shell code"),
        pytest.param({"argv": ("agent", "{prompt}"), "prompt": "stdin"}, "'argument'", id="a prompt that comes twice"),
        pytest.param({"argv": ("agent",), "prompt": "argument"}, "'argument'", id="a prompt that never comes"),
        pytest.param({"argv": ("agent", "-m", "{model}")}, "model_argv", id="a model in the command"),
        pytest.param({"argv": ("agent",), "ladder": ("a",)}, "no model_argv", id="a ladder that leads nowhere"),
        pytest.param({"argv": ("agent",), "model_argv": ("-m",)}, "has to hold", id="no model in model_argv"),
        pytest.param({"argv": ("agent",), "environment": ("A B",)}, "no variable", id="no name of a variable"),
        pytest.param({"argv": ("agent",), "environment": ("*",)}, "no variable", id="every variable"),
        pytest.param({"argv": ("agent",), "ready": "("}, "regular expression", id="no expression"),
        pytest.param({"argv": ("agent",), "name": "a/b"}, "is no name", id="no name"),
    ],
)
def test_parts_of_a_profile_that_do_not_fit_are_refused(parts: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Profile(**({"name": "own"} | parts))  # type: ignore[arg-type]


def test_a_worker_gets_the_common_variables_and_its_own_and_no_secret_of_another() -> None:
    given = {
        "PATH": "/bin",
        "HOME": "/h",
        "LC_ALL": "C",
        "https_proxy": "http://p",
        "TREMAUX_DB": "/db",
        "ANTHROPIC_API_KEY": "a",
        "CLAUDE_CONFIG_DIR": "/c",
        "OPENAI_API_KEY": "o",
        "AWS_SECRET_ACCESS_KEY": "s",
        "GITHUB_TOKEN": "g",
        "SSH_AUTH_SOCK": "/s",
        "TREMAUX_NOTIFY_URLS": "n",
        # What Claude Code sets for its own children:
        "CLAUDECODE": "1",
        "CLAUDE_CODE_ENTRYPOINT": "cli",
        "CLAUDE_CODE_SSE_PORT": "1",
        "CLAUDE_CODE_SESSION_ID": "2",
    }
    common = {"PATH", "HOME", "LC_ALL", "https_proxy", "TREMAUX_DB"}

    assert worker_environment(BUILT_IN[SHELL], given).keys() == common
    assert worker_environment(BUILT_IN["claude"], given).keys() == common | {"ANTHROPIC_API_KEY", "CLAUDE_CONFIG_DIR"}
    assert worker_environment(BUILT_IN["codex"], given) == {name: given[name] for name in common | {"OPENAI_API_KEY"}}


def test_a_container_gets_no_variable_that_names_a_place_on_this_machine() -> None:
    here = {"PATH": "/b", "HOME": "/h", "XDG_DATA_HOME": "/d", "SSL_CERT_FILE": "/c", "LD_LIBRARY_PATH": "/l"}
    anywhere = {"LC_ALL": "C", "https_proxy": "http://p", "ANTHROPIC_API_KEY": "a", "TREMAUX_TICKET": "T-1"}

    assert portable(here | anywhere) == anywhere


@pytest.mark.parametrize("profile", BUILT_IN.values(), ids=BUILT_IN)
def test_no_built_in_worker_waives_its_safety(profile: Profile) -> None:
    assert not re.search("danger|bypass|yolo|--auto|full-access", " ".join(profile.argv))


def test_a_project_may_replace_a_built_in_worker() -> None:
    own = Profile(name="claude", argv=("my-claude",))
    workers = ProjectWorkers("d", {"claude": own})

    assert workers.profile("claude") is own
    assert workers.profile("codex") is BUILT_IN["codex"]
    assert workers.profile("nobody") is None
    assert workers.names == ("claude", "codex", "gemini", "opencode", "shell")
