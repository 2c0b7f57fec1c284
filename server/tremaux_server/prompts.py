"""What a person can start a turn with: prompts that tell where a goal stands."""

from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from tremaux_server import answers
from tremaux_server.app import App
from tremaux_server.replies.journal import ResumeReply
from tremaux_tools.errors import TremauxError

LISTED = 12  # items of each list
RESUME = "Go on with this goal. Try nothing listed as a dead end; record each gate run."
DEBRIEF = """\
This goal is to be closed. Run its gate once more with run_gate, or `tremaux run`, so that its exit code is seen. Then \
call run_postflight with that job_id, this goal, and in `notes` what the next one should know, one line each and only \
what was proven here: "Root cause: ...", "Fix: ...", "Solution: ...", "Workaround: ...", "Learning: ...". Call \
close_goal only when the verdict is passed."""


def register(server: MCPServer[App], app: App) -> None:
    """Offer the prompts."""

    @server.prompt(title="Resume a goal")
    async def resume(goal: str = "default") -> str:
        """Where a goal stands, to start a turn with."""
        return f"{await _standing(app, goal)}\n\n{RESUME}"

    @server.prompt(title="Debrief a goal")
    async def debrief(goal: str = "default") -> str:
        """What was done for a goal, and how to leave proof and lessons behind when it is achieved."""
        return f"{await _standing(app, goal)}\n\n{DEBRIEF}"


async def _standing(app: App, goal: str) -> str:
    """Where a goal stands, in words.

    Raises:
        MCPError: the goal's name makes no sense.
    """
    try:
        resumed = await app.journal.resume(app.whereabouts.current(), goal)
    except TremauxError as error:
        raise MCPError(INVALID_PARAMS, answers.explain(error)) from error
    return ResumeReply.of(resumed, limit=LISTED).text()
