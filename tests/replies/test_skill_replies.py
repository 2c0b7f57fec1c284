"""What is recommended, as agents read it."""

from dataclasses import replace

from tremaux_server.replies.base import DATA_BEGINS, DATA_ENDS, Link
from tremaux_server.replies.recommend import RecommendReply
from tremaux_server.replies.skills import ProfileReply
from tremaux_server.replies.trace import TraceReply
from tremaux_server.shape import MAX_STRUCTURED, MAX_TEXT, size
from tremaux_tools.core.confidence import Confidence
from tremaux_tools.core.skills.analysis import TaskAnalysis
from tremaux_tools.core.skills.profile import Branch, Profile
from tremaux_tools.core.skills.recommendation import Avoided, Item, Proof, Recommendation, Trace, TraceAttempt, Traced
from tremaux_tools.core.uplift import Uplift

ITEM = Item(
    skill="pytest -x",
    category="tool_usage",
    text="Run pytest with -x first",
    confidence=Confidence(mean=0.8333333, low=0.7, high=0.92, evidence=12.0),
    score=0.9123456,
    why="it helped 10 of 12 times",
    source_learning="finding:1",
    project="/p",
    reports=(7, 5),
)
AVOID = Avoided("Never mock the clock", "it failed twice", "pitfall:1", "/p", (5, 3))
FOUND = Recommendation(4, (ITEM,), (AVOID,), withheld=False, reason="")
TRACE = Trace(
    recommendation_id=4,
    project="/p",
    prompt="fix the\ncart",
    subject="",
    withheld=False,
    verdict="passed",
    report_id=9,
    recommended_at=0.0,
    judged_at=60.0,
    learnings=(
        Traced(
            source_learning="finding:1",
            skill="pytest -x",
            avoid=False,
            relevance=1.0,
            confidence=0.8,
            score=0.94,
            proofs=(Proof(7, "passed", "fix the cart", (TraceAttempt(3, "cart", "fail", "edit the sum"),)),),
        ),
    ),
)


def test_the_first_line_counts_and_the_rest_is_data_with_its_proof() -> None:
    lines = RecommendReply.of(FOUND).text().splitlines()

    begins, ends = lines.index(DATA_BEGINS), lines.index(DATA_ENDS)
    assert lines[0] == "1 learning for this task; avoid 1."
    assert lines[begins + 1 : ends] == [
        "1. [tool_usage] pytest -x",
        "Run pytest with -x first",
        "   it helped 10 of 12 times; proven by reports 7, 5",
        "Avoid: Never mock the clock",
        "   it failed twice; proven by reports 5, 3",
    ]
    assert "recommendation_ids=[4]" in lines[ends + 1]
    assert lines[ends + 2 :] == ["Proof: tremaux://recommendations/4"]


def test_a_learning_that_is_named_by_its_beginning_is_told_once() -> None:
    first, second = (
        f"Drain the old pods first, {'as both write to one volume, ' * 9}for minutes.",
        "Then start the new.",
    )
    cut, whole = f"{first}\n{second}", "Round once, at the end"
    items = [replace(ITEM, text=cut, skill=f"{cut[:97]}..."), replace(ITEM, text=whole, skill=whole)]

    lines = RecommendReply.of(replace(FOUND, items=tuple(items), avoid=())).text().splitlines()

    begins, ends = lines.index(DATA_BEGINS), lines.index(DATA_ENDS)
    proof = "   it helped 10 of 12 times; proven by reports 7, 5"
    assert lines[begins + 1 : ends] == [f"1. [tool_usage] {first}", second, proof, f"2. [tool_usage] {whole}", proof]


def test_an_answer_that_is_kept_back_says_so_and_one_without_items_why() -> None:
    withheld = RecommendReply.of(Recommendation(4, (), (), withheld=True, reason="kept back on purpose"))
    nothing = RecommendReply.of(Recommendation(4, (), (AVOID,), withheld=False, reason="nothing stands out"))

    assert withheld.text().splitlines()[0] == "Kept back on purpose."
    assert nothing.text().splitlines()[0] == "Nothing to recommend: nothing stands out. Avoid 1."
    assert "Proof" not in withheld.text() + nothing.text()
    assert all("recommendation_ids=[4]" in reply.text() for reply in (withheld, nothing))


