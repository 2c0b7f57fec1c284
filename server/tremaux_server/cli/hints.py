"""Hints name the tools that agents call; a person at a shell is told the command instead."""

import re
from collections.abc import Mapping

_COMMANDS: Mapping[str, str] = {
    r"list_tickets": "`tremaux ticket list`",
    r"list_deltas": "`tremaux learn deltas`",
    r"decide_delta": "`tremaux learn approve|reject`",
    r"get_learning_status": "`tremaux learn status`",
    r"get_ticket": "`tremaux ticket show`",
    r"list_sessions": "`tremaux pane list`",
    r"open_session": "`tremaux pane open`",
    r"list_reports": "`tremaux report list`",
    r"recommend_skills": "`tremaux recommend`",
    r"search_knowledge": "`tremaux knowledge search`",
    r"get_entity": "`tremaux knowledge show`",
    r"get_job\('([\w-]+)'[^)]*\)": r"`tremaux pane capture \1`",
    r"restore_snapshot\('(\w+)'\)": r"`tremaux snapshot restore \1`",
}


def in_shell(hint: str) -> str:
    """The hint with commands for the tools that it names."""
    for tool, command in _COMMANDS.items():
        hint = re.sub(rf"\b{tool}", command, hint)
    return hint
