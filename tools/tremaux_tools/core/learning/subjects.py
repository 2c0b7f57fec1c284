"""How the tasks that have part in a trial are named: the same from where they begin to where their end is known."""

from tremaux_tools.core.tickets.ticket import Run, run_name


def run_subject(run: Run) -> str:
    """A run of a ticket."""
    return f"run {run_name(run)}"


def recommendation_subject(recommendation_id: int) -> str:
    """An answer with learnings."""
    return f"recommendation-{recommendation_id}"


def goal_subject(goal_id: int, passes: int) -> str:
    """A goal up to its next pass; `passes` counts those it had."""
    return f"goal {goal_id}.{passes}"


def bullet_target(bullet_id: int) -> str:
    """A bullet of the playbook as the target of a delta."""
    return f"bullet-{bullet_id}"
