"""Read and explain the code with which a program ended."""

import re
from collections.abc import Mapping

from tremaux_tools.core.cleaning import strip_collector_prefix, strip_controls

TRAILER_LINES = 5  # non-empty lines at the end of a log among which its exit code is looked for
_TAIL = 4_096  # characters that hold them
SIGNAL_BASE = 128  # a shell adds it to the signal's number: POSIX.1-2017, 2.8.2
_MAX_CODE = 0xFFFF_FFFF  # Windows: 32 bits
_NTSTATUS = 0xC000_0000  # Windows: from here on a code says how the system ended the process

_CODE = r"(?:exit )?(?:code|status) (-?\d{1,10})"
# A whole line of a job's log; within a sentence the same words are told of another program.
_TRAILERS = tuple(
    re.compile(rf"{pattern}$", re.IGNORECASE)
    for pattern in (
        r"exit: ?(-?\d{1,10})",
        r"\[?exit(?:ed)?(?: with)?(?: status| code)?(?: ?[:=] ?| )(-?\d{1,10})(?: after [\d.]{1,12} ?m?s)?\]?",
        r"(?:exit_code|exitcode|rc|returncode)[:=] ?(-?\d{1,10})",
        rf"(?:##\[error\]|::error::|error: )?(?:process|command) (?:completed|exited|failed) with {_CODE}\.?",
        r"(?:error:? )?command failed with exit (?:code|status) (\d{1,10})\.?",
        r"(?:error: )?job failed: exit (?:code|status) (\d{1,10})",
        r"the command \"[^\n]{0,500}\" exited with (\d{1,10})\.",
    )
)
_SIGNALS: Mapping[str, str] = {
    "SIGHUP": "its terminal was closed",
    "SIGINT": "somebody pressed Ctrl-C",
    "SIGILL": "it ran an instruction this processor does not have",
    "SIGTRAP": "it hit a debugger's breakpoint",
    "SIGABRT": "it aborted itself, as a failed assertion or a corrupt heap does",
    "SIGBUS": "it used memory behind the end of a mapped file, or the disk is full",
    "SIGFPE": "it divided an integer by zero or the like",
    "SIGKILL": "it was killed from outside, most often for using too much memory",
    "SIGSEGV": "it used memory that is not its own",
    "SIGPIPE": "what read its output went away",
    "SIGALRM": "an alarm it had set ran out",
    "SIGTERM": "it was asked to end, most often by a time limit or a shutdown",
    "SIGXCPU": "it used more processor time than it may",
    "SIGXFSZ": "it wrote a larger file than it may",
    "SIGSYS": "it made a system call that a sandbox forbids",
}
# Linux's numbers, so that a log means the same wherever it is read.
_NUMBERS: Mapping[int, str] = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
    24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
}  # fmt: skip
_CODES: Mapping[int, str] = {
    124: "Exit code 124: `timeout` ended the command because it ran too long",
    125: "Exit code 125: `timeout`, `docker run` or `git bisect run` itself failed, or the commit was to be skipped",
    126: "Exit code 126: the command was found but could not be run; it may lack the execute permission",
    127: "Exit code 127: the command was not found; it is not installed or not on PATH",
    128: "Exit code 128: git stopped with a fatal error, or a script gave `exit` an argument that is no code",
    254: "Exit code 254: the program returned -2, by its own convention",
    255: "Exit code 255: the program returned -1 or a code out of range; ssh gives it when the connection failed",
}
# learn.microsoft.com/openspecs/windows_protocols/ms-erref, NTSTATUS values
_WINDOWS: Mapping[int, str] = {
    0xC0000005: "an access violation: it used memory that is not its own",
    0xC000001D: "an illegal instruction",
    0xC0000094: "an integer division by zero",
    0xC00000FD: "a stack overflow, most often of a recursion without end",
    0xC0000135: "a DLL that was not found",
    0xC0000139: "an entry point that was not found in a DLL",
    0xC0000142: "a DLL that failed to start",
    0xC000013A: "Ctrl-C or a closed console",
    0xC0000374: "a corrupt heap",
    0xC0000409: "a stack buffer overrun or an abort",
}


def exit_in(text: str) -> int | None:
    """Find the exit code that a log tells of the whole run in its last lines; None if it tells none.

    Only a line of its own counts: `exit:1`, `[exit 1]`, `Process completed with exit code 2.`
    """
    lines = [strip_collector_prefix(line).strip() for line in strip_controls(text[-_TAIL:]).split("\n")]
    for line in [line for line in reversed(lines) if line][:TRAILER_LINES]:
        for trailer in _TRAILERS:
            if found := trailer.match(line):
                code = int(found[1])
                return code if abs(code) <= _MAX_CODE else None
    return None


def explain_exit(code: int) -> str:
    """Say in one sentence what a code means and its usual cause; empty where it says only that it failed."""
    if code in _CODES:
        return f"{_CODES[code]}."
    unsigned = code + (1 << 32) if code < -SIGNAL_BASE else code
    if _NTSTATUS <= unsigned <= _MAX_CODE:
        return f"Exit code 0x{unsigned:08X}: Windows ended the program for {_WINDOWS.get(unsigned, 'a fatal error')}."
    number = -code if code < 0 else code - SIGNAL_BASE
    if name := _NUMBERS.get(number):
        cause = f": {_SIGNALS[name]}" if name in _SIGNALS else ""
        return f"Exit code {code}: the program was ended by signal {number} ({name}){cause}."
    return ""
