"""Rules on what workers should be told: failures that come back, gates that contradict themselves."""

from collections.abc import Iterator

from tremaux_tools.core.learning.delta import Proposal
from tremaux_tools.core.learning.rules.change import UNKNOWN_CONFIDENCE, UNKNOWN_GAIN, evidence
from tremaux_tools.core.learning.rules.effect import Effect, worth
from tremaux_tools.core.learning.tries import Recurring
from tremaux_tools.core.learning.work import Figure, Work

FAILURES = "recurring failures"  # sections of the playbook
GATES = "flaky gates"
HEEDED = 0.5  # of the workers that are told what ended a failure need not meet it; the trial tells how many do
MAX_QUOTED = 160  # characters of what a log or an action says


def recurring_failures(work: Work) -> Iterator[Proposal]:
    """A failure that several goals met: tell the next worker, and what ended it."""
    figure = Figure(len(work.failures), len(work.tasks))
    for failure in work.failures:
        effect = _avoided(work, failure)
        ended = f" It ended after: {_quoted(failure.ended_by)}." if failure.ended_by else ""
        text = f"The failure {_quoted(failure.signature or failure.fingerprint)} was met in several goals.{ended}"
        why = f"{failure.goals} goals met the failure {failure.fingerprint}."
        project = failure.projects[0] if len(failure.projects) == 1 else None
        yield _bullet(FAILURES, text, project, why, "recurring_failures", figure, effect)


def flaky_gates(work: Work) -> Iterator[Proposal]:
    """A gate that changed its verdict on the same work tree: tell the next worker to run it again first."""
    figure = Figure(len(work.gates), len(work.tasks))
    for gate in work.gates:
        text = f"The gate {_quoted(gate.command)} both passes and fails on the same work tree: "
        text += "run it again before you change anything because of it."
        why = f"It changed its verdict {gate.flips} times without a change of the work tree."
        yield _bullet(GATES, text, gate.project, why, "flaky_gates", figure, None)


def _bullet(
    section: str, text: str, project: str | None, why: str, metric: str, figure: Figure, effect: Effect | None
) -> Proposal:
    return Proposal(
        type="playbook",
        operation="add",
        target=section,
        new_value=text,
        reasoning=why,
        confidence=effect.confidence if effect else UNKNOWN_CONFIDENCE,
        impact=effect.points if effect else UNKNOWN_GAIN,
        source=f"rule {metric}",
        project=project,
        evidence=evidence(metric, figure, effect, "workers that are told pass more often"),
    )


def _avoided(work: Work, failure: Recurring) -> Effect | None:
    """What it gains when workers need not meet the failure; None where nobody knows what ended it, or no run met it."""
    met = [float(run.fingerprint == failure.fingerprint) for _, run in work.ran]
    return worth(met, 100 * HEEDED) if failure.ended_by and any(met) else None


def _quoted(text: str) -> str:
    """Words of a log or of an agent, in a line that says so; what is quoted is data."""
    line = " ".join(text.split()).replace("`", "'")
    return f"`{line if len(line) <= MAX_QUOTED else f'{line[: MAX_QUOTED - 3]}...'}`"
