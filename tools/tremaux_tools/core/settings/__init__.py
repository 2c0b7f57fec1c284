"""The settings that learning may change: each declared once, with its type, unit, bounds and default."""

from tremaux_tools.core.settings.registry import SETTINGS, find_setting
from tremaux_tools.core.settings.setting import Area, Measure, Setting, Unit, Value

__all__ = ["SETTINGS", "Area", "Measure", "Setting", "Unit", "Value", "find_setting"]
