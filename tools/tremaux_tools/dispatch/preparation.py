"""Make a run ready: its own work tree, its prompt with context and what earlier runs taught, its command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.context import build_context
from tremaux_tools.core.context import Context, ContextRequest
from tremaux_tools.core.job import Order
from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.playbook import Bullet
from tremaux_tools.core.tickets.escalation import model_at
from tremaux_tools.core.tickets.invocation import invocation, reads_prompt
from tremaux_tools.core.tickets.profile import PROMPT_FILE_VARIABLE, Profile
from tremaux_tools.core.tickets.profiles import worker_environment
from tremaux_tools.core.tickets.prompt import EarlierRun, compose
from tremaux_tools.core.tickets.ticket import RUN_VARIABLE, Run, Ticket, run_name
from tremaux_tools.dispatch.folders import PROMPT, TREE, branch_of, run_folder
from tremaux_tools.dispatch.leases import Claimed, Superseded
from tremaux_tools.dispatch.terms import Terms, read_terms
from tremaux_tools.errors import PlaceUnavailable
from tremaux_tools.git import Project
from tremaux_tools.journal import Journal
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.place import Typed
from tremaux_tools.places import supervised
from tremaux_tools.playbook import Playbook
from tremaux_tools.postflight import Postflight
from tremaux_tools.skills import MAX_PROMPT, Skills
from tremaux_tools.store import runs, tickets
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.database import Database
from tremaux_tools.workers import Workers

TICKET_VARIABLE, MODEL_VARIABLE = "TREMAUX_TICKET", "TREMAUX_MODEL"
PRIVATE = 0o600
NO_GIT = "not in a git repository: it runs in the project itself, and nothing is snapshotted"
_NO_CONTEXT = ContextRequest(files=(), target_file=None, target_symbols=())


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that can begin."""

    run: Run
    order: Order
    context: Context | None  #: None where the ticket names no files
    notes: tuple[str, ...]  #: what a person should know of it


@dataclass(frozen=True, slots=True)
class _Advice:
    """What a run is told beside its task."""

    helped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    playbook: tuple[Bullet, ...] = ()


_NO_ADVICE = _Advice()


