"""Every setting, by what it is about. Whoever uses one reads it at each use, so that a change works at once."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from tremaux_tools.core import gate
from tremaux_tools.core.settings.setting import MAX_SHOWN, Setting
from tremaux_tools.core.skills.recommendation import MAX_ITEMS
from tremaux_tools.core.stall import StallSettings
from tremaux_tools.core.tickets import checks, ticket
from tremaux_tools.errors import BadArgument

_SECONDS = frozenset[Any]({"seconds"})
_STALL = StallSettings()
_STALL_PREFIX = "stall."

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
    tried_by="pool",  # what is kept from one worker is left to the others
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
    tried_by="first_run",  # not judged by cost: a stronger model costs more, but a run that needs no retry less
    about="Which model of its worker's ladder a ticket begins with; 0 is the cheapest.",
)
TIMEOUT_FACTOR = Setting(
    name="retry.timeout_factor",
    area="strategy",
    default=1.0,
    least=1,
    most=8,
    tried_by="retry",  # not judged by seconds: what it does is let runs go on for longer
    about="By how much the time of a run grows after one that timed out.",
)
FIRST_DELAY = Setting(
    name="retry.first_delay",
    area="strategy",
    default=2.0,
    unit="seconds",
    most=300,
    tried_by="retry",
    about="How long the first retry of a ticket waits; each further one waits twice as long.",
)
TICKET_TIMEOUT = Setting(
    name="tickets.timeout",
    area="resource",
    default=ticket.DEFAULT_TIMEOUT,
    unit="seconds",
    least=1,
    most=checks.MAX_TIMEOUT,
    is_guarded=True,
    about="How long a run may take whose ticket does not say it.",
)
GATE_TIMEOUT = Setting(
    name="gates.timeout",
    area="resource",
    default=gate.DEFAULT_TIMEOUT,
    unit="seconds",
    least=1,
    most=gate.MAX_TIMEOUT,
    is_guarded=True,
    about="How long a gate may take that does not say it.",
)
RECOMMENDED = Setting(
    name="skills.recommended",
    area="strategy",
    default=MAX_ITEMS,
    least=1,
    most=MAX_ITEMS,
    tried_by="recommendation",
    about="How many learnings one answer recommends at most.",
)
PLAYBOOK_BULLETS = Setting(
    name="playbook.bullets",
    area="strategy",
    default=8,
    most=30,
    tried_by="run",
    judged_by=frozenset({"cost"}),  # every worker reads them
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


def _stall(field: str, about: str, *, unit: str = "attempts", least: int = 2, most: int = 50) -> Setting[int]:
    """A threshold of stall detection; its default and bounds are those of `StallSettings`."""
    return Setting(
        name=f"{_STALL_PREFIX}{field}",
        area="metric",
        default=int(getattr(_STALL, field)),
        least=least,
        most=most,
        unit=unit,
        tried_by="goal",
        about=about,
    )


_THRESHOLDS = (
    _stall("repeats", "How often the same failure comes in a row until a goal is called stalled."),
    _stall(
        "noisy_repeats", "How often the same failure with other numbers comes in a row until a goal is called stalled."
    ),
    _stall("action_repeats", "How often the same action fails until a goal is called stalled."),
    _stall("cycle_laps", "How many laps of failures that take turns are a stall.", unit="laps"),
    _stall(
        "revisited_laps", "How many laps are a stall where the work tree goes round with the failures.", unit="laps"
    ),
    _stall("longest_period", "How many failures that take turns are one lap at most.", most=16),
    _stall("interleaved_repeats", "How often a failure comes back between others until a goal is called stalled."),
    _stall("interleaved_window", "Of how many of the newest attempts such a failure must be half."),
    _stall("plateau", "How many attempts without a new best are a stall."),
    _stall("refusals", "How often the same refusal comes until a goal is called blocked."),
    _stall("idle_repeats", "How often the same look with the same answer is a stall."),
    _stall("idle_variations", "How often nearly the same look with the very same answer is a stall."),
    _stall("patience", "How many failures of the network or of a rate limit are waited out."),
    _stall("waiting_patience", "How often a gate that is still at work is asked until that is a stall."),
    _stall("churn", "How many attempts without a new best bring a warning."),
    _stall("escalate_after", "How many attempts a loop may go on after it was called one.", least=1),
)

STALL: Mapping[str, Setting[int]] = {setting.name.removeprefix(_STALL_PREFIX): setting for setting in _THRESHOLDS}
"""The thresholds of stall detection by the fields of `StallSettings`."""

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
    *_THRESHOLDS,
)
SETTINGS: Mapping[str, Setting[Any]] = {setting.name: setting for setting in _ALL}


def find_setting(name: str) -> Setting[Any]:
    """The setting of that name.

    Raises:
        BadArgument: there is none.
    """
    if (setting := SETTINGS.get(name.strip())) is not None:
        return setting
    near = get_close_matches(name[:MAX_SHOWN], SETTINGS, 1)
    hint = f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(sorted(SETTINGS))}."
    raise BadArgument(f"there is no setting {name[:MAX_SHOWN]!r}", hint)
