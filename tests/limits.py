"""Whether workers can be kept to some cores on the machine that runs the suite."""

from pathlib import Path

import pytest

from tremaux_tools.places.cpu_limit import CannotLimit, CpuLimits


def _missing() -> str:
    """Why no limit can be kept here; empty where one can."""
    try:
        CpuLimits(Path("/nowhere")).probe()
    except CannotLimit as error:
        return str(error)
    return ""


_WHY_NOT = _missing()
limiting = pytest.mark.skipif(bool(_WHY_NOT), reason=f"no job can be limited here: {_WHY_NOT}")
