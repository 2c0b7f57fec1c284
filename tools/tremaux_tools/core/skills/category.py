"""The four kinds of skill that a task can show."""

from typing import Literal, get_args

Category = Literal["tool_usage", "pattern", "decision", "architecture"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
