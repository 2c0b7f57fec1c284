import pytest

from tremaux_server.shape import cut_middle

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
