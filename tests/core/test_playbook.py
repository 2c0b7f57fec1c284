from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.learning.delta import gets_new
from tremaux_tools.core.playbook import (
    GENERAL,
    MAX_SECTION,
    MAX_SHOWN_CHARS,
    MAX_TEXT,
    Bullet,
    Candidate,
    Tally,
    Watch,
    bullet_number,
    bullet_text,
    chosen,
    deal,
    harm_of,
    line,
    merged,
    rendered,
    section_name,
)
from tremaux_tools.core.redact import PUBLISHED
from tremaux_tools.errors import BadArgument

ADVICE = Bullet(
    bullet_id=12,
    project="/p",
    section="testing",
    text="Run make lint before the tests.",
    status="active",
    helpful=5,
    harmful=1,
    reason="",
    source="an agent",
    created_at=1.0,
    changed_at=1.0,
)
TASKS = [f"run {number}:1" for number in range(40)]
TRIAL = Watch(7, "add", ADVICE.text, is_trial=True)

texts = st.text(min_size=1, max_size=MAX_TEXT)
advices = st.builds(
    replace,
    st.just(ADVICE),
    project=st.sampled_from([None, "/p"]),
    section=st.text(max_size=MAX_SECTION),
    text=texts,
    helpful=st.integers(0, 10**6),
    harmful=st.integers(0, 10**6),
    created_at=st.floats(0, 4e9),
)
libraries = st.lists(advices, max_size=60).map(
    lambda found: [replace(bullet, bullet_id=number) for number, bullet in enumerate(found, 1)]
)


def alike(**changes: object) -> Bullet:
    return replace(ADVICE, **changes)  # type: ignore[arg-type] - the names are those of its fields


def test_a_bullet_is_shown_in_the_form_of_the_paper_under_its_section() -> None:
    other = alike(bullet_id=3, section="git", text="Never push.", helpful=0, harmful=0)
    last = alike(bullet_id=4, text="Seed every random number.", helpful=0, harmful=2)

    assert rendered([ADVICE, other, last]) == (
        "## testing\n"
        "[bullet-12] helpful=5 harmful=1 :: Run make lint before the tests.\n"
        "[bullet-4] helpful=0 harmful=2 :: Seed every random number.\n"
        "\n"
        "## git\n"
        "[bullet-3] helpful=0 harmful=0 :: Never push."
    )


@given(libraries, st.integers(0, 30))
def test_what_is_shown_stays_within_its_bounds(library: list[Bullet], limit: int) -> None:
    shown = chosen(library, limit)
    text = rendered(shown)

    assert len(shown) <= limit
    assert len(text) <= MAX_SHOWN_CHARS
    assert all(line(bullet) in text.split("\n") for bullet in shown)
    assert len({bullet.bullet_id for bullet in shown}) == len(shown)
    assert sum(row.startswith("[bullet-") for row in text.split("\n")) == len(shown)


@given(libraries, st.integers(0, 30), st.sampled_from(TASKS), st.lists(texts, min_size=60, max_size=60))
def test_a_trial_breaks_no_bounds_and_notes_what_it_decided(
    library: list[Bullet], limit: int, task: str, others: list[str]
) -> None:
    candidates = [
        Candidate(bullet, Watch(bullet.bullet_id, "modify", other, is_trial=True))
        for bullet, other in zip(library, others, strict=False)
    ]
    dealt = deal(candidates, limit, task)

    assert len(rendered(dealt.shown)) <= MAX_SHOWN_CHARS
    assert [delta_id for delta_id, _ in dealt.noted] == [bullet.bullet_id for bullet in dealt.shown]
    assert all(is_new is gets_new(task, delta_id) for delta_id, is_new in dealt.noted)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(alike(helpful=0, harmful=9), alike(project=None, helpful=99), id="a project's own first"),
        pytest.param(alike(helpful=40, harmful=4), alike(helpful=20, harmful=20), id="what helped more often"),
        pytest.param(alike(helpful=0, harmful=0), alike(helpful=8, harmful=8), id="what nobody knows yet"),
        pytest.param(alike(created_at=2.0), alike(created_at=1.0), id="the newer one"),
    ],
)
def test_where_there_is_room_for_one_it_is(first: Bullet, second: Bullet) -> None:
    first, second = replace(first, bullet_id=1), replace(second, bullet_id=2)

    assert chosen([second, first], 1) == [first]


def test_a_bullet_too_long_for_what_is_left_makes_room_for_a_shorter_one() -> None:
    long = [alike(bullet_id=n, text="x" * MAX_TEXT, helpful=9, harmful=0) for n in range(1, 20)]
    short = alike(bullet_id=99, text="Short.", helpful=0, harmful=9)

    shown = chosen([*long, short], 30)

    assert shown[-1] == short
    assert MAX_SHOWN_CHARS - MAX_TEXT < len(rendered(shown)) <= MAX_SHOWN_CHARS


def test_a_longer_wording_on_trial_has_to_fit_as_well() -> None:
    candidates = [
        Candidate(alike(bullet_id=n), Watch(n, "modify", "x" * MAX_TEXT, is_trial=True)) for n in range(1, 31)
    ]

    for task in TASKS:
        assert len(rendered(deal(candidates, 30, task).shown)) <= MAX_SHOWN_CHARS


