"""The gate tool: run a project's test, build or lint, with a person's consent, and record what it showed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from mcp.server.elicitation import AcceptedElicitation
from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve
from pydantic import BaseModel, Field

from tremaux_server.app import App, app_of
from tremaux_server.handlers.approval import can_ask
from tremaux_server.look import MAX_WAIT
from tremaux_server.replies.gates import GatePart, GateReply, WorkerPart
from tremaux_server.tool import ACTS, Offer, client_name, progress
from tremaux_server.uris import attempts_uri
from tremaux_server.visible import visible
from tremaux_server.where import ProjectName, Where
from tremaux_tools.core.gate import MAX_TIMEOUT, Consent, Plan, Purpose
from tremaux_tools.errors import NotAllowed

MAX_COMMAND = 100_000  # characters
MAX_NAME = 200  # characters
MAX_ASKED = 4_000  # characters of a question; a person must see all that they agree to
TAIL = 20  # lines of a gate's log in an answer

Command = Annotated[str, Field(min_length=1, max_length=MAX_COMMAND, description="Shell command instead of a name")]


class Answer(BaseModel):
    """What a person decides."""

    decision: str


class FileAnswer(Answer):
    """What a person decides of a settings file that is not trusted."""

    decision: Annotated[Literal["trust this file", "run once", "refuse"], Field(title="Decision")]


class CommandAnswer(Answer):
    """What a person decides of a command that an agent made up."""

    decision: Annotated[Literal["run once", "refuse"], Field(title="Decision")]


_ANSWERS: Mapping[Consent, type[Answer]] = {"file": FileAnswer, "command": CommandAnswer}
_NO_QUESTION = Answer(decision="run once")


async def _plan(
    context: Context[Any, Any], where: Where, name: str | None, command: str | None, timeout_s: float | None
) -> Plan:
    return await app_of(context).gates.plan(where, name=name, command=command, timeout=timeout_s)


async def _answer(context: Context[Any, Any], plan: Annotated[Plan, Resolve(_plan)]) -> Elicit[Answer] | Answer:
    """The question a person is asked. It names the digest of what was read: once that changes it is asked anew."""
    if not plan.consent:
        return _NO_QUESTION
    question = "\n".join(_question(plan))
    if not can_ask(context):
        raise NotAllowed(f"{plan.what} needs a person's consent, and this client cannot ask for it", plan.way_out)
    if len(question) > MAX_ASKED:
        raise NotAllowed(
            f"{plan.what} needs a person's consent, and is too long to be shown whole in a question", plan.way_out
        )
    return Elicit(question, _ANSWERS[plan.consent])


class GateTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def run_gate(
        self,
        where: Where,
        context: Context[Any, Any],
        plan: Annotated[Plan, Resolve(_plan)],
        answer: Annotated[ElicitationResult[Answer], Resolve(_answer)],
        name: Annotated[str, Field(max_length=MAX_NAME, description="A gate of the project's tremaux.toml")]
        | None = None,
        command: Command | None = None,
        goal: Annotated[str, Field(description="What the attempt is for")] = "default",
        action: Annotated[str, Field(description="What was changed before this run, one line")] = "",
        hypothesis: str = "",
        timeout_s: Annotated[float, Field(gt=0, le=MAX_TIMEOUT, description="The gate's own if not set, else 600")]
        | None = None,
        wait_s: Annotated[float, Field(ge=0, le=MAX_WAIT)] = 50,
        project: ProjectName = None,
    ) -> GateReply:
        """Run a gate (test, build, lint) and record the attempt with what it really showed: no claim is needed.

        Use it instead of running the gate yourself and calling record_attempt. What is not done after wait_s runs on
        and records itself; get_job asks again. A person may be asked before anything runs.
        """
        match answer:
            case AcceptedElicitation(data=Answer(decision="trust this file")):
                plan = await self._app.gates.trust(plan)
            case AcceptedElicitation(data=Answer(decision="run once")):
                plan = plan.agreed()
            case _:
                raise NotAllowed(f"a person refused to run {plan.what}", "Do not ask again; work without it.")
        purpose = Purpose(goal, action, hypothesis, client=client_name(context), agent=self._app.settings.agent)
        record = await self._app.gates.start(plan, purpose)
        run = await self._app.gates.look(record, wait=wait_s, tail=TAIL, progress=progress(context))
        if run.recorded:
            await context.notify_resource_updated(attempts_uri(run.recorded.goal))
        return GateReply.of(run)

    def offers(self) -> Sequence[Offer]:
        """The tools."""
        return (Offer(self.run_gate, "Run a gate", ACTS),)


def _question(plan: Plan) -> Iterator[str]:
    """All that a person agrees to, with nothing hidden."""
    rule = plan.rule
    yield f"An agent wants to run {f'the gate {visible(rule.name)}' if rule.name else 'a command of its own'}:"
    yield f"    {visible(rule.command)}"
    yield f"in the directory {visible(plan.cwd)}, for at most {rule.timeout:g} seconds."
    if plan.consent == "file":
        state = "has changed since you trusted it" if plan.has_changed else "is not trusted yet"
        yield f"The file {visible(plan.path)} (sha256 {plan.settings.digest}) {state}."
        others = [GatePart.of(gate).line() for gate in plan.settings.gates.values() if gate.name != rule.name]
        others += [WorkerPart(name=name, command=line).line() for name, line in plan.settings.workers.items()]
        if others:
            yield "Trusting it lets agents run these as well:"
            yield from (f"    {line}" for line in others)
        if plan.settings.allow_commands:
            yield "Trusting it lets agents run ANY command of their own as well (allow_commands = true)."
