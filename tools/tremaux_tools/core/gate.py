"""Gates as a project names them, and what is to be done before a person's consent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.job import JobRecord
from tremaux_tools.errors import NotAllowed

DEFAULT_TIMEOUT = 600.0  # seconds
MAX_TIMEOUT = 86_400.0  # seconds; nobody waits longer for a gate
MAX_SHOWN = 200  # characters of a name in a message

Consent = Literal["", "file", "command"]
"""What a person has to agree to first: nothing, a settings file that is not trusted, or a command of the agent's."""


@dataclass(frozen=True, slots=True)
class GateRule:
    """One gate of a project."""

    name: str
    command: str  #: for a POSIX shell
    timeout: float = DEFAULT_TIMEOUT  #: seconds
    cwd: str = ""  #: within the project; empty: its root
    pattern: str | None = None  #: a regular expression that the output must show for a pass


@dataclass(frozen=True, slots=True)
class ProjectGates:
    """What a project's settings say of gates, and of which bytes that was read."""

    digest: str = ""  #: SHA-256 of the file, hexadecimal; empty where there is none
    gates: Mapping[str, GateRule] = field(default_factory=dict)
    allow_commands: bool = False  #: an agent may run commands of its own, once the file is trusted
    workers: Mapping[str, str] = field(default_factory=dict)  #: command lines that tickets may run then
    timeout: float = DEFAULT_TIMEOUT  #: seconds, of a gate that does not say it


@dataclass(frozen=True, slots=True)
class Plan:
    """A gate as it would be run, and what a person has to agree to first. All paths are whole."""

    project: str  #: names the project, the same in all its work trees
    root: str  #: the work tree at hand
    rule: GateRule  #: without a name for a command of an agent's own
    cwd: str  #: every link in it followed
    settings: ProjectGates
    path: str  #: of the settings file, the same in all work trees: trust is kept for it
    consent: Consent
    has_changed: bool  #: another content of the file is trusted

    @property
    def what(self) -> str:
        """The gate in a sentence."""
        return f"the gate {self.rule.name[:MAX_SHOWN]!r}" if self.rule.name else "the command"

    @property
    def way_out(self) -> str:
        """How a person can agree to it who cannot be asked."""
        if self.consent == "command" and not self.settings.allow_commands:
            return (
                "A person can let agents run commands of their own: write `allow_commands = true` into the project's"
                " tremaux.toml, above its tables, then run `tremaux trust` in its directory."
            )
        return NotAllowed.hint

    def agreed(self) -> "Plan":
        """The same, once a person has agreed to it."""
        return replace(self, consent="")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a gate is run for."""

    goal: str = "default"
    action: str = ""
    hypothesis: str = ""
    client: str = ""
    agent: str = ""


def judged(record: JobRecord, *, shows_pattern: bool) -> tuple[Gate, str]:
    """What an ended job says as a gate, and a note where that needs a word."""
    match record.status, record.cause:
        case "exited", _ if record.exit_code == 0 and not shows_pattern:
            return Gate.FAIL, f"the output does not show {record.pattern!r}"
        case "exited", _:
            return (Gate.FAIL if record.exit_code else Gate.PASS), ""
        case _, "timeout":
            return Gate.FAIL, f"ended after its {record.timeout:g} s were over"
        case _, "size":
            return Gate.FAIL, "ended because it printed too much"
        case "killed", _:
            return Gate.NONE, "cancelled before it ended"
    return Gate.NONE, "how it ended is not known"
