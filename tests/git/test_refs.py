import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.git import ref_part


@pytest.mark.parametrize("text", ["T-3", "fix_login", "v1.2", "42", "_x", "a" * 80])
def test_a_plain_name_stays_as_it_is(text: str) -> None:
    assert ref_part(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a..b",
        "a.lock",
        "-x",
        ".x",
        "x.",
        "a/b",
        "a b",
        "@",
        "@{u}",
        "é",
        "\n",
        "a" * 81,
        "x~1",
        "\ud800",
    ],
)
def test_any_other_gets_a_digest_and_git_takes_it(text: str) -> None:
    part = ref_part(text)

    assert "+" in part
    assert "/" not in part
    assert subprocess.run(["git", "check-ref-format", f"refs/heads/tremaux/{part}/1"], check=False).returncode == 0


@given(st.lists(st.text(max_size=30), min_size=2, max_size=2, unique=True))
def test_two_names_never_share_a_ref(texts: list[str]) -> None:
    assert ref_part(texts[0]) != ref_part(texts[1])


@given(st.text(max_size=90))
def test_a_name_made_from_a_name_is_another(text: str) -> None:
    part = ref_part(text)

    assert part == text or ref_part(part) != part
