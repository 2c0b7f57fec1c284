import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.clock import START, Clock

from tremaux_tools.core.confidence import DAY, HALF_LIFE
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.core.skills.new_task import NewTask
from tremaux_tools.core.uplift import HOLDOUT_AFTER
from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.intake import Intake
from tremaux_tools.notify import Notifier
from tremaux_tools.postflight import Postflight
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.skills import Skills
from tremaux_tools.store import recommendations
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
WEEK = 7 * DAY
LOCKED = "sqlite3.OperationalError: database is locked\nFAILED test_jobs.py::test_two_writers\n1 failed in 0.1s\n"
GREEN = "3 passed in 0.1s\n"
LESSON = "Root cause: two writers opened transactions with BEGIN; BEGIN IMMEDIATE with a busy timeout ended it."
TASK = "fix the locked database error in the sqlite job queue"


@pytest.fixture
def postflight(database: Database, clock: Clock, tmp_path: Path) -> Postflight:
    return Postflight(database, Intake(clock=clock, session=lambda: tmp_path), Notifier(()), clock=clock)


@pytest.fixture
def skills(database: Database, clock: Clock) -> Skills:
    return Skills(database, Retrieval(database), clock=clock)


@pytest.fixture
def projects(tmp_path: Path) -> tuple[Path, Path]:
    """Two projects that know nothing of each other."""
    first, second = tmp_path / "queue", tmp_path / "shop"
    first.mkdir()
    second.mkdir()
    return first, second


Learn = Callable[..., Awaitable[None]]


@pytest.fixture
def learn(skills: Skills, projects: tuple[Path, Path]) -> Learn:
    """Record a task that passed."""

    async def record(name: str, prompt: str, summary: str, *tools: str) -> None:
        task = NewTask(task_id=name, prompt=prompt, result_summary=summary, tools_used=tools, qa_passed=True)
        await skills.record(projects[0], task, {})

    return record


async def test_what_one_task_taught_helps_in_another_project_until_it_hurts_there(
    postflight: Postflight, skills: Skills, clock: Clock, projects: tuple[Path, Path]
) -> None:
    first, second = projects
    failed = await postflight.run(first, Request(output=LOCKED, exit_code=1, task=TASK))
    passed = await postflight.run(first, Request(output=GREEN, exit_code=0, task=TASK, notes=LESSON))
    clock.now += WEEK

    told = await skills.recommend(second, "the sqlite database of the shop is locked when two workers write")

    (item,) = told.items
    assert "BEGIN IMMEDIATE" in item.text
    assert (item.project, item.reports) == (str(first), (passed.id,))
    assert [avoided.reports for avoided in told.avoid] == [(failed.id,)]

    number = told.recommendation_id
    await postflight.run(
        second, Request(output=LOCKED, exit_code=1, task="unlock the shop", recommendation_ids=[number])
    )
    again = await skills.recommend(second, "the sqlite database of the shop is locked when two workers write")

    assert again.items[0].confidence.mean < item.confidence.mean
    assert again.items[0].confidence.evidence > 0


