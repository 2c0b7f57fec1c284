"""Which values of an environment are secret, told by the names they have there."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote, urlsplit

MIN_VALUE = 8  # characters; a shorter one stands in ordinary text by chance
_MIN_PART = 12  # characters of a part of an address; tokens in there are longer
_PLAIN_WORD = 16  # letters; `development` or `postgres` as a password would hide half of a log
_NUMBER = 12  # digits; a shorter number may be a port, a time, a size

_SECRET_NAME = re.compile(
    r"(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|ACCESSKEY|(?:^|_)(?:KEY|PASS|PWD|AUTH|COOKIE))(?:_BASE|_\d+)?$",
    re.IGNORECASE,
)
_ADDRESS_NAME = re.compile(r"WEBHOOK|NOTIFY", re.IGNORECASE)  # whoever knows such a URL can send to it
_SEPARATORS = re.compile(r"[/:@?&=]+")
_PATH = re.compile(r"(?:~|\.{0,2})/|[A-Za-z]:\\")
_PLAIN = re.compile(rf"[A-Za-z]{{1,{_PLAIN_WORD}}}|[\d.:, -]{{1,{_NUMBER}}}")


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Values whose names say they are secret, and passwords within URLs; also as base64, URL and JSON write them.

    Of addresses to send to, such as `SLACK_WEBHOOK_URL`, the whole and what in them looks like a token.

    The longest first, so that one which holds another goes whole. Paths, plain words and short numbers are left out.
    """
    values = {value.strip() for name, value in environment.items() for value in _secrets(name, value)}
    forms = {form for value in values if _is_secret(value) for form in _forms(value)}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _secrets(name: str, value: str) -> Iterator[str]:
    if "://" in value:
        for url in value.split():
            yield from _password(url)
            if _ADDRESS_NAME.search(name):
                yield url
                yield from _token_like(url)
    elif _SECRET_NAME.search(name):
        yield value


def _password(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password
    except ValueError:  # as an address in brackets that is none
        return
    if password:
        yield password
        yield unquote(password)


def _token_like(url: str) -> Iterator[str]:
    """The parts of a URL that are no word and no host."""
    for part in _SEPARATORS.split(url.partition("://")[2]):
        if len(part) >= _MIN_PART and "." not in part and any(map(str.isdigit, part)):
            yield part


def _is_secret(value: str) -> bool:
    return len(value) >= MIN_VALUE and not _PATH.match(value) and not _PLAIN.fullmatch(value)


def _forms(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogateescape")
    yield value
    yield quote(data, safe="")
    yield json.dumps(value)[1:-1]
    yield base64.b64encode(data).decode().rstrip("=")
    yield base64.urlsafe_b64encode(data).decode().rstrip("=")
