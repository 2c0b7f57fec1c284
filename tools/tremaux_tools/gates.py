"""Run gates as jobs, with a person's consent, and record each as an attempt with what it showed.

A gate belongs to nobody: it runs on when the call that began it, or the whole server, is gone. Whoever sees its end
next records the attempt, and the database takes it once.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from tremaux_tools import git
from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.gate import MAX_SHOWN, Consent, GateRule, Plan, ProjectGates, Purpose, judged
from tremaux_tools.core.job import Job, JobRecord, Order, check_command
from tremaux_tools.core.settings.registry import GATE_TIMEOUT
from tremaux_tools.errors import BadArgument, GitError, NotAllowed, TremauxError
from tremaux_tools.git import Project
from tremaux_tools.jobs import Jobs
from tremaux_tools.journal import Journal, Recorded
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.matching.matcher import Matcher
from tremaux_tools.places.foreground import Sink
from tremaux_tools.trust import SETTINGS, Trust, trust_path

Progress = Callable[[float, float], Awaitable[None]]  #: seconds waited so far, and at most

SHELL = ("/bin/sh", "-c")
MAX_NAMED = 20  # gates listed in a message
PROGRESS_EVERY = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class GateRun:
    """A gate's run as it stands; once it has ended, with its attempt."""

    gate: str
    job: Job
    recorded: Recorded | None


class Gates:
    """Runs the gates of all projects of one database.

    `settings_of` reads what the project rooted at a directory says of gates; it is told how many seconds one may
    take that does not say it. Watches live in `tasks`.
    """

    def __init__(
        self,
        journal: Journal,
        jobs: Jobs,
        trust: Trust,
        tasks: TaskGroup,
        *,
        settings_of: Callable[[Path, float], ProjectGates],
        live_settings: LiveSettings,
    ) -> None:
        self._journal = journal
        self._jobs = jobs
        self._trust = trust
        self._tasks = tasks
        self._settings_of = settings_of
        self._live_settings = live_settings
        self._matcher = Matcher()

    async def known(self, directory: Path) -> tuple[ProjectGates, str, bool]:
        """What a project says of gates, the path its trust is kept for, and whether that content is trusted."""
        return await self._known(await git.find_project(directory))

    async def plan(
        self, directory: Path, *, name: str | None = None, command: str | None = None, timeout: float | None = None
    ) -> Plan:
        """Find a gate of the project, or make one of a command; the file is read once, for its trust and its content.

        Raises:
            BadArgument: there is no such gate, its directory lies outside the project, or a pattern makes no sense.
        """
        project = await git.find_project(directory)
        settings, path, is_trusted = await self._known(project)
        rule = _rule(settings, name, command)
        check_command(rule.command)
        if rule.pattern is not None:
            await self._matcher.check(rule.pattern)
        is_free = name is None
        may_run = is_trusted and (settings.allow_commands or not is_free)
        consent: Consent = "" if may_run else "command" if is_free else "file"
        return Plan(
            project=project.name,
            root=str(project.root),
            rule=rule if timeout is None else replace(rule, timeout=timeout),
            cwd=str(await anyio.to_thread.run_sync(_within, project.root, rule.cwd)),
            settings=settings,
            path=path,
            consent=consent,
            has_changed=not is_trusted and await self._trust.knows(path),
        )

    async def trust(self, plan: Plan) -> Plan:
        """Trust the settings that a plan was made of, exactly as they were read; returns the plan with consent."""
        await self._trust.add(plan.path, plan.settings.digest)
        return plan.agreed()

    async def start(self, plan: Plan, purpose: Purpose) -> JobRecord:
        """Start a gate as a job; its end will be recorded.

        Raises:
            NotAllowed: nobody agreed to it.
            BadArgument: what would be recorded makes no sense; nothing was run.
        """
        record = await self._jobs.start(await self._order(plan, purpose))
        self._tasks.start_soon(self._see_through, record)
        return record

    async def run_here(self, plan: Plan, purpose: Purpose, *, out: Sink, err: Sink) -> JobRecord:
        """Run a gate as a child of this process, its output passed through unchanged; `look` records it."""
        return await self._jobs.run_here(await self._order(plan, purpose), out=out, err=err)

    async def run_command(
        self, directory: Path, argv: tuple[str, ...], purpose: Purpose, *, command: str, cwd: Path, out: Sink, err: Sink
    ) -> JobRecord:
        """Run a person's own command as a gate, as a child of this process; `look` records it."""
        project = await git.find_project(directory)
        await self._journal.check(directory, purpose.goal)  # what cannot be recorded is told before a long gate runs
        order = _ordered(project, purpose, argv, command, str(cwd))
        return await self._jobs.run_here(order, out=out, err=err)

    async def look(self, record: JobRecord, *, wait: float, tail: int, progress: Progress | None = None) -> GateRun:
        """How a gate's run stands, after waiting up to `wait` seconds; its attempt once it has ended."""
        deadline = anyio.current_time() + wait
        while record.status == "running" and (left := deadline - anyio.current_time()) > 0:
            with anyio.move_on_after(min(left, PROGRESS_EVERY)):
                record = await self._jobs.wait(record)
            if progress and record.status == "running":
                await progress(wait - max(deadline - anyio.current_time(), 0.0), wait)
        return await self._recorded(await self._jobs.refresh(record), tail=tail)

    async def catch_up(self) -> None:
        """Record what ended while nobody watched, and watch what still runs.

        What cannot be recorded now waits for the next time.
        """
        await self._jobs.sweep()
        for record in await self._jobs.unrecorded():
            with suppress(TremauxError):
                await self.record(record)
        for record in await self._jobs.running():
            self._tasks.start_soon(self._see_through, record)

    async def record(self, record: JobRecord) -> Recorded | None:
        """The attempt of an ended job, recorded now unless it was before; None for a job that is for no goal.

        Raises:
            BadArgument: its project is no more.
        """
        if record.goal is None or record.status == "running":
            return None
        root = Path(record.root)
        if known := await self._journal.recorded(root, record.job_id):
            return known
        output = await self._jobs.log(record)
        gate, note = await self._judge(record, output)
        return await self._journal.record(
            root,
            Entry(
                action=record.action or record.command,
                gate=gate,
                output=output,
                exit_code=record.exit_code,
                command=record.command,
                hypothesis=record.hypothesis,
                goal=record.goal,
                note=note,
                tree=record.tree,
                job_id=record.job_id,
                client=record.client,
                agent=record.agent,
            ),
        )

    async def close(self) -> None:
        """Let go of the child that searches for patterns; gates run on."""
        await self._matcher.aclose()

    async def _known(self, project: Project) -> tuple[ProjectGates, str, bool]:
        timeout = await self._live_settings.value(GATE_TIMEOUT)
        settings = await anyio.to_thread.run_sync(self._settings_of, project.root, timeout)
        path = await anyio.to_thread.run_sync(trust_path, project)
        return settings, path, bool(settings.digest) and await self._trust.has(path, settings.digest)

    async def _order(self, plan: Plan, purpose: Purpose) -> Order:
        if plan.consent:
            raise NotAllowed(f"{plan.what} needs a person's consent", plan.way_out)
        await self._journal.check(Path(plan.root), purpose.goal)
        rule = plan.rule
        project = await git.find_project(Path(plan.root))
        return replace(
            _ordered(project, purpose, (*SHELL, rule.command), rule.command, plan.cwd),
            timeout=rule.timeout,
            gate=rule.name,
            pattern=rule.pattern,
            tree=await _tree(project),
        )

    async def _see_through(self, record: JobRecord) -> None:
        """Record a gate's end; where that fails now, whoever asks for it next does."""
        with suppress(TremauxError):
            await self.record(await self._jobs.wait(record))

    async def _recorded(self, record: JobRecord, *, tail: int) -> GateRun:
        recorded = await self.record(record)
        return GateRun(record.gate, await self._jobs.look(record, wait=0.0, tail=tail), recorded)

    async def _judge(self, record: JobRecord, output: str) -> tuple[Gate, str]:
        if record.pattern is None or record.exit_code != 0:
            return judged(record, shows_pattern=True)
        try:
            found = await self._matcher.search([record.pattern], output)
        except BadArgument as error:  # it takes too long on this output
            return judged(record, shows_pattern=False)[0], str(error)
        return judged(record, shows_pattern=found is not None)


