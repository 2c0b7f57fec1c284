"""The learning tools: what Tremaux changes about itself, why, and what came of it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from pydantic import BaseModel, Field

from tremaux_server.app import App, app_of
from tremaux_server.handlers.approval import can_ask
from tremaux_server.replies.learning import DeltaReply, DeltasReply, PlaybookReply, StatusReply, TurnReply
from tremaux_server.tool import ADDS, READS, SETS, Offer, client_name
from tremaux_server.visible import visible
from tremaux_server.where import ProjectName, Where
from tremaux_tools.core.learning.delta import DeltaStatus, DeltaType, Operation, Proposal
from tremaux_tools.errors import NotAllowed

MAX_LISTED = 1_000  # deltas in one answer
MAX_TEXT = 4_000  # characters of a reasoning, a bullet or a reason
MAX_NAME = 200  # characters of a target
MAX_NUMBER = 2**63 - 1

DeltaId = Annotated[int, Field(ge=1, le=MAX_NUMBER)]
DeltaDecision = Literal["approve", "reject", "rollback"]
NewValue = (
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True)]
    | Annotated[float, Field(strict=True)]
    | Annotated[str, Field(max_length=MAX_TEXT)]
)


class DeltaApproval(BaseModel):
    """What a person fills in; `none` where nobody was asked."""

    decision: str = "none"


class DeltaForm(DeltaApproval):
    """What a person is asked to fill in."""

    decision: Literal["approve", "reject", "later"] = Field(title="Decision")


async def _asked(
    context: Context[Any, Any],
    id: DeltaId,  # noqa: A002  the contract's own name
    decision: DeltaDecision,
) -> Elicit[DeltaApproval] | DeltaApproval:
    """The question about a delta of high risk; nobody is asked about others."""
    delta = await app_of(context).learning.delta(id)
    if decision != "approve" or delta.risk != "high" or delta.status != "pending" or not can_ask(context):
        return DeltaApproval()
    told = (
        f"Tremaux is to change {visible(delta.target)} from {visible(str(delta.old_value))} to "
        f"{visible(str(delta.new_value))}.\nIts risk is high. Why: {visible(delta.reasoning)}"
    )
    return Elicit(told, DeltaForm)


class LearningTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def get_learning_status(self, project: ProjectName = None) -> StatusReply:
        """See whether Tremaux learns, what it saw of the work, what is on trial, and how many deltas there are."""
        return StatusReply.of(await self._app.learning.status())

    async def list_deltas(
        self,
        status: DeltaStatus | None = None,
        limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 20,
        project: ProjectName = None,
    ) -> DeltasReply:
        """List proposed changes of settings and playbook, newest first, with score, trial figures and why each ended.

        Pending ones wait for a person.
        """
        return DeltasReply.of(await self._app.learning.deltas(status, limit=limit))

    async def propose_delta(
        self,
        where: Where,
        context: Context[Any, Any],
        type: DeltaType,  # noqa: A002  the contract's own name
        operation: Annotated[Operation, Field(description="adjust adds to a number, or votes helpful/harmful")],
        target: Annotated[
            str, Field(min_length=1, max_length=MAX_NAME, description="A setting, bullet-12, or a section to add to")
        ],
        new_value: Annotated[NewValue, Field(description="The setting's new value, or the bullet's text")],
        reasoning: Annotated[
            str, Field(max_length=MAX_TEXT, description='A metric and its value of now, e.g. "success_rate 0.62"')
        ],
        confidence: Annotated[float, Field(ge=0, le=1)],
        impact: Annotated[float, Field(ge=-100, le=100, description="Expected gain, in points of the pass rate")],
        project: ProjectName = None,
    ) -> DeltaReply:
        """Propose a change of a setting or of the playbook. It is scored by evidence, then tried on 70 % of tasks, or
        put before a person; what hurts is taken back by itself.

        Look at get_learning_status first: figures that it does not show score nothing.
        """
        name = str(await self._app.services.project_name(where)) if type == "playbook" else None
        delta = await self._app.learning.propose(
            Proposal(
                type=type,
                operation=operation,
                target=target,
                new_value=new_value,
                reasoning=reasoning,
                confidence=confidence,
                impact=impact,
                source=client_name(context) or "an agent",
                project=name,
            )
        )
        return DeltaReply.of(delta)

    async def decide_delta(
        self,
        answer: Annotated[ElicitationResult[DeltaApproval], Resolve(_asked)],
        id: DeltaId,  # noqa: A002  the contract's own name
        decision: DeltaDecision,
        reason: Annotated[str, Field(max_length=MAX_TEXT)] = "",
        project: ProjectName = None,
    ) -> DeltaReply:
        """Approve or reject a pending delta, only as a person told you; roll one back that is on trial or was kept.

        A person is asked about one of high risk, where the client can.
        """
        learning = self._app.learning
        if decision == "reject":
            delta = await learning.reject(id, reason=reason)
        elif decision == "rollback":
            delta = await learning.roll_back(id, reason=reason)
        else:
            said = answer.data.decision if isinstance(answer, AcceptedElicitation) else "later"
            if said == "reject":
                delta = await learning.reject(id, reason="a person said no")
            elif said == "later" or (said == "none" and (await learning.delta(id)).risk == "high"):
                raise NotAllowed(
                    f"delta {id} is of high risk, and no person has approved it",
                    f"A person can: tremaux learn approve {id}.",
                )
            else:
                delta = await learning.approve(id, reason=reason)
        return DeltaReply.of(delta)

    async def run_learning_cycle(self, project: ProjectName = None) -> TurnReply:
        """Make a turn of the learning cycle now instead of at its next time, and see what it did."""
        turn = await self._app.learning.turn()
        return TurnReply.of(turn)

    async def get_playbook(self, where: Where, project: ProjectName = None) -> PlaybookReply:
        """Read the playbook of this project: what workers are told, each bullet with how often it helped and harmed."""
        return PlaybookReply.of(await self._app.learning.playbook(await self._app.services.project_name(where)))

    def offers(self) -> Sequence[Offer]:
        """The tools."""
        return (
            Offer(self.get_learning_status, "See how learning stands", READS),
            Offer(self.list_deltas, "List deltas", READS),
            Offer(self.propose_delta, "Propose a delta", ADDS),
            Offer(self.decide_delta, "Decide on a delta", SETS),
            Offer(self.run_learning_cycle, "Run the learning cycle", ADDS),
            Offer(self.get_playbook, "Read the playbook", READS),
        )
