"""The answers of the journal tools."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from tremaux_server.replies.base import LINE, GateName, Part, Reply, listed, quoted
from tremaux_server.replies.verdict import TriedPart, VerdictPart
from tremaux_server.shape import cut_end, timestamp
from tremaux_server.uris import attempts_uri, output_uri
from tremaux_tools.core.counted import counted

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.changes import Changes
    from tremaux_tools.core.fingerprint import Failure
    from tremaux_tools.core.record import Goal, Record
    from tremaux_tools.journal import Recorded, Resumed


ADVICE = 300  # characters of a bullet of the playbook in a text


class TestsPart(Part):
    """Test counts read from an output."""

    runner: str
    passed: int
    failed: int
    errors: int
    skipped: int
    xfailed: int
    duration_s: float | None

    def told(self) -> str:
        """The counts in words."""
        named = {"failed": self.failed, "errors": self.errors, "passed": self.passed, "skipped": self.skipped}
        return f"Tests ({self.runner}): " + ", ".join(
            f"{count} {name}" for name, count in named.items() if count or name == "passed"
        )


class RecordReply(Reply):
    """The answer of record_attempt."""

    attempt_id: int
    goal: str
    iteration: int
    gate: GateName
    judged_gate: GateName
    fingerprint: str
    signature: list[str]
    tests: TestsPart | None
    failing_tests: list[str]
    tree: str | None
    commit: str | None
    seen_before: int
    warnings: list[str]
    redactions: int
    verdict: VerdictPart

    @classmethod
    def of(cls, recorded: "Recorded") -> Self:
        """Translate what the journal stored."""
        record, attempt = recorded.record, recorded.record.attempt
        return cls(
            attempt_id=attempt.id,
            goal=recorded.goal,
            iteration=attempt.iteration,
            gate=record.claimed_gate.value,
            judged_gate=attempt.gate.value,
            fingerprint=attempt.fingerprint,
            signature=list(attempt.signature),
            tests=TestsPart(**asdict(record.tests)) if record.tests else None,
            failing_tests=list(record.failing_tests),
            tree=attempt.tree,
            commit=attempt.commit,
            seen_before=recorded.seen_before,
            warnings=list(record.warnings),
            redactions=recorded.redactions,
            verdict=VerdictPart.of(recorded.verdict),
        )

    def whole(self) -> str:
        """The gate's output."""
        return output_uri(self.attempt_id)

    def lines(self) -> Iterator[str]:
        """The verdict, then what the gate's output showed."""
        yield from self.verdict.lines()
        judged = "" if self.judged_gate == self.gate else f", judged {self.judged_gate}"
        yield f"Recorded attempt {self.attempt_id} (#{self.iteration} of goal {self.goal!r}): gate {self.gate}{judged}."
        yield from (f"Warning: {warning}" for warning in self.warnings)
        if self.tests:
            yield self.tests.told()
        if self.fingerprint:
            yield f"Failure {self.fingerprint}, {_met(self.seen_before)}."
            if not self.verdict.unchanged_lines:  # which the verdict has shown already
                yield from quoted(self.signature)


class FilePart(Part):
    """One changed file; counts are null for a binary file."""

    path: str
    status: str
    added: int | None
    deleted: int | None


class ChangesPart(Part):
    """What changed since the last recorded attempt."""

    base: str | None
    head: str | None
    files: list[FilePart]
    diffstat: str
    working_tree: list[str]
    summary: str

    @classmethod
    def of(cls, changes: "Changes") -> Self:
        """Translate what git told."""
        return cls.model_validate(asdict(changes))

    def lines(self) -> Iterator[str]:
        """The delta in words."""
        yield f"Since the last recorded attempt: {self.summary}"
        for file in self.files[:30]:
            counts = "" if file.added is None else f" +{file.added} -{file.deleted}"
            yield f"- {file.status} {cut_end(file.path, LINE)}{counts}"


class ChangesReply(ChangesPart, Reply):
    """The answer of changes_since."""


class ResumeReply(Reply):
    """The answer of resume_goal."""

    goal: str
    attempts: int
    last_gate: GateName | None
    verdict: VerdictPart
    tried: list[TriedPart]
    avoid: list[str]
    resolved_fingerprints: list[str]
    live_fingerprint: str
    signature: list[str]
    lessons: list[str]
    playbook: list[str]
    changes_since: ChangesPart | None

    @classmethod
    def of(cls, resumed: "Resumed", *, limit: int) -> Self:
        """Translate where a goal stands, with the newest `limit` items of each list."""
        verdict = VerdictPart.of(resumed.verdict)
        return cls(
            goal=resumed.goal,
            attempts=resumed.attempts,
            last_gate=resumed.last_gate.value if resumed.last_gate else None,
            verdict=verdict,
            tried=verdict.tried[:limit],
            avoid=verdict.dead_ends[-limit:],
            resolved_fingerprints=list(resumed.resolved[:limit]),
            live_fingerprint=resumed.live.fingerprint if resumed.live else "",
            signature=list(resumed.live.signature[:limit]) if resumed.live else [],
            lessons=list(resumed.lessons[:limit]),
            playbook=list(resumed.playbook[:limit]),
            changes_since=ChangesPart.of(resumed.changes) if resumed.changes else None,
        )

    def whole(self) -> str:
        """All attempts of the goal."""
        return attempts_uri(self.goal)

    def lines(self) -> Iterator[str]:
        """The verdict, then what was tried."""
        if not self.attempts:
            yield f"NEW: nothing was tried yet for goal {self.goal!r}. Record each verified step with record_attempt."
            yield from listed("Playbook", self.playbook, width=ADVICE)
            return
        yield from self.verdict.lines()
        yield f"Goal {self.goal!r}: {counted(self.attempts, 'attempt')}, last gate {self.last_gate}."
        yield from listed("Tried", [f"{t.action} ({t.gate}, {t.times}x, last #{t.last_iteration})" for t in self.tried])
        yield from listed("What ended earlier failures", self.lessons)
        yield from listed("Playbook", self.playbook, width=ADVICE)
        if self.live_fingerprint:
            yield f"Live failure {self.live_fingerprint}:"
            yield from quoted(self.signature)
        if self.changes_since:
            yield from self.changes_since.lines()


