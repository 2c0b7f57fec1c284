import pytest

from tremaux_server.config import Settings
from tremaux_tools.core.settings.registry import MAX_WORKERS
from tremaux_tools.core.terminal.values import ForeignSession
from tremaux_tools.errors import BadArgument
from tremaux_tools.semantic import CHOICES

VARIABLE = "TREMAUX_ALLOW_FOREIGN_SESSIONS"


def test_no_session_of_a_person_is_allowed_unless_named() -> None:
    assert Settings.read({}).foreign_sessions == ()


def test_sessions_are_allowed_to_be_read_or_written() -> None:
    assert Settings.read({VARIABLE: "default:mywork, default:agent-*:rw,"}).foreign_sessions == (
        ForeignSession("default", "mywork", write=False),
        ForeignSession("default", "agent-*", write=True),
    )


@pytest.mark.parametrize("text", ["mywork", "default:", ":mywork", "default:mywork:w", "a:b:rw:x", "a:b,c"])
def test_a_rule_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadArgument, match=VARIABLE):
        Settings.read({VARIABLE: text})


def test_no_program_that_is_started_gets_the_addresses_to_notify() -> None:
    environ = {"TREMAUX_NOTIFY_URLS": "json://a/b  ntfy://topic", "PATH": "/bin"}
    settings = Settings.read(environ)

    assert settings.notify_urls == ("json://a/b", "ntfy://topic")
    assert environ == settings.environment == {"PATH": "/bin"}


def test_only_what_is_really_set_overrules_a_live_setting() -> None:
    told = [
        Settings.read(environ).explicit for environ in ({}, {"TREMAUX_MAX_WORKERS": " "}, {"TREMAUX_MAX_WORKERS": "4"})
    ]

    assert told == [{}, {}, {MAX_WORKERS.name: 4}]


def test_workers_are_limited_in_all_and_by_place() -> None:
    settings = Settings.read({"TREMAUX_MAX_WORKERS": "12", "TREMAUX_MAX_WORKERS_DOCKER": "2"})

    assert (settings.explicit, settings.max_workers_at) == ({MAX_WORKERS.name: 12}, {"docker": 2})


@pytest.mark.parametrize(
    ("name", "text", "used"),
    [
        ("TREMAUX_MAX_WORKERS", "0", ({MAX_WORKERS.name: 1}, {})),
        ("TREMAUX_MAX_WORKERS", "100000", ({MAX_WORKERS.name: 256}, {})),
        ("TREMAUX_MAX_WORKERS_TMUX", "-1", ({}, {"tmux": 0})),
    ],
)
def test_a_number_of_workers_out_of_bounds_is_forced_into_them_and_told(
    name: str, text: str, used: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.read({name: text})

    assert (settings.explicit, settings.max_workers_at) == used
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{name} is {text}; ")


@pytest.mark.parametrize(("text", "share"), [("", 0.1), ("0", 0.0), ("25", 0.25), ("90", 0.5)])
def test_a_share_of_tasks_gets_no_recommendation(text: str, share: float) -> None:
    assert Settings.read({"TREMAUX_HOLDOUT_PERCENT": text}).holdout == share


def test_a_number_of_workers_that_is_none_is_refused() -> None:
    with pytest.raises(BadArgument, match="TREMAUX_MAX_WORKERS_DOCKER is 'many'"):
        Settings.read({"TREMAUX_MAX_WORKERS_DOCKER": "many"})


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({}, "auto"),
        ({"TREMAUX_SEMANTIC": ""}, "auto"),
        ({"TREMAUX_SEMANTIC": "off"}, "off"),
        ({"TREMAUX_SEMANTIC": " ONNX "}, "onnx"),
    ],
)
def test_what_compares_meanings_is_the_best_there_is_unless_set(environ: dict[str, str], chosen: str) -> None:
    assert Settings.read(environ).semantic == chosen


def test_a_model_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadArgument, match="TREMAUX_SEMANTIC is 'bert'") as raised:
        Settings.read({"TREMAUX_SEMANTIC": "bert"})
    assert raised.value.hint == f"Use one of {', '.join(CHOICES)}."
