"""Score a proposal by its evidence: how sure, how well reasoned, how large a gain, how little risk.

The weights are those of the first version of Tremaux, 40, 30, 20 and 10; what it took from keywords and from the
proposal's own word is computed here from the data. A proposal without any history counts as one kept and one rolled
back, so 30 tasks give it 15 of 40 at most. One that meets the whole checklist, promises 5 points and can be taken
back then reaches 15 + 30 + 20 + 7.5 or more; without an effect that was computed it is 6 less, and who names no figure
of the data stays far below 65.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tremaux_tools.core.learning.delta import Part, Proposal, RiskLevel, Scored
from tremaux_tools.core.learning.reasoning import Cited, cited, is_shown, keyword_share, names_criterion
from tremaux_tools.core.learning.work import MIN_TASKS, Figure
from tremaux_tools.core.settings.setting import Setting

CONFIDENCE, REASONING, IMPACT, RISK = 40.0, 30.0, 20.0, 10.0  # points at most
HALF_WEIGHT = 10  # tasks with which evidence weighs half
FULL_GAIN = 5.0  # points of the pass rate that earn all points of impact
UNPROVEN = 1.0  # points of the pass rate that are believed without a figure that the data show
MOST_FACTOR = 4.0  # by which a number changes without asking a person
MOST_OF_RANGE = 0.5  # the same, of what the setting may be
MEDIUM_RISK = 0.25
PLAYBOOK_SCOPE = 0.2  # of all work that a bullet bears on
_SCOPE = {
    "run": 0.2,
    "first_run": 0.2,
    "retry": 0.1,
    "recommendation": 0.1,
    "goal": 0.3,
    "pool": 0.5,
    "none": 1.0,
}  # the same, by how it is tried


@dataclass(frozen=True, slots=True)
class _Case:
    """A proposal and what is known around it."""

    proposal: Proposal
    figures: Mapping[str, Figure]
    record: tuple[int, int]  #: deltas of its type at its target: kept, rolled back
    setting: Setting[Any] | None
    old_value: Any
    figure: Cited | None  #: that it rests on
    reserved: str  #: why a person decides; empty: see `_needs_person`

    @property
    def is_grounded(self) -> bool:
        return self.figure is not None and self.figure.is_true

    @property
    def gain(self) -> float:
        """What it promises, in points of the pass rate."""
        effect = self.proposal.evidence.effect
        return self.proposal.impact if effect is None else effect


def reflect(
    proposal: Proposal,
    metrics: Mapping[str, Figure],
    *,
    record: tuple[int, int],
    setting: Setting[Any] | None,
    old_value: Any,
    reserved: str = "",
    keywords: bool = False,
) -> Scored:
    """Score a proposal.

    Args:
        proposal: What is to be changed.
        metrics: The figures of the newest tasks.
        record: How many deltas of its type were kept at its target, and how many rolled back.
        setting: Its target; None where that is a bullet of the playbook.
        old_value: What the target is set to now; None where nobody knows.
        reserved: Why a person has to decide, whatever the figures; empty where none has to.
        keywords: Score the reasoning by its words, as the first version did, instead of by the evidence.
    """
    known = _known_tasks(metrics)
    figure = Cited("tasks", known, is_true=True, tasks=known) if keywords else _figure(proposal, metrics)
    case = _Case(proposal, metrics, record, setting, old_value, figure, reserved)
    level, danger = _risk(case)
    parts = (
        _confidence(case),
        _by_keywords(case) if keywords else _by_evidence(case),
        _impact(case),
        danger,
    )
    if veto := _veto(case):
        return Scored(0.0, parts, level, veto)
    return Scored(math.fsum(part.points for part in parts), parts, level)


def _figure(proposal: Proposal, figures: Mapping[str, Figure]) -> Cited | None:
    """The figure that a proposal rests on: the one it names, else the one its reasoning cites."""
    evidence = proposal.evidence
    if not evidence.metric:
        return cited(proposal.reasoning, figures)
    # Nobody has seen more tasks than there are.
    tasks = max(0, min(evidence.tasks, _known_tasks(figures)))
    return Cited(evidence.metric, evidence.value, is_shown(evidence.metric, evidence.value, figures), tasks)


def _known_tasks(figures: Mapping[str, Figure]) -> int:
    return max((figure.tasks for figure in figures.values()), default=0)


def _veto(case: _Case) -> str:
    gains = [case.proposal.impact, case.gain]
    if not all(map(math.isfinite, gains)):
        return "what it gains is no number"
    if min(gains) < 0:
        return f"it is expected to cost {-min(gains):.1f} points of the pass rate"
    return ""


def _confidence(case: _Case) -> Part:
    kept, rolled_back = case.record
    stated = case.proposal.confidence
    stated = min(1.0, max(0.0, stated)) if math.isfinite(stated) else 0.0
    by_record = (kept + 1) / (kept + rolled_back + 2)  # Laplace's rule of succession
    tasks = case.figure.tasks if case.figure and case.is_grounded else 0
    weight = tasks / (tasks + HALF_WEIGHT)
    why = (
        f"stated {stated:.2g}; {kept} kept and {rolled_back} rolled back at this target let it be {by_record:.2g} at "
        f"most; {_tasks(tasks)} of evidence weigh {weight:.2g}"
    )
    return Part("confidence", CONFIDENCE * min(stated, by_record) * weight, CONFIDENCE, why)


def _by_evidence(case: _Case) -> Part:
    checks = list(_checks(case))
    met = sum(is_met for is_met, _, _ in checks)
    missing = [lacking for is_met, _, lacking in checks if not is_met]
    told = ", ".join(missing) if missing else ", ".join(fact for _, fact, _ in checks)
    return Part("reasoning", REASONING * met / len(checks), REASONING, f"{met} of {len(checks)} checks: {told}")


def _checks(case: _Case) -> Iterator[tuple[bool, str, str]]:
    """Whether each is met, what to say if so, and what if not."""
    figure, evidence = case.figure, case.proposal.evidence
    name = figure.metric if figure else "a figure"
    yield case.is_grounded, f"the data show its {name}", _ungrounded(case)
    tasks = figure.tasks if figure else 0
    yield tasks >= MIN_TASKS, f"{tasks} tasks", f"{_tasks(tasks)} are fewer than {MIN_TASKS}"
    has_interval = None not in (evidence.effect, evidence.low, evidence.high)
    yield has_interval and case.is_grounded, "an effect with its interval", "no effect with its interval"
    yield _is_reversible(case), "it can be taken back", "it cannot be taken back"
    has_criterion = bool(evidence.criterion.strip()) or names_criterion(case.proposal.reasoning)
    yield has_criterion, "a criterion", "no criterion by which to judge it"


def _ungrounded(case: _Case) -> str:
    if case.figure is None:
        return "it names no figure of the data"
    if (actual := case.figures.get(case.figure.metric)) is None:
        return f"the data know no {case.figure.metric[:80]}"
    return f"it says {case.figure.metric} {case.figure.told:.4g}, the data {actual.value:.4g}"


def _by_keywords(case: _Case) -> Part:
    share, held = keyword_share(case.proposal.reasoning)
    return Part("reasoning", REASONING * share, REASONING, f"its words hold {', '.join(map(repr, held)) or 'nothing'}")


def _impact(case: _Case) -> Part:
    gain = case.gain if math.isfinite(case.gain) else 0.0
    believed = gain if case.is_grounded else min(gain, UNPROVEN)
    whence = "computed" if case.proposal.evidence.effect is not None else "stated"
    doubt = "" if believed == gain else f", of which {believed:g} is believed without a figure that the data show"
    points = IMPACT * min(1.0, max(0.0, believed) / FULL_GAIN)
    return Part("impact", points, IMPACT, f"{gain:+.1f} points of the pass rate, {whence}{doubt}")


def _risk(case: _Case) -> tuple[RiskLevel, Part]:
    """Facts D2: half for what cannot be taken back, half for how much work it bears on."""
    scope = _SCOPE[case.setting.tried_by] if case.setting else PLAYBOOK_SCOPE
    risk = 0.5 * (not _is_reversible(case)) + 0.5 * scope
    level: RiskLevel
    if person := _needs_person(case):
        level, why = "high", f"a person decides: {person}"
    else:
        level = "medium" if risk >= MEDIUM_RISK else "low"
        back = "it can be taken back" if _is_reversible(case) else "it cannot be taken back"
        why = f"{back}, and bears on {scope:.0%} of what runs"
    return level, Part("risk", RISK * (1 - risk), RISK, why)


def _needs_person(case: _Case) -> str:
    setting, proposal = case.setting, case.proposal
    if case.reserved:
        return case.reserved
    if proposal.operation == "remove":
        return "it removes something"
    if setting is None:
        return "" if proposal.type == "playbook" else "its target is no setting"
    if setting.is_guarded:
        return f"only a person changes {setting.name}"
    if setting.tried_by == "none":
        return f"nothing shows what {setting.name} does"
    return _jump(setting, case.old_value, proposal.new_value)


def _jump(setting: Setting[Any], old: Any, new: Any) -> str:
    """What is too large about a step; empty where nothing is."""
    if not (_is_number(old) and _is_number(new)):
        return ""
    if min(old, new) > 0 and max(old, new) > MOST_FACTOR * min(old, new):
        return f"from {old:g} to {new:g} is more than a factor of {MOST_FACTOR:g}"
    if abs(new - old) > MOST_OF_RANGE * (setting.most - setting.least):
        return f"from {old:g} to {new:g} is more than half of what it may be"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_reversible(case: _Case) -> bool:
    if case.proposal.operation == "remove":
        return False
    return case.old_value is not None or (case.proposal.type == "playbook" and case.proposal.operation == "add")


def _tasks(number: int) -> str:
    return "1 task" if number == 1 else f"{number} tasks"
