"""Paths in a work tree: what stands in the way of writing one, and deleting without leaving the tree."""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from os import fsencode, path, walk
from pathlib import Path, PurePosixPath

from tremaux_tools.errors import BadArgument


def inside(root: Path, paths: Iterable[str]) -> list[str]:
    """Paths as git names them: relative to the work tree's root, no `..` in them.

    Raises:
        BadArgument: one lies outside.
    """
    found = []
    for given in paths:
        named = Path(path.normpath(root / given))  # by words alone: a link in the tree is a file like any other
        if not _is_name(given) or not named.is_relative_to(root) or ".." in PurePosixPath(given).parts:
            raise BadArgument(f"path {given[:200]!r} is not inside the project", "Name files from the project's root.")
        found.append(str(named.relative_to(root)))
    return found


def obstacles(root: Path, names: Iterable[str], doomed: Container[str] = ()) -> list[str]:
    """Those of `names` that cannot be written without deleting more than the `doomed` files.

    A directory may stand at the place, or a file or a link where one of the parents should be.
    """
    return [name for name in names if _is_blocked(root, name, doomed)]


def present(root: Path, names: Iterable[str]) -> list[str]:
    """Those of `names` at which a file or a link is, reached through true directories."""
    return [name for name in names if not _is_blocked(root, name) and path.lexists(root / name)]


def delete(root: Path, names: Iterable[str]) -> list[str]:
    """Delete files, and the directories that become empty by it; return what was there to delete."""
    gone = present(root, names)
    for name in gone:
        (root / name).unlink(missing_ok=True)
        with suppress(OSError):  # holds something else
            for folder in _parents(root, name)[::-1]:
                folder.rmdir()
    return gone


def leaves(folder: Path) -> Iterator[Path]:
    """All files and links in a directory, however deep."""
    for place, folders, names in walk(folder):
        yield from (found for name in (*folders, *names) if not _is_true_directory(found := Path(place) / name))


def _is_blocked(root: Path, name: str, doomed: Container[str] = ()) -> bool:
    for folder in _parents(root, name):
        if path.lexists(folder) and not _is_true_directory(folder):
            return str(folder.relative_to(root)) not in doomed
    place = root / name
    if not _is_true_directory(place):
        return False
    return any(str(leaf.relative_to(root)) not in doomed for leaf in leaves(place))


def _is_name(text: str) -> bool:
    try:
        return bool(text) and b"\0" not in fsencode(text)
    except UnicodeEncodeError:
        return False


def _is_true_directory(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _parents(root: Path, name: str) -> Sequence[Path]:
    """The directories between the root and a file, outermost first."""
    return [root / folder for folder in PurePosixPath(name).parents if folder != PurePosixPath(".")][::-1]
