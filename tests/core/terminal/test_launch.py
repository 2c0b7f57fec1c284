"""The line that a new terminal runs."""

import subprocess
from pathlib import Path

import pytest

from tremaux_tools.core.terminal.launch import program_line
from tremaux_tools.errors import BadArgument


@pytest.mark.parametrize(
    ("command", "line"),
    [
        pytest.param("python3 -i", "exec python3 -i", id="a program"),
        pytest.param(" ./run.sh 'a;b' \"c|d\" ", "exec ./run.sh 'a;b' \"c|d\"", id="quoted operators are text"),
        pytest.param("vim $HOME/x *.py", "exec vim $HOME/x *.py", id="expansions"),
        pytest.param("a | b", "a | b", id="a pipe"),
        pytest.param("a;b", "a;b", id="two commands"),
        pytest.param("a && b", "a && b", id="and"),
        pytest.param("a\nb", "a\nb", id="two lines"),
        pytest.param("a >x", "a >x", id="redirected"),
        pytest.param("echo $(date)", "echo $(date)", id="builtin"),
        pytest.param("cd /", "cd /", id="builtin without a program"),
        pytest.param("while :; do x; done", "while :; do x; done", id="keyword"),
        pytest.param("A=1 make", "A=1 make", id="assignment"),
        pytest.param("-x", "-x", id="an option of exec"),
        pytest.param("'my program' x", "'my program' x", id="quoted program"),
        pytest.param("$EDITOR x", "$EDITOR x", id="program to expand"),
        pytest.param("a 'b", "a 'b", id="an open quote is for sh to tell"),
        pytest.param(None, "exec /bin/zsh -i", id="a shell"),
    ],
)
def test_a_single_program_takes_the_place_of_sh(command: str | None, line: str) -> None:
    assert program_line(command, cwd=None, shell="/bin/zsh") == line


@pytest.mark.parametrize("name", ["a b", "it's", "$HOME", "-", "-L", "#x", "é", "a\nb", '"; exit 3; "'])
@pytest.mark.parametrize("command", ["pwd -P", "env pwd -P"])
def test_a_command_runs_in_any_directory(name: str, command: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    for cwd in (str(tmp_path / name), name):
        line = program_line(command, cwd=cwd, shell="sh")
        done = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True)

        assert done.stdout == f"{tmp_path / name}\n"


def test_nothing_runs_where_there_is_no_directory(tmp_path: Path) -> None:
    line = program_line("echo ran", cwd=str(tmp_path / "none"), shell="sh")
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(("command", "cwd"), [("", None), (" \n", None), ("a\0", None), ("a", "b\0")])
def test_what_cannot_run_is_refused(command: str, cwd: str | None) -> None:
    with pytest.raises(BadArgument):
        program_line(command, cwd=cwd, shell="sh")
