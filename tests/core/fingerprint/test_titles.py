"""A numbered title goes on in deeper lines and nowhere else."""

import pytest

from tremaux_tools.core.fingerprint import explain_failure


@pytest.mark.parametrize(
    ("log", "tests"),
    [
        pytest.param("  1) Cart\n       tax\n         adds:\n", ("Cart > tax > adds",), id="nested suites"),
        pytest.param("    1) adds\n    ✔ pays\n    2) ships\n", ("adds", "ships"), id="marks in a tree"),
        pytest.param("  1) Cart\n\n       adds up:\n", ("Cart",), id="a blank line ends it"),
        pytest.param("    1) adds\n\n  1) Cart\n       adds:\n", ("Cart > adds",), id="summary and tree"),
        pytest.param("  1) Cart adds up\n     Error: no\n", ("Cart adds up",), id="a statement ends it"),
        pytest.param("  1) Failure:\nTestCart#test_tax [a.rb:4]:\n", ("TestCart#test_tax",), id="no title"),
    ],
)
def test_a_title_is_put_together(log: str, tests: tuple[str, ...]) -> None:
    assert explain_failure(log, 1).failing_tests == tests
