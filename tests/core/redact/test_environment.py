import base64
import itertools
from collections.abc import Mapping
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.examination import explain_chunks
from tremaux_tools.core.redact import Redacted, Redactor, redact, secret_values

SECRET = "walrus-2042/Xy7+quokka"


@pytest.mark.parametrize(
    "environment",
    [
        {"API_TOKEN": SECRET},
        {"APP_SECRET": SECRET},
        {"db_password": SECRET},
        {"PGPASSWORD": SECRET},
        {"DB_PASS": SECRET},
        {"STRIPE_API_KEY": SECRET},
        {"OPENAI_APIKEY": SECRET},
        {"SECRET_KEY_BASE": SECRET},
        {"CLOUD_CREDENTIALS": SECRET},
        {"API_KEY_2": f" {SECRET}\n"},
        {"DATABASE_URL": f"postgres://me:{quote(SECRET, safe='')}@db:5432/app"},
        {"SENTRY_DSN": f"https://me:{quote(SECRET, safe='')}@sentry.example.org/1"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_a_value_is_secret_where_its_name_says_so(environment: Mapping[str, str]) -> None:
    redactor = Redactor(secret_values(environment))

    assert redactor.redact(f"sent {SECRET}.") == Redacted("sent [redacted:env].", 1)
    assert redactor.redact(f"sent {quote(SECRET, safe='')}.") == Redacted("sent [redacted:env].", 1)
    assert redactor.redact(f"sent {base64.b64encode(SECRET.encode()).decode().rstrip('=')}.").count == 1


@pytest.mark.parametrize(
    "address",
    [
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "tgram://123456789:walrus2042Quokka/12315544",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkc0XrIdevi7FQ",
        "json://hooks.example.org/send?key=walrus-2042-quokka",
        "mailto://me:walrus-2042-quokka@example.org",
    ],
)
def test_an_address_to_send_to_is_secret_with_its_tokens(address: str) -> None:
    redactor = Redactor(secret_values({"TREMAUX_NOTIFY_URLS": f"ntfy://a-topic-of-my-own {address}"}))
    token = max(address.partition("://")[2].replace("@", "/").replace(":", "/").replace("=", "/").split("/"), key=len)

    assert redactor.redact(f"to {address}.").text == "to [redacted:env]."
    assert "[redacted:env]" in redactor.redact(f"POST https://api.example.org/{token}/x").text
    assert redactor.redact("hooks.example.org, example.org, me") == Redacted("hooks.example.org, example.org, me", 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_TOKEN", "short-1"),
        ("API_TOKEN", ""),
        ("APP_SECRET", "development"),
        ("POSTGRES_PASSWORD", "postgres"),
        ("SSH_KEY", "/home/me/.ssh/id_ed25519"),
        ("SSH_KEY", "~/.ssh/id_ed25519"),
        ("TLS_KEY", "C:\\keys\\server-1.pem"),
        ("LICENSE_KEY", "20240506"),
        ("PWD", "/src/app-2024"),
        ("MONKEY", "walrus-2042"),
        ("TOKEN_FILE", "walrus-2042"),
        ("TOKENIZERS_PARALLELISM", "walrus-2042"),
        ("KEYBOARD_LAYOUT", "walrus-2042"),
        ("MAX_TOKENS", "walrus-2042"),
        ("HOME_URL", "https://example.org:8080/walrus-2042"),
        ("BAD_URL", "https://[walrus-2042:x@y"),
        ("DATABASE_URL", "postgres://postgres:postgres@db/app"),
    ],
)
def test_an_ordinary_value_is_not_hidden(name: str, value: str) -> None:
    assert secret_values({name: value}) == ()


def test_a_value_that_holds_another_goes_whole() -> None:
    redactor = Redactor(secret_values({"A_TOKEN": "walrus-2042", "B_TOKEN": "walrus-2042-quokka"}))

    assert redactor.redact("walrus-2042-quokka walrus-2042").text == "[redacted:env] [redacted:env]"


def test_a_part_of_a_text_shows_no_part_of_a_value() -> None:
    redactor = Redactor([SECRET])

    assert redactor.redact_part(f"ready {SECRET} go", 0, 10) == "ready [redacted:env]"


def test_a_failure_is_named_alike_whatever_the_secret_is() -> None:
    output = f"E   ValueError: bad key {SECRET} of 3\nFAILED test_a.py::test_a\n"
    pieces = [output[:30], output[30:40], output[40:]]

    failure = explain_chunks(pieces, 1, Redactor([SECRET]))
    other = explain_chunks([output.replace(SECRET, "quite-another-1")], 1, Redactor(["quite-another-1"]))

    assert failure == other
    assert not any(part in str(failure) for part in ("walrus", "Xy7", "quokka"))


@given(
    st.text("XYZ", max_size=60),
    st.lists(st.integers(0, 60), max_size=5),
    st.sets(st.text("XYZ", min_size=1, max_size=5)),
)
def test_a_sieve_lets_no_value_through_however_the_text_is_cut(text: str, cuts: list[int], values: set[str]) -> None:
    secret = sorted(values, key=len, reverse=True)
    sieve = Redactor(secret).sieve()
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]

    left = "".join([*(sieve.feed(text[a:b]) for a, b in itertools.pairwise(places)), sieve.finish()])

    assert not any(value in part for part in left.split("[redacted:env]") for value in secret)


PIECES = st.sampled_from(
    [SECRET, SECRET[:9], "password=", "token: ", '"', "\n", " ", "\x1b[1m", "ghp_", "://a:", "@", "[redacted:env]"]
)


@given(
    st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join),
    st.lists(st.text(min_size=1, max_size=9), max_size=3),
)
def test_redacting_values_twice_changes_nothing(text: str, values: list[str]) -> None:
    redactor = Redactor([SECRET, *values])
    once = redactor.redact(text)
    again = redactor.redact(once.text)

    assert (again.text, again.count) == (once.text, 0)
    assert SECRET not in once.text


def test_without_values_only_shapes_are_known() -> None:
    assert redact(SECRET) == Redacted(SECRET, 0)
