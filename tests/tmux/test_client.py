"""A client's life is tied to the process that reads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tremaux_tools.tmux.client import tied

PATH = os.environ["PATH"]
PASS_ON = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"


def test_what_is_tied_gets_its_words_as_they_are() -> None:
    words = ["printf", "%s|", "a b", "$HOME", ";", "'"]
    told = subprocess.run(tied(words, PATH), check=True, capture_output=True, text=True)

    assert told.stdout == "a b|$HOME|;|'|"


@pytest.mark.skipif(len(tied(["true"], PATH)) == 1, reason="setpriv of util-linux is not installed")
def test_what_would_begin_after_the_one_that_reads_it_has_gone_does_not_begin(tmp_path: Path) -> None:
    file = tmp_path / "begun"
    words = tied(["touch", str(file)], PATH)
    done = subprocess.run([sys.executable, "-c", PASS_ON, *words], check=False)  # its parent is somebody else

    assert done.returncode == 1
    assert not file.exists()
