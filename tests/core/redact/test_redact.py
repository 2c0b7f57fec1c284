import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.redact import PUBLISHED, Redacted, Redactor, redact

TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("id AKIAIOSFODNN7EXAMPLE.", "id [redacted:aws-key].", id="AWS access key id"),
        pytest.param(f"ghp_{TOKEN}", "[redacted:github-token]", id="GitHub token"),
        pytest.param("glpat-abcdefghij0123456789", "[redacted:gitlab-token]", id="GitLab token"),
        pytest.param("xoxb-1234567890-abc", "[redacted:slack-token]", id="Slack token"),
        pytest.param(f"sk-proj-{TOKEN}", "[redacted:api-key]", id="API key"),
        pytest.param("x eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM y", "x [redacted:jwt] y", id="JSON web token"),
        pytest.param("postgres://me:hunter2@db/x", "postgres://me:[redacted:url-password]@db/x", id="URL"),
        pytest.param("Authorization: Bearer abcd1234efgh", "Authorization: Bearer [redacted:bearer]", id="header"),
        pytest.param("DB_PASSWORD='correct-horse'", "DB_PASSWORD='[redacted:assigned]'", id="assignment"),
        pytest.param('{"api_key": "0123456789"}', '{"api_key": "[redacted:assigned]"}', id="JSON"),
        pytest.param(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nafter",
            "[redacted:private-key]\nafter",
            id="private key",
        ),
        pytest.param(
            "-----BEGIN PRIVATE KEY-----\nMIIE\nabc=", "[redacted:private-key]<- cut", id="a key without its end"
        ),
        pytest.param("sk_live_abcdefghij0123", "[redacted:stripe-key]", id="payment key"),
    ],
)
def test_a_secret_goes_and_what_is_around_it_stays(text: str, clean: str) -> None:
    clean, cut, _ = clean.partition("<- cut")
    found = redact(f"before\n{text}" + ("" if cut else "\nİ after"))

    assert found.text == f"before\n{clean}" + ("" if cut else "\nİ after")
    assert found.count == 1


@pytest.mark.parametrize(
    "text",
    [
        "test_password_is_hashed PASSED",
        "password: str",
        "assert secret is None",
        "https://example.org:8080/path@x",
        "task-runner-with-a-very-long-name",
        "risk-assessment",
        "duplicate key violates pk_customer_order_line_items",
        "sk-learn-compatible-estimator-checks",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redact(text).text == text


COLOURED = "\x1b[31mghp_\x1b[1m" + TOKEN[:9] + "\x1b[0;38;5;4m" + TOKEN[9:] + "\x1b[m"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param(COLOURED, "\x1b[31m[redacted:github-token]\x1b[1m\x1b[0;38;5;4m\x1b[m", id="within a token"),
        pytest.param("\x1b[1mpassword\x1b[m=\x1b[32mcorrect-horse", None, id="between name and value"),
        pytest.param("\x1b]8;;http://me:correct-horse@x/\x1b\\link\x1b]8;;\x1b\\", None, id="within a link"),
        pytest.param("\x0epassword\x0f=correct-\x1b[mhorse", None, id="between character sets"),
    ],
)
def test_colours_hide_no_secret(text: str, clean: str | None) -> None:
    found = redact(f"\x1b[2m{text}\nafter\x1b[m")

    assert found.count == 1
    assert "horse" not in found.text
    if clean:
        assert found.text == f"\x1b[2m{clean}\nafter\x1b[m"


def test_a_key_that_has_scrolled_off_in_part_goes_with_all_that_is_left() -> None:
    body = "MIIEvQ+/" * 8
    found = redact(f"ls -l\n{body}\n{body}\nabc=\n-----END PRIVATE KEY-----\n$ ")

    assert found == Redacted("ls -l\n[redacted:private-key]\n$ ", 1)


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        pytest.param("correct-horse", "[redacted:assigned]", id="the secret"),
        pytest.param("rrect", "[redacted:assigned]", id="in the secret"),
        pytest.param("horse on", "[redacted:assigned] on", id="from within it"),
        pytest.param("word=cor", "word=[redacted:assigned]", id="into it"),
        pytest.param("stable", "stable", id="beside it"),
    ],
)
def test_a_part_of_a_text_shows_no_more_than_the_whole(part: str, shown: str) -> None:
    text = f"ghp_{TOKEN} password=correct-horse on stable"
    start = text.index(part)

    assert PUBLISHED.redact_part(text, start, start + len(part)) == shown


def test_many_beginnings_of_keys_take_no_longer_than_their_number() -> None:
    assert redact("-----BEGIN PRIVATE KEY-----" * 100_000).count == 100_000


PIECES = st.sampled_from(
    [
        "password=",
        "hunter2hunter2",
        f"ghp_{TOKEN}",
        "\n",
        " ",
        '"',
        "://a:b@",
        "AKIAIOSFODNN7EXAMPLE",
        "[redacted:jwt]",
        "\x1b[1m",
        "\x1b",
        "-----END PRIVATE KEY-----",
        "SECRET_KEY=",
        "token: ",
        "--password ",
        "Authorization: ",
        "Bearer ",
        "cookie: sid=",
        "Server=x;Password=",
        "curl -u me:",
        "?sig=",
        "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1z",
        "'",
        ".",
        "(",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text)
    again = redact(once.text)

    assert (again.text, again.count) == (once.text, 0)


def test_the_start_of_a_text_hides_a_secret_that_reaches_beyond_it() -> None:
    token = "ghp_" + "aB3" * 12
    value = "correct horse battery staple"
    body = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n"
    redactor = Redactor([value])

    assert redactor.redact_start(f"use {token} here", 10) == "use [redac"
    assert redactor.redact_start(f"say {value} now", 10) == "say [redac"
    assert "QUJD" not in redactor.redact_start(f"{body * 3}-----END PRIVATE KEY-----", 40)
    assert redactor.redact_start("one two three", 6) == "one tw"
