"""What a person is asked to agree to hides nothing."""

import pytest

from tremaux_server.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("pytest -q  tests/ä", "pytest -q  tests/ä", id="an ordinary command"),
        pytest.param("true\n\trm -rf x\r", r"true\n\trm -rf x\r", id="line ends"),
        pytest.param("\x1b[8mrm\x1b[0m", r"\x1b[8mrm\x1b[0m", id="colours"),
        pytest.param("a\u202eb\u200bc", r"a\u202eb\u200bc", id="directions and widths"),
        pytest.param("sh \u3164 \u2800\ufe0f\U000e0101", r"sh \u3164 \u2800\ufe0f\U000e0101", id="letters nobody sees"),
        pytest.param("true" + " " * 500 + "; rm x", r"true \x20{498} ; rm x", id="out of the window"),
    ],
)
def test_every_character_of_a_command_is_seen(text: str, shown: str) -> None:
    assert visible(text) == shown
