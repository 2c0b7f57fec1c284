"""The answers of the learning tools."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

from tremaux_server.replies.base import LINE, Part, Reply, as_data, listed
from tremaux_server.shape import cut_end, timestamp
from tremaux_tools.core.counted import counted
from tremaux_tools.core.learning.delta import STATUSES, TYPES, Delta, DeltaStatus, DeltaType, Operation, RiskLevel
from tremaux_tools.core.settings import SETTINGS

if TYPE_CHECKING:  # describing these answers must not load the service
    from tremaux_tools.core.learning.work import Work
    from tremaux_tools.core.playbook import Bullet
    from tremaux_tools.learning.cycle import Turn
    from tremaux_tools.learning.service import LearningStatus
    from tremaux_tools.store.leaders import Cycle

SHOWN = 60  # characters of a value


class ScorePart(Part):
    """A part of a delta's score."""

    name: str
    points: float
    most: float
    why: str


class DeltaPart(Part):
    """A delta: a change that was proposed, and what came of it."""

    id: int
    type: DeltaType
    operation: Operation
    target: str
    old_value: Any
    new_value: Any
    status: DeltaStatus
    reason: str
    score: float | None
    score_parts: list[ScorePart]
    risk: RiskLevel | None
    reasoning: str
    confidence: float
    impact: float
    evidence: dict[str, Any]
    source: str
    times_proposed: int
    trial: dict[str, Any]
    proposed_at: str
    applied_at: str | None
    decided_at: str | None

    @classmethod
    def of(cls, delta: Delta) -> Self:
        """Translate a delta."""
        evidence = delta.evidence
        return cls(
            id=delta.delta_id,
            type=delta.type,
            operation=delta.operation,
            target=delta.target,
            old_value=delta.old_value,
            new_value=delta.new_value,
            status=delta.status,
            reason=delta.reason,
            score=delta.score,
            score_parts=[
                ScorePart(name=part.name, points=part.points, most=part.most, why=part.why) for part in delta.parts
            ],
            risk=delta.risk,
            reasoning=delta.reasoning,
            confidence=delta.confidence,
            impact=delta.impact,
            evidence={
                "metric": evidence.metric,
                "value": evidence.value,
                "tasks": evidence.tasks,
                "effect": evidence.effect,
                "low": evidence.low,
                "high": evidence.high,
                "criterion": evidence.criterion,
            },
            source=delta.source,
            times_proposed=delta.times,
            trial=dict(delta.figures),
            proposed_at=timestamp(delta.proposed_at),
            applied_at=None if delta.applied_at is None else timestamp(delta.applied_at),
            decided_at=None if delta.decided_at is None else timestamp(delta.decided_at),
        )

    def change(self) -> str:
        """What it changes, in words."""
        if self.type != "playbook":
            known = "" if self.old_value is None else f" from {_short(self.old_value)}"  # None: no such setting
            return f"{self.target}{known} to {_short(self.new_value)}"
        if self.operation == "remove":
            return f"remove {self.target}"
        return f"{_VERBS[self.operation]} {self.target}: {_short(self.new_value)}"

    def line(self) -> str:
        """The delta in a line."""
        score = "not scored" if self.score is None else f"score {self.score:.0f}"
        return f"{self.id} {self.status.replace('_', ' ')}, {score}: {self.change()} ({self.reason})"


class DeltaReply(Reply):
    """The answer of propose_delta and decide_delta."""

    delta: DeltaPart

    @classmethod
    def of(cls, delta: Delta) -> Self:
        """Translate a delta."""
        return cls(delta=DeltaPart.of(delta))

    def lines(self) -> Iterator[str]:
        """Where it stands, then its score part by part."""
        delta = self.delta
        yield f"Delta {delta.id} is {_WORDS[delta.status]}: {delta.reason}"
        yield f"The change: {delta.change()}"
        if delta.score is not None:
            yield f"Score {delta.score:.0f} of 100, risk {delta.risk}:"
        yield from (f"- {part.name} {part.points:.0f} of {part.most:.0f}: {part.why}" for part in delta.score_parts)
        yield from as_data([cut_end(f"Reasoning: {' '.join(delta.reasoning.split())}", LINE)])


