r"""What a shell inside a container is told, in words that every POSIX shell knows: dash, bash, busybox.

Arguments are quoted here, never pasted. Bytes are written with the built-in `printf`, each that is no plain character
as `\ooo`, so files may hold any byte and nothing has to be installed for it.
"""

from shlex import quote

SHELL = ("sh",)
ENVIRONMENT = {"LC_ALL": "C"}  # bytes, not characters
MISSING = 44  # exit status for "there is no such file"
SETTINGS = b"\0settings\0"  # between the status of a process and the settings of its terminal
PIECE = 4096  # bytes in one printf; long words are slow to parse
PLACES = '"$XDG_RUNTIME_DIR" /tmp /dev/shm /run "$HOME"'
ROUNDS = 20  # of stopping processes before they are killed; a fork bomb is held by its container's limit


def framed(script: str, end: str) -> str:
    """The script with an end to its answer: `end`, its `code` or else its exit status, and a line end.

    The shell itself runs it, not a copy: there may be no room for another process.
    """
    return f"umask 077; code=\n{{\n{script}\n}} </dev/null 2>/dev/null\nprintf '%s %d\\n' {end} ${{code:-$?}}\n"


def private_directory(suffix: str) -> str:
    """Make a directory `tremaux-UID-SUFFIX` in the first place that can be written, and print its path."""
    return f"""while read -r key uid _; do [ "$key" = Uid: ] && break; done </proc/self/status
code=1
for place in {PLACES}; do
    made=$place/tremaux-$uid-{suffix}
    [ -d "$place" ] && mkdir -m 700 "$made" && printf %s "$made" && code=0 && break
done"""


def write(path: str, data: bytes, *, spare: str) -> str:
    """Write beside the file, under the name `PATH.SPARE`, then move it there; print what went wrong."""
    target, new = quote(path), quote(f"{path}.{spare}")
    parent = quote(path.rpartition("/")[0] or "/")
    prints = " &&\n".join(f"printf '{_escaped(data[at : at + PIECE])}'" for at in range(0, len(data), PIECE))
    return f"""{{
mkdir -p {parent} && {{
{prints or ":"}
}} >{new} && mv -f {new} {target} || {{ rm -f {new}; code=1; }}
}} 2>&1"""


def read(path: str, limit: int) -> str:
    """Print the first bytes of a file."""
    return f"if [ -f {quote(path)} ]; then head -c {limit} {quote(path)}; else code={MISSING}; fi"


def remove(path: str) -> str:
    """Remove a tree."""
    return f"rm -rf -- {quote(path)}"


def foreground(pid: int) -> str:
    """Print the status line of who is in front on a process's terminal, and its settings where stty can tell them."""
    return f"""code=1
line=$(cat /proc/{pid}/stat) && set -- ${{line##*) }} && cat /proc/$6/stat && {{
    printf '\\000settings\\000'
    stty -a </proc/{pid}/fd/0
    code=0
}}"""


TMUX_VERSION = "tmux -V"


def kill_session(pid: int) -> str:
    """Stop all processes of a session and their descendants until there is no new one, then kill them; print which.

    Only built-in commands: it works when the container's last process id is taken.
    """
    return f"""victims=' '
round=0
while [ $round -lt {ROUNDS} ]; do
    round=$((round + 1)) found=
    for file in /proc/[0-9]*/stat; do
        process=${{file#/proc/}} process=${{process%/stat}} line=
        case $victims in *" $process "*) continue ;; esac
        while read -r part; do line="$line $part"; done <"$file"
        set -- ${{line##*) }}
        [ "$1" = Z ] && continue
        case "$4:$victims" in
            {pid}:*) ;;
            *" $2 "*) ;;
            *) [ "$process" = {pid} ] || continue ;;
        esac
        kill -STOP "$process" || continue
        victims="$victims$process " found=1
    done
    [ "$found" ] || break
done
[ "$victims" = ' ' ] || {{
    kill -KILL $victims
    printf %s "$victims"
}}"""


def _escaped(data: bytes) -> str:
    """The bytes as a format of printf inside single quotes."""
    return "".join(map(_FORMAT.__getitem__, data))


_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b"%\\'-") | frozenset(b"\n")
_FORMAT = [chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in range(256)]
