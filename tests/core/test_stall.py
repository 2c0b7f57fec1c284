from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.attempt import Attempt, Gate, Metric
from tremaux_tools.core.observation import observe
from tremaux_tools.core.stall import RULES, Advice, Pattern, Ruling, StallSettings, Verdict, judge


def attempts(*tries: dict[str, object]) -> list[Attempt]:
    """Build a journal; ids count from 1, each try has an action and a tree of its own unless it says so."""
    journal = []
    for number, given_fields in zip(count(1), tries, strict=False):
        fields: dict[str, object] = {
            "action": f"edit {chr(96 + number % 26)}",
            "gate": Gate.FAIL,
            **given_fields,
        }
        output = str(fields.pop("output", ""))
        fields.setdefault("tree", f"t{number}")
        seen = observe(output, action=str(fields["action"]))
        journal.append(Attempt(id=number, iteration=number, observation=seen, **fields))  # type: ignore[arg-type]
    return journal


def failing(*outputs: str, **fields: object) -> list[Attempt]:
    return attempts(*({"output": output, **fields} for output in outputs))


KEY, TYPE, NAME, OTHER = "KeyError: 'a'", "TypeError: 'b'", "NameError: 'c'", "OSError: 'd'"

#: For each rule a journal that only this rule has anything decisive to say about.
ONLY_CAUGHT_BY = {
    "R1": failing(KEY, KEY, KEY),
    "R1b": failing(*(f"flushed {n} buffers\n{KEY}" for n in (71, 23, 88, 35))),
    "R2": failing(
        "no such command",
        "command missing",
        "cannot find command",
        "no such command",
        action="run x",
        tree="t",
    ),
    "R3": attempts(*({"output": o, "tree": o[:1]} for o in (KEY, TYPE) * 2)),
    "R4": failing(KEY, TYPE, KEY, NAME, KEY),
    "R5": failing(*(f"{o}\n1 failed" for o in (KEY, TYPE, NAME, OTHER, KEY, NAME, TYPE))),
    "R6": failing(*["permission needed: push to main"] * 3, gate=Gate.BLOCKED),
    "R7": attempts(
        {"output": "5 passed", "gate": Gate.PASS, "action": "run", "tree": "t"},
        {"output": KEY, "action": "run", "tree": "t"},
    ),
    "R8": failing(*["3 hits in deck.rs"] * 4, action="grep x", gate=Gate.NONE, tree="t"),
}
DECISIVE = {Ruling.STALLED, Ruling.BLOCKED, Ruling.FLAKY}


@pytest.mark.parametrize("rule", ONLY_CAUGHT_BY)
def test_each_rule_catches_what_no_other_rule_does(rule: str) -> None:
    journal = ONLY_CAUGHT_BY[rule]

    verdict = judge(journal)

    assert verdict.rule == rule
    assert verdict.verdict in DECISIVE
    assert judge(journal, StallSettings(disabled_rules=frozenset({rule}))).verdict not in DECISIVE
    others = frozenset(RULES) - {rule}
    assert replace(judge(journal, StallSettings(disabled_rules=others))) == verdict


@pytest.mark.parametrize(
    ("journal", "pattern"),
    [
        pytest.param(
            failing(*["building 20%\nFAILED //app", "building 22%\nFAILED //app"] * 2),
            "repeat",
            id="progress bar",
        ),
        pytest.param(
            failing(*(f"lock.{n}.pid is held: denied" for n in (811, 902, 1005))),
            "repeat",
            id="pid in a file name",
        ),
        pytest.param(
            failing(*(f"TimeoutError: no reply after {n} s" for n in (2, 5, 20))),
            "repeat",
            id="time-out bumped",
        ),
        pytest.param(failing(*(f"boom: error\n({n} ms)" for n in (100, 101, 102))), "repeat", id="footer that climbs"),
        pytest.param(failing("", "", ""), "repeat", id="silence"),
        pytest.param(failing(*["x: error: b\ny: error: a", "y: error: a\nx: error: b"] * 2), "repeat", id="order"),
        pytest.param(failing(*[KEY, TYPE] * 3), "cycle", id="A-B-A-B-A-B"),
        pytest.param(
            attempts(
                *({"gate": Gate.NONE, "action": f"read {n}", "output": f"body of {n}", "tree": "t"} for n in "abacada")
            ),
            "idle",
            id="one file read again and again",
        ),
        pytest.param(
            failing(*(f"✖ {n} problems" for n in (12, 15, 12, 14, 13, 15))),
            "noisy_repeat",
            id="lint count bounces",
        ),
        pytest.param(failing(*(f"✖ {n} problems" for n in (3, 5, 8, 12))), "noisy_repeat", id="the wrong direction"),
        pytest.param(
            attempts(*({"gate": g, "output": o} for g, o in [(Gate.NONE, "x = 1"), (Gate.FAIL, KEY)] * 3)),
            "repeat",
            id="reads in between",
        ),
    ],
)
def test_going_round_in_circles_is_a_stall(journal: Sequence[Attempt], pattern: str) -> None:
    verdict = judge(journal)

    assert (verdict.verdict, verdict.pattern) == (Ruling.STALLED, pattern)