class DeltasReply(Reply):
    """The answer of list_deltas."""

    deltas: list[DeltaPart]

    @classmethod
    def of(cls, deltas: Iterable[Delta]) -> Self:
        """Translate deltas."""
        return cls(deltas=[DeltaPart.of(delta) for delta in deltas])

    def lines(self) -> Iterator[str]:
        """How many, then each in a line."""
        yield f"{counted(len(self.deltas), 'delta')}, the newest first." if self.deltas else "There is no such delta."
        yield from as_data([cut_end(delta.line(), LINE) for delta in self.deltas])


class CyclePart(Part):
    """What one turn of the cycle did."""

    started_at: str
    ended_at: str
    leader: str
    tasks: int
    proposed: int
    applied: int
    kept: int
    rolled_back: int
    error: str

    @classmethod
    def of(cls, cycle: "Cycle") -> Self:
        """Translate a turn."""
        return cls(
            started_at=timestamp(cycle.started_at),
            ended_at=timestamp(cycle.ended_at),
            leader=cycle.owner,
            tasks=cycle.tasks,
            proposed=cycle.proposed,
            applied=cycle.applied,
            kept=cycle.kept,
            rolled_back=cycle.rolled_back,
            error=cycle.error,
        )

    def line(self) -> str:
        """The turn in words."""
        if self.error:
            return f"it failed: {self.error}"
        return (
            f"{counted(self.tasks, 'task')} looked at, {self.proposed} proposed, {self.applied} put on trial, "
            f"{self.kept} kept, {self.rolled_back} rolled back"
        )


class TurnReply(Reply):
    """The answer of run_learning_cycle."""

    cycle: CyclePart
    deltas: list[DeltaPart]

    @classmethod
    def of(cls, turn: "Turn") -> Self:
        """Translate a turn."""
        return cls(cycle=CyclePart.of(turn.cycle), deltas=[DeltaPart.of(delta) for delta in turn.changed])

    def lines(self) -> Iterator[str]:
        """What it did, then each delta in a line."""
        yield f"The cycle: {self.cycle.line()}."
        yield from as_data([cut_end(delta.line(), LINE) for delta in self.deltas])


class FigurePart(Part):
    """A figure, and of how many tasks it was taken."""

    value: float
    tasks: int


class LeaderPart(Part):
    """The process that learns for all."""

    process: str
    since: str
    is_this_one: bool


class CountsPart(Part):
    """How many deltas there are."""

    total: int
    by_type: dict[str, int]
    by_status: dict[str, int]


class PoolPart(Part):
    """How many workers of tickets may run now."""

    strategy: str
    workers: int
    why: str


class StatusReply(Reply):
    """The answer of get_learning_status."""

    enabled: bool
    interval_s: float
    leader: LeaderPart | None
    cycles: int
    last_cycle: CyclePart | None
    next_cycle_at: str | None
    failures: int
    deltas: CountsPart
    trials: list[DeltaPart]
    tasks: int
    tasks_needed: int
    pool: PoolPart
    metrics: dict[str, FigurePart]

    @classmethod
    def of(cls, status: "LearningStatus") -> Self:
        """Translate how learning stands."""
        by_type, by_status = Counter[str](), Counter[str]()
        for type_, state, count in status.counts:
            by_type[type_] += count
            by_status[state] += count
        leader = status.leader
        return cls(
            enabled=status.is_on,
            interval_s=status.interval,
            leader=LeaderPart(process=leader.owner, since=timestamp(leader.since), is_this_one=status.is_ours)
            if leader
            else None,
            cycles=status.cycles,
            last_cycle=CyclePart.of(status.last) if status.last else None,
            next_cycle_at=None if status.next_at is None else timestamp(status.next_at),
            failures=status.failures,
            deltas=CountsPart(
                total=sum(by_type.values()),
                by_type={name: by_type[name] for name in TYPES},
                by_status={name: by_status[name] for name in STATUSES},
            ),
            trials=[DeltaPart.of(delta) for delta in status.trials],
            tasks=status.tasks,
            tasks_needed=status.tasks_needed,
            pool=PoolPart(strategy=status.room.strategy, workers=status.room.workers, why=status.room.why),
            metrics={
                name: FigurePart(value=figure.value, tasks=figure.tasks) for name, figure in status.metrics.items()
            },
        )

    def lines(self) -> Iterator[str]:
        """Whether it learns, what it sees, what is on trial."""
        yield self._decision()
        if self.last_cycle:
            yield f"Last cycle at {self.last_cycle.started_at}: {self.last_cycle.line()}."
        states = ", ".join(
            f"{count} {name.replace('_', ' ')}" for name, count in self.deltas.by_status.items() if count
        )
        yield f"Deltas: {states}." if states else "Nothing was proposed yet."
        why = f": {self.pool.why}" if self.pool.why else ""
        yield f"At most {counted(self.pool.workers, 'worker')} at once, {self.pool.strategy}{why}."
        yield from listed("On trial", (trial.line() for trial in self.trials))
        if self.metrics:
            yield "What the work shows:"
        for name, figure in self.metrics.items():  # all of them: what a proposal rests on must be among them
            yield f"- {name} {figure.value:.4g} ({counted(figure.tasks, 'task')})"

    def _decision(self) -> str:
        if not self.enabled:
            return "Learning is switched off."
        if self.failures:
            return f"Learning has failed {counted(self.failures, 'time')} in a row; next try at {self.next_cycle_at}."
        if self.tasks < self.tasks_needed:
            return f"Learning waits for tasks: {self.tasks} of the {self.tasks_needed} that it needs have a verdict."
        return f"Learning looks at the work every {self.interval_s:g} s" + (
            "." if self.leader else ", once a server runs."
        )


