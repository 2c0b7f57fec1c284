"""Name a file the same way wherever the project was checked out."""

import re

# An absolute path keeps its last component, as nobody can tell where the project starts; a relative one
# stays, since `api/test_total.py` is not `web/test_total.py`.
_ROOT = (
    r"/(?:home|Users|root|tmp|private|var|opt|srv|usr|mnt|media|data|builds?|workspaces?|github|app|code|src|repo"
    r"|work|ci|project|projects|runner|nix|run|volumes?|Volumes|__w)"
)
_ABSOLUTE = re.compile(
    rf"(?:file://)?(?<![\w./:>-])(?:{_ROOT}(?=/)"
    r"|[A-Za-z]:\\{1,2}[^\\/:*?\"<>|\s]+"
    r"|(?:\.\./)+"  # leaves the project, and how far depends on where it lies
    r"|(?:/[\w.@+~=-]+){3}(?=/[\w./@+~=-]*\.[A-Za-z]\w{0,5}\b))"  # no known root, but a file
    r"[\w.@+~=,\\/-]*"
)
_EXTENSION = re.compile(r"\.[A-Za-z]\w{0,7}$")
_TEMPORARY = re.compile(r"(?:/private)?(?:/var)?/tmp/[^/]+$|/var/folders/\w+/\w+/T/[^/]+$")
_SEPARATOR = re.compile(r"[\\/]+")


def shorten_paths(text: str) -> str:
    """Replace each absolute path by its file name, or by `<dir>` or `<tmp>` when it names no lasting file."""
    return _ABSOLUTE.sub(_last_component, text) if "/" in text or "\\" in text else text


def _last_component(match: re.Match[str]) -> str:
    path = match[0].rstrip(".,")
    after = match[0][len(path) :]
    if _TEMPORARY.fullmatch(path):
        return "<tmp>" + after
    last = _SEPARATOR.split(path)[-1]
    return (last if _EXTENSION.search(last) else "<dir>") + after
