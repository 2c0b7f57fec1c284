import os
from pathlib import Path

import pytest

from tremaux_tools.errors import BadArgument
from tremaux_tools.outputs import locate, read_chunks, read_text_lines, readable_roots


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that does not lie in the directory for temporary files."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path / "project"


def roots(project: Path) -> tuple[Path, ...]:
    return readable_roots(project, is_repository=False, session=project)


@pytest.mark.parametrize(
    ("project", "is_repository", "session", "trusted"),
    [
        pytest.param("project", False, "project", True, id="where the client works"),
        pytest.param("project", False, "", True, id="below where the client works"),
        pytest.param("elsewhere", True, "project", True, id="another repository"),
        pytest.param("elsewhere", False, "project", False, id="any directory the caller names"),
        pytest.param("/", False, "/", False, id="the root of the file system"),
        pytest.param("project", False, "/", False, id="a client that works nowhere"),
    ],
)
def test_a_caller_cannot_widen_what_is_read_by_naming_a_project(
    root: Path, project: str, is_repository: bool, session: str, trusted: bool
) -> None:
    base = root.parent
    found = readable_roots(base / project, is_repository=is_repository, session=base / session)

    assert (base / project in found) is trusted


def test_a_log_in_the_project_or_among_temporary_files_is_read(root: Path) -> None:
    (root / "gate.log").write_text("in the project")
    (root.parent / "tmp" / "gate.log").write_text("temporary")

    for name in ("gate.log", str(root.parent / "tmp" / "gate.log")):
        assert locate(name, base=root, roots=roots(root), argument="path").read_text()


@pytest.mark.parametrize("name", ["../secret", "a/../../secret", "link", "/etc/passwd", "missing", "", ".", "x\0y"])
def test_anything_else_is_refused_in_one_sentence(root: Path, name: str) -> None:
    (root.parent / "secret").write_text("secret")
    (root / "link").symlink_to(root.parent / "secret")

    with pytest.raises(BadArgument, match="path ") as caught:
        locate(name, base=root, roots=roots(root), argument="path")
    assert caught.value.hint


def test_a_fifo_is_refused_without_waiting_for_its_writer(root: Path) -> None:
    os.mkfifo(root / "fifo")

    with pytest.raises(BadArgument, match="no regular file"):
        locate("fifo", base=root, roots=roots(root), argument="path")


def test_a_person_may_name_any_file(root: Path) -> None:
    (root.parent / "secret").write_text("mine")

    assert locate("../secret", base=root, roots=None, argument="FILE") == root.parent / "secret"


def test_bytes_that_are_no_text_do_not_stop_the_reading(root: Path) -> None:
    (root / "log").write_bytes(b"a\xff\xfeb\nc\r\nd")

    assert "".join(read_chunks(root / "log")) == "a\ufffd\ufffdb\nc\r\nd"
    assert list(read_text_lines(root / "log")) == ["a\ufffd\ufffdb", "c\r", "d"]
