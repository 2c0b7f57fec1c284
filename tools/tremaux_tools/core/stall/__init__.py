"""Stall detection: `judge` says whether a goal's attempts go round in circles, and shows why."""

from tremaux_tools.core.stall.judge import WINDOW, judge
from tremaux_tools.core.stall.settings import DEFAULT, RULES, StallSettings
from tremaux_tools.core.stall.verdict import Advice, Best, Pattern, Ruling, Tried, Verdict

__all__ = [
    "DEFAULT",
    "RULES",
    "WINDOW",
    "Advice",
    "Best",
    "Pattern",
    "Ruling",
    "StallSettings",
    "Tried",
    "Verdict",
    "judge",
]
