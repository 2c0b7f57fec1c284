"""What a container of ours may do: the least that a shell and its programs need."""

from collections.abc import Sequence
from typing import Any

from tremaux_tools.core.terminal.values import Limits
from tremaux_tools.errors import BadArgument

OWNER = "tremaux.owner"  # label of every container that we made
NONCE = "tremaux.nonce"  # label of those that one job has to itself
GUESSED_USER = "1000:1000"  # where the image names none or root: no one in particular
ROOT = "0:0"
TMP_HOME = "/tmp"  # noqa: S108 - inside the container, a file system of its own
# Blocks without waking up, by what every shell has built in; init, before it, passes TERM on, which ends it at once.
SLEEP = ["sh", "-c", "while read -r _; do :; done"]
PROBE = ["sh", "-c", ":"]
_MEGABYTE = 1024 * 1024
_ROOT_NAMES = frozenset({"", "0", "root"})


def candidates(user: str | None, of_image: str) -> Sequence[str]:
    """The users to try, the first that can start a shell is taken."""
    if user:
        return [user]
    if of_image.partition(":")[0] not in _ROOT_NAMES:
        return [of_image]
    return [GUESSED_USER, ROOT]


def without_shell(image: str, user: str | None) -> BadArgument:
    """What is told where none of the candidates can start a shell; where root cannot, there is none."""
    if user and user != ROOT:
        return BadArgument(
            f"user {user!r} cannot start a shell (sh) in the image {image!r}",
            "Name an image with a shell that this user may start, or leave the user out.",
        )
    return BadArgument(f"the image {image!r} has no shell (sh)", "Name an image with one, such as debian or busybox.")


def environment(user: str, of_image: Sequence[str]) -> dict[str, str]:
    """A home that can be written for a user that is only a number: the image may not know one."""
    is_number = user.partition(":")[0].isdigit() and user != ROOT
    has_home = any(entry.startswith("HOME=") for entry in of_image)
    return {"HOME": TMP_HOME} if is_number and not has_home else {}


def host_options(limits: Limits) -> dict[str, Any]:
    """The arguments of `create_host_config`: never privileged, nothing of the host in it."""
    memory = limits.memory_mb * _MEGABYTE
    return {
        "mem_limit": memory,
        "memswap_limit": memory,  # of both together: no swap
        "nano_cpus": round(limits.cpus * 1e9),
        "pids_limit": limits.pids,
        "network_mode": None if limits.network else "none",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": True,  # reaps what programs leave behind
        "tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={limits.memory_mb // 2}m"},  # noqa: S108
    }
