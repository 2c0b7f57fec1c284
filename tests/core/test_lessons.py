import pytest

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.lessons import MAX_LESSONS, lessons
from tremaux_tools.core.observation import observe

BLANK = observe("")


def tries(*told: str) -> list[Attempt]:
    """Attempts from words like `fail A`, `pass`, `none`."""
    made = []
    for n, text in enumerate(told, start=1):
        gate, _, name = text.partition(" ")
        made.append(Attempt(n, n, f"edit {n}", Gate(gate), BLANK, fingerprint=name))
    return made


@pytest.mark.parametrize(
    ("attempts", "learnt"),
    [
        pytest.param(tries("pass"), (), id="nothing failed"),
        pytest.param(tries("fail A", "fail A"), (), id="nothing ended"),
        pytest.param(tries("fail A", "pass"), ("the failure of #1 (A) ended with #2: edit 2",), id="ended"),
        pytest.param(tries("fail A", "none", "pass"), ("the failure of #1 (A) ended with #3: edit 3",), id="a look"),
        pytest.param(
            tries("fail A", "pass", "fail B", "pass"),
            ("the failure of #3 (B) ended with #4: edit 4", "the failure of #1 (A) ended with #2: edit 2"),
            id="the latest first",
        ),
        pytest.param(
            tries("fail A", "pass", "fail A", "pass"),
            ("the failure of #3 (A) ended with #4: edit 4",),
            id="the newest solution counts",
        ),
    ],
)
def test_what_ended_a_failure_is_a_lesson(attempts: list[Attempt], learnt: tuple[str, ...]) -> None:
    assert lessons(attempts) == learnt


def test_only_the_latest_lessons_are_told() -> None:
    attempts = tries(*(word for n in range(MAX_LESSONS + 3) for word in (f"fail F{n}", "pass")))

    assert len(lessons(attempts)) == MAX_LESSONS