class BulletPart(Part):
    """A bullet of the playbook."""

    id: str
    project: str | None
    section: str
    text: str
    status: str
    helpful: int
    harmful: int
    source: str
    created_at: str

    @classmethod
    def of(cls, bullet: "Bullet") -> Self:
        """Translate a bullet."""
        return cls(
            id=f"bullet-{bullet.bullet_id}",
            project=bullet.project,
            section=bullet.section,
            text=bullet.text,
            status=bullet.status,
            helpful=bullet.helpful,
            harmful=bullet.harmful,
            source=bullet.source,
            created_at=timestamp(bullet.created_at),
        )


class PlaybookReply(Reply):
    """The answer of get_playbook."""

    bullets: list[BulletPart]

    @classmethod
    def of(cls, bullets: Iterable["Bullet"]) -> Self:
        """Translate a playbook."""
        return cls(bullets=[BulletPart.of(bullet) for bullet in bullets])

    def lines(self) -> Iterator[str]:
        """How many, then the bullets by section, as workers see them."""
        yield f"The playbook has {counted(len(self.bullets), 'bullet')}."
        sections = dict.fromkeys(bullet.section for bullet in self.bullets)
        shown = []
        for section in sections:
            shown.append(f"## {section}")
            shown += [
                f"[{bullet.id}]{_state(bullet)} helpful={bullet.helpful} harmful={bullet.harmful} :: {bullet.text}"
                for bullet in self.bullets
                if bullet.section == section
            ]
        yield from as_data(shown)


def evidence(status: "LearningStatus", work: "Work", newest: Iterable[Delta]) -> str:
    """All that a proposal can rest on, in words: figures, settings, what went wrong again and again, earlier deltas."""
    settings = (
        f"{name} = {value}{' (a person set it)' if name in work.fixed else ''} "
        f"[{SETTINGS[name].area}] {SETTINGS[name].range}"
        for name, value in work.settings.items()
    )
    seen = [
        *("Settings:", *settings),
        *(
            "Failures of several goals:",
            *(f"{each.signature} ({counted(each.goals, 'goal')})" for each in work.failures),
        ),
        *("Flaky gates:", *(f"{each.command} in {each.project}" for each in work.gates)),
        *("Earlier deltas:", *(DeltaPart.of(delta).line() for delta in newest)),
    ]
    return "\n".join((*StatusReply.of(status).lines(), *as_data([cut_end(line, LINE) for line in seen])))


_VERBS: dict[Operation, str] = {"modify": "reword", "add": "add", "adjust": "vote on"}
_WORDS: dict[DeltaStatus, str] = {
    "pending": "waiting for a person",
    "trial": "on trial",
    "kept": "kept",
    "rolled_back": "rolled back",
    "rejected": "rejected",
}


def _state(bullet: BulletPart) -> str:
    """What is to be known of a bullet that not all workers are told."""
    return "" if bullet.status == "active" else f" ({bullet.status})"


def _short(value: Any) -> str:
    return cut_end(" ".join(str(value).split()), SHOWN)
