"""The recordings are what the real programs printed while they talked to a model of ours that answers by script."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.events import MAX_OBJECT_CHARS
from tremaux_tools.core.tickets.output.text import RESULT_LINES
from tremaux_tools.core.tickets.profile import OUTPUT_FORMATS, OutputFormat
from tremaux_tools.core.tickets.result import UsageMeter, WorkerResult, read_result
from tremaux_tools.core.tickets.ticket import Usage

RECORDED = Path(__file__).parent / "recorded"
HAIKU = "claude-haiku-4-5-20251001"
DONE = "All done: tests pass."
NO = "the model said no"

# Each of two answers took 3,212 tokens, 3,000 of them from a cache, and gave 25, of which 10 or 20 were thoughts.
# Claude: 12 new and 200 newly cached ones, thrice, as it also had a title made.
SUCCESSES = {
    "claude-2.1.197.jsonl": (HAIKU, Usage(636, 75, 0.002061)),
    "claude-2.1.197.json": (HAIKU, Usage(636, 75, 0.002061)),
    "codex-0.169.0.jsonl": ("", Usage(424, 50)),
    "gemini-0.61.0.jsonl": ("gemini-x", Usage(424, 70)),
    "gemini-0.61.0.json": ("gemini-x", Usage(424, 70)),
    "opencode-1.18.33.jsonl": ("", Usage(424, 50, 0.001124)),
}


def recorded(name: str) -> tuple[OutputFormat, str]:
    output = next(each for each in OUTPUT_FORMATS if name.startswith(each))
    return output, (RECORDED / name).read_text()


def on_a_terminal(text: str) -> str:
    """As a terminal gets it: warnings before, both line ends, settings of the terminal and a prompt around it."""
    begin, end = "\x1b[?25l\x1b]0;agent\x07", "\x1b[?1006l\x1b(B\x0f\x1b[<u\x1b7\x1b[r\x1b8\x1b[?25h"
    return "Warning: 256-color support {not} detected.\r\n" + begin + text.rstrip().replace("\n", "\r\n") + end + "$ "


@pytest.mark.parametrize("name", SUCCESSES)
@pytest.mark.parametrize("where", ["pipe", "terminal"])
def test_the_result_and_the_usage_are_read_from_what_the_program_prints(name: str, where: str) -> None:
    output, text = recorded(name)
    result = read_result(output, on_a_terminal(text) if where == "terminal" else text)

    model, usage = SUCCESSES[name]
    assert (result.result, result.usage, result.is_error) == (DONE, usage, False)
    assert result.usage_by_model == {model: usage}
    assert result.session


@pytest.mark.parametrize(
    "name", ["codex-0.169.0-failed.jsonl", "gemini-0.61.0-failed.jsonl", "opencode-1.18.33-failed.jsonl"]
)
def test_a_failure_that_the_program_tells_is_the_result(name: str) -> None:
    result = read_result(*recorded(name))

    assert result.is_error
    assert NO in result.result
    assert result.usage == Usage()


def test_a_failure_of_claude_is_told_although_it_calls_it_a_success() -> None:
    # claude 2.1.197 without a login
    line = {"type": "result", "subtype": "success", "is_error": True, "result": "Not logged in · Please run /login"}
    result = read_result("claude", json.dumps(line | {"total_cost_usd": 0, "usage": {}, "modelUsage": {}}))

    assert (result.is_error, result.result, result.usage_by_model) == (True, "Not logged in · Please run /login", {})


def test_a_run_of_claude_that_ended_early_says_why() -> None:
    line = {"type": "result", "subtype": "error_max_budget_usd", "is_error": True, "errors": ["no budget left"]}

    assert read_result("claude", json.dumps(line)) == WorkerResult("no budget left", is_error=True)


def test_a_model_of_claude_has_one_name_while_it_runs_and_at_the_end() -> None:
    # claude 2.1.197 with `--model sonnet[1m]`
    message = {"id": "msg_1", "model": "claude-sonnet-5", "usage": {"input_tokens": 12, "output_tokens": 1}}
    used = {"claude-sonnet-5[1m]": {"inputTokens": 36, "outputTokens": 75}, "claude-sonnet-5": {"inputTokens": 1}}
    lines = [{"type": "assistant", "message": message}, {"type": "result", "modelUsage": used}]
    meter = UsageMeter("claude")
    seen = []
    for line in lines:
        meter.feed(json.dumps(line).encode() + b"\n")
        seen.append(dict(meter.usage_by_model))

    assert seen == [{"claude-sonnet-5": Usage(12, 1)}, {"claude-sonnet-5": Usage(37, 75)}]


def test_a_run_of_claude_that_ended_without_figures_keeps_what_was_counted() -> None:
    lines = recorded("claude-2.1.197.jsonl")[1].splitlines()[:-1]
    ended = json.dumps({"type": "result", "subtype": "error_during_execution", "is_error": True, "errors": ["no"]})

    assert read_result("claude", "\n".join([*lines, ended])).usage == Usage(2 * 212, 2)


def test_a_codex_that_found_its_way_back_did_not_fail() -> None:
    lost = json.dumps({"type": "error", "message": "Reconnecting... waiting for network"})
    result = read_result("codex", lost + "\n" + recorded("codex-0.169.0.jsonl")[1])

    assert (result.is_error, result.result) == (False, DONE)


def test_a_message_counts_once_however_often_it_is_printed() -> None:
    output, text = recorded("claude-2.1.197.jsonl")
    lines = text.splitlines()
    printed = [line for line in lines if '"type":"assistant"' in line]
    result = read_result(output, "\n".join(lines[:-1]))

    assert len(printed) == 4
    assert result.usage == Usage(2 * 212, 2)  # two messages; how much they gave is known at the end
    assert result.result == DONE


def test_what_comes_after_a_result_of_claude_adds_to_it() -> None:
    output, text = recorded("claude-2.1.197.jsonl")
    more = {"id": "msg_9", "model": "opus", "usage": {"input_tokens": 5, "output_tokens": 7}, "content": []}
    again = text.splitlines()[1]
    result = read_result(output, text + json.dumps({"type": "assistant", "message": more}) + "\n" + again)

    assert result.usage_by_model == {HAIKU: Usage(636, 75, 0.002061), "opus": Usage(5, 7)}


SAID = {
    "gemini": [
        {"type": "message", "role": "user", "content": "BLOCKED: no"},
        {"type": "message", "role": "assistant", "content": "Let me look.", "delta": True},
        {"type": "tool_use", "tool_name": "read_file"},
        {"type": "message", "role": "assistant", "content": "BLOCKED: ", "delta": True},
        {"type": "message", "role": "assistant", "content": "no key", "delta": True},
    ],
    "opencode": [
        {"type": "step_start", "part": {}},
        {"type": "text", "part": {"text": "Let me look."}},
        {"type": "step_start", "part": {}},
        {"type": "text", "part": {"text": "BLOCKED: "}},
        {"type": "text", "part": {"text": "no key"}},
    ],
    "codex": [
        {"type": "item.completed", "item": {"type": "agent_message", "text": "Let me look."}},
        {"type": "item.completed", "item": {"type": "reasoning", "text": "**Looking**"}},
        {"type": "item.completed", "item": {"type": "agent_message", "text": "BLOCKED: no key"}},
    ],
    "claude": [
        {"type": "assistant", "message": {"content": [{"type": "text", "text": "Let me look."}]}},
        {"type": "user", "message": {"content": [{"type": "text", "text": "BLOCKED: no"}]}},
        {"type": "assistant", "message": {"content": [{"type": "text", "text": "BLOCKED: no key"}]}},
    ],
}


@pytest.mark.parametrize("output", SAID)
def test_the_result_is_what_was_said_last_and_not_what_was_said_on_the_way(output: OutputFormat) -> None:
    assert read_result(output, "\n".join(map(json.dumps, SAID[output]))).result == "BLOCKED: no key"


def test_an_object_beyond_its_bound_is_skipped_and_the_next_one_is_read() -> None:
    used = '"usage":{"input_tokens":5}}'
    long = '{"type":"result","result":"' + "x" * MAX_OBJECT_CHARS + '",' + used
    result = read_result("claude", long + "\n" + '{"type":"result","result":"short",' + used)

    assert result == WorkerResult("short", Usage(5), {"": Usage(5)})
    assert read_result("claude", long + "\n").usage == Usage()


@pytest.mark.parametrize("name", [name for name in SUCCESSES if name.endswith(".jsonl")])
def test_an_output_with_a_hole_in_it_still_ends_with_its_result(name: str) -> None:
    output, text = recorded(name)
    middle = len(text) // 2
    result = read_result(output, text[: middle - 50] + "\n[... 100 characters not kept ...]\n" + text[middle + 50 :])

    assert result.result == DONE


@pytest.mark.parametrize("output", OUTPUT_FORMATS)
def test_a_program_that_never_came_to_report_is_read_as_text(output: OutputFormat) -> None:
    result = read_result(output, "sh: 1: agent: not found\r\n")

    assert (result.result, result.usage, result.is_error) == ("sh: 1: agent: not found", Usage(), False)


@pytest.mark.parametrize("name", [name for name in SUCCESSES if name.endswith(".jsonl")])
def test_how_a_program_crashed_is_told_beside_what_it_said(name: str) -> None:
    output, text = recorded(name)
    crash = "thread 'main' panicked at core.rs:7\n  index out of bounds\n"
    first, *_ = text.splitlines()

    assert read_result(output, first + "\n" + crash).result == crash.strip()
    crashed = read_result(output, "\n".join(text.splitlines()[:-1]) + "\n" + crash)
    assert (crashed.aside, crashed.words) == (crash.strip(), f"{DONE}\n{crash.strip()}")
    assert read_result(output, text).aside == ""


@pytest.mark.parametrize(
    ("printed", "result"),
    [
        pytest.param(
            "BLOCKED: no key\n\nI looked everywhere.", "BLOCKED: no key\n\nI looked everywhere.", id="at once"
        ),
        pytest.param("BLOCKED: no key" + "\n\nmore" * 99, "BLOCKED: no key" + "\n\nmore" * 19 + "\n", id="at length"),
        pytest.param("cloning\ndone\n\nBLOCKED: no key\nin the vault", "BLOCKED: no key\nin the vault", id="paragraph"),
        pytest.param("cloning\nBLOCKED: no key", "BLOCKED: no key", id="last line"),
        pytest.param("a\nBLOCKED: request 7\nb", "a\nBLOCKED: request 7\nb", id="within a log"),
        pytest.param("\x1b[1mdone\x1b[0m\r\n", "done", id="colour"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_plain_text_begins_with_blocked_or_is_the_last_lines(printed: str, result: str) -> None:
    assert read_result("text", printed) == WorkerResult(result)


def test_of_a_long_text_the_last_lines_are_the_result() -> None:
    result = read_result("text", "\n".join(map(str, range(10_000)))).result.splitlines()

    assert len(result) == RESULT_LINES
    assert result[-1] == "9999"


KEYS = [
    *("type", "message", "usage", "id", "content", "text", "result", "modelUsage", "inputTokens", "costUSD", "errors"),
    *("item", "error", "stats", "models", "tokens", "input", "output", "cached", "total_tokens", "part", "cost", "m"),
    *("response", "input_tokens", "output_tokens", "cached_input_tokens", "session_id", "subtype", "cache", "data"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)
TYPES = ["assistant", "result", "item.completed", "turn.completed", "turn.failed", "error", "message", "tool_use"]
EVENT = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6).flatmap(
    lambda event: st.sampled_from([*TYPES, "step_finish", "text", None]).map(lambda kind: event | {"type": kind})
)
LINES = st.lists(EVENT.map(json.dumps) | EVENT.map(lambda event: json.dumps(event, indent=2)) | st.text(max_size=40))


@given(
    lines=LINES, output=st.sampled_from(OUTPUT_FORMATS), chunk=st.integers(1, 50), end=st.sampled_from(["\n", "\r\n"])
)
def test_a_meter_fed_in_pieces_says_what_the_whole_says_and_never_less_than_nothing(
    lines: list[str], output: OutputFormat, chunk: int, end: str
) -> None:
    text = end.join(lines)
    data = text.encode("utf-8", "replace")
    meter = UsageMeter(output)
    for at in range(0, len(data), chunk):
        meter.feed(data[at : at + chunk])
    meter.end()
    whole = read_result(output, text)

    assert meter.usage == whole.usage
    assert min(whole.usage.input_tokens, whole.usage.output_tokens, whole.usage.cost_usd) >= 0


@pytest.mark.parametrize("name", SUCCESSES)
def test_no_event_that_is_printed_again_counts_again(name: str) -> None:
    output, text = recorded(name)
    again = f"{text}\n" * 2 if name.endswith(".json") else "".join(line * 2 for line in text.splitlines(keepends=True))

    assert read_result(output, again).usage == SUCCESSES[name][1]


@pytest.mark.parametrize("name", ["claude-2.1.197.jsonl", "opencode-1.18.33.jsonl"])
def test_what_was_used_only_grows_while_a_worker_runs(name: str) -> None:
    output, text = recorded(name)
    meter = UsageMeter(output)
    seen = []
    for line in text.splitlines(keepends=True):
        meter.feed(line.encode())
        seen.append(meter.usage)

    tokens = [usage.input_tokens for usage in seen]
    assert tokens == sorted(tokens)
    assert len(set(tokens)) > 2  # it is told on the way


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param('{"a":' * 100_000, id="objects too deep"),
        pytest.param('{"type":"result","total_cost_usd":NaN,"usage":{"input_tokens":-5}}', id="no numbers"),
        pytest.param('{"type":"result","usage":{"input_tokens":' + "9" * 4_000 + "}}", id="too large a number"),
        pytest.param("{\n" + ' "a": 1,\n' * 10_000, id="an object without end"),
        pytest.param('{"type":"result"' + " " * 9_000_000 + "}", id="too long a line"),
    ],
)
def test_nothing_that_is_printed_makes_a_reader_fail(hostile: str) -> None:
    for output in OUTPUT_FORMATS:
        result = read_result(output, hostile + "\n" + '{"type":"thread.started","thread_id":"t"}')

        assert 0 <= result.usage.input_tokens <= 10**12
