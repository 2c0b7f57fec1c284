"""Write a report in the formats that CI services, dashboards and people read."""

from tremaux_tools.core.postflight.formats.ctrf import as_ctrf
from tremaux_tools.core.postflight.formats.junit import as_junit
from tremaux_tools.core.postflight.formats.markdown import as_markdown

__all__ = ["as_ctrf", "as_junit", "as_markdown"]
