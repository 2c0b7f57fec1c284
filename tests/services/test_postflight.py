import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from tests.clock import ticking

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.postflight.filed import as_fields, from_fields
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.intake import Intake
from tremaux_tools.jobs import Jobs
from tremaux_tools.journal import Journal
from tremaux_tools.notify import Notifier
from tremaux_tools.places.process import ProcessPlace
from tremaux_tools.postflight import Postflight
from tremaux_tools.sharing import Sharing
from tremaux_tools.store import tasks
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
Graph = Callable[[], Awaitable[list[dict[str, str]]]]
FAILED = """\
    def test_total():
>       assert total() == 42
E       assert 41 == 42

test_cart.py:7: AssertionError
FAILED test_cart.py::test_total - assert 41 == 42
1 failed, 2 passed in 0.12s
"""
PASSED = "3 passed in 0.10s\n"
LEARNT = "Root cause: the cart summed the prices before the discount.\n"


@pytest.fixture
def clock() -> Callable[[], float]:
    return ticking()


@pytest.fixture
def intake(clock: Callable[[], float], tmp_path: Path) -> Intake:
    return Intake(clock=clock, session=lambda: tmp_path)


@pytest.fixture
def postflight(database: Database, intake: Intake, clock: Callable[[], float]) -> Postflight:
    return Postflight(database, intake, Notifier(()), clock=clock)


@pytest.fixture
def jobs(database: Database, clock: Callable[[], float], tmp_path: Path) -> Jobs:
    folder = tmp_path / "state" / "jobs"
    places = {"process": ProcessPlace(folder)}
    return Jobs(database, folder=folder, places=places, environment={}, clock=clock)


@pytest.fixture
def journal(database: Database, intake: Intake, clock: Callable[[], float]) -> Journal:
    return Journal(database, intake, clock=clock)


@pytest.fixture
def run_elsewhere(tmp_path: Path) -> Path:
    """The directory of a job whose log tells of a pass, and its report of a failure."""
    directory = tmp_path / "run-1"
    directory.mkdir()
    (directory / "output.log").write_text(PASSED)
    (directory / "meta.json").write_text('{"exit_code": 0}')
    (directory / "junit.xml").write_text(
        '<testsuite tests="1" failures="1"><testcase name="a"><failure message="41 != 42"/></testcase></testsuite>'
    )
    return directory


@pytest.fixture
def graph(database: Database, clock: Callable[[], float], tmp_path: Path) -> Graph:
    """What is in the knowledge graph, as it is handed on."""
    sharing = Sharing(database, clock=clock, session=lambda: tmp_path)

    async def read() -> list[dict[str, str]]:
        return [json.loads(line) async for line in sharing.knowledge_lines()]

    return read


async def test_a_failed_run_is_told_with_its_proof(postflight: Postflight, tmp_path: Path) -> None:
    filed = await postflight.run(tmp_path, Request(output=FAILED, exit_code=1, task="fix the cart"))

    report = filed.report
    assert (report.verdict, report.exit_code, report.validated) == ("failed", 1, True)
    assert report.tests is not None
    assert (report.tests.passed, report.tests.failed) == (2, 1)
    assert report.failing_tests == ("test_cart.py::test_total",)
    assert report.root_cause is not None
    assert "41 == 42" in report.root_cause.excerpt
    assert (report.root_cause.file, report.root_cause.file_line) == ("test_cart.py", 7)
    assert sum(part.points for part in report.score_parts) == report.quality_score < 50


async def test_what_was_filed_can_be_looked_up(postflight: Postflight, tmp_path: Path) -> None:
    filed = await postflight.run(tmp_path, Request(output=FAILED, exit_code=1, task="t", tools_used=("pytest",)))

    assert await postflight.get_report(filed.id) == filed
    assert await postflight.output(filed.id) == FAILED
    assert from_fields(json.loads(json.dumps(as_fields(filed.report)))) == filed.report


async def test_reports_are_listed_newest_first_and_by_verdict(postflight: Postflight, tmp_path: Path) -> None:
    for output, code in ((FAILED, 1), (PASSED, 0), (FAILED, 1)):
        await postflight.run(tmp_path, Request(output=output, exit_code=code))
    failed, total = await postflight.list_reports(tmp_path, limit=1, verdict="failed")
    everything, all_of_them = await postflight.list_reports(tmp_path, limit=10)

    assert ([filed.id for filed in failed], total) == ([3], 2)
    assert ([filed.id for filed in everything], all_of_them) == ([3, 2, 1], 3)


