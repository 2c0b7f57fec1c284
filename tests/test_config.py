import pytest

from tremaux_server.config import Settings
from tremaux_tools.core.terminal.values import ForeignSession
from tremaux_tools.errors import BadArgument

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