async def test_a_passed_task_raises_what_was_recommended_for_it(
    postflight: Postflight, skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    told = await skills.recommend(projects[0], TASK)
    request = Request(output=GREEN, exit_code=0, recommendation_ids=[told.recommendation_id])
    await postflight.run(projects[0], request)

    again = await skills.recommend(projects[0], TASK)

    assert again.items[0].confidence.mean > told.items[0].confidence.mean
    assert (await skills.trace(told.recommendation_id)).verdict == "passed"


async def test_a_task_counts_once_however_often_it_is_judged(
    postflight: Postflight, skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    told = await skills.recommend(projects[0], TASK)
    request = Request(output=GREEN, exit_code=0, recommendation_ids=[told.recommendation_id] * 2)
    for _ in range(3):
        await postflight.run(projects[0], request)

    again = await skills.recommend(projects[0], TASK)

    assert again.items[0].confidence.evidence == pytest.approx(1)


async def test_a_run_without_proof_says_nothing_of_what_was_recommended(
    postflight: Postflight, skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    told = await skills.recommend(projects[0], TASK)

    await postflight.run(projects[0], Request(output="done\n", recommendation_ids=[told.recommendation_id]))

    assert (await skills.trace(told.recommendation_id)).verdict is None


async def test_an_unknown_recommendation_files_no_report(postflight: Postflight, projects: tuple[Path, Path]) -> None:
    with pytest.raises(UnknownItem, match="no recommendation 7"):
        await postflight.run(projects[0], Request(output=GREEN, exit_code=0, recommendation_ids=[7]))

    assert (await postflight.list_reports(projects[0], limit=10))[1] == 0


async def test_a_person_s_word_outweighs_an_agent_s_and_both_the_end_of_the_task(
    postflight: Postflight, skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    told = await skills.recommend(projects[0], TASK)
    number, skill = told.recommendation_id, told.items[0].skill

    by_agent = await skills.rate(number, skill, helped=False)
    await postflight.run(projects[0], Request(output=GREEN, exit_code=0, recommendation_ids=[number]))
    by_person = await skills.rate(number, told.items[0].source_learning, helped=True, by_person=True)
    ignored = await skills.rate(number, skill, helped=False)

    assert by_agent.after.mean < by_agent.before.mean
    assert by_person.before.mean == pytest.approx(by_agent.after.mean, abs=0.05)  # the prior moved, its own outcome not
    assert by_person.after.mean > by_agent.before.mean
    assert ignored.after == ignored.before


@pytest.mark.parametrize(
    ("number", "skill"), [pytest.param(99, "x", id="no such recommendation"), (1, "no such skill")]
)
async def test_only_what_was_recommended_can_be_rated(
    skills: Skills, learn: Learn, projects: tuple[Path, Path], number: int, skill: str
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    await skills.recommend(projects[0], TASK)

    with pytest.raises(UnknownItem):
        await skills.rate(number, skill, helped=True)


async def test_what_hurts_again_and_again_is_not_recommended_any_more(
    skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    for _ in range(5):
        told = await skills.recommend(projects[0], TASK)
        if told.items:
            await skills.rate(told.recommendation_id, told.items[0].skill, helped=False, by_person=True)

    told = await skills.recommend(projects[0], TASK)

    assert told.items == ()
    assert "did not help" in told.reason
    assert [each.standing for each in await skills.fading(None)] == ["quarantined"]


async def test_what_nobody_was_ever_shown_fades_unless_it_is_learnt_again(
    skills: Skills, learn: Learn, clock: Clock
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    await learn("t2", "draw the chart of sales", "Chose a log scale instead of a linear one.", "matplotlib")
    clock.now += HALF_LIFE
    young = await skills.fading(None)
    await learn("t3", "draw the chart of sales", "Chose a log scale instead of a linear one.", "matplotlib")
    clock.now += DAY

    assert young == []
    assert [(each.title, each.last_used_at) for each in await skills.fading(None)] == [(TASK, None)]


async def test_a_learning_that_nobody_uses_drifts_back_to_the_prior(
    skills: Skills, learn: Learn, clock: Clock, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    told = await skills.recommend(projects[0], TASK)
    rated = await skills.rate(told.recommendation_id, told.items[0].skill, helped=True, by_person=True)
    clock.now += 365 * DAY

    faded = await skills.recommend(projects[0], TASK)

    assert told.items[0].confidence.mean < faded.items[0].confidence.mean < rated.after.mean
    assert faded.items[0].confidence.evidence < 0.01 * 2


async def test_at_most_three_are_shown_and_other_projects_only_where_wanted(
    skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    for number, subject in enumerate(["queue", "cache", "session", "audit", "billing"]):
        await learn(
            f"t{number}", f"fix the locked sqlite database of the {subject}", f"Chose WAL for the {subject}.", "x"
        )

    everywhere = await skills.recommend(projects[1], TASK, limit=5)
    here = await skills.recommend(projects[1], TASK, include_other_projects=False)

    assert 1 <= len(everywhere.items) <= 3
    assert len({item.skill for item in everywhere.items}) == len(everywhere.items)
    assert here.items == ()


@pytest.mark.parametrize("prompt", ["", " \n", "x" * 100_001], ids=["empty", "blank", "too long"])
async def test_a_prompt_that_says_nothing_is_a_mistake(
    skills: Skills, projects: tuple[Path, Path], prompt: str
) -> None:
    with pytest.raises(BadArgument):
        await skills.recommend(projects[0], prompt)


async def test_one_answer_of_ten_is_kept_back_once_there_are_enough_to_compare(
    skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    early = [await skills.recommend(projects[0], TASK, lot=f"early {n}") for n in range(HOLDOUT_AFTER)]

    late = [await skills.recommend(projects[0], TASK, lot=f"late {n}") for n in range(100)]

    assert not any(told.withheld for told in early)
    assert 3 <= sum(told.withheld for told in late) <= 20
    assert all(bool(told.items) != told.withheld for told in late)


async def test_the_profile_tells_whether_recommendations_help(
    postflight: Postflight, skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("t1", TASK, "Switched to BEGIN IMMEDIATE instead of BEGIN.", "sqlite3")
    for n in range(HOLDOUT_AFTER + 40):
        told = await skills.recommend(projects[0], TASK, lot=f"{n}")
        request = Request(output=GREEN, exit_code=int(told.withheld), recommendation_ids=[told.recommendation_id])
        await postflight.run(projects[0], request)

    profile = await skills.profile(None)

    uplift = profile.uplift
    assert uplift.shown_passed == uplift.shown == HOLDOUT_AFTER + 40 - uplift.withheld
    assert (uplift.effect, uplift.withheld_passed) == (1.0, 0)
    assert profile.total_learnings >= 1
    assert ("tool:sqlite3", 1) in profile.top_skills
    assert {branch.name for branch in profile.tree} <= {"tool_usage", "pattern", "decision", "architecture"}


async def test_a_recommendation_is_traced_to_the_attempts_behind_it(
    postflight: Postflight, skills: Skills, projects: tuple[Path, Path]
) -> None:
    passed = await postflight.run(projects[0], Request(output=GREEN, exit_code=0, task=TASK, notes=LESSON))
    told = await skills.recommend(projects[1], TASK)

    trace = await skills.trace(told.recommendation_id)

    (learning,) = (each for each in trace.learnings if not each.avoid)
    assert learning.source_learning == told.items[0].source_learning
    assert [(proof.report_id, proof.verdict) for proof in learning.proofs] == [(passed.id, "passed")]


async def test_a_failed_task_teaches_what_to_avoid_and_no_skill(skills: Skills, projects: tuple[Path, Path]) -> None:
    failed = NewTask(
        task_id="t1", prompt=TASK, result_summary="Raised the timeout; the database stayed locked.", qa_passed=False
    )

    recorded = await skills.record(projects[0], failed, {})
    again = await skills.record(projects[0], failed, {})
    told = await skills.recommend(projects[0], TASK)

    assert (recorded.skills, recorded.is_new, again.is_new) == ((), True, False)
    assert told.items == ()
    assert ["Raised the timeout" in avoided.text for avoided in told.avoid] == [True]


async def test_a_task_belongs_to_the_project_it_names_be_it_a_directory_here_or_not(
    skills: Skills, projects: tuple[Path, Path]
) -> None:
    inside = projects[1] / "src"
    inside.mkdir()
    subprocess.run(["git", "init", "-q", projects[1]], check=True)
    for number, project in enumerate([None, str(inside), "shop on the build machine", "/srv/shop"]):
        task = NewTask(task_id=f"t{number}", prompt=TASK, project=project, qa_passed=True)
        await skills.record(projects[0], task, {})

    profile = await skills.profile(None)

    assert {name for name, _ in profile.tasks.projects} == {
        str(projects[0]),
        str(projects[1]),
        "shop on the build machine",
        "/srv/shop",
    }


@pytest.mark.parametrize("project", ["", " ", "a\nb", "\x1b[2J", "x" * 501], ids=repr)
async def test_a_project_that_cannot_be_a_name_is_a_mistake_and_nothing_is_recorded(
    skills: Skills, projects: tuple[Path, Path], project: str
) -> None:
    with pytest.raises(BadArgument, match="is no name"):
        await skills.record(projects[0], NewTask(task_id="t1", prompt=TASK, project=project, qa_passed=True), {})

    assert (await skills.profile(None)).tasks.tasks == 0


async def test_what_can_be_recommended_is_listed_the_best_first(
    skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    for number, subject in enumerate(["queue", "cache", "session"]):
        await learn(f"t{number}", f"fix the locked database of the {subject}", f"Chose WAL for the {subject}.")
    rated = {"queue": (False, 5), "session": (True, 1)}
    for subject, (helped, times) in rated.items():
        for _ in range(times):
            told = await skills.recommend(projects[0], f"fix the locked database of the {subject}")
            for item in told.items:
                if subject in item.text:
                    await skills.rate(told.recommendation_id, item.skill, helped=helped, by_person=True)

    listed = await skills.learnings(None, 10)

    assert [each.text for each in listed] == ["Chose WAL for the session.", "Chose WAL for the cache."]
    assert {each.project for each in listed} == {str(projects[0])}
    assert await skills.learnings(None, 1) == listed[:1]
    assert await skills.learnings(projects[1], 10) == []


async def test_of_two_learnings_with_one_title_the_one_shown_by_it_is_rated(
    skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("a", TASK, "Kept the open connections in one shared pool.")
    await learn("b", TASK, "Opened each write with BEGIN IMMEDIATE.")
    told = await skills.recommend(projects[0], "shared pool of connections, or BEGIN IMMEDIATE opened each write")
    assert [item.skill for item in told.items] == [TASK, told.items[1].source_learning]

    rated = [await skills.rate(told.recommendation_id, item.skill, helped=True) for item in told.items]

    assert [one.source_learning for one in rated] == [item.source_learning for item in told.items]


async def test_outcomes_of_all_projects_count_in_full_where_no_project_is_asked_about(
    skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("a", TASK, "BEGIN IMMEDIATE for every write.")
    told = await skills.recommend(projects[0], TASK)
    rated = await skills.rate(told.recommendation_id, told.items[0].skill, helped=True)

    seen_from_everywhere = await skills.profile(None)

    (branch,) = seen_from_everywhere.tree
    assert branch.confidence == pytest.approx(rated.after.mean)


async def test_a_learning_that_another_process_forgets_meanwhile_spoils_no_answer(
    database: Database, skills: Skills, learn: Learn, projects: tuple[Path, Path]
) -> None:
    await learn("a", TASK, "BEGIN IMMEDIATE for every write.")
    first = await skills.recommend(projects[0], TASK)
    async with database.transaction() as connection:
        (known,) = await recommendations.learnings(connection, first.recommendation_id)
        gone = replace(known, entity_id=known.entity_id + 1_000, rank=2)
        number = await recommendations.insert(
            connection, [known, gone], project_id=1, prompt=TASK, subject="", withheld=False, at=START
        )

    (traced,) = (await skills.trace(number)).learnings
    assert traced.source_learning == first.items[0].source_learning


async def test_what_is_remembered_of_learnings_goes_with_their_database(
    skills: Skills, database: Database, projects: tuple[Path, Path], learn: Learn
) -> None:
    """Somebody moves its file away; the one that is made at its place begins to count them anew."""
    failed = NewTask(task_id="a", prompt=TASK, result_summary="The database stayed locked.", qa_passed=False)
    await skills.record(projects[0], failed, {})
    before = await skills.recommend(projects[0], TASK)
    for file in sorted(database.path.parent.iterdir()):
        file.rename(file.with_name(f"old-{file.name}"))
    await learn("b", TASK, LESSON)
    after = await skills.recommend(projects[0], TASK)

    assert (len(before.items), len(before.avoid)) == (0, 1)
    assert (len(after.items), len(after.avoid)) == (1, 0)


async def test_a_secret_that_is_longer_than_what_is_kept_of_a_prompt_is_not_kept(
    skills: Skills, projects: tuple[Path, Path]
) -> None:
    token = f"eyJhbGciOiJIUzI1NiJ9.eyJ{'c3ViOiJtZSJ9' * 70}.{'s1gnatur3' * 5}"
    told = await skills.recommend(projects[0], f"why is {token} refused")

    assert "c3ViOiJtZSJ9" not in (await skills.trace(told.recommendation_id)).prompt
