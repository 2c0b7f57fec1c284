"""What the newest attempts of all goals show together: stalls, failures that come back elsewhere, flaky gates."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tremaux_tools.core.attempt import Gate

MIN_GOALS = 2  # a failure of one goal only is that goal's own
MIN_FLIPS = 2  # once, and a service outside may have been away
MOST_NAMED = 5  # recurring failures or flaky gates, the worst


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt, as far as it is looked at here."""

    goal: int
    project: str
    gate: Gate
    fingerprint: str = ""  #: of its failure
    action: str = ""
    command: str | None = None
    tree: str | None = None  #: state of the work tree; None where it is not known


@dataclass(frozen=True, slots=True)
class Stalls:
    """How often goals met the same failure again and again.

    A run is one failure met in a row; the one that a goal is at now is left out, for nobody knows its end.
    """

    goals: int = 0  #: that something was tried for
    stalled: int = 0  #: of them; those in which a failure came as often as `stall.repeats` asks for
    tries: int = 0  #: that passed or failed
    runs: Mapping[int, int] = field(default_factory=dict)  #: how many ended at each length
    passes: Mapping[int, int] = field(default_factory=dict)  #: of them, how many ended with a pass

    def reached(self, length: int) -> int:
        """How many runs grew as long as that."""
        return sum(count for ended, count in self.runs.items() if ended >= length)


@dataclass(frozen=True, slots=True)
class Recurring:
    """A failure that several goals met."""

    fingerprint: str
    goals: int
    projects: tuple[str, ...]
    signature: str = ""  #: what the log said of it, in a line
    ended_by: str = ""  #: the action after which one of the goals passed; empty: none is known


@dataclass(frozen=True, slots=True)
class FlakyGate:
    """A gate that passed and failed on the same work tree."""

    project: str
    command: str
    flips: int  #: from one verdict to the other, on the tree with most of them


def stalls(tries: Sequence[Try], *, repeats: int) -> Stalls:
    """Count runs of the same failure; `tries` are oldest first, and `repeats` in a row are a stall."""
    ended: Counter[int] = Counter()
    passed: Counter[int] = Counter()
    stalled = goals = total = 0
    for judged in _by_goal(tries).values():
        goals += 1
        total += len(judged)
        longest = 0
        for length, ending in _runs(judged):
            longest = max(longest, length)
            if ending is not None:
                ended[length] += 1
                passed[length] += ending.gate is Gate.PASS
        stalled += longest >= repeats
    return Stalls(goals, stalled, total, dict(ended), dict(passed))


def recurring(tries: Sequence[Try]) -> list[Recurring]:
    """The failures that at least `MIN_GOALS` goals met, those of most goals first; `tries` are oldest first."""
    met: defaultdict[str, set[int]] = defaultdict(set)
    projects: defaultdict[str, set[str]] = defaultdict(set)
    ended_by: dict[str, str] = {}
    for goal, judged in _by_goal(tries).items():
        for attempt in judged:
            if attempt.gate is Gate.FAIL and attempt.fingerprint:
                met[attempt.fingerprint].add(goal)
                projects[attempt.fingerprint].add(attempt.project)
        for one, following in pairwise(judged):
            if one.gate is Gate.FAIL and following.gate is Gate.PASS and following.action:
                ended_by.setdefault(one.fingerprint, following.action)  # of many the same one each time
    worst = sorted((name for name in met if len(met[name]) >= MIN_GOALS), key=lambda name: (-len(met[name]), name))
    return [
        Recurring(name, len(met[name]), tuple(sorted(projects[name])), ended_by=ended_by.get(name, ""))
        for name in worst[:MOST_NAMED]
    ]


def flaky(tries: Iterable[Try]) -> list[FlakyGate]:
    """The gates that changed their verdict at least `MIN_FLIPS` times on one and the same work tree.

    `tries` are oldest first; the worst gate comes first.
    """
    verdicts: defaultdict[tuple[str, str, str], list[Gate]] = defaultdict(list)
    for attempt in tries:
        if attempt.tree is not None and attempt.gate in (Gate.PASS, Gate.FAIL):
            verdicts[attempt.project, attempt.command or attempt.action, attempt.tree].append(attempt.gate)
    flips: Counter[tuple[str, str]] = Counter()
    for (project, command, _), gates in verdicts.items():
        on_tree = sum(one is not other for one, other in pairwise(gates))
        flips[project, command] = max(flips[project, command], on_tree)
    return [
        FlakyGate(project, command, count)
        for (project, command), count in flips.most_common(MOST_NAMED)
        if count >= MIN_FLIPS
    ]


def _by_goal(tries: Iterable[Try]) -> dict[int, list[Try]]:
    """The attempts of each goal that passed or failed."""
    found: defaultdict[int, list[Try]] = defaultdict(list)
    for attempt in tries:
        if attempt.gate in (Gate.PASS, Gate.FAIL):
            found[attempt.goal].append(attempt)
    return found


def _runs(judged: Iterable[Try]) -> Iterator[tuple[int, Try | None]]:
    """How often each failure came in a row, and the attempt that ended that; None for the run that goes on."""
    length, name = 0, ""
    for attempt in judged:
        failure = attempt.fingerprint if attempt.gate is Gate.FAIL else ""
        if failure != name and length:
            yield length, attempt
            length = 0
        name = failure
        length += bool(failure)
    if length:
        yield length, None
