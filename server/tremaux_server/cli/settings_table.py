"""Settings as a table for a person's terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from tremaux_server.cli.table import console
from tremaux_server.replies.settings import SettingPart


def draw(settings: Sequence[SettingPart]) -> None:
    """Print one row a setting; those that differ from their default stand out."""
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("NAME", "VALUE", "SOURCE"):
        drawn.add_column(heading, no_wrap=True)
    drawn.add_column("ABOUT")  # what could be wrapped is made narrow first; its cells are cut instead
    for part in settings:
        style = "" if part.source == "default" and part.trial is None else "bold"
        trial = f"({part.trial.told()}) " if part.trial else ""
        drawn.add_row(
            Text(part.name, style=style),
            Text(part.told(), style=style),
            Text(part.whence()),
            Text(f"{trial}{part.about}", no_wrap=True, overflow="ellipsis"),
        )
    console().print(drawn)
