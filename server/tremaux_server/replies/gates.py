"""The answers about gates and about what a person trusts."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field

from tremaux_server.replies.base import LINE, GateName, Part, Reply, as_data
from tremaux_server.replies.jobs import WHY, CauseName
from tremaux_server.replies.journal import RecordReply, TestsPart
from tremaux_server.replies.terminal import StatusName, ended
from tremaux_server.replies.verdict import VerdictPart
from tremaux_server.shape import cut_end, newest, timestamp
from tremaux_server.uris import log_uri, output_uri
from tremaux_server.visible import visible

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.gate import GateRule, ProjectGates
    from tremaux_tools.gates import GateRun
    from tremaux_tools.trust import Trusted

MAX_TAIL = 2_000  # bytes as JSON of a log's end, beside an attempt
DIGEST = 12  # digits of a digest that are shown


class GateReply(Reply):
    """The answer of run_gate: the job, and once it has ended everything of its attempt."""

    name: str
    job_id: str
    status: StatusName
    exit_code: int | None
    cause: CauseName
    duration_s: float
    log_tail: str
    log_uri: str
    attempt_id: int | None = None
    goal: str | None = None
    iteration: int | None = None
    gate: GateName | None = None
    judged_gate: GateName | None = None
    note: str | None = None
    fingerprint: str | None = None
    signature: list[str] = Field(default_factory=list)
    tests: TestsPart | None = None
    failing_tests: list[str] = Field(default_factory=list)
    tree: str | None = None
    commit: str | None = None
    seen_before: int | None = None
    warnings: list[str] = Field(default_factory=list)
    redactions: int = 0
    verdict: VerdictPart | None = None

    @classmethod
    def of(cls, run: "GateRun") -> Self:
        """Translate a gate's run as it stands."""
        job = run.job
        attempt = RecordReply.of(run.recorded).model_dump() if run.recorded else {}
        told = {
            "name": run.gate,
            "job_id": job.job_id,
            "status": job.status,
            "exit_code": job.exit_code,
            "cause": job.cause,
            "duration_s": round(job.duration, 3),
            "log_tail": newest(job.log_tail, MAX_TAIL),
            "log_uri": log_uri(job.job_id),
            "note": run.recorded.record.note if run.recorded else None,
            "redactions": job.redactions,
        }
        return cls.model_validate(attempt | told)

    def whole(self) -> str:
        """The gate's output."""
        return self.log_uri if self.attempt_id is None else output_uri(self.attempt_id)

    def lines(self) -> Iterator[str]:
        """What the journal makes of the run, then how it went."""
        if self.attempt_id is not None:
            yield from RecordReply.model_validate({key: getattr(self, key) for key in RecordReply.model_fields}).lines()
        if self.status == "running":
            yield f"RUNNING after {self.duration_s:.1f} s: ask again with get_job({self.job_id!r}), or cancel_job."
            yield "It runs on by itself, and its attempt is recorded when it ends."
        else:
            name = f"Gate {cut_end(self.name, LINE)!r}" if self.name else "Command"
            how = ended(self.status, self.exit_code, self.duration_s) + WHY[self.cause]
            yield f"{name}: {how} ({self.job_id})."
        if self.note:
            yield f"Note: {cut_end(self.note, LINE)}"
        yield from as_data(self.log_tail.split("\n") if self.log_tail else ())


class GatePart(Part):
    """A gate that a project's settings name."""

    name: str
    command: str
    timeout_s: float
    cwd: str
    pattern: str | None

    @classmethod
    def of(cls, rule: "GateRule") -> Self:
        """Translate a gate."""
        return cls(
            name=rule.name, command=rule.command, timeout_s=rule.timeout, cwd=rule.cwd or ".", pattern=rule.pattern
        )

    def line(self) -> str:
        """What it runs, with every character visible."""
        where = f" (in {visible(self.cwd)})" if self.cwd != "." else ""
        return f"{visible(self.name)}: {visible(self.command)}{where}"


class WorkerPart(Part):
    """A worker that a project's settings name."""

    name: str
    command: str

    def line(self) -> str:
        """What it runs, with every character visible."""
        return f"worker {visible(self.name)}: {visible(self.command)}"


class GatesReply(Reply):
    """A project's gates and workers, and whether they may run: all of them, as a person trusts them all."""

    path: str
    digest: str
    trusted: bool
    allow_commands: bool
    gates: list[GatePart]
    workers: list[WorkerPart]

    @classmethod
    def of(cls, settings: "ProjectGates", path: str, *, trusted: bool) -> Self:
        """Translate what a project's settings say."""
        return cls(
            path=path,
            digest=settings.digest,
            trusted=trusted,
            allow_commands=settings.allow_commands,
            gates=[GatePart.of(rule) for rule in settings.gates.values()],
            workers=[WorkerPart(name=name, command=command) for name, command in settings.workers.items()],
        )

    def text(self) -> str:
        """The answer in words, whole."""
        return "\n".join(self.lines())

    def structured(self) -> dict[str, Any]:
        """The answer as a JSON object, whole."""
        return self.model_dump(mode="json")

    def lines(self) -> Iterator[str]:
        """Whether the file is trusted, then one line a gate."""
        if not self.digest:
            yield f"There is no {visible(self.path)}. Write [gates.NAME] with a command into it."
            return
        state = "TRUSTED" if self.trusted else "NOT TRUSTED"
        yield f"{state}: {visible(self.path)} (sha256 {self.digest[:DIGEST]}), {self._counted()}."
        yield from (f"- {gate.line()}" for gate in self.gates)
        yield from (f"- {worker.line()}" for worker in self.workers)
        if self.allow_commands:
            yield "Agents may run any command of their own here (allow_commands)."
        if not self.trusted:
            yield "Let them run with `tremaux trust`."

    def _counted(self) -> str:
        gates = _count(len(self.gates), "gate")
        return f"{gates} and {_count(len(self.workers), 'worker')}" if self.workers else gates


class TrustedPart(Part):
    """One content of one file that is trusted."""

    path: str
    digest: str
    trusted_at: str


class TrustReply(Reply):
    """All that is trusted."""

    trusted: list[TrustedPart]

    @classmethod
    def of(cls, trusted: "Sequence[Trusted]") -> Self:
        """Translate what is trusted."""
        return cls(
            trusted=[
                TrustedPart(path=each.path, digest=each.digest, trusted_at=timestamp(each.trusted_at))
                for each in trusted
            ]
        )

    def lines(self) -> Iterator[str]:
        """One line a file."""
        yield f"{_count(len(self.trusted), 'file')} trusted."
        yield from (f"- {visible(t.path)} (sha256 {t.digest[:DIGEST]}) since {t.trusted_at}" for t in self.trusted)


class RevokedReply(Reply):
    """What is trusted no more."""

    path: str
    revoked: int

    def lines(self) -> Iterator[str]:
        """How many contents of the file were trusted."""
        yield f"REVOKED {self.revoked}: {visible(self.path)} is not trusted."


def _count(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else f'{what}s'}"
