"""The answer of `tremaux doctor`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from tremaux_server.replies.base import Part, Reply
from tremaux_tools.core.counted import counted

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.upkeep import Found, Health, Pruned

MIB = 1024 * 1024


class FoundPart(Part):
    """A program, a model or a power of the machine; version is null where it cannot be used, and problem says why."""

    version: str | None
    address: str | None
    problem: str | None

    @classmethod
    def of(cls, found: "Found") -> Self:
        """Translate what was found."""
        return cls(version=found.version or None, address=found.address or None, problem=found.problem or None)

    def told(self) -> str:
        """The version and the address, or the problem."""
        return f"{self.version}{f' at {self.address}' if self.address else ''}" if self.version else f"{self.problem}"


class DoctorReply(Reply):
    """Versions, places, sizes in bytes, and damage found; pruned_* are null without --prune."""

    version: str
    python: str
    sqlite: str
    git: str | None
    tmux: FoundPart
    container_engine: FoundPart
    semantic: FoundPart
    cpu_limits: FoundPart
    database: str
    log_file: str
    schema_version: int
    database_bytes: int
    projects: int
    goals: int
    attempts: int
    outputs: int
    output_bytes: int
    pruned_outputs: int | None
    pruned_bytes: int | None
    damage: list[str]

    @classmethod
    def of(
        cls,
        health: "Health",
        pruned: "Pruned | None",
        *,
        tmux: "Found",
        engine: "Found",
        semantic: "Found",
        cpu_limits: "Found",
        version: str,
        python: str,
        git: str | None,
        log_file: str,
    ) -> Self:
        """Translate what was examined."""
        return cls(
            version=version,
            python=python,
            sqlite=health.sqlite,
            git=git,
            tmux=FoundPart.of(tmux),
            container_engine=FoundPart.of(engine),
            semantic=FoundPart.of(semantic),
            cpu_limits=FoundPart.of(cpu_limits),
            database=str(health.database),
            log_file=log_file,
            schema_version=health.schema,
            database_bytes=health.database_bytes,
            projects=health.projects,
            goals=health.goals,
            attempts=health.attempts,
            outputs=health.outputs,
            output_bytes=health.output_bytes,
            pruned_outputs=pruned.outputs if pruned else None,
            pruned_bytes=pruned.output_bytes if pruned else None,
            damage=list(health.damage),
        )

    def lines(self) -> Iterator[str]:
        """The finding, then the facts."""
        yield f"DAMAGED: {self.damage[0]}" if self.damage else "Sound."
        if self.pruned_outputs is not None and self.pruned_bytes is not None:
            yield f"Pruned {counted(self.pruned_outputs, 'output')}, {self.pruned_bytes / MIB:.1f} MiB."
        yield f"database  {self.database} ({self.database_bytes / MIB:.1f} MiB, schema {self.schema_version})"
        goals = f"{counted(self.goals, 'goal')} in {counted(self.projects, 'project')}"
        yield f"holds     {counted(self.attempts, 'attempt')} at {goals}"
        yield f"outputs   {self.outputs}, {self.output_bytes / MIB:.1f} MiB compressed"
        yield f"log file  {self.log_file}"
        yield f"versions  tremaux {self.version}, Python {self.python}, SQLite {self.sqlite}"
        yield f"git       {self.git or 'not installed: work trees are not tracked'}"
        yield f"tmux      {self.tmux.told()}"
        yield f"engine    {self.container_engine.told()}"
        yield f"semantic  {self.semantic.told()}"
        yield f"limits    {self.cpu_limits.told()}"
