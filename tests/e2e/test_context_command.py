"""`tremaux context` as a person types it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
LONG = "def f():\n    a()\n    b()\n    c()\n"


@pytest.fixture(autouse=True)
def _two_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LONG)
    (tmp_path / "b.py").write_text(LONG)


def test_the_text_is_printed_and_the_figures_beside_it(tremaux: Run) -> None:
    done = tremaux("context", "a.py", "b.py", "c.py")

    assert done.returncode == 0
    assert done.stdout.endswith(
        f"\n## a.py: whole\n```python\n{LONG}```\n"
        "\n## b.py: skeleton\n```python\ndef f():\n    ...  # lines 2-4\n```\n"
        "\n## c.py: not shown (there is no such file)\n"
    )
    assert done.stderr.splitlines()[:3] == [
        "a.py: full, 13 -> 13 tokens",
        "b.py: skeleton, 13 -> 12 tokens",
        "c.py: missing, 0 -> 0 tokens (there is no such file)",
    ]


def test_a_target_and_symbols_are_taken(tremaux: Run) -> None:
    answer = json.loads(tremaux("context", "--json", "a.py", "--target", "b.py", "--symbol", "f").stdout)

    assert [(part["path"], part["how"]) for part in answer["parts"]] == [("b.py", "target"), ("a.py", "skeleton")]
    assert answer["tokens_before"] == sum(part["tokens_before"] for part in answer["parts"])
    assert "# lines 2-4" in answer["text"]


def test_a_smaller_bound_is_kept(tremaux: Run) -> None:
    assert "a.py: named" in tremaux("context", "--max-tokens", "1", "a.py").stderr


def test_files_of_which_none_can_be_shown_are_a_failure(tremaux: Run) -> None:
    done = tremaux("context", "c.py", "d.py")

    assert (done.returncode, "## c.py: not shown (there is no such file)" in done.stdout) == (1, True)


def test_files_are_those_of_the_project_that_is_named(tremaux: Run, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    done = tremaux("context", "--project", str(tmp_path), "a.py", cwd=tmp_path / "elsewhere")

    assert "## a.py: whole" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("--symbol", "f")])
def test_no_file_is_wrong_usage(arguments: tuple[str, ...], tremaux: Run) -> None:
    done = tremaux("context", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "no file is named" in done.stderr
