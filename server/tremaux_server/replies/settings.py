"""The answers about settings: what they are set to, since when and by whom."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from tremaux_server.replies.base import Part, Reply
from tremaux_server.replies.recommend import flat
from tremaux_server.shape import timestamp
from tremaux_server.visible import visible
from tremaux_tools.core.counted import counted
from tremaux_tools.core.learning.delta import CANARY_PERCENT

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.settings import Unit
    from tremaux_tools.live_settings import Standing
    from tremaux_tools.store.exposures import Watched
    from tremaux_tools.store.settings import Change

SourceName = Literal["default", "environment", "person", "learned"]
Scalar = bool | int | float | str
OF_PROJECTS = "stall."  # how the names begin of those that a project may set for itself
DONE = {"get": "", "set": "SET: ", "unset": "UNSET: "}


_TASKS: Mapping["Unit", str] = {
    "run": "runs",
    "first_run": "first runs",
    "retry": "retries",
    "pool": "runs",
    "recommendation": "recommendations",
    "goal": "goals",
    "none": "tasks",
}


class TrialPart(Part):
    """A delta that is on trial."""

    delta_id: int
    new_value: Scalar
    percent: int
    tried_by: str
    tasks: int

    @classmethod
    def of(cls, watched: "Watched", tried_by: "Unit") -> Self:
        """Translate a delta on trial."""
        return cls(
            delta_id=watched.delta_id,
            new_value=watched.new_value,
            percent=CANARY_PERCENT,
            tried_by=_TASKS[tried_by],
            tasks=watched.exposures,
        )

    def told(self) -> str:
        """What is tried, and for how many tasks."""
        return f"trial: {shown(self.new_value)} for {self.percent} % of {self.tried_by}, delta {self.delta_id}"


class SettingPart(Part):
    """A setting as it stands. `fixed` says that learning leaves it alone."""

    name: str
    value: Scalar
    unit: str
    source: SourceName
    fixed: bool
    by: str
    changed_at: str | None
    default: Scalar
    takes: str
    about: str
    trial: TrialPart | None

    @classmethod
    def of(cls, standing: "Standing") -> Self:
        """Translate a setting."""
        setting = standing.setting
        return cls(
            name=setting.name,
            value=standing.value,
            unit=setting.unit,
            source=standing.source,
            fixed=standing.is_fixed,
            by=standing.by,
            changed_at=None if standing.changed_at is None else timestamp(standing.changed_at),
            default=setting.default,
            takes=setting.range,
            about=setting.about,
            trial=TrialPart.of(standing.trial, setting.tried_by) if standing.trial else None,
        )

    def told(self) -> str:
        """The value with its unit."""
        return measured(self.value, self.unit)

    def whence(self) -> str:
        """Where the value comes from, in a word or two."""
        return "person, learnable" if self.source == "person" and not self.fixed else self.source


class SettingReply(Reply):
    """One setting, after it was looked at or changed."""

    done: Literal["get", "set", "unset"]
    setting: SettingPart

    def structured(self) -> dict[str, Any]:
        """The setting alone."""
        return self.setting.model_dump(mode="json")

    def lines(self) -> Iterator[str]:
        """The value and where it comes from, then what the setting does."""
        setting = self.setting
        yield f"{DONE[self.done]}{setting.name} is {setting.told()} ({setting.whence()})."
        yield setting.about
        yield f"It takes {setting.takes}; the default is {shown(setting.default)}."
        if setting.changed_at is not None:
            kept = "; learning leaves it alone" if setting.fixed else ""
            yield f"Changed {setting.changed_at} by {flat(visible(setting.by))}{kept}."
        if setting.trial is not None:
            yield f"On {setting.trial.told()}, {counted(setting.trial.tasks, 'task')} so far."
        if setting.source == "environment":
            yield "The environment of this process sets it; others may have another value."
        if setting.name.startswith(OF_PROJECTS):
            yield "What a project's tremaux.toml says under [stall] comes first."


class SettingsReply(Part):
    """All settings, in the order of their declaration."""

    settings: list[SettingPart]

    @classmethod
    def of(cls, standings: "Sequence[Standing]") -> Self:
        """Translate settings."""
        return cls(settings=[SettingPart.of(standing) for standing in standings])


class ChangePart(Part):
    """One change; null stands for the default."""

    name: str
    old: Scalar | None
    new: Scalar | None
    by: str
    reason: str
    changed_at: str

    @classmethod
    def of(cls, change: "Change") -> Self:
        """Translate a change."""
        return cls(
            name=change.name,
            old=change.old,
            new=change.new,
            by=change.by,
            reason=change.reason,
            changed_at=timestamp(change.changed_at),
        )

    def line(self) -> str:
        """When what was changed by whom, and why."""
        old, new = (("its default" if value is None else shown(value)) for value in (self.old, self.new))
        why = f": {flat(visible(self.reason))}" if self.reason else ""
        return f"{self.changed_at} {self.name}: {old} -> {new} by {flat(visible(self.by))}{why}"


class HistoryReply(Reply):
    """What was changed, the newest first."""

    changes: list[ChangePart]

    @classmethod
    def of(cls, changes: "Sequence[Change]") -> Self:
        """Translate changes."""
        return cls(changes=[ChangePart.of(change) for change in changes])

    def lines(self) -> Iterator[str]:
        """One line a change."""
        yield f"{counted(len(self.changes), 'change')}{', the newest first.' if self.changes else '.'}"
        yield from (change.line() for change in self.changes)


def shown(value: Scalar) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return flat(visible(str(value)))


def measured(value: Scalar, unit: str) -> str:
    """A value with its unit, which is in the plural."""
    return f"{shown(value)} {unit.removesuffix('s') if value == 1 else unit}".rstrip()
