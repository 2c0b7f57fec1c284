"""Every way a prompt can go in and every way a result can come out, with a real worker in a process of its own."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from tests import worker

from tremaux_tools.core.tickets.blocked import blocked_reason
from tremaux_tools.core.tickets.invocation import invocation
from tremaux_tools.core.tickets.profile import OUTPUT_FORMATS, PROMPT_FILE_VARIABLE, OutputFormat, Profile, PromptForm
from tremaux_tools.core.tickets.profiles import BUILT_IN, SHELL
from tremaux_tools.core.tickets.result import WorkerResult, read_result
from tremaux_tools.core.tickets.ticket import Usage

WORKER = (sys.executable, worker.__file__)
DEADLINE = 30  # seconds
FORMS: dict[PromptForm, tuple[str, ...]] = {
    "argument": ("{prompt}",),
    "file": ("{prompt_file}",),
    "stdin": (),
    "typed": (),
}
HOSTILE = 'It\'s "$HOME" `id` -n\n'


def own(form: PromptForm, output: OutputFormat) -> Profile:
    argv = (*WORKER, "--form", form, "--format", output, *FORMS[form])
    return Profile(name="own", argv=argv, prompt=form, model_argv=("--model", "{model}"), output=output)


def run(profile: Profile, folder: Path, prompt: str, model: str | None = "m") -> tuple[int, WorkerResult]:
    file = folder / "prompt"
    file.write_text(prompt)
    made = invocation(profile, prompt=prompt, prompt_file=str(file), model=model, command=None)
    if made.typed is not None:
        code, printed = on_a_terminal(made.argv, folder, made.typed)
    else:
        with file.open() as stdin:
            ended = subprocess.run(
                made.argv,
                cwd=folder,
                stdin=stdin if made.stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=DEADLINE,
            )
        code, printed = ended.returncode, ended.stdout.decode()
    return code, read_result(profile.output, printed)


def on_a_terminal(argv: tuple[str, ...], folder: Path, text: str) -> tuple[int, str]:
    """Run a program on a terminal and paste a text as soon as it asks for it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        printed = b""
        while not printed.endswith(b"> "):
            printed += os.read(ours, 65_536)
        os.write(ours, worker.PASTE_BEGIN + text.replace("\n", "\r").encode() + worker.PASTE_END + b"\r")
        try:
            while chunk := os.read(ours, 65_536):
                printed += chunk
        except OSError:  # Linux tells the end of a terminal so
            pass
        code = process.wait(DEADLINE)
    os.close(ours)
    return code, printed.decode()


@pytest.mark.parametrize("output", OUTPUT_FORMATS)
@pytest.mark.parametrize("form", FORMS)
def test_a_prompt_goes_in_whole_and_the_result_comes_out(
    form: PromptForm, output: OutputFormat, tmp_path: Path
) -> None:
    prompt = HOSTILE + "worker: prompt seen\nworker: usage 10 5 0.25\nworker: usage 20 7 0.5\nworker: say all is well"
    code, result = run(own(form, output), tmp_path, prompt)

    assert (code, result.is_error) == (0, False)
    assert result.result.removeprefix(">\n") == "all is well"  # plain text has what asked for the prompt in it
    assert (tmp_path / "seen").read_text().rstrip("\n") == prompt
    cost = 0.75 if output in {"claude", "opencode"} else 0.0  # the others tell no price
    assert result.usage == (Usage() if output == "text" else Usage(30, 12, cost))
    models = {"text": set(), "claude": {"m"}, "gemini": {"m"}}  # the others do not tell the model
    assert set(result.usage_by_model) == models.get(output, {""})


@pytest.mark.parametrize("output", OUTPUT_FORMATS)
def test_a_worker_that_says_blocked_is_blocked_in_every_format(output: OutputFormat, tmp_path: Path) -> None:
    code, result = run(own("stdin", output), tmp_path, "worker: print looking around\nworker: blocked no key")

    assert code == 0
    assert blocked_reason(result.result) == "no key"


@pytest.mark.parametrize("output", OUTPUT_FORMATS)
def test_a_worker_that_failed_says_why_in_every_format(output: OutputFormat, tmp_path: Path) -> None:
    code, result = run(own("stdin", output), tmp_path, "worker: error the disk is full")

    assert code == 1
    assert "the disk is full" in result.result
    assert result.is_error == (output != "text")


def test_a_model_reaches_the_worker(tmp_path: Path) -> None:
    prompt = "worker: fail-unless-model big too small"

    assert run(own("argument", "text"), tmp_path, prompt, "small") == (1, WorkerResult("Error: too small"))
    assert run(own("argument", "text"), tmp_path, prompt, "big") == (0, WorkerResult("done"))


def test_a_shell_command_finds_its_prompt_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a prompt"
    file.write_text(HOSTILE)
    command = f'cat "${PROMPT_FILE_VARIABLE}"'
    made = invocation(BUILT_IN[SHELL], prompt=HOSTILE, prompt_file=str(file), model=None, command=command)
    ended = subprocess.run(made.argv, env={PROMPT_FILE_VARIABLE: str(file)}, check=True, capture_output=True, text=True)

    assert ended.stdout == HOSTILE
