from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_server.shape import cut_middle, fit_texts, size

BEGIN, END = "<<", ">>"
LIMIT = 200


def test_a_text_that_fits_is_not_touched() -> None:
    assert cut_middle("x" * LIMIT, LIMIT, marks=(BEGIN, END)) == "x" * LIMIT


@pytest.mark.parametrize("own", range(0, 400, 7))
@pytest.mark.parametrize("quoted", [3, 40, 150, 300])
def test_what_is_quoted_stays_between_its_marks_when_a_text_is_cut(own: int, quoted: int) -> None:
    text = "o" * own + f"\n{BEGIN}\n" + "q" * quoted + f"\n{END}\n" + "o" * (400 - own)
    cut = cut_middle(text, LIMIT, marks=(BEGIN, END))

    assert len(cut) <= LIMIT
    for part in cut.split(BEGIN)[1:]:
        assert END in part
    outside = cut.split(BEGIN)[0] + "".join(part.partition(END)[2] for part in cut.split(BEGIN)[1:])
    assert "q" not in outside


ROWS = st.lists(
    st.fixed_dictionaries({"name": st.text(max_size=60), "text": st.text(max_size=3_000), "score": st.floats(0, 1)}),
    max_size=12,
)


@given(ROWS)
def test_texts_are_cut_before_a_name_is_or_a_row_is_left_out(rows: list[dict[str, Any]]) -> None:
    payload = {"items": rows, "reason": "r"}
    small = fit_texts(payload, {"text"}, 4_000, at_most=4_000)

    assert [row["name"] for row in small["items"]] == [row["name"] for row in rows]
    assert size(small) <= 4_000
    assert small == payload or size(payload) > 4_000


def test_rows_go_from_the_end_where_their_names_alone_are_too_long() -> None:
    rows = [{"name": f"{number}" + "n" * 100, "text": "t" * 50} for number in range(100)]
    small = fit_texts({"items": rows, "few": [1]}, {"text"}, 2_000, at_most=3_000)

    assert size(small) <= 3_000
    assert 10 < len(small["items"]) < 100
    assert [row["name"] for row in small["items"]] == [row["name"] for row in rows[: len(small["items"])]]
    assert small["few"] == [1]


def test_names_may_need_more_than_usual_where_that_is_allowed() -> None:
    rows = [{"name": f"{number}" + "n" * 100, "text": "t" * 500} for number in range(100)]
    small = fit_texts({"items": rows}, {"text"}, 2_000, at_most=64_000)

    assert len(small["items"]) == 100
    assert all(len(row["text"]) < 50 for row in small["items"])


def test_the_texts_of_a_list_are_cut_each() -> None:
    small = fit_texts({"observations": ["o" * 5_000] * 3, "name": "n" * 500}, {"observations"}, 2_000, at_most=2_000)

    assert [len(text) < 600 for text in small["observations"]] == [True] * 3
    assert small["name"] == "n" * 500
