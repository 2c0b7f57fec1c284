"""Agent Skills on the disk: folders with a `SKILL.md`, written beside those of others and read without running any."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from tremaux_tools.core.sharing.parcel import Item
from tremaux_tools.core.sharing.skill_folder import FILE, ID, Skill
from tremaux_tools.core.sharing.skill_reader import SkillFile, item_of, parse_skill
from tremaux_tools.errors import BadArgument
from tremaux_tools.outputs import MAX_SHOWN
from tremaux_tools.shared_files import replace

MAX_SKILL_BYTES = 256 * 1024  # of one SKILL.md; the rules advise 5,000 tokens
MAX_SKILLS = 10_000  # of one folder


def write(folder: Path, skills: Sequence[Skill]) -> tuple[int, int]:
    """Write each skill into a folder of its own below `folder`; returns how many were written, how many left out.

    A folder that somebody else made is left as it is, and none is ever deleted.

    Raises:
        BadArgument: `folder` is no directory, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise BadArgument(f"path {str(folder)[:MAX_SHOWN]!r} is no directory", "Name a directory for the skills.")
    written = 0
    for skill in skills:
        place = folder / skill.name
        if _is_free(place) or _is_ours(place, skill):
            replace(place / FILE, skill.text, is_ours=lambda _: True)
            written += 1
    return written, len(skills) - written


def read(path: Path, *, roots: Sequence[Path] | None) -> Iterator[Item | None]:
    """What skills teach: those of a folder of them, one skill's folder, or one `SKILL.md`.

    None stands for a skill that cannot be read. Links are followed only to places under `roots`; only files called
    `SKILL.md` are opened.

    Raises:
        BadArgument: there is none, or more than `MAX_SKILLS`.
    """
    files = _files(path)
    if not files:
        raise BadArgument(
            f"path {str(path)[:MAX_SHOWN]!r} holds no {FILE}", "Name a skill's folder, or a folder of such folders."
        )
    if len(files) > MAX_SKILLS:
        raise BadArgument(f"there are more than {MAX_SKILLS} skills", "Import them in several parts.")
    for file in files:
        yield _learning(file, roots)


def _files(path: Path) -> list[Path]:
    try:
        if path.is_file():
            return [path] if path.name == FILE else []
        if (path / FILE).exists():
            return [path / FILE]
        return sorted(folder / FILE for folder in path.iterdir() if (folder / FILE).exists())
    except OSError as error:
        raise BadArgument(
            f"path {str(path)[:MAX_SHOWN]!r} cannot be read: {error.strerror or error}", "Check the path."
        ) from error


def _learning(file: Path, roots: Sequence[Path] | None) -> Item | None:
    skill = _read(file, roots)
    try:
        return None if skill is None else item_of(skill)
    except ValueError:
        return None


def _read(file: Path, roots: Sequence[Path] | None) -> SkillFile | None:
    """A skill; None where it is none, too large, or lies elsewhere."""
    try:
        real = file.resolve()
        if roots is not None and not any(real.is_relative_to(root) for root in roots):
            return None
        status = real.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SKILL_BYTES:
            return None
        return parse_skill(real.read_text("utf-8-sig"))
    except (OSError, RuntimeError, ValueError):
        return None


def _is_free(place: Path) -> bool:
    return not os.path.lexists(place)


def _is_ours(place: Path, skill: Skill) -> bool:
    """Whether the folder holds an older form of this very skill, and is no link to anywhere."""
    file = place / FILE
    if place.is_symlink() or not place.is_dir() or file.is_symlink():
        return False
    found = _read(file, None)
    metadata = skill.frontmatter["metadata"]
    return found is not None and isinstance(metadata, dict) and found.metadata.get(ID) == metadata[ID]
