"""Wire the services: the one place where settings, database and services meet."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Self

import anyio
import anyio.to_thread
from anyio import Event
from anyio.abc import TaskGroup

from tremaux_server.config import NOTIFY_URLS, Settings
from tremaux_server.project_config import gate_settings, stall_settings
from tremaux_server.whereabouts import Whereabouts
from tremaux_tools import git
from tremaux_tools.core.job import Job, JobRecord
from tremaux_tools.core.redact import Redactor, secret_values
from tremaux_tools.core.words import goal_name
from tremaux_tools.errors import StateError, TremauxError
from tremaux_tools.git_safety import GitSafety
from tremaux_tools.intake import Intake
from tremaux_tools.job_directory import Imported
from tremaux_tools.jobs import Jobs
from tremaux_tools.journal import Journal
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.place import Place
from tremaux_tools.places.docker import DockerPlace
from tremaux_tools.places.process import ProcessPlace
from tremaux_tools.places.tmux import TmuxPlace
from tremaux_tools.playbook import Playbook
from tremaux_tools.store import runs
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.transfer import Transfer
from tremaux_tools.trust import Trust
from tremaux_tools.upkeep import Upkeep

if TYPE_CHECKING:
    from tremaux_server.terminals import Panes
    from tremaux_tools.dispatch import Dispatcher
    from tremaux_tools.gates import Gates
    from tremaux_tools.knowledge import Knowledge
    from tremaux_tools.learning import Learning
    from tremaux_tools.postflight import Postflight
    from tremaux_tools.retrieval import Retrieval
    from tremaux_tools.sharing import Sharing
    from tremaux_tools.skills import Skills
    from tremaux_tools.terminals import Terminals
    from tremaux_tools.tickets import Tickets
    from tremaux_tools.vectors import Vectors
    from tremaux_tools.workers import Workers

LEARNING_LATER = 5.0  # seconds until learning begins: the first answers come before it
IDLE_POLL = 1.0  # seconds between looks for the first ticket, which any process may hand over
RECOVERY = 5.0  # seconds until a database that could not be read is tried again

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What does the work; the database behind it is opened at its first use."""

    settings: Settings
    tasks: TaskGroup
    database: Database
    redactor: Redactor
    intake: Intake
    live_settings: LiveSettings
    playbook: Playbook
    journal: Journal
    jobs: Jobs
    trust: Trust
    transfer: Transfer
    upkeep: Upkeep
    changes: Changes
    git_safety: GitSafety
    caught_up: Event
    session: Callable[[], Path]  #: where the client works

    @classmethod
    def of(cls, settings: Settings, whereabouts: Whereabouts, tasks: TaskGroup, *, dispatches: bool = False) -> Self:
        """Wire the services of one process; with `dispatches` it runs tickets, too."""
        database = Database(settings.database)
        told = {NOTIFY_URLS: " ".join(settings.notify_urls)}
        redactor = Redactor(secret_values({**settings.environment, **told}))
        intake = Intake(clock=time.time, session=whereabouts.current, redactor=redactor)
        live_settings = LiveSettings(database, clock=time.time, explicit=settings.explicit, redactor=redactor)
        playbook = Playbook(database, live_settings, clock=time.time, redactor=redactor)
        services = cls(
            settings=settings,
            tasks=tasks,
            database=database,
            redactor=redactor,
            intake=intake,
            live_settings=live_settings,
            playbook=playbook,
            journal=Journal(
                database,
                intake,
                clock=time.time,
                settings_of=stall_settings,
                redactor=redactor,
                live_settings=live_settings,
                playbook=playbook,
            ),
            jobs=Jobs(
                database,
                folder=Path(f"{settings.database}-jobs"),
                places=_places(settings, lambda: services.panes),
                environment=settings.environment,
                clock=time.time,
                redactor=redactor,
            ),
            trust=Trust(database, clock=time.time),
            transfer=Transfer(database, clock=time.time, redactor=redactor),
            upkeep=Upkeep(database, clock=time.time),
            changes=Changes(database),
            git_safety=GitSafety(clock=time.time, redactor=redactor),
            caught_up=Event(),
            session=whereabouts.current,
        )
        tasks.start_soon(services.catch_up)
        if dispatches:
            tasks.start_soon(services.dispatch_when_needed)
            tasks.start_soon(services.learn)
        return services

    @cached_property
    def terminals(self) -> "Terminals":
        """The terminals; what they stand on is not even imported before the first call that needs one."""
        wiring = import_module("tremaux_server.terminals")
        wired: Terminals = wiring.wire(self.settings, self.database, self.tasks, self.redactor)
        return wired

    @cached_property
    def panes(self) -> "Panes":
        """Terminals for jobs; not even imported before the first job that runs in one."""
        wiring = import_module("tremaux_server.terminals")
        wired: Panes = wiring.Panes(self.terminals)
        return wired

    @cached_property
    def postflight(self) -> "Postflight":
        """The reports; what they stand on is not even imported before the first call that needs one."""
        service = import_module("tremaux_tools.postflight")
        notify = import_module("tremaux_tools.notify")
        wired: Postflight = service.Postflight(
            self.database,
            self.intake,
            notify.Notifier(self.settings.notify_urls),
            clock=time.time,
            redactor=self.redactor,
        )
        return wired

    @cached_property
    def retrieval(self) -> "Retrieval":
        """What finds learnings and other knowledge by words; not even imported before its first use."""
        service = import_module("tremaux_tools.retrieval")
        wired: Retrieval = service.Retrieval(self.database, self.vectors)
        return wired

    @cached_property
    def skills(self) -> "Skills":
        """What was learnt and recommended; not even imported before the first call that needs it."""
        service = import_module("tremaux_tools.skills")
        wired: Skills = service.Skills(
            self.database,
            self.retrieval,
            clock=time.time,
            redactor=self.redactor,
            holdout=self.settings.holdout,
            live_settings=self.live_settings,
        )
        return wired

    @cached_property
    def knowledge(self) -> "Knowledge":
        """The knowledge graph; what it stands on is not even imported before the first call that needs it."""
        service = import_module("tremaux_tools.knowledge")
        wired: Knowledge = service.Knowledge(self.database, self.retrieval, clock=time.time, redactor=self.redactor)
        return wired

    @cached_property
    def sharing(self) -> "Sharing":
        """What was learnt, for others; not even imported before the first call that exports or imports it."""
        service = import_module("tremaux_tools.sharing")
        wired: Sharing = service.Sharing(self.database, clock=time.time, session=self.session, redactor=self.redactor)
        return wired

    @cached_property
    def vectors(self) -> "Vectors | None":
        """What compares meanings; None where no model for it is wanted or installed.

        Raises:
            BadArgument: the model that the user named is not installed.
        """
        embedder = import_module("tremaux_tools.semantic").find_model(self.settings.semantic)
        if embedder is None:
            return None
        wired: Vectors = import_module("tremaux_tools.vectors").Vectors(self.database, embedder)
        return wired

    @cached_property
    def gates(self) -> "Gates":
        """The gates; what they stand on is not even imported before the first call that needs one."""
        gates = import_module("tremaux_tools.gates")
        wired: Gates = gates.Gates(
            self.journal,
            self.jobs,
            self.trust,
            self.tasks,
            settings_of=gate_settings,
            live_settings=self.live_settings,
        )
        return wired

    @cached_property
    def workers(self) -> "Workers":
        """The worker profiles; what they stand on is not even imported before the first call that needs them."""
        wiring = import_module("tremaux_server.tickets")
        wired: Workers = wiring.wire_workers(self.settings, self.trust, self.jobs.places)
        return wired

    @cached_property
    def tickets(self) -> "Tickets":
        """The tickets; what they stand on is not even imported before the first call that needs one."""
        service = import_module("tremaux_tools.tickets")
        wired: Tickets = service.Tickets(
            self.database,
            self.changes,
            self.jobs,
            self.workers,
            clock=time.time,
            redactor=self.redactor,
            live_settings=self.live_settings,
        )
        return wired

    @cached_property
    def learning(self) -> "Learning":
        """What changes settings by what was seen of the work; not even imported before its first use."""
        service = import_module("tremaux_tools.learning")
        wired: Learning = service.Learning(
            self.database,
            self.changes,
            self.live_settings,
            self.playbook,
            cores=import_module("tremaux_tools.metrics").cores(),
            clock=time.time,
            redactor=self.redactor,
        )
        return wired

    async def project_name(self, directory: Path) -> str:
        """How the project of a directory is named wherever something is kept for it."""
        return (await git.find_project(directory)).name

    async def learn(self) -> None:
        """Keep learning going, in whichever process leads."""
        await self.caught_up.wait()
        await anyio.sleep(LEARNING_LATER)
        while True:
            try:
                learning: Learning = await anyio.to_thread.run_sync(lambda: self.learning)
                return await learning.run()
            except Exception:  # noqa: BLE001  the server answers on, whatever hinders learning
                _log.exception("nothing is learnt")
                await anyio.sleep(LEARNING_LATER)

    async def dispatch(self, *, until_idle: bool = False) -> None:
        """Run tickets until cancelled, or with `until_idle` until nothing runs and nothing could."""
        wiring = await anyio.to_thread.run_sync(import_module, "tremaux_server.tickets")
        dispatcher: Dispatcher = await wiring.wire_dispatcher(
            self.settings,
            self.database,
            self.changes,
            self.live_settings,
            self.jobs,
            self.journal,
            self.postflight,
            self.skills,
            self.playbook,
            self.workers,
            self.redactor,
        )
        await dispatcher.run(until_idle=until_idle)

    async def dispatch_when_needed(self) -> None:
        """Run tickets as soon as there are any, handed over by whichever process."""
        await self.caught_up.wait()
        while True:
            try:
                version = await self.changes.version()
                async with self.database.snapshot() as connection:
                    if await runs.is_work(connection):
                        return await self.dispatch()
                await self.changes.wait(version, poll=IDLE_POLL)
            except StateError:  # the next call tells of it
                await anyio.sleep(RECOVERY)
            except Exception:  # noqa: BLE001  the server answers on, whatever hinders its tickets
                _log.exception("tickets are not run")
                await anyio.sleep(RECOVERY)

    async def catch_up(self) -> None:
        """Keep the end of what ended while no server ran; what goes wrong here the next call will tell."""
        try:
            await self.jobs.sweep()
            if await self.jobs.unrecorded() or await self.jobs.running():
                await self.gates.catch_up()
        except TremauxError:
            pass
        except Exception:  # noqa: BLE001  nor may what a dead process left behind end this one
            _log.exception("what ended before is not caught up with")
        finally:
            self.caught_up.set()

    async def ended_job(self, job_id: str) -> JobRecord:
        """A job of any kind as it stands now, with its output where it has ended."""
        await self.get_job(job_id)
        return await self.jobs.find(job_id)

    async def recent_jobs(self, directory: Path, *, goal: str = "", limit: int) -> list[JobRecord]:
        """The newest ended jobs of a project, of any kind, newest first; those of one goal, or all without one.

        Raises:
            BadArgument: the goal is no name of one.
        """
        name = goal_name(goal) if goal else None
        await self.jobs.sweep()
        return await self.jobs.recent((await git.find_project(directory)).name, goal=name, limit=limit)

    async def import_job(self, directory: Path, folder: Path) -> Imported:
        """Take the job in `folder`, run elsewhere, into the project of `directory`."""
        return await self.jobs.import_directory(folder, (await git.find_project(directory)).name)

    async def get_job(self, job_id: str, *, wait: float = 0.0, tail: int = 50) -> tuple[Job, int | None]:
        """How a job of any kind stands, after waiting up to `wait` seconds for its end, and the id of its attempt."""
        record = await self.jobs.find(job_id)
        if record.kind == "terminal":
            return await self.terminals.get_job(job_id, wait=wait, tail=tail), None
        if record.goal is None:
            return await self.jobs.look(record, wait=wait, tail=tail), None
        run = await self.gates.look(record, wait=wait, tail=tail)
        return run.job, run.recorded.record.attempt.id if run.recorded else None

    async def cancel_job(self, job_id: str) -> tuple[Job, int | None]:
        """End a job of any kind, as far as it lets itself be ended."""
        record = await self.jobs.find(job_id)
        if record.kind == "terminal":
            return await self.terminals.cancel_job(job_id), None
        await self.jobs.cancel(record)
        return await self.get_job(job_id)

    async def job_log(self, job_id: str) -> str:
        """All that is kept of what a job of any kind printed."""
        record = await self.jobs.find(job_id)
        return await (self.terminals.job_log(job_id) if record.kind == "terminal" else self.jobs.log(record))

    async def close(self) -> None:
        """Let go of what was opened, but for the database; terminals and jobs run on."""
        await self.caught_up.wait()  # a short command, too, keeps what it found ended
        if "terminals" in self.__dict__:
            await self.terminals.close()
        if "gates" in self.__dict__:
            await self.gates.close()
        await self.jobs.close()


def _places(settings: Settings, panes: Callable[[], "Panes"]) -> Mapping[str, Place]:
    """Where jobs can run; what a terminal or a container stands on is not even imported before it is needed."""
    folder, environment = Path(f"{settings.database}-jobs"), settings.environment
    engine = environment.get("DOCKER_HOST")
    return {
        "process": ProcessPlace(folder),
        "tmux": TmuxPlace(folder, panes, environment),
        "docker": DockerPlace(folder, panes, environment, address=engine, owner=settings.label),
    }