@pytest.mark.parametrize(
    ("said", "known", "is_same"),
    [
        pytest.param("run `make lint` before tests", ADVICE.text, True, id="marks of code"),
        pytest.param("Run make lint before the test", ADVICE.text, True, id="plural and article"),
        pytest.param("run MAKE lint, before these tests", ADVICE.text, True, id="case and comma"),
        pytest.param("Run make lint after the tests.", ADVICE.text, False, id="another word"),
        pytest.param("Use port 8081.", "Use port 8080.", False, id="another number"),
        pytest.param("Do not run the tests twice.", "Do run the tests twice.", False, id="not"),
        pytest.param("Check that a >= b.", "Check that a > b.", False, id="another operator"),
        pytest.param("Call Session.close at the end.", "Call Session.commit at the end.", False, id="another name"),
    ],
)
def test_only_wordings_of_the_same_are_merged(said: str, known: str, is_same: bool) -> None:
    bullet = alike(text=known)

    assert merged(said, [alike(bullet_id=1, text="Something else."), bullet]) == (bullet if is_same else None)


@pytest.mark.parametrize(
    ("tally", "is_harmful"),
    [
        pytest.param(Tally(passed=2, failed=10, passed_without=8, failed_without=2), True, id="much worse with it"),
        pytest.param(Tally(passed=2, failed=7, passed_without=9, failed_without=0), False, id="nine tasks are too few"),
        pytest.param(Tally(passed=0, failed=30, passed_without=0, failed_without=12), False, id="all fails anyway"),
        pytest.param(Tally(passed=0, failed=30), False, id="nothing to compare it with"),
        pytest.param(Tally(passed=10, failed=4, passed_without=4, failed_without=1), False, id="a little worse"),
        pytest.param(Tally(votes_for=1, votes_against=4), True, id="three votes too many"),
        pytest.param(Tally(votes_for=2, votes_against=4), False, id="two votes too many"),
    ],
)
def test_a_bullet_does_harm_when_the_figures_say_so(tally: Tally, is_harmful: bool) -> None:
    assert bool(harm_of(tally)) is is_harmful


def test_the_figures_of_harm_are_told() -> None:
    assert harm_of(Tally(passed=2, failed=10, passed_without=8, failed_without=2)) == (
        "2 of 12 tasks passed with it, 8 of 10 without it"
    )


def test_a_proposed_bullet_is_told_to_those_whose_lot_it_is_and_both_sides_are_noted() -> None:
    candidate = Candidate(alike(status="proposed"), TRIAL)

    for task in TASKS:
        dealt = deal([candidate], 8, task)
        assert dealt.noted == ((7, gets_new(task, 7)),)
        assert bool(dealt.shown) is gets_new(task, 7)
    assert deal([candidate], 8).shown == ()


def test_a_new_wording_is_tried_against_the_old_one() -> None:
    candidate = Candidate(ADVICE, Watch(7, "modify", "Run make check first.", is_trial=True))

    for task in TASKS:
        (told,) = deal([candidate], 8, task).shown
        assert told.text == ("Run make check first." if gets_new(task, 7) else ADVICE.text)
    assert deal([candidate], 8).shown == (ADVICE,)


def test_a_removal_is_tried_by_leaving_the_bullet_out() -> None:
    candidate = Candidate(ADVICE, Watch(7, "remove", None, is_trial=True))

    for task in TASKS:
        dealt = deal([candidate], 8, task)
        assert dealt.shown == (() if gets_new(task, 7) else (ADVICE,))
        assert dealt.noted == ((7, gets_new(task, 7)),)


def test_what_was_kept_and_is_guarded_is_told_to_all_and_noted() -> None:
    kept = Candidate(ADVICE, replace(TRIAL, is_trial=False))
    removed = Candidate(alike(bullet_id=13, status="retired"), Watch(8, "remove", None, is_trial=False))

    assert deal([kept, removed], 8, TASKS[0]).shown == (ADVICE,)
    assert deal([kept, removed], 8, TASKS[0]).noted == ((7, True), (8, True))
    assert deal([kept, removed], 0, TASKS[0]).noted == ()


def test_a_bullet_for_which_there_is_no_room_is_no_part_of_its_trial() -> None:
    best = alike(bullet_id=1, helpful=500, harmful=0)
    tried = Candidate(alike(bullet_id=2, project=None, status="proposed"), TRIAL)

    assert deal([tried, Candidate(best)], 1, TASKS[0]).noted == ()


@pytest.mark.parametrize("said", ["", " \n ", "x" * (MAX_TEXT + 1), 7, None])
def test_what_is_no_advice_is_refused(said: object) -> None:
    with pytest.raises(BadArgument):
        bullet_text(said, PUBLISHED)


def test_a_bullet_is_one_line_without_secrets_and_controls() -> None:
    token = "ghp_" + "a1B2" * 9

    kept = bullet_text(f"Log in\n\twith \x1b[31m{token}\x1b[0m.", PUBLISHED)

    assert kept.startswith("Log in with ")
    assert token not in kept
    assert "\x1b" not in kept


def test_a_section_is_named_or_general() -> None:
    assert section_name(" [Testing]\n", PUBLISHED) == "Testing"
    assert section_name("", PUBLISHED) == GENERAL
    with pytest.raises(BadArgument):
        section_name("s" * (MAX_SECTION + 1), PUBLISHED)


@pytest.mark.parametrize("target", ["bullet", "bullet-0", "bullet-x", "bullet-12 ; drop", "bullet-" + "9" * 30, "12"])
def test_what_names_no_bullet_is_refused(target: str) -> None:
    assert bullet_number(" bullet-12 ") == 12
    with pytest.raises(BadArgument):
        bullet_number(target)