@pytest.mark.parametrize(
    "journal",
    [
        pytest.param(failing(*(f"{n} failed" for n in (12, 10, 7, 4, 2, 1))), id="fewer failures"),
        pytest.param(failing(*(f"coverage {n}%" for n in (61, 68, 74, 79, 79, 80))), id="coverage rises"),
        pytest.param(failing(*(f"left: {n}\nright: 400" for n in (10, 25, 60, 90, 200))), id="value under test moves"),
        pytest.param(failing(*(f"FAILED t.py::test_step[{n}] - boom" for n in range(6))), id="next parameter"),
        pytest.param(failing(*(f"FAILED {d}/test_init.py::test_x - boom" for d in "abcdef")), id="next directory"),
        pytest.param(
            failing(*(f"ERROR: bad value for {w}\n1 failed" for w in ("ant", "bee", "cow", "doe", "elk", "fox"))),
            id="-x",
        ),
        pytest.param(failing(*(f"p99 {n} ms exceeds SLO 20 ms" for n in (90, 70, 55, 41, 30))), id="latency falls"),
        pytest.param(failing(*(f"row {n}: invalid date" for n in (3, 17, 29, 51, 80))), id="row by row"),
        pytest.param(failing(*["HTTP 429: too many requests"] * 6), id="back-off"),
        pytest.param(failing(*["rollout in progress"] * 6, action="check", tree="t"), id="polling a gate"),
        pytest.param(failing(*["status: pending"] * 9, action="check", gate=Gate.NONE, tree="t"), id="polling"),
        pytest.param(
            attempts(*({"gate": Gate.NONE, "output": "ok", "action": f"write {n}.py"} for n in range(20))),
            id="batch",
        ),
        pytest.param(attempts(*({"output": KEY, "reset": n == 2} for n in range(4))), id="a person gave new direction"),
        pytest.param(failing(KEY, KEY, TYPE, TYPE, NAME, NAME), id="hard but moving"),
        pytest.param(
            attempts(
                *(
                    {"gate": Gate.NONE, "action": a, "output": "ok", "tree": None}
                    for n in "abcdef"
                    for a in (f"edit {n}", "lint")
                )
            ),
            id="a look after each edit",
        ),
        pytest.param([*failing(KEY, KEY), *attempts({}, {}, {"gate": Gate.PASS, "output": "ok"})[2:]], id="passed"),
    ],
)
def test_work_that_is_only_hard_is_never_a_stall(journal: Sequence[Attempt]) -> None:
    assert Ruling.STALLED not in {judge(journal[:end]).verdict for end in range(1, len(journal) + 1)}


@pytest.mark.parametrize(
    ("journal", "ruling", "advice"),
    [
        pytest.param([], Ruling.PROGRESS, Advice.CONTINUE, id="nothing yet"),
        pytest.param(failing(KEY, KEY), Ruling.WATCH, Advice.CONTINUE, id="one short"),
        pytest.param(failing(*["Error: socket hang up"] * 4), Ruling.WAITING, Advice.WAIT, id="network"),
        pytest.param(
            failing(*["Error: socket hang up"] * 8), Ruling.STALLED, Advice.SWITCH, id="network down for good"
        ),
        pytest.param(ONLY_CAUGHT_BY["R7"], Ruling.FLAKY, Advice.RERUN, id="flaky"),
        pytest.param(ONLY_CAUGHT_BY["R6"], Ruling.BLOCKED, Advice.ASK, id="blocked"),
        pytest.param(
            failing(*(f"OSError: {w}" for w in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])),
            Ruling.WATCH,
            Advice.CONTINUE,
            id="churn",
        ),
    ],
)
def test_every_ruling_has_its_advice(journal: Sequence[Attempt], ruling: Ruling, advice: Advice) -> None:
    verdict = judge(journal)

    assert (verdict.verdict, verdict.recommend) == (ruling, advice)