class AttemptPart(Part):
    """One attempt in a list."""

    attempt_id: int
    iteration: int
    action: str
    hypothesis: str
    note: str
    gate: GateName
    judged_gate: GateName
    exit_code: int | None
    command: str | None
    fingerprint: str
    failing_tests: list[str]
    tree: str | None
    commit: str | None
    client: str
    recorded_at: str
    output_uri: str | None

    @classmethod
    def of(cls, record: "Record") -> Self:
        """Translate a stored attempt."""
        attempt = record.attempt
        return cls(
            attempt_id=attempt.id,
            iteration=attempt.iteration,
            action=attempt.action,
            hypothesis=attempt.hypothesis,
            note=record.note,
            gate=record.claimed_gate.value,
            judged_gate=attempt.gate.value,
            exit_code=record.exit_code,
            command=attempt.command,
            fingerprint=attempt.fingerprint,
            failing_tests=list(record.failing_tests),
            tree=attempt.tree,
            commit=attempt.commit,
            client=record.client,
            recorded_at=timestamp(attempt.at),
            output_uri=output_uri(attempt.id) if record.has_output else None,
        )


class AttemptsReply(Reply):
    """The answer of list_attempts: newest first."""

    goal: str
    total: int
    offset: int
    attempts: list[AttemptPart]

    def lines(self) -> Iterator[str]:
        """One line an attempt."""
        yield f"{counted(self.total, 'attempt')} for goal {self.goal!r}; newest first from {self.offset}."
        for a in self.attempts:
            yield f"- #{a.iteration} {a.judged_gate}: {cut_end(a.action, LINE)} {a.fingerprint} [{a.attempt_id}]"

    def whole(self) -> str:
        """All attempts of the goal."""
        return attempts_uri(self.goal)


class GoalPart(Part):
    """A goal and how its work went."""

    goal: str
    attempts: int
    last_gate: GateName | None
    open: bool
    outcome: str | None
    note: str
    created_at: str
    last_at: str | None
    closed_at: str | None

    @classmethod
    def of(cls, goal: "Goal") -> Self:
        """Translate a stored goal."""
        return cls.model_validate(_goal(goal))

    def lines(self) -> Iterator[str]:
        """One line."""
        state = "open" if self.open else f"closed: {self.outcome}"
        yield f"{self.goal!r}: {state}, {counted(self.attempts, 'attempt')}, last gate {self.last_gate or '-'}"


class GoalsReply(Reply):
    """The answer of list_goals: the latest worked on first."""

    goals: list[GoalPart]

    def lines(self) -> Iterator[str]:
        """One line a goal."""
        yield f"{len(self.goals)} {'goal' if len(self.goals) == 1 else 'goals'} in this project."
        for goal in self.goals:
            yield from (f"- {line}" for line in goal.lines())


class GoalReply(GoalPart, Reply):
    """The answer of close_goal."""


class FingerprintReply(Reply):
    """The answer of fingerprint_failure."""

    fingerprint: str
    signature: list[str]
    failing_tests: list[str]

    @classmethod
    def of(cls, failure: "Failure") -> Self:
        """Translate the core's failure."""
        return cls(
            fingerprint=failure.fingerprint,
            signature=list(failure.signature),
            failing_tests=list(failure.failing_tests),
        )

    def lines(self) -> Iterator[str]:
        """The name of the failure and the facts behind it."""
        yield self.fingerprint or "No failure: there is nothing to name."
        yield from quoted(self.signature)


def _met(times: int) -> str:
    return "met for the first time" if not times else f"met {'once' if times == 1 else f'{times} times'} before"


def _goal(goal: "Goal") -> dict[str, Any]:
    return {
        "goal": goal.name,
        "attempts": goal.attempts,
        "last_gate": goal.last_gate,
        "open": goal.closed_at is None,
        "outcome": goal.outcome,
        "note": goal.note,
        "created_at": timestamp(goal.created_at),
        "last_at": timestamp(goal.last_at) if goal.last_at else None,
        "closed_at": timestamp(goal.closed_at) if goal.closed_at else None,
    }