async def test_a_run_that_passed_teaches_what_its_notes_say(
    postflight: Postflight, tmp_path: Path, graph: Graph
) -> None:
    request = Request(output=PASSED, exit_code=0, task="fix the cart", notes=LEARNT, tools_used=("pytest",))
    filed = await postflight.run(tmp_path, request)

    assert [learning.type for learning in filed.report.learnings] == ["root_cause"]
    assert filed.learned.learnings_stored == 1
    assert "the cart summed the prices before the discount" in json.dumps(await graph())
    assert sum(part.points for part in filed.report.score_parts) == filed.report.quality_score


async def test_the_same_learning_is_kept_once(postflight: Postflight, tmp_path: Path, graph: Graph) -> None:
    request = Request(output=PASSED + LEARNT, exit_code=0, task="fix the cart")
    first, second = [await postflight.run(tmp_path, request) for _ in range(2)]

    assert (first.learned.learnings_stored, second.learned.learnings_stored) == (1, 0)
    assert sum(line.get("entityType") == "finding" for line in await graph()) == 1


async def test_what_log_and_notes_both_say_is_learnt_once(postflight: Postflight, tmp_path: Path) -> None:
    notes = LEARNT.replace("the cart", "The cart").replace("Root cause", "Learning").rstrip(".\n")
    filed = await postflight.run(tmp_path, Request(output=PASSED + LEARNT, exit_code=0, notes=notes))

    assert [learning.type for learning in filed.report.learnings] == ["root_cause"]


async def test_a_job_that_is_judged_again_is_no_second_proof(
    postflight: Postflight, jobs: Jobs, database: Database, run_elsewhere: Path, tmp_path: Path
) -> None:
    (run_elsewhere / "junit.xml").unlink()
    job = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    for request in (
        Request(job=job, notes=LEARNT),
        Request(job=job, notes=LEARNT),
        Request(output=PASSED, notes=LEARNT),
    ):
        await postflight.run(tmp_path, request)
    async with database.snapshot() as connection:
        proofs = await connection.execute_fetchall("SELECT report_id FROM evidence ORDER BY report_id")

    assert [report_id for (report_id,) in proofs] == [1, 3]


async def test_what_a_run_that_passed_teaches_hangs_together(
    postflight: Postflight, tmp_path: Path, graph: Graph
) -> None:
    request = Request(output=PASSED, exit_code=0, task="fix the cart", notes=LEARNT, tools_used=("pytest",))
    await postflight.run(tmp_path, request)
    lines = await graph()
    kinds = {line["name"]: line["entityType"] for line in lines if line["type"] == "entity"}
    told = {
        (kinds[line["from"]], line["relationType"], kinds[line["to"]]) for line in lines if line["type"] == "relation"
    }

    assert told == {
        ("finding", "learned_in", "project"),
        ("finding", "derived_from", "task"),
        ("finding", "has_pattern", "pattern"),
        ("pattern", "shown_by", "finding"),
        ("tool", "shown_by", "finding"),
        ("tool", "used_in", "task"),
    }


async def test_a_run_that_passed_and_says_what_was_done_is_a_finding_by_its_task(
    postflight: Postflight, tmp_path: Path
) -> None:
    request = Request(output=PASSED, exit_code=0, task="fix the cart", notes="Summed after the discount.")
    filed = await postflight.run(tmp_path, request)

    assert filed.learned.learnings_stored == 1
    assert filed.learned.skills == ("fix the cart",)


async def test_a_failed_run_is_a_pitfall_and_teaches_nothing_else(
    postflight: Postflight, tmp_path: Path, graph: Graph
) -> None:
    request = Request(output=FAILED + LEARNT, exit_code=1, task="fix the cart", tools_used=("pytest",))
    filed = await postflight.run(tmp_path, request)
    entities = {line["entityType"]: line["observations"] for line in await graph() if "observations" in line}

    assert (filed.learned.learnings_stored, filed.learned.skills) == (0, ())
    assert set(entities) == {"pitfall", "project", "task", "pattern"}
    assert "assert 41 == 42" in entities["pitfall"][0]
    assert "from the task: fix the cart" in entities["pitfall"]


