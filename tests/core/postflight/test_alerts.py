"""A person is called for what matters, in words that no chat takes for more than words."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.postflight.samples import CAUSE, FAILED, HOSTILE, PASSED, changed, reports

from tremaux_tools.core.postflight.alerts import MAX_BODY, MAX_TITLE, alert_of
from tremaux_tools.core.postflight.report import Alarm, Learning, Report, RootCause

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
LEARNINGS = (Learning("fix", "first"), Learning("solution", "second"))


@pytest.mark.parametrize(
    ("report", "level"),
    [
        pytest.param(PASSED, None, id="a quiet success"),
        pytest.param(changed(PASSED, learnings=LEARNINGS[:1]), None, id="a success with one learning"),
        pytest.param(changed(PASSED, learnings=LEARNINGS), "success", id="a success with two learnings"),
        pytest.param(FAILED, "failure", id="a failure"),
        *(
            pytest.param(changed(FAILED, exit_code=code), "critical", id=f"a failure with exit code {code}")
            for code in (126, 137, 254)
        ),
        pytest.param(changed(PASSED, quality_score=49, learnings=LEARNINGS), "warning", id="a success of low quality"),
        pytest.param(changed(PASSED, quality_score=50), None, id="a success of just enough quality"),
        pytest.param(changed(PASSED, errors=FAILED.errors), "warning", id="a success with a severe error"),
        pytest.param(changed(PASSED, verdict="uncertain", learnings=LEARNINGS), None, id="uncertain, with learnings"),
    ],
)
def test_an_alert_is_raised_for_what_matters(report: Report, level: str | None) -> None:
    alert = alert_of(report, name="unit tests")

    assert (alert.level if alert else None) == level


def test_an_alert_says_what_happened_and_where() -> None:
    alert = alert_of(FAILED, name="unit tests")

    assert alert is not None
    assert alert.title == "failure: unit tests failed"
    assert alert.body == (
        "pytest says 2 failed, 1 error.\n"
        "Tests: 2 failed, 1 error, 5 passed, 1 skipped, 1 xfailed.\n"
        "Quality: 15 of 100.\n"
        "Severe errors: AssertionError (2).\n"
        "Next: Run 'pytest test_a.py::test_bad' again.\n"
        "Root cause at test_a.py:5:\n"
        f"```text\n{CAUSE.excerpt}\n```"
    )


def test_an_alert_holds_no_secret() -> None:
    cause = RootCause(1, f"push https://me:hunter22@example.com\n{TOKEN}", None, None)

    alert = alert_of(changed(FAILED, root_cause=cause, reasons=(f"It said {TOKEN}.",)), name=f"deploy {TOKEN}")

    assert alert is not None
    assert TOKEN not in alert.title + alert.body
    assert "hunter22" not in alert.body


@settings(deadline=None)
@given(report=reports(), name=st.just(HOSTILE) | st.text(max_size=200))
def test_an_alert_is_bounded_and_calls_nobody(report: Report, name: str) -> None:
    report = changed(report, verdict="failed", root_cause=report.root_cause and changed_cause(report.root_cause))
    alert = alert_of(report, name=name)

    assert alert is not None
    assert len(alert.title) <= MAX_TITLE
    assert "\n" not in alert.title
    assert len(alert.body) <= MAX_BODY
    assert not re.search(r"(?<!\w)@\w|<[!@#&]", alert.title + "\n" + alert.body)
    if report.root_cause:
        outside = re.split(r"(?m)^`{3,}text$", alert.body)[0]
        assert "<" not in outside
        assert "`" not in outside


def test_long_sentences_leave_room_for_the_root_cause() -> None:
    long = "word " * 100
    cause = RootCause(1, "E   assert 42 == 41", long, 5)
    report = changed(FAILED, reasons=(long,), exit_meaning=long, recommendations=(long,), root_cause=cause)

    alert = alert_of(changed(report, errors=(changed_type(long),) * 3), name=long)

    assert alert is not None
    assert len(alert.body) <= MAX_BODY
    assert alert.body.endswith("```text\nE   assert 42 == 41\n```")


def changed_type(name: str) -> Alarm:
    return Alarm(name, "high", 1, 1, "")


def changed_cause(cause: RootCause) -> RootCause:
    """A cause with an excerpt that is much too long, with backticks in it."""
    return RootCause(cause.line, f"{cause.excerpt * 20}{'`' * 900}@here{'x' * 900}", cause.file, cause.file_line)
