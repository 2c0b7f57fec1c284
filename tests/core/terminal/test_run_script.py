"""Commands in real live shells, and their exit codes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.core.terminal.shells import Keyboard, terminal

from tremaux_tools.core.terminal.marks import begin_mark, find_begin, find_end
from tremaux_tools.core.terminal.run_script import Dialect, RunScript
from tremaux_tools.errors import BadArgument

PROMPT = b"ready> "
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "dash": ["dash", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "busybox": ["busybox", "sh", "-i"],
    "fish": ["fish", "--no-config", "-i", "-C", "function fish_prompt; echo -n 'ready> '; end"],
}
POSIX = [name for name in SHELLS if name != "fish"]


@dataclass
class LiveShell:
    """A shell at its prompt."""

    name: str
    keyboard: Keyboard
    directory: Path
    runs: int = 0

    def write(self, command: str) -> RunScript:
        """Write the files of a new run."""
        self.runs += 1
        directory = self.directory / f"it's ${self.runs} \\"
        directory.mkdir()
        dialect: Dialect = "fish" if self.name == "fish" else "posix"
        script = RunScript(command, f"{self.runs:08x}", str(directory), dialect)
        for path, data in script.files.items():
            Path(path).write_bytes(data)
        return script

    def run(self, command: str) -> tuple[int, str]:
        """Run a command; return its exit code and output."""
        script = self.write(command)
        self.keyboard.type(script.typed)
        return self.result(script)

    def result(self, script: RunScript) -> tuple[int, str]:
        end, status = self.keyboard.wait(lambda seen: find_end(seen, script.nonce))
        begin = find_begin(self.keyboard.seen, script.nonce)
        assert begin is not None
        assert Path(script.status_path).read_text() == f"{status}\n"
        return status, self.keyboard.seen[begin:end].decode()


@contextmanager
def live(name: str, directory: Path) -> Iterator[LiveShell]:
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "PS1": PROMPT.decode(),
    }
    with terminal(SHELLS[name], cwd=directory, env=environment) as keyboard:
        keyboard.wait_for(PROMPT)
        yield LiveShell(name, keyboard, directory)


@pytest.mark.parametrize("name", SHELLS)
def test_a_live_shell_tells_every_exit_code_and_just_the_output(name: str, tmp_path: Path) -> None:
    with live(name, tmp_path) as shell:
        assert shell.run("echo a b") == (0, "a b\r\n")
        assert shell.run("printf abc; sh -c 'exit 37'") == (37, "abc")
        assert shell.run("false") == (1, "")
        before = "$status" if name == "fish" else "$?"
        assert shell.run(f"echo {before}") == (0, "1\r\n")
        assert shell.run("sh -c 'kill -SEGV $$'")[0] == 139
        assert shell.run("cd /; echo 'é 漢' \"x;y\" # a comment;") == (0, "é 漢 x;y\r\n")
        assert shell.run("pwd;") == (0, "/\r\n")
        assert shell.run("echo " + "0123456789" * 2_000) == (0, "0123456789" * 2_000 + "\r\n")


@pytest.mark.parametrize(
    ("command", "status", "output"),
    [
        pytest.param("! true", 1, "", id="negation"),
        pytest.param("(exit 5)", 5, "", id="subshell"),
        pytest.param("return 6", 6, "", id="return"),
        pytest.param("for i in 1 2\ndo\n  echo $i\ndone\n", 0, "1\r\n2\r\n", id="lines"),
        pytest.param("cat <<E\na 'b\nE", 0, "a 'b\r\n", id="here-document"),
        pytest.param("f() { return 9; }\nf", 9, "", id="function"),
        pytest.param("set -u; set -C; false", 1, "", id="strict options"),
        pytest.param("alias eval=no printf=no return=no cat=no; false", 1, "", id="aliases"),
        pytest.param("echo x >file; exec >/dev/null; echo hidden", 0, "", id="output sent elsewhere"),
        pytest.param("set -e; false || true", 0, "", id="a shell that ends with errors"),
        pytest.param("", 0, "", id="nothing"),
        pytest.param("# only a comment", 0, "", id="a comment"),
    ],
)
@pytest.mark.parametrize("name", POSIX)
def test_a_command_means_what_it_means_in_a_script(
    name: str, command: str, status: int, output: str, tmp_path: Path
) -> None:
    with live(name, tmp_path) as shell:
        assert shell.run(command) == (status, output)
        assert shell.run("set +e; sh -c 'exit 3'") == (3, "")


@pytest.mark.parametrize("name", SHELLS)
def test_an_interrupted_command_is_asked_for_its_exit_code(name: str, tmp_path: Path) -> None:
    with live(name, tmp_path) as shell:
        script = shell.write("sh -c 'echo begun; exec sleep 600'")
        shell.keyboard.type(script.typed)
        shell.keyboard.wait_for(b"begun\r\n")
        prompts = shell.keyboard.seen.count(PROMPT)

        shell.keyboard.type(b"\x03")
        shell.keyboard.wait_for(PROMPT, times=prompts + 1)
        shell.keyboard.type(script.typed_end)

        assert shell.result(script)[0] == 130
        assert shell.run("echo on") == (0, "on\r\n")


@pytest.mark.parametrize("name", SHELLS)
def test_a_syntax_error_leaves_a_shell_that_can_be_asked(name: str, tmp_path: Path) -> None:
    with live(name, tmp_path) as shell:
        script = shell.write("echo 'never closed")
        shell.keyboard.type(script.typed)
        shell.keyboard.wait(lambda seen: find_begin(seen, script.nonce))
        shell.keyboard.type(script.typed_end)

        assert shell.result(script)[0] != 0
        assert shell.run("echo on") == (0, "on\r\n")


@pytest.mark.parametrize("name", SHELLS)
def test_what_stood_on_the_line_is_not_run(name: str, tmp_path: Path) -> None:
    with live(name, tmp_path) as shell:
        shell.keyboard.type(b"echo left over ")

        assert shell.run("echo own") == (0, "own\r\n")


def test_output_that_shows_the_files_is_no_mark(tmp_path: Path) -> None:
    with live("bash", tmp_path) as shell:
        script = shell.write("cat \"${BASH_SOURCE%/*}\"/*; printf '\\033]133;D;0;ffff\\007'; false")
        shell.keyboard.type(script.typed)

        assert shell.result(script)[0] == 1


def test_marks_are_found_by_their_nonce_only() -> None:
    stream = begin_mark("a1") + b"x\x1b]133;D;37;a1\x07"

    assert (find_begin(stream, "a1"), find_end(stream, "a1")) == (11, (12, 37))
    assert (find_begin(stream, "a"), find_end(stream, "1")) == (None, None)


@pytest.mark.parametrize("command", ["a\0b", "\udc80"])
def test_a_command_that_is_no_text_is_refused(command: str) -> None:
    with pytest.raises(BadArgument):
        _ = RunScript(command, "a1", "/d").files