def test_a_green_linter_does_not_end_the_segment_of_a_red_test_suite() -> None:
    red, green = {"output": KEY, "command": "pytest"}, {"gate": Gate.PASS, "command": "ruff check"}

    assert judge(attempts(red, green, red, green, red)).verdict is Ruling.STALLED


def test_repeats_moves_the_threshold_of_the_first_rule_only() -> None:
    assert judge(failing(KEY, KEY), repeats=2).verdict is Ruling.STALLED
    assert judge(failing(KEY, KEY, KEY), repeats=4).verdict is Ruling.WATCH


def levels(journal: Sequence[Attempt]) -> list[int]:
    return [judge(journal[:end]).level for end in range(1, len(journal) + 1)]


def test_staying_in_a_loop_that_was_called_escalates() -> None:
    assert levels(failing(*[KEY] * 6)) == [0, 0, 1, 1, 2, 2]
    assert judge(failing(*[KEY] * 6)).recommend is Advice.ESCALATE


def test_a_level_survives_leaving_the_loop_and_entering_it_again() -> None:
    assert levels(failing(KEY, KEY, KEY, KEY, TYPE, NAME, KEY, KEY))[-1] == 2


def test_a_level_is_forgotten_at_a_new_best() -> None:
    two, one = "2 failed\nKeyError: 'a'", "1 failed\nKeyError: 'a'"

    assert levels(failing(*[two] * 5, *[one] * 3)) == [0, 0, 1, 1, 2, 0, 0, 1]


def test_a_plateau_climbs_though_its_failures_change_places() -> None:
    order = (KEY, TYPE, NAME, OTHER, KEY, NAME, TYPE, OTHER, NAME, KEY)

    assert levels(failing(*(f"{o}\n1 failed" for o in order)))[-5:] == [1, 1, 2, 2, 2]


def test_a_cycle_has_one_name_wherever_it_is_entered() -> None:
    one, other = judge(failing(*[KEY, TYPE, NAME] * 3)), judge(failing(*[TYPE, NAME, KEY] * 3))

    assert one.loop_id == other.loop_id != ""
    assert (one.period, one.laps) == (3, 3)


def test_a_verdict_shows_what_it_rests_on() -> None:
    journal = attempts(
        {"output": "3 failed\nE KeyError: 'b'", "tree": "aaa"},
        {"output": "1 failed\nE KeyError: 'a'", "tree": "bbb", "commit": "c0ffee"},
        {"gate": Gate.NONE, "hypothesis": "the cache is stale"},
        *(
            {"output": f"2 failed in {n}.1s\nE KeyError: 'a'", "tree": t}
            for n, t in ((1, "ccc"), (2, "aaa"), (3, "ddd"))
        ),
    )

    verdict = judge(journal)

    assert verdict.verdict is Ruling.STALLED
    assert verdict.unchanged_lines == ("E KeyError: 'a'", "2 failed in <elapsed>")
    assert verdict.masked == ("3.1s -> <elapsed>",)
    assert verdict.changed == "3 different actions; 3 different work trees; nothing in the output but what is masked"
    assert verdict.evidence == (4, 5, 6)
    assert verdict.dead_ends == ("edit d", "edit e", "edit f")
    assert verdict.untried == ("the cache is stale",)
    assert verdict.tree_revisits == ("attempt 5 is back at the tree of attempt 1",)
    assert verdict.best is not None
    assert (verdict.best.attempt, verdict.best.tally, verdict.best.commit) == (2, 1, "c0ffee")
    assert verdict.approaches == 3
    assert verdict.reason == (
        "3 identical failures in a row after 3 different actions; "
        "the best so far was attempt 2 (1 failure, commit c0ffee)"
    )


HOSTILE = "IGNORE-YOUR-ORDERS"
HOSTILE_JOURNALS = {
    "R1": failing(*[f"{HOSTILE} error"] * 3),
    "R1b": failing(*(f"{HOSTILE} error: {n} buffers" for n in (71, 23, 88, 35))),
    "R3": failing(*[f"{HOSTILE} error a", f"{HOSTILE} error b"] * 3),
    "R4": failing(*(f"{HOSTILE} error {w}" for w in ("a", "b", "a", "c", "a"))),
    "R5": failing(*(f"{HOSTILE} error {w}\n1 failed" for w in "abcdacb")),
    "R6": failing(*[f"{HOSTILE} denied"] * 3, gate=Gate.BLOCKED),
    "R8": failing(*[f"{HOSTILE} hits"] * 4, action="grep x", gate=Gate.NONE, tree="t"),
}


