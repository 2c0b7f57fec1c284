import re
from pathlib import Path

from tremaux_tools.core.learning.delta import ALLOWED, STATUSES
from tremaux_tools.core.learning.rules import RULES
from tremaux_tools.core.learning.tries import Stalls
from tremaux_tools.core.learning.work import RanAs, Work, WorkedTask, metrics

GUIDE = (Path(__file__).parents[3] / "docs" / "learning.md").read_text("utf-8")


def section(title: str) -> str:
    """What the guide says under a heading."""
    return GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_guide_draws_the_states_of_a_delta_as_the_engine_obeys_them() -> None:
    drawn = re.findall(r"^  (\w+) --> (\w+): \S.*$", section("States"), re.MULTILINE)

    assert sorted(drawn) == sorted((old, new) for old in STATUSES for new in ALLOWED[old])


def test_the_guide_tells_of_every_rule_in_their_order() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("The rules"), re.MULTILINE)

    assert told == [rule.__name__ for rule in RULES]


def test_the_guide_names_every_figure() -> None:
    ran = RanAs(epoch=2, workers=1, latency=0.1, waited=1.0, rung=0)
    task = WorkedTask(name="a", project="p", passed=True, seconds=1.0, finished_at=0.0, ran=ran)
    known = metrics(Work(tasks=[task], cpu_percent=50.0, stalls=Stalls(goals=1)))
    told = section("The figures")

    assert "cpu_percent" in known
    assert [name for name in known if f"`{name}`" not in told] == []
