import doctest

import pytest

import tremaux_tools


@pytest.mark.parametrize("name", tremaux_tools.__all__)
def test_every_promised_name_is_there(name: str) -> None:
    assert getattr(tremaux_tools, name).__name__ == name


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tremaux_tools.no_such_name


def test_the_example_is_true() -> None:
    assert doctest.testmod(tremaux_tools).failed == 0


def test_a_library_user_can_judge_without_a_server() -> None:
    log = "E   assert 41 == 42\nFAILED test_cart.py::test_total\n1 failed in 0.1s"
    attempts = [
        tremaux_tools.Attempt(n, n, f"edit {n}", tremaux_tools.Gate.FAIL, tremaux_tools.observe(log)) for n in range(3)
    ]

    assert tremaux_tools.judge(attempts).verdict == "STALLED"
    assert tremaux_tools.explain_failure(log).failing_tests == ("test_cart.py::test_total",)
