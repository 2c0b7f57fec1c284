"""The rules that propose changes: how work went goes in, proposals come out."""

from collections.abc import Callable, Iterator

from tremaux_tools.core.learning.delta import Proposal
from tremaux_tools.core.learning.rules.bullets import flaky_gates, recurring_failures
from tremaux_tools.core.learning.rules.load import coordination, crowding, overload, room
from tremaux_tools.core.learning.rules.stalls import repeats
from tremaux_tools.core.learning.rules.strategy import cheaper_first, fallback, stronger_first, timeouts
from tremaux_tools.core.learning.work import MIN_TASKS, Work
from tremaux_tools.core.settings import SETTINGS

Rule = Callable[[Work], Iterator[Proposal]]

# The first three are those of the first version of Tremaux.
RULES: tuple[Rule, ...] = (
    coordination,
    fallback,
    overload,
    crowding,
    room,
    stronger_first,
    cheaper_first,
    timeouts,
    repeats,
    recurring_failures,
    flaky_gates,
)


def propose(work: Work) -> list[Proposal]:
    """What the rules would change, the largest expected gain first, at most one change of each setting.

    Nothing from fewer than `MIN_TASKS` tasks, and nothing at a setting that is on trial, that a person set, or that
    is set so already.
    """
    if len(work.tasks) < MIN_TASKS:
        return []
    found = [proposal for rule in RULES for proposal in rule(work) if _is_free(work, proposal)]
    found.sort(key=lambda proposal: -proposal.confidence * proposal.impact)
    best: dict[tuple[str, str], Proposal] = {}
    for proposal in found:
        bullet = str(proposal.new_value) if proposal.type == "playbook" else ""  # a section holds many of them
        best.setdefault((proposal.target, bullet), proposal)
    return list(best.values())


def _is_free(work: Work, proposal: Proposal) -> bool:
    if proposal.target in work.open_targets or proposal.target in work.fixed:
        return False
    setting = SETTINGS.get(proposal.target)
    return setting is None or work.settings.get(proposal.target, setting.default) != proposal.new_value
