from tremaux_tools.core.repeats import QUIET, Repeats


def test_the_same_message_is_given_once_a_minute() -> None:
    repeats = Repeats()
    given = [repeats.is_news("damaged", at=at) for at in (0.0, 5.0, QUIET - 1, QUIET, QUIET + 5)]

    assert given == [True, False, False, True, False]


def test_another_message_is_given_at_once() -> None:
    repeats = Repeats()

    assert [repeats.is_news(message, at=at) for at, message in enumerate(("damaged", "locked", "damaged"))] == [
        True,
        True,
        False,
    ]
