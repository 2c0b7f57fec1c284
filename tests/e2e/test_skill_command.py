"""`tremaux recommend`, `skill` and `knowledge`: a small story, each command a process of its own."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., subprocess.CompletedProcess[str]]
PROMPT = "fix the rounding of the cart total"
NOTES = "Root cause: the cart total was rounded for each line instead of once at the end."
PASSED = "3 passed in 0.10s\n"
FAILED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed, 2 passed in 0.12s\n"


def told(tremaux: Run, *arguments: str, **more: Any) -> dict[str, Any]:
    done = tremaux(*arguments, "--json", **more)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_learning_is_recommended_with_its_proof_and_loses_trust_when_it_fails_elsewhere(
    tremaux: Run, tmp_path: Path
) -> None:
    shop, blog = tmp_path / "shop", tmp_path / "blog"
    shop.mkdir()
    blog.mkdir()
    tremaux("postflight", "-", "--exited", "1", "--task", PROMPT, stdin=FAILED, cwd=shop)
    tremaux("postflight", "-", "--exited", "0", "--task", PROMPT, "--notes", NOTES, stdin=PASSED, cwd=shop)

    found = tremaux("recommend", "-", stdin=PROMPT, cwd=blog)
    trace = tremaux("skill", "trace", "1", cwd=blog)
    failed = ("postflight", "-", "--exited", "1", "--recommendation", "1")
    tremaux(*failed, stdin=FAILED, cwd=blog)
    before, after = (
        told(tremaux, "skill", "trace", number, cwd=blog)["learnings"][0]["confidence"]
        for number in ("1", str(told(tremaux, "recommend", PROMPT, cwd=blog)["recommendation_id"]))
    )

    lines = found.stdout.splitlines()
    assert lines[0].endswith("; avoid 1.")
    assert any("rounded for each line" in line for line in lines)
    assert any("proven by report 2" in line for line in lines)
    assert "`tremaux postflight --recommendation 1`" in found.stdout
    assert "report 2 passed: fix the rounding" in trace.stdout
    assert after < before


def test_a_persons_word_counts_and_a_wrong_one_is_told(tremaux: Run) -> None:
    tremaux("postflight", "-", "--exited", "0", "--task", PROMPT, "--notes", NOTES, stdin=PASSED)
    skill = told(tremaux, "recommend", PROMPT)["items"][0]["skill"]
    helped = told(tremaux, "skill", "rate", "1", skill, "--helped", "--note", "saved an hour")
    hurt = tremaux("skill", "rate", "1", skill, "--hurt")
    unknown = tremaux("skill", "rate", "1", "nonsense", "--helped")
    nowhere = tremaux("skill", "rate", "9", skill, "--helped")
    no_verdict = tremaux("skill", "rate", "1", skill)

    assert helped["after"]["confidence"] > helped["before"]["confidence"]
    assert helped["after"]["outcomes"] == 2
    assert hurt.stdout.startswith("NOTED that it hurt: confidence ")
    assert (unknown.returncode, no_verdict.returncode) == (1, 2)
    assert "has no skill 'nonsense'" in unknown.stderr
    assert "Give ids that `tremaux recommend` answered" in nowhere.stderr


def test_a_task_from_a_file_teaches_and_the_profile_and_tree_show_it(tremaux: Run, tmp_path: Path) -> None:
    task = {
        "task_id": "t-1",
        "prompt": "deploy the shop",
        "tools_used": ["kubectl"],
        "result_summary": "We decided to drain the old pods first, because both write to one volume.",
        "qa_passed": True,
        "timestamp": "2026-01-31T12:00:00Z",
    }
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "task.json").write_text(json.dumps({"task": task, "qa_results": {"tests": "4 passed"}}))
    recorded = told(tremaux, "skill", "record", "task.json")
    misspelt = tremaux("skill", "record", "-", stdin=json.dumps(task | {"promt": "x"}))
    beside = tremaux("skill", "record", "-", stdin=json.dumps({"task": task, "qa_result": {"tests": "1 failed"}}))
    no_json = tremaux("skill", "record", "-", stdin="{")
    profile = told(tremaux, "skill", "profile")
    tree = tremaux("skill", "tree", "--project", str(elsewhere))
    own_tree = tremaux("skill", "tree", "--this-project", "--project", str(elsewhere))
    report = tremaux("skill", "report")

    assert (recorded["learning_created"], profile["success_rate"]) == (True, 1.0)
    assert (misspelt.returncode, beside.returncode, no_json.returncode) == (2, 2, 2)
    assert "unknown field 'qa_result'" in beside.stderr
    assert "Did you mean 'prompt'?" in misspelt.stderr
    assert profile["tasks"]["tasks"] == 1
    assert any(line.startswith("  tool:kubectl") for line in tree.stdout.splitlines())
    assert own_tree.stdout == "Nothing was learnt yet.\n"
    assert report.stdout == "No learning fades.\n"


def test_knowledge_is_remembered_searched_shown_and_forgotten(tremaux: Run) -> None:
    fact = "The staging database is restored every Monday."
    tremaux("knowledge", "remember", "pg_restore", "tool", "reads dumps")
    added = told(tremaux, "knowledge", "remember", "staging", "finding", fact, "--relation", "caused_by=pg_restore")
    found = tremaux("knowledge", "search", "staging", "monday")
    shown = tremaux("knowledge", "show", "staging")
    stats = told(tremaux, "knowledge", "stats")
    merged = tremaux("knowledge", "merge", "--apply")
    gone = tremaux("knowledge", "forget", "staging")
    unknown = tremaux("knowledge", "show", "pg_restor")
    malformed = tremaux("knowledge", "remember", "x", "finding", fact, "--relation", "nothing")

    assert added["relations_created"] == 1
    assert found.stdout.startswith("FOUND 1 entry, the best first.")
    assert "-> caused_by pg_restore" in shown.stdout
    assert stats["entities"]["finding"] == 1
    assert merged.stdout == "No two learnings say the same.\n"
    assert gone.stdout.startswith("FORGOTTEN")
    assert (unknown.returncode, malformed.returncode) == (1, 2)
    assert "'pg_restore' is meant" in unknown.stderr


def test_an_export_of_no_skill_says_that_nothing_was_written(tremaux: Run, tmp_path: Path) -> None:
    done = tremaux("skill", "export", "team", "--format", "skill-md")

    assert done.stdout.startswith(f"NOTHING was written to {tmp_path / 'team'}.\nNo learning has proved itself yet")
    assert not (tmp_path / "team").exists()


def test_what_was_learnt_is_handed_on_by_file(tremaux: Run, tmp_path: Path) -> None:
    tremaux("postflight", "-", "--exited", "0", "--task", PROMPT, "--notes", NOTES, stdin=PASSED)
    for form, name in (("memory-jsonl", "team.jsonl"), ("skill-md", "team")):
        written = told(tremaux, "skill", "export", name, "--format", form, "--all")
        taken = tremaux("--db", str(tmp_path / f"{form}.db"), "skill", "import", name, "--format", form)

        assert written["path"] == str(tmp_path / name)
        assert taken.returncode == 0, taken.stderr
        assert taken.stdout.startswith("IMPORTED: ")
    lines = (tmp_path / "team.jsonl").read_text()
    (tmp_path / "team.jsonl").write_text(f"{lines}\nno JSON")
    broken = tremaux("skill", "import", "team.jsonl", "--format", "memory-jsonl")

    assert broken.returncode == 1
    assert "1 part could not be read" in broken.stdout
