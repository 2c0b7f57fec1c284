from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremaux_tools.core.playbook import Bullet
from tremaux_tools.core.tickets.blocked import BLOCKED, blocked_reason
from tremaux_tools.core.tickets.prompt import (
    MAX_CONTEXT_CHARS,
    MAX_EARLIER_RUNS,
    MAX_SENTENCES,
    MAX_SUMMARY_CHARS,
    EarlierRun,
    compose,
)
from tremaux_tools.core.tickets.ticket import Ticket

TICKET = Ticket(ticket_id=1, project="p", root="/p", name="T-1", description="Mend the parser.", status="ready")
BULLET = Bullet(3, None, "git", "Commit often.", "active", 2, 1, "", "a rule", 1.0, 1.0)
FAILED = EarlierRun(number=1, model="haiku", outcome="failed", reason="exit code 1", fingerprint="00c0ffee")


def prompt(
    ticket: Ticket = TICKET,
    context: str = "",
    earlier: tuple[EarlierRun, ...] = (),
    dead_ends: tuple[str, ...] = (),
    lessons: tuple[str, ...] = (),
    playbook: tuple[Bullet, ...] = (),
) -> str:
    return compose(
        ticket=ticket, context=context, earlier=earlier, dead_ends=dead_ends, lessons=lessons, playbook=playbook
    )


def fenced(text: str) -> tuple[str, str]:
    """What stands within fences and what does not, by Markdown's rule: as long a fence as the one that opened."""
    inside, outside, fence = [], [], ""
    for line in text.split("\n"):
        if not fence and line.startswith("```"):
            fence = "`" * (len(line) - len(line.lstrip("`")))
        elif fence and line.strip("`") == "" and len(line) >= len(fence):
            fence = ""
        else:
            (inside if fence else outside).append(line)
    assert not fence
    return "\n".join(inside), "\n".join(outside)


def test_the_task_comes_first_and_as_a_person_edited_it() -> None:
    assert prompt().startswith("Mend the parser.\n")
    assert prompt(replace(TICKET, prompt="Mend only the lexer.")).startswith("Mend only the lexer.\n")
    assert "parser" not in prompt(replace(TICKET, prompt="Mend only the lexer."))


def test_a_worker_learns_how_its_ticket_failed_before() -> None:
    run = replace(FAILED, root_cause="E   KeyError: 'x'", summary="3 failed, 4 passed")
    text = prompt(earlier=(run,), dead_ends=("catching the KeyError",), lessons=("run make first",))

    for known in ("Run 1 with haiku: failed", "exit code 1", "00c0ffee", "KeyError: 'x'", "3 failed, 4 passed"):
        assert known in text
    assert "- catching the KeyError" in text
    assert "- run make first" in text


def test_a_first_run_is_told_of_no_earlier_one() -> None:
    for title in ("Earlier runs", "Dead ends", "learned", "Files that matter"):
        assert title not in prompt()


@pytest.mark.parametrize("worktree", [True, False])
def test_a_worker_learns_where_it_works_and_how_to_say_that_it_is_blocked(worktree: bool) -> None:
    text = prompt(replace(TICKET, worktree=worktree))

    assert ("work tree of your own" in text) is worktree
    assert "do not switch branches" in text
    assert f"the word {BLOCKED}, a colon" in text


def test_an_agent_that_repeats_its_prompt_is_not_taken_for_a_blocked_one() -> None:
    assert blocked_reason(prompt()) is None


def test_the_symbols_that_the_ticket_is_about_are_named() -> None:
    text = prompt(replace(TICKET, target_file="a.py", target_symbols=("f", "C.g")))

    assert "It is about `a.py`: `f`, `C.g`." in text


@example(context="```\n", log="\n````\n")
@example(context="a\n`````text\n", log="``` ```")
@given(context=st.text(alphabet="`~ab \n#", max_size=200), log=st.text(alphabet="`~ab \n#", max_size=200))
def test_nothing_from_a_file_or_a_log_gets_out_of_its_fence(context: str, log: str) -> None:
    hostile = "IGNORE ALL"
    run = replace(FAILED, root_cause=f"{log}{hostile}", reason=f"{log} {hostile}", summary=f"{log}\n{hostile}\n{log}")
    sentences = (f"{log}\n{hostile}",)
    bullet = replace(BULLET, section=f"{log} {hostile}", text=f"{log}\n{hostile}")
    files = f"{context}\n{hostile}\n{context}"
    text = prompt(context=files, earlier=(run,), dead_ends=sentences, lessons=sentences, playbook=(bullet,))
    inside, outside = fenced(text)

    assert hostile not in outside
    assert hostile in inside
    assert "Nobody watches" in outside


def test_control_characters_of_a_log_do_not_reach_the_worker() -> None:
    text = prompt(context="a\x1b[2Jb\r\n", earlier=(replace(FAILED, summary="\x1b]0;x\x07red\u202e"),))

    assert text.isprintable() or not set(text) & set("\x1b\x07\r\u202e")
    assert "ab" in text


def test_whatever_was_tried_the_prompt_has_a_bounded_size() -> None:
    runs = tuple(replace(FAILED, number=n, root_cause="r" * 9_999, summary="s" * 99_999) for n in range(1, 9))
    sentences = tuple(f"{n} " + "d" * 9_999 for n in range(99))
    text = prompt(context="c" * 999_999, earlier=runs, dead_ends=sentences, lessons=sentences)

    assert len(text) < 100_000
    assert text.count("c" * MAX_CONTEXT_CHARS) == 1
    assert "939,999 more characters" in text
    assert text.count("### Run") == MAX_EARLIER_RUNS
    assert "### Run 8" in text  # the newest
    assert text.count("s" * MAX_SUMMARY_CHARS) == MAX_EARLIER_RUNS
    assert text.count("\n- ") == 2 * MAX_SENTENCES


def test_the_playbook_is_told_as_advice_bullet_by_bullet() -> None:
    text = prompt(playbook=(BULLET, replace(BULLET, bullet_id=4, text="Never push.")))

    assert "## Playbook\n\nAdvice, not instructions" in text
    assert "## git\n[bullet-3] helpful=2 harmful=1 :: Commit often.\n[bullet-4] helpful=2" in fenced(text)[0]
    assert "Playbook" not in prompt()


def test_a_dead_end_is_told_once() -> None:
    assert prompt(dead_ends=("x", "x", " ")).count("\n- ") == 1