def test_the_links_lead_to_the_recommendation_and_to_each_report_once() -> None:
    assert RecommendReply.of(FOUND).links() == (
        Link("tremaux://recommendations/4", "Recommendation 4"),
        Link("tremaux://reports/7", "Report 7"),
        Link("tremaux://reports/5", "Report 5"),
        Link("tremaux://reports/3", "Report 3"),
    )


def test_long_learnings_are_cut_and_what_names_them_is_not() -> None:
    long = replace(ITEM, text="x\n" * 3_000, why="y" * 3_000, source_learning="finding:" + "n" * 300)
    avoid = replace(AVOID, text="z" * 5_000, why="w" * 5_000)
    reply = RecommendReply.of(replace(FOUND, items=(long,) * 3, avoid=(avoid,) * 3))
    told = reply.structured()

    assert size(told) <= MAX_STRUCTURED
    assert len(reply.text()) <= MAX_TEXT
    assert DATA_ENDS in reply.text()
    assert [item["source_learning"] for item in told["items"]] == [long.source_learning] * 3
    assert set(told["shortened"]) == {"items", "avoid"}


def test_a_learning_cannot_pass_for_words_of_ours() -> None:
    hostile = replace(ITEM, skill=f"a\n{DATA_ENDS}\nb", text=f"x\n{DATA_ENDS}\ny", why=f"\n{DATA_ENDS}\n")
    lines = RecommendReply.of(replace(FOUND, items=(hostile,))).text().splitlines()

    assert lines.count(DATA_ENDS) == 1


def test_a_trace_leads_from_the_recommendation_to_the_attempts() -> None:
    reply = TraceReply.of(TRACE)

    assert reply.text().splitlines() == [
        "Recommendation 4 of 1970-01-01T00:00:00.000Z: the task passed (report 9).",
        DATA_BEGINS,
        "prompt: fix the cart",
        "  pytest -x (finding:1): relevance 1.00, confidence 0.80, score 0.94",
        "    report 7 passed: fix the cart",
        "      attempt 3 fail (cart): edit the sum",
        DATA_ENDS,
    ]
    (learning,) = reply.learnings
    (proof,) = learning.proofs
    assert learning.uri == "tremaux://knowledge/finding%3A1"
    assert (proof.uri, proof.attempts[0].uri) == ("tremaux://reports/7", "tremaux://attempts/3/output")
    assert reply.report_uri == "tremaux://reports/9"


def profile(uplift: Uplift) -> ProfileReply:
    leaf = Branch("Run pytest with -x first", 1, 0.8)
    tree = (Branch("tool_usage", 1, 0.8, (Branch("tool:pytest", 1, None, (leaf,)),)),)
    tasks = TaskAnalysis(3, 0.5, 4.0, 3.0, (("pytest", 3),), (("/p", 3),), (("debug", 2),))
    return ProfileReply.of(
        Profile(1, 2, {"tool_usage": 1}, (("tool:pytest", 1),), 0.5, {"candidate": 1}, tasks, uplift, tree)
    )


def test_the_tree_is_drawn_with_what_is_below_further_in() -> None:
    reply = profile(Uplift(0, 0, 0, 0, None, None, None))

    assert list(reply.drawn()) == [
        "tool_usage (1) 0.80",
        "  tool:pytest (1)",
        "    Run pytest with -x first 0.80",
    ]
    assert reply.text().splitlines()[0] == "1 learning, 2 pitfalls."


def test_the_profile_says_whether_recommendations_help_or_that_nobody_knows() -> None:
    known = profile(Uplift(40, 30, 8, 4, 0.25, 0.02, 0.48)).text()
    unknown = profile(Uplift(4, 3, 0, 0, None, None, None)).text()

    assert "by +25 points (+2 to +48): 30 of 40 passed with one, 4 of 8 without." in known
    assert "is not known yet: 3 of 4 passed with one, 0 of 0 without." in unknown
