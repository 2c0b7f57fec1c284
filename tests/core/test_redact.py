import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.redact import redact

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
        pytest.param("sk_live_abcdefghij0123", "[redacted:api-key]", id="payment key"),
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


PIECES = st.sampled_from(
    ["password=", "hunter2hunter2", f"ghp_{TOKEN}", "\n", " ", '"', "://a:b@", "AKIAIOSFODNN7EXAMPLE", "[redacted:jwt]"]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text)
    again = redact(once.text)

    assert (again.text, again.count) == (once.text, 0)
