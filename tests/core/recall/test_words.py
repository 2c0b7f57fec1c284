import re

from hypothesis import example, given
from hypothesis import strategies as st

from tremaux_tools.core.recall.words import words


@example("don’t use snake_case — it’s “bad”")
@example("Ärger mit_der Straße №5")
@given(st.text(max_size=200))
def test_a_word_is_what_letters_and_digits_make(text: str) -> None:
    assert words(text) == re.findall(r"[^\W_]+", text)