async def test_a_run_nobody_knows_the_end_of_teaches_nothing(
    postflight: Postflight, tmp_path: Path, graph: Graph
) -> None:
    filed = await postflight.run(tmp_path, Request(output="all is well\n" + LEARNT, tools_used=("pytest",)))

    assert filed.learned.learnings_stored == 0
    assert await graph() == []


async def test_a_failure_met_again_is_the_same_pitfall_with_another_proof(
    postflight: Postflight, database: Database, tmp_path: Path
) -> None:
    moved = FAILED.replace("test_cart.py:7", "test_cart.py:9").replace("0.12s", "0.98s")
    for output, task in ((FAILED, "fix the cart"), (moved, "speed the cart up")):
        await postflight.run(tmp_path, Request(output=output, exit_code=1, task=task))
    async with database.snapshot() as connection:
        proofs = await connection.execute_fetchall(
            "SELECT name, report_id FROM evidence JOIN entity USING (entity_id) ORDER BY report_id"
        )

    assert [report_id for _, report_id in proofs] == [1, 2]
    assert len({name for name, _ in proofs}) == 1


async def test_a_report_of_a_job_is_one_task_however_often_it_is_judged(
    postflight: Postflight, jobs: Jobs, database: Database, run_elsewhere: Path, tmp_path: Path
) -> None:
    job = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    for request in (Request(job=job, task="a"), Request(job=job, task="b"), Request(output=PASSED, task="c")):
        await postflight.run(tmp_path, request)
    async with database.snapshot() as connection:
        found = await tasks.newest(connection, project=None, limit=10)
        proofs = await connection.execute_fetchall("SELECT report_id FROM evidence")

    assert {(task.name, task.prompt, task.verdict) for task in found} == {
        (job.name, "b", "failed"),
        ("report-3", "c", "passed"),
    }
    assert [tuple(row) for row in proofs] == [(1,)]


async def test_a_job_that_somebody_cancelled_says_nothing_of_its_task(
    postflight: Postflight, jobs: Jobs, database: Database, run_elsewhere: Path, tmp_path: Path, graph: Graph
) -> None:
    job = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    await postflight.run(tmp_path, Request(job=replace(job, cause="cancel"), task="fix the cart"))
    async with database.snapshot() as connection:
        (task,) = await tasks.newest(connection, project=None, limit=10)

    assert task.verdict == "uncertain"
    assert await graph() == []


async def test_a_report_whose_lessons_cannot_be_kept_is_not_filed_either(
    postflight: Postflight, database: Database, tmp_path: Path, graph: Graph
) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON relation BEGIN SELECT raise(ABORT, 'no room'); END"
        )

    with pytest.raises(Exception, match="no room"):
        await postflight.run(tmp_path, Request(output=PASSED, exit_code=0, task="fix the cart", notes=LEARNT))
    async with database.snapshot() as connection:
        kept = await tasks.newest(connection, project=None, limit=10)

    assert (kept, await graph()) == ([], [])
    assert await postflight.list_reports(tmp_path, limit=1) == ([], 0)


async def test_a_task_took_as_long_as_its_job_and_ended_with_it(
    postflight: Postflight, jobs: Jobs, database: Database, run_elsewhere: Path, tmp_path: Path
) -> None:
    job = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    await postflight.run(tmp_path, Request(job=replace(job, started_at=10.0, ended_at=14.5)))
    await postflight.run(tmp_path, Request(output=PASSED))
    async with database.snapshot() as connection:
        newest, oldest = await tasks.newest(connection, project=None, limit=10)

    assert (oldest.duration, oldest.finished_at) == (4.5, 14.5)
    assert newest.duration is None
    assert newest.finished_at > 1_000


@pytest.mark.parametrize(
    ("goal", "task", "words"),
    [
        pytest.param("mend-cart", "", "mend-cart", id="its goal"),
        pytest.param("mend-cart", "fix the cart", "fix the cart", id="its own words, if it has some"),
        pytest.param("default", "", "", id="no goal that anybody named"),
    ],
)
async def test_a_task_is_told_by_its_words_else_by_its_goal(
    postflight: Postflight, database: Database, tmp_path: Path, goal: str, task: str, words: str
) -> None:
    await postflight.run(tmp_path, Request(output=PASSED, exit_code=0, goal=goal, task=task))
    async with database.snapshot() as connection:
        (found,) = await tasks.newest(connection, project=None, limit=10)

    assert found.prompt == words