def _rule(settings: ProjectGates, name: str | None, command: str | None) -> GateRule:
    if (name is None) == (command is None):
        raise BadArgument("give either name or command", _names(settings))
    if name is None:
        return GateRule("", command or "", settings.timeout)
    if name not in settings.gates:
        raise BadArgument(f"there is no gate {name[:MAX_SHOWN]!r}", _names(settings))
    return settings.gates[name]


def _names(settings: ProjectGates) -> str:
    if not settings.gates:
        return f"This project's {SETTINGS} names none: write [gates.NAME] with a command into it, or pass command."
    names = [name[:MAX_SHOWN] for name in sorted(settings.gates)]
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"This project has {', '.join(names[:MAX_NAMED])}{more}."


def _within(root: Path, cwd: str) -> Path:
    """The directory of a gate, every link in its path followed."""
    try:
        real, inside = (root / cwd).resolve(), root.resolve()
        if real.is_relative_to(inside) and real.is_dir():
            return real
    except (OSError, RuntimeError, ValueError):
        pass
    raise BadArgument(
        f"cwd {cwd[:MAX_SHOWN]!r} of the gate is no directory inside the project", f"Mend it in {SETTINGS}."
    )


def _ordered(project: Project, purpose: Purpose, argv: tuple[str, ...], command: str, cwd: str) -> Order:
    return Order(
        argv=argv,
        command=command,
        project=project.name,
        root=str(project.root),
        cwd=cwd,
        goal=purpose.goal,
        action=purpose.action,
        hypothesis=purpose.hypothesis,
        client=purpose.client,
        agent=purpose.agent,
    )


async def _tree(project: Project) -> str | None:
    """The state of the work tree before the gate; the agent may go on editing while it runs."""
    try:
        return (await git.state(project)).tree
    except GitError:
        return None  # asked again when the attempt is recorded