class Preparation:
    """Prepares runs. Their prompts and work trees lie in `folder`; workers get a part of `environment`."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        postflight: Postflight,
        skills: Skills,
        playbook: Playbook,
        workers: Workers,
        *,
        settings: LiveSettings,
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._database = database
        self._journal = journal
        self._postflight = postflight
        self._skills = skills
        self._playbook = playbook
        self._workers = workers
        self._settings = settings
        self._folder = folder
        self._environment = environment

    async def prepare(self, claimed: Claimed) -> Prepared:
        """Make everything that a run needs. Done again after a crash it finds what is there.

        Where it will work is written down first: whoever takes the run over from us knows what may be there.

        Raises:
            TremauxError: it cannot be run like that; the error says why.
            Superseded: it is another process's by now.
        """
        ticket = claimed.ticket
        project = await git.find_project(Path(ticket.root))
        profile = await self._workers.profile(project, ticket.runner)
        folder = run_folder(self._folder, claimed.run)
        await anyio.to_thread.run_sync(_make_private, folder)
        earlier, terms = await self._terms(claimed, ladder_length=len(profile.ladder))
        run = replace(claimed.run, model=model_at(profile.ladder, terms.rung), rung=terms.rung)
        if ticket.place in ("tmux", "docker"):
            run = replace(run, terminal=f"ticket-{ticket.ticket_id}.{run.epoch}")
        notes: tuple[str, ...] = ()
        if ticket.worktree and project.git_dir is None:
            notes = (NO_GIT,)
        elif ticket.worktree:
            run, notes = await self._with_worktree(ticket, run, project, folder / TREE)
        async with self._database.transaction() as connection:
            if not await runs.prepare(connection, run):
                raise Superseded
            await self._settings.expose(connection, terms.readings, run_subject(run))
        if run.worktree:
            await git.add_worktree(project, Path(run.worktree), branch=run.branch, base=run.base)
        cwd = Path(run.worktree or ticket.root)
        context = await self._context(ticket, cwd)
        advice = _NO_ADVICE
        if reads_prompt(profile, ticket.command):  # else it would be judged by a run that never saw it
            advice = await self._advice(project, ticket, run)
        prompt = await self._prompt(ticket, run, earlier, context.text if context else "", advice)
        file = folder / PROMPT
        await anyio.to_thread.run_sync(_write, file, prompt)
        order = self._order(ticket, run, profile, prompt=prompt, file=file, cwd=cwd)
        return Prepared(run, replace(order, timeout=terms.timeout, cpus=terms.cpus), context, notes)

    async def _terms(self, claimed: Claimed, *, ladder_length: int) -> tuple[list[Run], Terms]:
        """The runs of its ticket before a run, and on what terms it is made."""
        ticket, run = claimed.ticket, claimed.run

        async def read(connection: Connection) -> tuple[list[Run], Terms]:
            earlier = [each for each in await tickets.runs(connection, ticket.ticket_id) if each.epoch < run.epoch]
            terms = await read_terms(connection, self._settings, ticket, run, earlier, ladder_length=ladder_length)
            return earlier, terms

        return await self._database.read(read)

    async def _with_worktree(
        self, ticket: Ticket, run: Run, project: Project, directory: Path
    ) -> tuple[Run, tuple[str, ...]]:
        """A run that is to work in `directory`, in the project as it is now with the work of those the ticket needs."""
        ref = f"{git.ref_part(ticket.name)}/{run.epoch}"
        snapshot = await git.take_snapshot(
            project, ref=f"{git.SNAPSHOTS}{ref}/pre", message=f"Before run {run.epoch} of ticket {ticket.name}"
        )
        base = await git.merged_base(project, snapshot.commit, await self._needed_branches(ticket))
        return replace(run, worktree=str(directory), branch=branch_of(ticket, run), base=base), snapshot.warnings

    async def _needed_branches(self, ticket: Ticket) -> list[str]:
        """The branches with the work of those that a ticket needs, where it was not merged yet."""
        branches = []
        async with self._database.snapshot() as connection:
            for name in ticket.depends_on:
                need = await tickets.find(connection, ticket.project, name)
                if need and need.run and need.run.branch and need.run.outcome == "completed" and not need.merged:
                    branches.append(need.run.branch)
        return branches

    async def _context(self, ticket: Ticket, root: Path) -> Context | None:
        request = ContextRequest(ticket.context_files, ticket.target_file, ticket.target_symbols)
        return None if request == _NO_CONTEXT else await build_context(root, request)

    async def _advice(self, project: Project, ticket: Ticket, run: Run) -> _Advice:
        """What a run is told beside its task; noted, so that how it ends counts for that."""
        found = await self._skills.recommend(
            project, _task(ticket)[:MAX_PROMPT], subject=run_name(run), lot=f"ticket {ticket.ticket_id}"
        )
        return _Advice(
            helped=tuple(item.text for item in found.items),
            failed=tuple(avoided.text for avoided in found.avoid),
            playbook=await self._playbook.told(ticket.project, subject=run_subject(run)),
        )

    async def _prompt(self, ticket: Ticket, run: Run, earlier: Sequence[Run], context: str, advice: _Advice) -> str:
        resumed = await self._journal.resume(Path(ticket.root), ticket.goal_name)
        return compose(
            ticket=replace(ticket, run=run),
            context=context,
            earlier=[await self._told(each) for each in earlier],
            dead_ends=resumed.verdict.dead_ends,
            lessons=resumed.lessons,
            helped=advice.helped,
            failed=advice.failed,
            playbook=advice.playbook,
        )

    async def _told(self, run: Run) -> EarlierRun:
        """What the worker of the next run is told of an earlier one."""
        report = (await self._postflight.get_report(run.report_id)).report if run.report_id is not None else None
        return EarlierRun(
            number=run.epoch,
            model=run.model,
            outcome=run.outcome,
            reason=run.reason,
            fingerprint=run.fingerprint,
            root_cause=report.root_cause.excerpt if report and report.root_cause else "",
            summary=f"{report.verdict}, score {report.quality_score}; its work is on branch {run.branch}"
            if report and run.branch
            else "",
        )

    def _order(self, ticket: Ticket, run: Run, profile: Profile, *, prompt: str, file: Path, cwd: Path) -> Order:
        call = invocation(profile, prompt=prompt, prompt_file=str(file), model=run.model, command=ticket.command)
        return Order(
            argv=call.argv,
            command=ticket.command or profile.name,
            project=ticket.project,
            root=str(cwd),
            cwd=str(cwd),
            timeout=ticket.timeout,
            client=ticket.client,
            agent=ticket.agent,
            place=ticket.place,
            nonce=run.nonce,
            environment={
                **worker_environment(profile, self._environment),
                TICKET_VARIABLE: ticket.name,
                RUN_VARIABLE: run_name(run),
                PROMPT_FILE_VARIABLE: str(file),
                **({MODEL_VARIABLE: run.model} if run.model else {}),
            },
            stdin=str(file) if call.stdin else "",
            typed=None if call.typed is None else Typed(call.typed, profile.ready),
            terminal=run.terminal,
            image=ticket.image,
            readable=(str(file),),
        )


def _task(ticket: Ticket) -> str:
    return ticket.prompt if ticket.prompt is not None else ticket.description


def _make_private(folder: Path) -> None:
    supervised.make_private(folder.parent)  # first: parents would be made open to all
    supervised.make_private(folder)


def _write(path: Path, text: str) -> None:
    try:
        path.touch(mode=PRIVATE)
        path.write_text(text, "utf-8")
    except OSError as error:
        told = f"the prompt {path} cannot be written: {error.strerror or error}"
        raise PlaceUnavailable(told, "Look at its disk and permissions.") from error