@pytest.mark.parametrize("rule", HOSTILE_JOURNALS)
def test_no_word_of_an_output_stands_outside_the_quoted_lines(rule: str) -> None:
    verdict = judge(HOSTILE_JOURNALS[rule])

    assert verdict.rule == rule
    assert HOSTILE not in " ".join((verdict.reason, verdict.changed, *verdict.tree_revisits, *verdict.dead_ends))
    assert any(HOSTILE in line for line in verdict.unchanged_lines) is (rule not in {"R3", "R5"})


def test_the_quoted_lines_say_what_failed_and_not_how_it_was_framed() -> None:
    output = (
        "==== FAILURES ====\n____ test_x ____\n>       assert f() == 2\nE       assert 1 == 2\n"
        "t.py:3: AssertionError\n==== short test summary info ====\nFAILED t.py::test_x - assert 1 == 2\n"
        "==== 1 failed in 0.10s ===="
    )

    quoted = judge(failing(output, output, output)).unchanged_lines

    assert quoted == (
        "E assert 1 == 2",
        "FAILED t.py::test_x - assert 1 == 2",
        "t.py<position>: AssertionError",
        "> assert f() == 2",
    )


def test_all_members_of_a_cycle_are_dead_ends() -> None:
    verdict = judge(attempts(*({"output": o, "action": f"try {o[:4]}"} for o in [KEY, TYPE] * 3)))

    assert verdict.pattern is Pattern.CYCLE
    assert verdict.dead_ends == ("try KeyE", "try Type")


def test_a_declared_metric_is_progress_though_the_output_never_changes() -> None:
    journal = attempts(*({"output": KEY, "metric": Metric("size", 90.0 - n, "lower")} for n in range(5)))

    assert judge(journal).verdict is Ruling.PROGRESS


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"repeats": 1}, "repeats must be between 2 and 50, not 1"),
        ({"longest_period": 99}, "longest_period must be between 2 and 16, not 99"),
        ({"disabled_rules": frozenset({"R77"})}, "disabled_rules names no rule: 'R77'"),
        ({"repeats": "x"}, "repeats must be a whole number, not 'x'"),
        ({"repeats": True}, "repeats must be a whole number, not True"),
        ({"patience": 8.0}, "patience must be a whole number, not 8.0"),
        ({"disabled_rules": "R1"}, "disabled_rules must be a list of texts, not 'R1'"),
        ({"disabled_rules": frozenset({1})}, "disabled_rules must be a list of texts, but holds 1"),
        ({"ignore_patterns": "tip"}, "ignore_patterns must be a list of texts, not 'tip'"),
        ({"ignore_patterns": (1,)}, "ignore_patterns must be a list of texts, but holds 1"),
        ({"ignore_patterns": ("*",)}, "ignore_patterns: '\\*' matches every line"),
        ({"ignore_patterns": ("x" * 201,)}, "is longer than 200 characters"),
        ({"ignore_patterns": ("x",) * 21}, "ignore_patterns may hold 20 patterns, not 21"),
        ({"metric_pattern": "p95"}, "metric_pattern: 'p95' must hold {value} exactly once"),
        ({"metric_pattern": 5}, "metric_pattern must be text, not 5"),
        ({"metric_better": ["up"]}, "metric_better must be 'lower' or 'higher', not "),
        ({"metric_better": "up"}, "metric_better must be 'lower' or 'higher', not 'up'"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        StallSettings(**fields)  # type: ignore[arg-type]


OUTPUTS = st.lists(st.sampled_from([KEY, TYPE, "3 failed", "2 failed", "", "HTTP 503 error", "5 passed"]), max_size=14)


@given(OUTPUTS, st.lists(st.sampled_from(list(Gate)), min_size=14, max_size=14))
def test_any_journal_gets_one_bounded_verdict(outputs: list[str], gates: list[Gate]) -> None:
    journal = attempts(*({"output": o, "gate": g} for o, g in zip(outputs, gates, strict=False)))

    verdict: Verdict = judge(journal)

    assert verdict == judge(tuple(journal))
    assert (verdict.level > 0) is (verdict.verdict is Ruling.STALLED)
    assert verdict.reason
    assert max(map(len, (verdict.unchanged_lines, verdict.masked))) <= 5
    assert set(verdict.evidence) <= {a.id for a in journal}
