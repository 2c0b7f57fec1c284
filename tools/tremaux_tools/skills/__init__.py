"""The skills service: recommend what helped, count what came of it, tell what is known."""

from tremaux_tools.skills.service import MAX_PROMPT, Skills

__all__ = ["MAX_PROMPT", "Skills"]
