"""The figure of docs/confidence.md, as SVG."""

from collections.abc import Iterator, Sequence
from itertools import chain
from statistics import fmean

from tests.simulation.trial import Step, calibration, regret
from tests.simulation.world import TASKS

WINDOW = 100  # recommendations to a point
HIGHEST = 0.3  # regret

_WIDTH, _HEIGHT = 760, 320
_TOP, _BOTTOM = 56, 268
_LEFT, _RIGHT = 56, 452  # of the curves
_SQUARE = 528  # left edge of the calibration, which is as wide as high

_STYLE = """
  .ground { fill: #ffffff } .line { stroke: #d0d7de } .text { fill: #59636e } .title { fill: #1f2328 }
  .constant { stroke: #bc4c00 } .ours { stroke: #0969da }
  .constant-fill { fill: #bc4c00 } .ours-fill { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .line { stroke: #30363d } .text { fill: #9198a1 } .title { fill: #f0f6fc }
    .constant { stroke: #f0883e } .ours { stroke: #58a6ff }
    .constant-fill { fill: #f0883e } .ours-fill { fill: #58a6ff }
  }
  text { font: 12px system-ui, sans-serif } .title { font-weight: 600; font-size: 13px }
  .curve { fill: none; stroke-width: 2 } .dashed { stroke-dasharray: 3 3 }
"""


def draw(constant: Sequence[Sequence[Step]], ours: Sequence[Sequence[Step]]) -> str:
    """Regret over time, and what was foretold against what came, of runs in the same worlds."""
    parts = chain(_curves(constant, ours), _calibration(constant, ours))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            "<title>Regret per task falls with Tremaux, and stays high with a constant confidence</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _curves(constant: Sequence[Sequence[Step]], ours: Sequence[Sequence[Step]]) -> Iterator[str]:
    yield _text(_LEFT, 28, "Regret per task: chance of passing that was missed", "title")
    for tenths in range(4):
        y = _down(tenths / 10 / HIGHEST)
        yield _line(_LEFT, y, _RIGHT, y)
        yield _text(_LEFT - 8, y + 4, f"{tenths / 10:.1f}", anchor="end")
    for tasks in range(0, TASKS + 1, TASKS // 4):
        yield _text(_across(tasks), _BOTTOM + 20, f"{tasks:,}", anchor="middle")
    yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 40, "recommendations, in 180 days", anchor="middle")
    middle = _across(TASKS / 2)
    yield _line(middle, _TOP, middle, _BOTTOM, "dashed")
    yield _text(middle + 6, _BOTTOM - 8, "a quarter goes stale")
    for runs, kind, label in ((constant, "constant", "constant 0.85"), (ours, "ours", "Tremaux")):
        points = list(_windows(runs))
        path = " ".join(f"{_across(tasks):.1f},{_down(missed / HIGHEST):.1f}" for tasks, missed in points)
        yield f'<polyline class="curve {kind}" points="{path}"/>'
        highest_near_end = max(missed for _, missed in points[-5:])
        yield _text(_RIGHT, _down(highest_near_end / HIGHEST) - 10, label, f"{kind}-fill", anchor="end")


def _calibration(constant: Sequence[Sequence[Step]], ours: Sequence[Sequence[Step]]) -> Iterator[str]:
    side = _BOTTOM - _TOP
    yield _text(_SQUARE - 34, 28, "Passed, by what was foretold", "title")
    for tenths in (0, 5, 10):
        y, x = _down(tenths / 10), _SQUARE + side * tenths / 10
        yield _line(_SQUARE, y, _SQUARE + side, y)
        yield _text(_SQUARE - 8, y + 4, f"{10 * tenths} %", anchor="end")
        yield _text(x, _BOTTOM + 20, f"{tenths / 10:.1f}", anchor="middle")
    yield _text(_SQUARE + side / 2, _BOTTOM + 40, "confidence", anchor="middle")
    yield _line(_SQUARE, _BOTTOM, _SQUARE + side, _TOP, "dashed")
    for runs, kind in ((constant, "constant"), (ours, "ours")):
        steps = list(chain.from_iterable(runs))
        for foretold, passed, number in calibration(steps):
            radius = max(1.5, 9 * (number / len(steps)) ** 0.5)  # the area tells how often
            x, y = _SQUARE + side * foretold, _down(passed)
            yield f'<circle class="{kind}-fill" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill-opacity="0.85"/>'


def _windows(runs: Sequence[Sequence[Step]]) -> Iterator[tuple[float, float]]:
    for first in range(0, TASKS, WINDOW):
        yield first + WINDOW / 2, fmean(regret(steps[first : first + WINDOW]) for steps in runs)


def _across(tasks: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * tasks / TASKS


def _down(share: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * share


def _line(x1: float, y1: float, x2: float, y2: float, kind: str = "") -> str:
    return f'<line class="line {kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, kind: str = "text", *, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'
