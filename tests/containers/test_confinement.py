import pytest

from tremaux_tools.containers.confinement import ROOT, without_shell


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (None, "the image 'tiny' has no shell (sh)"),
        (ROOT, "the image 'tiny' has no shell (sh)"),
        ("1000:1000", "user '1000:1000' cannot start a shell (sh) in the image 'tiny'"),
    ],
)
def test_a_shell_that_does_not_start_is_told_by_its_likely_cause(user: str | None, told: str) -> None:
    refused = without_shell("tiny", user)

    assert str(refused) == told
    assert "Name an image with" in refused.hint
