"""`tremaux snapshot` as a person types it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]
Git = Callable[..., str]


def test_a_snapshot_is_taken_listed_and_restored_from_a_subdirectory(tremaux: Run, repo: Path, git: Git) -> None:
    (repo / "deep").mkdir()
    (repo / "deep/new").write_text("precious")
    said = tremaux("snapshot", "take", "earlier", cwd=repo).stdout
    taken = json.loads(tremaux("snapshot", "take", "before", "--json", cwd=repo).stdout)
    (repo / "deep/new").write_text("spoilt")
    (repo / "a.txt").write_text("spoilt\n")
    listed = tremaux("snapshot", "list", cwd=repo)
    restored = tremaux("snapshot", "restore", taken["snapshot"][:8], "new", "../deep/new", cwd=repo / "deep")

    assert "Bring it back with `tremaux snapshot restore " in said
    assert (taken["files"], taken["warnings"]) == (1, [])
    assert taken["snapshot"][:12] in listed.stdout
    assert listed.stdout.splitlines()[1].endswith(" before")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert (repo / "deep/new").read_text() == "precious"
    assert (repo / "a.txt").read_text() == "spoilt\n"
    assert len(json.loads(tremaux("snapshot", "list", "--json", cwd=repo).stdout)["snapshots"]) == 3


def test_what_cannot_be_restored_is_told_with_its_exit_code(tremaux: Run, repo: Path, tmp_path: Path) -> None:
    unknown = tremaux("snapshot", "restore", "1234567", cwd=repo)
    outside = tremaux("snapshot", "take", "--project", str(tmp_path), cwd=repo)
    taken = json.loads(tremaux("snapshot", "take", "--json", cwd=repo).stdout)["ref"]
    beyond = tremaux("snapshot", "restore", taken, "../a.txt", cwd=repo)

    assert (unknown.returncode, "there is no snapshot '1234567'" in unknown.stderr) == (1, True)
    assert (outside.returncode, "is in no git repository" in outside.stderr) == (2, True)
    assert (beyond.returncode, "is not inside the project" in beyond.stderr) == (2, True)
