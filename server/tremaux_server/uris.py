"""Names of the resources, as answers mention them and clients read them."""

from urllib.parse import quote

JSON = "application/json"  # the MIME type of most
ATTEMPTS_TEMPLATE = "tremaux://goals/{goal}/attempts"
OUTPUT_TEMPLATE = "tremaux://attempts/{id}/output"
LOG_TEMPLATE = "tremaux://jobs/{id}/log"
REPORT_TEMPLATE = "tremaux://reports/{id}"
REPORT_OUTPUT_TEMPLATE = "tremaux://reports/{id}/output"
TICKETS = "tremaux://tickets"
TICKET_TEMPLATE = "tremaux://tickets/{id}"
SKILLS = "tremaux://skills"
RECOMMENDATION_TEMPLATE = "tremaux://recommendations/{id}"
KNOWLEDGE_TEMPLATE = "tremaux://knowledge/{name}"
PLAYBOOK = "tremaux://playbook"


def attempts_uri(goal: str) -> str:
    """The resource with all attempts at a goal."""
    return ATTEMPTS_TEMPLATE.format(goal=quote(goal, safe=""))


def output_uri(attempt_id: int) -> str:
    """The resource with what the gate of an attempt printed."""
    return OUTPUT_TEMPLATE.format(id=attempt_id)


def log_uri(job_id: str) -> str:
    """The resource with all that a run of a command printed."""
    return LOG_TEMPLATE.format(id=quote(job_id, safe=""))


def report_uri(report_id: int) -> str:
    """The resource with a whole report."""
    return REPORT_TEMPLATE.format(id=report_id)


def report_output_uri(report_id: int) -> str:
    """The resource with what the run printed that a report is about."""
    return REPORT_OUTPUT_TEMPLATE.format(id=report_id)


def ticket_uri(name: str) -> str:
    """The resource with a whole ticket, its runs and all that happened to it."""
    return TICKET_TEMPLATE.format(id=quote(name, safe=""))


def recommendation_uri(recommendation_id: int) -> str:
    """The resource with where a recommendation came from and what came of it."""
    return RECOMMENDATION_TEMPLATE.format(id=recommendation_id)


def knowledge_uri(name: str) -> str:
    """The resource with a whole entity of the knowledge graph."""
    return KNOWLEDGE_TEMPLATE.format(name=quote(name, safe=""))
