"""How a rule words its proposal."""

from typing import Any

from tremaux_tools.core.learning.delta import Evidence, Proposal
from tremaux_tools.core.learning.rules.effect import Effect
from tremaux_tools.core.learning.work import Figure, Work
from tremaux_tools.core.settings import Setting

UNKNOWN_CONFIDENCE = 0.5  # of a rule that has nothing to compare
UNKNOWN_GAIN = 1.0  # points of the pass rate; a person decides about so little
CRITERION = "tasks that get the new value pass no less often, and are no slower, than those that get the old one"


def present(work: Work, setting: Setting[Any]) -> Any:
    """What a setting is set to."""
    return work.settings.get(setting.name, setting.default)


def change(
    work: Work,
    setting: Setting[Any],
    new_value: Any,
    *,
    rule: str,
    why: str,
    metric: str,
    figure: Figure,
    effect: Effect | None,
    criterion: str = CRITERION,
) -> Proposal:
    """A change of a setting, as far as its bounds let it go."""
    if not isinstance(setting.default, str):
        new_value = type(setting.default)(min(setting.most, max(setting.least, new_value)))
    old = present(work, setting)
    return Proposal(
        type=setting.area,
        operation="modify",
        target=setting.name,
        new_value=new_value,
        reasoning=f"{why} {setting.name} {old} -> {new_value}.",
        confidence=effect.confidence if effect else UNKNOWN_CONFIDENCE,
        impact=effect.points if effect else UNKNOWN_GAIN,
        source=f"rule {rule}",
        evidence=evidence(metric, figure, effect, criterion),
    )


def evidence(metric: str, figure: Figure, effect: Effect | None, criterion: str) -> Evidence:
    """The figure that a rule rests on, with what was computed from it."""
    tasks = max(figure.tasks, effect.tasks) if effect else figure.tasks
    if effect is None:
        return Evidence(metric, figure.value, tasks, criterion=criterion)
    return Evidence(metric, figure.value, tasks, effect.points, effect.low, effect.high, criterion)
