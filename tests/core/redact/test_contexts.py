import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.redact import redact

S = "k3y" + "Val7ue" * 4  # nobody's


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param(f"AWS_SECRET_ACCESS_KEY={S}", "AWS_SECRET_ACCESS_KEY=[redacted:assigned]", id="environment"),
        pytest.param("DB_PASSWORD=correcthorse", "DB_PASSWORD=[redacted:assigned]", id="environment, letters only"),
        pytest.param("SECRET_KEY_BASE=correcthorse", "SECRET_KEY_BASE=[redacted:assigned]", id="Rails"),
        pytest.param(f"  client_secret: {S}", "  client_secret: [redacted:assigned]", id="YAML"),
        pytest.param(
            f'{{\\"secret_key\\": \\"{S}\\"}}', '{\\"secret_key\\": \\"[redacted:assigned]\\"}', id="JSON in JSON"
        ),
        pytest.param(f"'password' => '{S}'", "'password' => '[redacted:assigned]'", id="Ruby"),
        pytest.param('"password": "it\'s-me!"', '"password": "[redacted:assigned]"', id="a quote in quotes"),
        pytest.param(f"GET /x?access_token={S}&page=2", "GET /x?access_token=[redacted:assigned]&page=2", id="query"),
        pytest.param(f"token: {S}", "token: [redacted:assigned]", id="a plain token"),
        pytest.param(f"$ tool --api-key {S} run", "$ tool --api-key [redacted:assigned] run", id="flag"),
        pytest.param(f"$ tool --db-password={S}", "$ tool --db-password=[redacted:assigned]", id="flag with ="),
        pytest.param(f"$ curl -sS -u me:{S} x", "$ curl -sS -u me:[redacted:assigned] x", id="curl"),
        pytest.param(f"machine x login me password {S}", "machine x login me password [redacted:assigned]", id="netrc"),
        pytest.param(
            "Server=db;User Id=sa;Password=horse;Encrypt=no",
            "Server=db;User Id=sa;Password=[redacted:assigned];Encrypt=no",
            id="connection string",
        ),
        pytest.param(f"> Authorization: Basic {S}==", "> Authorization: Basic [redacted:bearer]", id="basic"),
        pytest.param(f"'Authorization': 'Bearer {S}'", "'Authorization': 'Bearer [redacted:bearer]'", id="in a dict"),
        pytest.param(f"sent Bearer {S}", "sent Bearer [redacted:bearer]", id="bearer alone"),
        pytest.param(
            f"Set-Cookie: connect.sid={S}; Path=/; HttpOnly",
            "Set-Cookie: connect.sid=[redacted:cookie]; Path=/; HttpOnly",
            id="cookie given",
        ),
        pytest.param(
            f"cookie: theme=dark-mode; sessionid={S}",
            "cookie: theme=dark-mode; sessionid=[redacted:cookie]",
            id="cookie",
        ),
        pytest.param(
            f"https://x.blob.core.windows.net/c?sv=2024&sig={S}{S}%3D",
            "https://x.blob.core.windows.net/c?sv=2024&sig=[redacted:signature]",
            id="SAS",
        ),
        pytest.param(f"/x?X-Amz-Signature={S}{S}", "/x?X-Amz-Signature=[redacted:signature]", id="presigned"),
        pytest.param(
            '"private_key": "-----BEGIN ' + 'PRIVATE KEY-----\\nMIIE+/ab\\n-----END PRIVATE KEY-----\\n"',
            '"private_key": "[redacted:private-key]\\n"',
            id="service account",
        ),
    ],
)
def test_what_stands_beside_a_secret_gives_it_away(text: str, clean: str) -> None:
    found = redact(f"before\n{text}\nafter")

    assert found.text == f"before\n{clean}\nafter"
    assert found.count == 1


@pytest.mark.parametrize(
    "text",
    [
        # code
        "token = get_token()",
        "password = get_password()",
        "password=os.environ['DB_PASSWORD']",
        "connect(user=user, password=password, host=host)",
        "password=settings.DATABASE_PASSWORD,",
        "secret = config.database.secret",
        "const secret = process.env.SECRET_KEY;",
        "let password = std::env::var_os();",
        "password: str",
        "password: Optional[str] = None",
        "password: SecretStr = Field(...)",
        "secret: &'static str,",
        "apiKey: string | undefined;",
        "assert password == expected_password",
        "self.access_token = self.session.access_token",
        'password = "${DB_PASSWORD}"',
        "PASSWORD=$DB_PASSWORD",
        'password: "{password}"',
        "API_KEY=<your-api-key>",
        "password=********",
        "DB_PASSWORD=xxxxxxxx",
        # short test values
        "password=x",
        "login('me', password='secret')",
        '{"password": "test"}',
        "password: hunter",
        # prose and messages
        "Invalid password: must be longer",
        "error: secret: something-went-wrong",
        "{'password': ['This field is required.']}",
        '"password": "Password is required"',
        "SyntaxError: Unexpected token: expected-an-identifier",
        "usage: tool --password PASSWORD --token TOKEN",
        "--api-key is required",
        "--password <password>",
        "no bearer token was given",
        "Authorization: required",
        "docker run -u 1000:1000 -p 8080:8080 image",
        "login failed password incorrect",
        "Set-Cookie: theme=dark; Path=/; Max-Age=3600",
        "Set-Cookie: sessionid=deleted; expires=Thu, 01 Jan 1970",
        # tests
        "tests/test_auth.py::test_token_refresh[expired-token] PASSED",
        "test_password_reset_token_is_single_use_2 (auth.tests.TokenTest) ... ok",
        "FAILED tests/test_secret.py::TestSecretStore::test_api_key_rotation_2024",
        "fixture_token=tests/fixtures/token_2024.json",
        # hashes, ids, data, paths
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "integrity sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "request 123e4567-e89b-42d3-a456-426614174000 failed",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO",
        "target/debug/deps/tokens-0123456789abcdef",
        "/home/me/.cache/pip/http/a/b/c/d/e/abcde0123456789abcdef0123456789abcdef012345678",
        "  at /app/node_modules/.pnpm/jsonwebtoken@9.0.2/node_modules/jsonwebtoken/verify.js:40:17",
        "Compiling secrecy v0.8.0 (/src/sk-learn-compatible-estimator-checks)",
        "https://example.org:8080/path@x",
        "git@github.com:owner/repo.git",
        "12:34:56:AA:BB:CC",
        "2024-05-06T07:08:09.123456789Z key-value-store-started",
        "de-us1 en-us",
        "0x7ffd3a2b1c00 <std::string::_M_token>",
        "error[E0425]: cannot find value `pat_live_test` in this scope",
        "MyVeryLongJavaTestClassName.method.anotherVeryLongMethodNameOfIt",
        "MT4xABCDEFGHIJKLMNOPQRSTUV",
        "PASSWORDS: 3 passed",
    ],
)
def test_what_a_reader_debugs_by_stays(text: str) -> None:
    assert redact(text).text == text


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ,.!?'()", max_size=30)).map("\n".join))
def test_plain_prose_stays(text: str) -> None:
    assert redact(text).text == text
