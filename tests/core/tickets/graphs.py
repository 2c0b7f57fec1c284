"""Graphs of tickets to test with, and the plainest way to keep their ready set."""

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

Needs = dict[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn, *, most: int = 12) -> Needs:
    """Any graph, circles and tickets that need themselves among them."""
    names = [f"t{number}" for number in range(draw(st.integers(0, most)))]
    return {name: tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=4))) for name in names}


@st.composite
def acyclic_graphs(draw: st.DrawFn, *, most: int = 12) -> Needs:
    """Any graph without a circle, in any order."""
    names = [f"t{number}" for number in range(draw(st.integers(0, most)))]
    needs = {
        name: tuple(draw(st.lists(st.sampled_from(names[:at]), unique=True, max_size=4))) if at else ()
        for at, name in enumerate(names)
    }
    return {name: needs[name] for name in draw(st.permutations(names))}


def chain(length: int) -> Needs:
    """Tickets in a row, the last one first."""
    return {f"t{at}": (f"t{at - 1}",) if at else () for at in reversed(range(length))}


def layers(count: int, width: int) -> Needs:
    """Layers of tickets, each of which needs two of the layer below."""
    return {
        f"t{layer}.{at}": tuple(f"t{layer - 1}.{(at + step) % width}" for step in (0, 1)) if layer else ()
        for layer in range(count)
        for at in range(width)
    }


class ReadySet:
    """Which tickets may run: those without an open dependency. It looks at everything each time, so it is right."""

    def __init__(self) -> None:
        self._needs: dict[str, tuple[str, ...]] = {}
        self._completed: set[str] = set()

    def add(self, needs: Mapping[str, Iterable[str]]) -> set[str]:
        """Add tickets; return those of them that are ready."""
        self._needs |= {name: tuple(wanted) for name, wanted in needs.items()}
        return {name for name in needs if name in self.ready()}

    def complete(self, name: str) -> set[str]:
        """Complete a ticket; return those that are ready by it."""
        before = self.ready()
        self._completed.add(name)
        return self.ready() - before

    def reopen(self, name: str) -> set[str]:
        """Take a completion back; return those that are no longer ready."""
        before = self.ready()
        self._completed.discard(name)
        return before - self.ready()

    def ready(self) -> set[str]:
        """All that are ready."""
        return {
            name
            for name, wanted in self._needs.items()
            if name not in self._completed and self._completed.issuperset(wanted)
        }
