"""Judge a few hundred generated sequences of realistic outputs, and hold precision and recall to a floor."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

import pytest

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.observation import observe
from tremaux_tools.core.stall import Ruling, judge

SEEDS = (3, 17, 4711)
WORDS = [
    "alpha",
    "bravo",
    "cedar",
    "delta",
    "ember",
    "falcon",
    "gizmo",
    "harbor",
    "indigo",
    "jasper",
    "kestrel",
    "lumen",
    "meadow",
    "nectar",
    "orchid",
]
EDITS = ("add a guard", "cast to int", "copy the list", "sort first", "quote the argument", "move the import")


@dataclass(frozen=True)
class Bug:
    name: str
    word: str
    value: int
    line: int


def bugs(random: Random, number: int) -> list[Bug]:
    names = random.sample([f"{a}_{b}" for a in WORDS for b in WORDS], number)
    return [Bug(n, random.choice(WORDS), random.randint(2, 90), random.randint(5, 400)) for n in names]


def pytest_run(random: Random, found: list[Bug]) -> str:
    found = random.sample(found, len(found))
    lines = [f"rootdir: /tmp/proj-{random.getrandbits(32):08x}", "F" * len(found) + "..   [100%]"]
    for bug in found:
        lines += [f">       assert {bug.name}() == 200", f"E       assert {bug.value} == 200"]
        lines += [f"tests/test_core.py:{bug.line + random.randint(0, 9)}: AssertionError"]
    lines += [f"FAILED tests/test_core.py::test_{b.name} - assert {b.value} == 200" for b in found]
    return "\n".join([*lines, f"==== {len(found)} failed, 2 passed in {random.uniform(0, 3):.2f}s ===="])


def jest_run(random: Random, found: list[Bug]) -> str:
    lines = ["FAIL src/app.test.js"]
    for bug in found:
        lines += [
            f"  ✕ {bug.name} ({random.randint(1, 90)} ms)",
            "    Expected: 200",
            f"    Received: {bug.value}",
        ]
    return "\n".join([*lines, f"Tests:  {len(found)} failed, 2 passed, {len(found) + 2} total", "Time:  1.2 s"])


def go_run(random: Random, found: list[Bug]) -> str:
    lines = []
    for bug in found:
        lines += [f"--- FAIL: Test{bug.name.title()} ({random.uniform(0, 1):.2f}s)"]
        lines += [f"    core_test.go:{bug.line + random.randint(0, 9)}: got {bug.value}, want 200"]
    return "\n".join([*lines, "FAIL", f"FAIL\tdemo\t{random.uniform(0, 1):.3f}s"])


def make_run(random: Random, found: list[Bug]) -> str:
    lines = ["make: *** Waiting for unfinished jobs...."]
    for bug in random.sample(found, len(found)):
        lines += [f"src/{bug.name}.c:{bug.line}:7: error: '{bug.word}' undeclared"]
        lines += [f"make[1]: *** [Makefile:12: {bug.name}.o] Error 1"]
    return "\n".join(lines)


def service_run(random: Random, found: list[Bug]) -> str:
    clock = f"2026-11-21 {random.randint(10, 23)}:{random.randint(10, 59)}:{random.randint(10, 59)},123"
    lines = [f"{clock} INFO worker pid={random.randint(2, 9999)} on 127.0.0.1:{random.randint(2000, 60000)}"]
    lines += [
        f"{clock} ERROR KeyError: '{b.word}' in {b.name} (request_id={random.getrandbits(48):012x})" for b in found
    ]
    return "\n".join([*lines, f"check failed after {random.uniform(1, 9):.1f}s"])


RUNS = (pytest_run, jest_run, go_run, make_run, service_run)
Outputs = list[str]


def repeat(random: Random) -> Outputs:
    run, found = random.choice(RUNS), bugs(random, random.randint(1, 4))
    return [run(random, found) for _ in range(5)]


def circle(random: Random) -> Outputs:
    run, period = random.choice(RUNS), random.randint(2, 5)
    found = bugs(random, period)
    return [run(random, [found[turn % period]]) for turn in range(3 * period)]


def in_between(random: Random) -> Outputs:
    run, found = random.choice(RUNS), bugs(random, 8)
    return [run(random, [found[0] if turn % 2 == 0 else found[turn]]) for turn in range(7)]


def whack_a_mole(random: Random) -> Outputs:
    run, found, order = random.choice(RUNS), bugs(random, 3), [0, 1, 2, 1, 0, 2, 0, 1, 0, 2]
    return [run(random, [found[turn], found[(turn + 1) % 3]]) for turn in order]


def bouncing_count(random: Random) -> Outputs:
    form = random.choice(
        ["✖ {} problems", "{} tests failed", "coverage {}%\nFAIL Required coverage of 95% not reached"]
    )
    high = "coverage" in form
    return [form.format(60 + (-n if high else n)) for n in (0, *(random.randint(1, 9) for _ in range(7)))]


def stuck_after_progress(random: Random) -> Outputs:
    run, found = random.choice(RUNS), bugs(random, 6)
    return [run(random, found[:left]) for left in (6, 4, 2, 2, 2, 2)]


def climbing_noise(random: Random) -> Outputs:
    form = random.choice(
        [
            "TimeoutError: no reply after {} s",
            "denied: /run/app.{}.lock is held",
            "building {}%\nFAILED //app:bin",
            "error: job #{} ended",
            "connect: error\n({} ms)",
            "fatal: held by process {}",
            "attempt {}: no such host",
        ]
    )
    start = random.randint(10, 40)
    return [form.format(start + 3 * turn * 37 % 60 + turn * 60) for turn in range(5)]


def fewer(random: Random) -> Outputs:
    run, found = random.choice(RUNS), bugs(random, 9)
    return [run(random, found[:left]) for left in (9, 7, 6, 4, 3, 1)]


def next_one(random: Random) -> Outputs:
    run = random.choice(RUNS)
    return [run(random, [bug]) for bug in bugs(random, 7) for _ in range(random.randint(1, 2))]


def better_number(random: Random) -> Outputs:
    form, step = random.choice(
        [
            ("✖ {} problems", -3),
            ("coverage {}%\nFAIL Required coverage of 95% not reached", 4),
            ("{} rows differ", -2),
            ("p99 latency {} ms exceeds SLO of 9 ms", -5),
            ("accuracy: 0.{} (target 0.95)", 3),
            ("left: {}\nright: 400", 7),
            ("✗ {} links broken", -4),
            ("Step {} of 99 failed", 1),
            ("row {}: invalid date", 11),
            ("remaining: {} strings", -6),
        ]
    )
    return [form.format(50 + step * turn) for turn in range(6)]


def search(random: Random) -> Outputs:
    return [f"val_loss 0.{60 - 3 * turn + random.choice([0, 5]) * (turn % 2)} above 0.05" for turn in range(8)]


def next_place(random: Random) -> Outputs:
    form = random.choice(["FAILED {}/test_init.py::test_x - boom", "FAILED t.py::test_step[{}] - boom"])
    return [form.format(word) for word in random.sample(WORDS, 6)]


def error_under_noise(random: Random) -> Outputs:
    noise = "\n".join(f"src/old{n}.ts:{n}:1 warning: ErrorCode.{n} is deprecated" for n in range(26))
    return [f"{noise}\nerror: missing export `{word}`" for word in random.sample(WORDS, 6)]


def back_off(random: Random) -> Outputs:
    form = random.choice(["HTTP 429: retry-after={}s", "503 Service Unavailable ({})", "Error: read ECONNRESET {}"])
    return [form.format(2**turn) for turn in range(6)]


STALLED = (repeat, circle, in_between, whack_a_mole, bouncing_count, stuck_after_progress, climbing_noise)
PROGRESS = (fewer, next_one, better_number, search, next_place, error_under_noise, back_off)


def alarms(random: Random, outputs: Iterable[str]) -> list[bool]:
    same_words = random.random() < 0.3
    has_trees = random.random() < 0.7
    journal: list[Attempt] = []
    called = []
    for number, output in enumerate(outputs, start=1):
        action = "fix the next one" if same_words else random.choice(EDITS)
        tree = f"{random.getrandbits(40):010x}" if has_trees else None
        seen = observe(output, action=action)
        journal.append(Attempt(number, number, action, Gate.FAIL, seen, tree=tree))
        called.append(judge(journal).verdict is Ruling.STALLED)
    return called


def sample(kind: Callable[[Random], Outputs], seed: int, size: int = 6) -> list[list[bool]]:
    random = Random(f"{kind.__name__} {seed}")
    return [alarms(random, kind(random)) for _ in range(size)]


@pytest.mark.parametrize("seed", SEEDS)
def test_nineteen_of_twenty_stalls_are_called_at_the_end(seed: int) -> None:
    called = [sequence[-1] for kind in STALLED for sequence in sample(kind, seed)]

    assert sum(called) >= 0.95 * len(called)


@pytest.mark.parametrize("seed", SEEDS)
def test_at_most_one_hard_but_moving_sequence_of_forty_is_called_a_stall(seed: int) -> None:
    called = [any(sequence) for kind in PROGRESS for sequence in sample(kind, seed)]

    assert sum(called) <= len(called) / 40


@pytest.mark.parametrize("kind", STALLED, ids=lambda kind: kind.__name__)
def test_every_kind_of_stall_is_caught(kind: Callable[[Random], Outputs]) -> None:
    assert sum(sequence[-1] for sequence in sample(kind, SEEDS[0], 10)) >= 9


def test_a_repeated_failure_is_called_at_the_third_meeting() -> None:
    assert all(sequence.index(True) == 2 for sequence in sample(repeat, SEEDS[0]))
