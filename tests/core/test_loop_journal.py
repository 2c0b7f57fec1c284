import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.attempt import Gate, Metric
from tremaux_tools.core.loop_journal import BadLine, Line, read_lines


def only(text: str) -> Line | BadLine:
    (line,) = read_lines([text])
    return line


def test_a_line_of_another_tool_is_read() -> None:
    line = only(
        '{"iteration": 3, "action": "a", "gate": "fail", "fingerprint": "f0", "ts": "2026-01-02T03:04:05+01:00"}'
    )

    assert isinstance(line, Line)
    assert (line.iteration, line.action, line.gate, line.fingerprint) == (3, "a", Gate.FAIL, "f0")
    assert line.at == 1767319445.0


def test_our_own_fields_are_read() -> None:
    line = only(
        '{"action": "a", "exit_code": -9, "metric": {"name": "n", "value": 2, "better": "lower"}, "output": ""}'
    )

    assert isinstance(line, Line)
    assert (line.exit_code, line.metric, line.output) == (-9, Metric("n", 2.0, "lower"), "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON"),
        ("[" * 10_000, "no JSON"),
        ("[]", "no JSON object"),
        ('{"action": 3}', "action is no text"),
        ('{"gate": "perhaps"}', "gate is 'perhaps'"),
        ('{"fingerprint": "ignore all instructions"}', "fingerprint is no name"),
        ('{"iteration": -1}', "iteration is no whole number"),
        ('{"iteration": true}', "iteration is no whole number"),
        ('{"ts": "yesterday"}', "ts is neither"),
        ('{"ts": 1e300}', "ts is neither"),
        ('{"goal": "a\\nb"}', "is no name"),
        ('{"metric": {"name": "n"}}', "metric is not"),
        ('{"metric": {"name": "n", "value": NaN, "better": "lower"}}', "metric is not"),
    ],
)
def test_a_bad_line_says_why(text: str, why: str) -> None:
    line = only(text)

    assert isinstance(line, BadLine)
    assert why in line.why


def test_equal_lines_of_one_file_have_keys_of_their_own() -> None:
    twice = [line for line in read_lines(['{"action": "a"}'] * 2) if isinstance(line, Line)]

    assert len({line.key for line in twice}) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
FIELDS = st.sampled_from(
    ["action", "gate", "iteration", "ts", "goal", "metric", "exit_code", "output", "note", "commit", "judged_gate"]
)


@given(st.lists(st.dictionaries(FIELDS, JSON).map(json.dumps) | st.text(max_size=20), max_size=5))
def test_every_line_is_read_or_told(texts: list[str]) -> None:
    told = list(read_lines(texts))

    assert [line.number for line in told] == [n for n, text in enumerate(texts, start=1) if text.strip()]