async def test_a_report_tells_the_tools_and_languages_of_its_project(
    postflight: Postflight, database: Database, tmp_path: Path
) -> None:
    await postflight.run(tmp_path, Request(output=PASSED, exit_code=0, task="t", tools_used=("Docker",)))
    async with database.snapshot() as connection:
        known = await tasks.traits(connection, [1])

    assert known == {1: frozenset({"docker", "pytest", "python"})}


async def test_what_turned_a_gate_green_is_learnt_with_the_changed_files(
    postflight: Postflight, journal: Journal, repo: Path
) -> None:
    await journal.record(repo, Entry(action="start", gate=Gate.FAIL, output=FAILED, exit_code=1, goal="g"))
    await anyio.Path(repo / "a.txt").write_text("two\nthree\n")
    await journal.record(
        repo, Entry(action="sum after the discount", gate=Gate.PASS, output=PASSED, exit_code=0, goal="g")
    )
    filed = await postflight.run(repo, Request(output=PASSED, exit_code=0, goal="g"))

    (learning,) = filed.report.learnings
    assert learning.type == "turned_green"
    assert "sum after the discount" in learning.content
    assert "a.txt (modified +2 -1)" in learning.content
    assert filed.learned.learnings_stored == 1


async def test_a_job_is_told_what_turned_its_own_goal_green_up_to_its_end(
    postflight: Postflight, journal: Journal, jobs: Jobs, run_elsewhere: Path, tmp_path: Path
) -> None:
    (run_elsewhere / "junit.xml").unlink()
    imported = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    for action, gate in (("break", "fail"), ("mend", "pass"), ("break anew", "fail"), ("redo", "pass")):
        output, code = (PASSED, 0) if gate == "pass" else (FAILED, 1)
        entry = Entry(action=action, gate=Gate(gate), output=output, exit_code=code, goal="g")
        await journal.record(tmp_path, replace(entry, job_id=imported.job_id if action == "mend" else None))
    filed = await postflight.run(tmp_path, Request(job=replace(imported, goal="g")))

    assert filed.goal == "g"
    assert ["Ended by: mend." in learning.content for learning in filed.report.learnings] == [True]


async def test_a_job_of_another_project_learns_nothing_from_a_goal_here(
    postflight: Postflight, journal: Journal, jobs: Jobs, run_elsewhere: Path, tmp_path: Path
) -> None:
    (run_elsewhere / "junit.xml").unlink()
    job = (await jobs.import_directory(run_elsewhere, "/another/project")).record
    for gate, output, code in ((Gate.FAIL, FAILED, 1), (Gate.PASS, PASSED, 0)):
        await journal.record(tmp_path, Entry(action="edit", gate=gate, output=output, exit_code=code, goal="g"))
    filed = await postflight.run(tmp_path, Request(job=job, goal="g"))

    assert (filed.project, filed.report.learnings) == ("/another/project", ())


async def test_a_failed_run_turned_nothing_green(postflight: Postflight, journal: Journal, tmp_path: Path) -> None:
    for gate, output, code in ((Gate.FAIL, FAILED, 1), (Gate.PASS, PASSED, 0)):
        await journal.record(tmp_path, Entry(action="edit", gate=gate, output=output, exit_code=code, goal="g"))
    filed = await postflight.run(tmp_path, Request(output=FAILED, exit_code=1, goal="g"))

    assert filed.report.learnings == ()


async def test_reports_of_the_run_beat_what_its_output_counts(postflight: Postflight, tmp_path: Path) -> None:
    xml = (
        '<testsuite name="pytest" tests="5" failures="1" errors="0" skipped="0">'
        + "".join(f'<testcase classname="test_cart" name="test_{n}"/>' for n in range(4))
        + '<testcase classname="test_cart" name="test_total"><failure message="41 != 42">E</failure></testcase>'
        + "</testsuite>"
    )
    await anyio.Path(tmp_path / "junit.xml").write_text(xml)
    filed = await postflight.run(
        tmp_path, Request(output="1 failed, 2 passed in 0.12s\n", exit_code=1, report_paths=("junit.xml",))
    )

    assert filed.report.tests is not None
    assert (filed.report.tests.passed, filed.report.tests.failed) == (4, 1)


