"""How sure we are of learnings, seen from one project."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tremaux_tools.core.confidence import (
    SAME_PROJECT,
    Confidence,
    Standing,
    Tally,
    confidence_of,
    prior_of,
    standing,
    transfer,
)
from tremaux_tools.store import outcomes, tasks
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.learnings import Learnt


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the outcomes of some learnings say to one project at one moment."""

    at: float
    prior: float  #: chance that a task of the project passes
    project_id: int | None  #: None: seen from all projects alike
    _untried: Confidence  #: of whatever has no outcome yet
    _tallies: Mapping[int, Sequence[tuple[int, Tally]]]
    _traits: Mapping[int, frozenset[str]]

    @classmethod
    async def read(
        cls, connection: Connection, entity_ids: Collection[int], *, project_id: int | None, at: float
    ) -> "Judgement":
        """Read what there is on these learnings.

        A `project_id` of 0 is a project without any task; with None all outcomes count alike.
        """
        tallies = await outcomes.tallies(connection, entity_ids)
        traits: Mapping[int, frozenset[str]] = {}
        if project_id is not None:
            others = {number for found in tallies.values() for number, _ in found} - {project_id}
            traits = await tasks.traits(connection, [project_id, *others]) if others else {}
        prior = prior_of(*await tasks.rates(connection, project_id or 0))
        return cls(at, prior, project_id, confidence_of((), prior=prior, at=at), tallies, traits)

    def confidence(self, entity_id: int) -> Confidence:
        """How sure we are that a learning helps in this project."""
        if entity_id not in self._tallies:
            return self._untried
        counted = [(tally, self._factor(number)) for number, tally in self._tallies[entity_id]]
        return confidence_of(counted, prior=self.prior, at=self.at)

    def standing(self, learning: Learnt) -> Standing:
        """Where a learning stands in this project."""
        return self.of(learning)[1]

    def of(self, learning: Learnt) -> tuple[Confidence, Standing]:
        """How sure we are of a learning, and where that leaves it."""
        confidence = self.confidence(learning.entity_id)
        return confidence, standing(confidence, prior=self.prior, quarantined_at=learning.quarantined_at, at=self.at)

    def _factor(self, project_id: int) -> float:
        if self.project_id is None or project_id == self.project_id:
            return SAME_PROJECT
        nothing: frozenset[str] = frozenset()
        return transfer(self._traits.get(self.project_id, nothing), self._traits.get(project_id, nothing))
