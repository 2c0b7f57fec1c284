"""Every setting, by what it is about. Whoever uses one reads it at each use, so that a change works at once."""

from collections.abc import Mapping
from typing import Any

from tremaux_tools.core.settings.setting import MAX_SHOWN, Setting
from tremaux_tools.core.stall import StallSettings
from tremaux_tools.errors import BadArgument

_SECONDS = frozenset[Any]({"seconds"})
_STALL = StallSettings()

MAX_WORKERS = Setting(
    name="dispatch.max_workers",
    area="resource",
    default=4,
    unit="workers",
    least=1,
    most=256,
    tried_by="pool",
    judged_by=_SECONDS,
    about="How many workers of tickets run at once, of all projects and processes.",
)
MAX_CPU_PER_AGENT = Setting(
    name="dispatch.max_cpu_per_agent",
    area="resource",
    default=0.0,
    unit="cores",
    most=256,
    tried_by="run",
    judged_by=_SECONDS,
    about="How many cores one worker may keep busy; 0 sets no limit.",
)
STRATEGY = Setting(
    name="coordination.strategy",
    area="coordination",
    default="fixed",
    choices=("fixed", "adaptive", "sequential"),
    tried_by="pool",
    judged_by=_SECONDS,
    about="fixed fills the pool up to dispatch.max_workers, adaptive fits it to the load and to how much passes, "
    "sequential runs one worker at a time.",
)
FALLBACK_THRESHOLD = Setting(
    name="coordination.fallback_strategy_threshold",
    area="strategy",
    default=0.0,
    most=1,
    tried_by="pool",
    judged_by=_SECONDS,
    about="Share of the newest runs that must pass, else workers run one at a time until they do; 0 never falls back.",
)
FIRST_RUNG = Setting(
    name="retry.first_rung",
    area="strategy",
    default=0,
    most=10,
    tried_by="run",
    judged_by=frozenset({"cost"}),
    about="Which model of its worker's ladder a ticket begins with; 0 is the cheapest.",
)
TIMEOUT_FACTOR = Setting(
    name="retry.timeout_factor",
    area="strategy",
    default=1.0,
    least=1,
    most=8,
    tried_by="run",
    judged_by=_SECONDS,
    about="By how much the time of a run grows after one that timed out.",
)
FIRST_DELAY = Setting(
    name="retry.first_delay",
    area="strategy",
    default=2.0,
    unit="seconds",
    most=300,
    tried_by="run",
    about="How long the first retry of a ticket waits; each further one waits twice as long.",
)
TICKET_TIMEOUT = Setting(
    name="tickets.timeout",
    area="resource",
    default=3_600.0,
    unit="seconds",
    least=1,
    most=7 * 86_400,
    is_guarded=True,
    about="How long a run may take whose ticket does not say it.",
)
GATE_TIMEOUT = Setting(
    name="gates.timeout",
    area="resource",
    default=600.0,
    unit="seconds",
    least=1,
    most=86_400,
    is_guarded=True,
    about="How long a gate may take that does not say it.",
)
RECOMMENDED = Setting(
    name="skills.recommended",
    area="strategy",
    default=3,
    least=1,
    most=3,
    tried_by="recommendation",
    about="How many learnings one answer recommends at most.",
)
PLAYBOOK_BULLETS = Setting(
    name="playbook.bullets",
    area="strategy",
    default=8,
    most=30,
    tried_by="run",
    about="How many bullets of the playbook a worker is shown at most.",
)
LEARNING = Setting(
    name="learning.enabled",
    area="metric",
    default=True,
    is_guarded=True,
    about="Whether the learning cycle runs.",
)
INTERVAL = Setting(
    name="learning.interval",
    area="metric",
    default=30.0,
    unit="seconds",
    least=1,
    most=86_400,
    is_guarded=True,
    about="How long the learning cycle rests between two looks.",
)
REASONING = Setting(
    name="learning.reasoning",
    area="metric",
    default="evidence",
    choices=("evidence", "keywords"),
    is_guarded=True,
    about="How the reasoning of a delta is scored: by what the data say, or by its words as the first version did.",
)


def _stall(field: str, about: str, *, least: int = 2, most: int = 50) -> Setting[int]:
    """A threshold of stall detection; its default and bounds are those of `StallSettings`."""
    return Setting(
        name=f"stall.{field}",
        area="metric",
        default=int(getattr(_STALL, field)),
        least=least,
        most=most,
        unit="attempts",
        tried_by="goal",
        about=about,
    )


STALL = (
    _stall("repeats", "How often the same failure comes in a row until a goal is called stalled."),
    _stall("noisy_repeats", "The same for a failure that changes in parts."),
    _stall("action_repeats", "How often the same action fails until a goal is called stalled."),
    _stall("cycle_laps", "How many laps of failures that take turns are a stall."),
    _stall("revisited_laps", "The same while the work tree goes round with them."),
    _stall("interleaved_repeats", "How often a failure comes back between others until a goal is called stalled."),
    _stall("plateau", "How many attempts without a new best are a stall."),
    _stall("refusals", "How often an agent may refuse until a goal is called stalled."),
    _stall("idle_repeats", "How often the same look at the same thing is a stall."),
    _stall("patience", "How many failures of the network are waited out."),
    _stall("churn", "How many attempts without a new best bring a warning."),
    _stall("escalate_after", "How many attempts a loop may go on after it was called one.", least=1),
)

_ALL: tuple[Setting[Any], ...] = (
    MAX_WORKERS,
    MAX_CPU_PER_AGENT,
    STRATEGY,
    FALLBACK_THRESHOLD,
    FIRST_RUNG,
    TIMEOUT_FACTOR,
    FIRST_DELAY,
    TICKET_TIMEOUT,
    GATE_TIMEOUT,
    RECOMMENDED,
    PLAYBOOK_BULLETS,
    LEARNING,
    INTERVAL,
    REASONING,
    *STALL,
)
SETTINGS: Mapping[str, Setting[Any]] = {setting.name: setting for setting in _ALL}


def find_setting(name: str) -> Setting[Any]:
    """The setting of that name.

    Raises:
        BadArgument: there is none.
    """
    if (setting := SETTINGS.get(name.strip())) is not None:
        return setting
    raise BadArgument(f"there is no setting {name[:MAX_SHOWN]!r}", f"Use one of {', '.join(sorted(SETTINGS))}.")
