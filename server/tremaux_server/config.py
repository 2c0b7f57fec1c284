"""The user's settings: the only reader of the environment."""

import hashlib
import logging
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from tremaux_tools.core.terminal.values import ForeignSession
from tremaux_tools.core.tickets.ticket import PlaceName
from tremaux_tools.errors import BadArgument

if TYPE_CHECKING:  # a client waits for the server to start, which needs no settings yet
    from tremaux_tools.core.settings import Value

NOTIFY_URLS = "TREMAUX_NOTIFY_URLS"
LABEL_DIGITS = 8  # enough to tell a user's databases apart
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MODELS = ("auto", "off", "onnx", "wordllama")  # that compare meanings; auto: the best of those installed
MAX_WORKERS = "TREMAUX_MAX_WORKERS"
WORKERS_SETTING = "dispatch.max_workers"  # which it sets for this process
MOST_WORKERS = 256
HOLDOUT = "TREMAUX_HOLDOUT_PERCENT"
DEFAULT_HOLDOUT = 10  # percent of tasks that get no recommendation, to learn whether one helps
MOST_HOLDOUT = 50
_LIMITED_PLACES: tuple[PlaceName, ...] = ("process", "tmux", "docker")
# Names under which clients tell which of their conversations started us.
_AGENT_VARIABLES = ("TREMAUX_AGENT", "CLAUDE_CODE_SESSION_ID", "CODEX_SESSION_ID", "GEMINI_SESSION_ID")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user set for all projects."""

    database: Path
    log_file: Path
    environment: Mapping[str, str]  #: what programs we start get
    project: Path | None = None  #: None: ask the client, else the working directory
    log_level: str = "WARNING"
    toolsets: str = "core"
    semantic: str = "auto"  #: one of `MODELS`
    agent: str = ""  #: names the conversation in each row; empty when the client does not tell
    foreign_sessions: tuple[ForeignSession, ...] = ()  #: of a person's own tmux, that an agent may use
    notify_urls: tuple[str, ...] = ()  #: whom to tell of reports; they hold tokens, so they are never shown
    explicit: "Mapping[str, Value]" = field(default_factory=dict)  #: live settings that the environment sets, by name
    max_workers_at: Mapping[PlaceName, int] = field(default_factory=dict)  #: of single places
    holdout: float = DEFAULT_HOLDOUT / 100  #: share of tasks from which recommendations are kept back

    @property
    def label(self) -> str:
        """What tells the things of this database from those of the user's others: tmux servers, containers."""
        return hashlib.sha256(str(self.database).encode()).hexdigest()[:LABEL_DIGITS]

    @classmethod
    def read(cls, environ: MutableMapping[str, str], *, database: Path | None = None) -> "Settings":
        """Read the environment; `database` overrides `TREMAUX_DB`.

        `TREMAUX_NOTIFY_URLS` is taken out of it: no program that is started from now on gets the tokens in there.

        Raises:
            BadArgument: a variable makes no sense.
        """
        notify_urls = tuple(environ.pop(NOTIFY_URLS, "").split())
        level = environ.get("TREMAUX_LOG_LEVEL", "WARNING").upper()
        if level not in LOG_LEVELS:
            raise BadArgument(f"TREMAUX_LOG_LEVEL is {level!r}", f"Use one of {', '.join(LOG_LEVELS)}.")
        semantic = environ.get("TREMAUX_SEMANTIC", "").strip().lower() or "auto"
        if semantic not in MODELS:
            raise BadArgument(f"TREMAUX_SEMANTIC is {semantic!r}", f"Use one of {', '.join(MODELS)}.")
        project = environ.get("TREMAUX_PROJECT")
        workers = _number(environ, MAX_WORKERS, lowest=1, highest=MOST_WORKERS)
        try:
            named = database or (Path(environ["TREMAUX_DB"]) if environ.get("TREMAUX_DB") else None)
            database = (named or platformdirs.user_data_path("tremaux") / "tremaux.db").expanduser().absolute()
            directory = Path(project).expanduser().absolute() if project else None
        except (OSError, RuntimeError) as error:
            raise BadArgument("TREMAUX_DB or TREMAUX_PROJECT cannot be made a full path", "Give full paths.") from error
        return cls(
            database=database,
            log_file=platformdirs.user_log_path("tremaux") / "tremaux.log",
            environment=dict(environ),
            project=directory,
            log_level=level,
            toolsets=environ.get("TREMAUX_TOOLSETS", "core"),
            semantic=semantic,
            agent=next((environ[name] for name in _AGENT_VARIABLES if environ.get(name)), ""),
            foreign_sessions=_foreign_sessions(environ.get("TREMAUX_ALLOW_FOREIGN_SESSIONS", "")),
            notify_urls=notify_urls,
            explicit={} if workers is None else {WORKERS_SETTING: workers},
            max_workers_at=_workers_at(environ),
            holdout=_holdout(environ),
        )


def _workers_at(environ: Mapping[str, str]) -> dict[PlaceName, int]:
    """The limits of single places, as far as they are set; 0 closes a place."""
    read = {
        place: _number(environ, f"{MAX_WORKERS}_{place.upper()}", lowest=0, highest=MOST_WORKERS)
        for place in _LIMITED_PLACES
    }
    return {place: limit for place, limit in read.items() if limit is not None}


def _holdout(environ: Mapping[str, str]) -> float:
    """The share of tasks from which recommendations are kept back."""
    percent = _number(environ, HOLDOUT, lowest=0, highest=MOST_HOLDOUT)
    return (DEFAULT_HOLDOUT if percent is None else percent) / 100


def _number(environ: Mapping[str, str], name: str, *, lowest: int, highest: int) -> int | None:
    """A whole number, forced into its bounds; None if it is not set."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        asked = int(text)
    except ValueError as error:
        raise BadArgument(f"{name} is {text!r}", f"Use a whole number from {lowest} to {highest}.") from error
    used = min(max(asked, lowest), highest)
    if used != asked:
        _log.warning("%s is %d; %d is used, for it goes from %d to %d", name, asked, used, lowest, highest)
    return used


def _foreign_sessions(text: str) -> tuple[ForeignSession, ...]:
    """Read `socket:session[:rw]`, joined by commas."""
    return tuple(_foreign_session(item.strip()) for item in text.split(",") if item.strip())


def _foreign_session(item: str) -> ForeignSession:
    match item.split(":"):
        case [socket, session] if socket and session:
            return ForeignSession(socket, session, write=False)
        case [socket, session, "rw"] if socket and session:
            return ForeignSession(socket, session, write=True)
    raise BadArgument(
        f"TREMAUX_ALLOW_FOREIGN_SESSIONS has {item!r}",
        "Write socket:session to allow reading, socket:session:rw to allow typing too; * stands for any text.",
    )
