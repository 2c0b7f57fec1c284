import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tremaux_tools.git import Project, find_project

Seen = Callable[[], dict[str, object]]


@pytest.fixture
async def project(repo: Path) -> Project:
    return await find_project(repo)


@pytest.fixture(autouse=True)
def _nobody_has_told_git_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare environment: git knows no name to commit under, and cannot make one up."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def seen(repo: Path) -> Seen:
    """All of a repository that a person sees: every file, the index byte by byte, HEAD and the branches."""

    def look() -> dict[str, object]:
        found: dict[str, object] = {}
        for path in sorted(repo.rglob("*")):
            if ".git" in path.relative_to(repo).parts[:1]:
                continue
            name = str(path.relative_to(repo))
            if path.is_symlink():
                found[name] = ("link", str(path.readlink()))
            elif path.is_file():
                found[name] = (path.read_bytes(), path.stat().st_mode & 0o777)
        index = repo / ".git" / "index"
        heads = ["git", "for-each-ref", "refs/heads", "refs/tags", "refs/stash"]
        found["//index"] = index.read_bytes() if index.exists() else None
        found["//HEAD"] = (repo / ".git" / "HEAD").read_text()
        found["//refs"] = subprocess.run(heads, cwd=repo, check=True, capture_output=True, text=True).stdout
        return found

    return look
