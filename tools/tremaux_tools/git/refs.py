"""Names of ours among a repository's refs: branches of workers, and snapshots."""

import re
from hashlib import sha256

from tremaux_tools.errors import GitError
from tremaux_tools.git.command import plain, printable
from tremaux_tools.git.project import Project, ask

BRANCHES = "tremaux/"  # what the name of each branch of ours begins with
SNAPSHOTS = "refs/tremaux/snap/"  # not pushed unless asked for, and kept from git's garbage collection
MAX_PART = 40  # characters of a name that was made up from another text
MAX_WHOLE = 80  # characters of a name that is taken as it is
_SAFE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-]))*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


def ref_part(text: str) -> str:
    """A safe component of a ref, another one for each other text.

    Short names of letters, digits, `_`, `-` and single dots stay as they are. Others lose what is none of these and
    get a digest after a `+`, which no unchanged name has.
    """
    if len(text) <= MAX_WHOLE and _SAFE.fullmatch(text) and not text.endswith(".lock"):
        return text
    cleaned = _UNSAFE.sub("-", text)[:MAX_PART].strip("-")
    return f"{cleaned or 'x'}+{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


async def checked(project: Project, ref: str, *, under: str) -> str:
    """The full name of a ref, once git would take it and it lies `under` what is ours.

    Raises:
        GitError: it is none.
    """
    is_ours = ref.startswith(under) and ref == plain(ref)
    if not is_ours or (await ask(project, "check-ref-format", ref, failing=(1,))).code:
        raise GitError(f"{printable(ref)!r} is no name of a ref under {under}", "Build it with ref_part.")
    return ref


def full(branch: str) -> str:
    """The ref of a branch."""
    return f"refs/heads/{branch}"