async def test_an_imported_job_is_judged_with_the_reports_beside_its_log(
    postflight: Postflight, jobs: Jobs, run_elsewhere: Path, tmp_path: Path
) -> None:
    job = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    filed = await postflight.run(tmp_path, Request(job=job))

    assert (filed.report.verdict, filed.report.failing_tests) == ("failed", ("a",))


async def test_reports_of_a_later_run_do_not_count_for_an_imported_job(
    postflight: Postflight, jobs: Jobs, run_elsewhere: Path, tmp_path: Path
) -> None:
    job = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    (run_elsewhere / "output.log").write_text("another run\n")
    filed = await postflight.run(tmp_path, Request(job=job))

    assert filed.report.verdict == "passed"
    assert "reports beside the log were not read" in " ".join(filed.report.warnings)


async def test_a_job_that_was_cancelled_is_told_to_be(
    postflight: Postflight, jobs: Jobs, run_elsewhere: Path, tmp_path: Path
) -> None:
    job = (await jobs.import_directory(run_elsewhere, str(tmp_path))).record
    filed = await postflight.run(tmp_path, Request(job=replace(job, cause="cancel", exit_code=143)))

    assert "somebody cancelled it" in filed.report.warnings[0]


async def test_a_named_report_that_is_none_is_told(postflight: Postflight, tmp_path: Path) -> None:
    await anyio.Path(tmp_path / "settings.json").write_text('{"a": 1}')
    filed = await postflight.run(tmp_path, Request(output=PASSED, exit_code=0, report_paths=("settings.json",)))

    assert "'settings.json' is no report" in " ".join(filed.report.warnings)


@pytest.mark.parametrize(
    ("request_", "fact"),
    [
        pytest.param(Request(), "nothing to look at", id="no source"),
        pytest.param(Request(output="x", output_path="y"), "several sources", id="two sources"),
        pytest.param(Request(output_path="no-such.log"), "no-such.log", id="no file"),
        pytest.param(Request(output="x", report_paths=("no-such.xml",)), "no-such.xml", id="no report file"),
        pytest.param(Request(output="x", goal=""), "goal", id="no goal's name"),
        pytest.param(Request(output="x", tools_used=("t",) * 51), "tools_used", id="too many tools"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_filed(
    postflight: Postflight, tmp_path: Path, request_: Request, fact: str
) -> None:
    with pytest.raises(BadArgument, match=fact) as refused:
        await postflight.run(tmp_path, request_)

    assert refused.value.hint
    assert await postflight.list_reports(tmp_path, limit=1) == ([], 0)


async def test_a_report_that_was_never_filed_is_unknown(postflight: Postflight) -> None:
    with pytest.raises(UnknownItem, match="no report 7"):
        await postflight.get_report(7)


async def test_an_agent_cannot_have_files_outside_the_project_read(postflight: Postflight, tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()

    with pytest.raises(BadArgument, match="outside the project"):
        await postflight.run(inside, Request(output_path="/etc/passwd"))


async def test_secrets_are_nowhere_in_what_is_filed(postflight: Postflight, database: Database, tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    output = f"Root cause: the token {token} had expired long ago.\n{FAILED}E   KeyError: '{token}'\n"
    filed = await postflight.run(tmp_path, Request(output=output, exit_code=0, task=token, notes=output))

    assert filed.report.redactions > 0
    assert token not in json.dumps(as_fields(filed.report)) + filed.task
    assert token.encode() not in b"".join(p.read_bytes() for p in database.path.parent.iterdir() if p.is_file())


async def test_an_alert_nobody_is_there_for_is_no_fault(postflight: Postflight, tmp_path: Path) -> None:
    quiet = await postflight.run(tmp_path, Request(output=FAILED, exit_code=1))
    wanted = await postflight.run(tmp_path, Request(output=FAILED, exit_code=1, notify=True))

    assert (quiet.notified, quiet.notice) == (False, "")
    assert not wanted.notified
    assert "TREMAUX_NOTIFY_URLS" in wanted.notice
