from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core import examination
from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.examination import examine
from tremaux_tools.core.head_tail import HEAD_CHARS, KEPT_CHARS, HeadTail
from tremaux_tools.core.stall import StallSettings

FAILED = "E   assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed, 2 passed in 0.1s\n"


@given(st.lists(st.text(max_size=9), max_size=9))
def test_a_short_text_is_kept_as_it_came(chunks: list[str]) -> None:
    kept = HeadTail()
    for chunk in chunks:
        kept.feed(chunk)

    assert kept.text() == "".join(chunks)
    assert kept.full_bytes == len("".join(chunks).encode())


def test_of_a_long_text_the_head_and_the_tail_are_kept() -> None:
    kept = HeadTail()
    for n in range(40):
        kept.feed(f"{n:02d}" * (1 << 19))
    text = kept.text()

    assert text[:HEAD_CHARS] == ("00" * (1 << 19) + "01" * (1 << 19))[:HEAD_CHARS]
    assert text.endswith("39" * (1 << 19))
    assert f"[... {40 * (1 << 20) - KEPT_CHARS} characters not kept ...]" in text


def test_how_an_output_is_cut_into_chunks_changes_nothing() -> None:
    whole, pieces = (
        examine(chunks, claimed=Gate.FAIL, exit_code=1, action="x", settings=StallSettings())
        for chunks in ((FAILED,), tuple(FAILED))
    )

    assert whole == pieces


def test_a_secret_never_leaves_an_examination() -> None:
    log = FAILED.replace("41 ==", "'AKIAIOSFODNN7EXAMPLE' ==")
    seen = examine((log,), claimed=Gate.FAIL, exit_code=1, action="x", settings=StallSettings())

    assert "AKIA" not in repr(seen)
    assert seen.redactions == 2
    assert examination.explain_chunks((log,), 1).fingerprint == seen.failure.fingerprint
