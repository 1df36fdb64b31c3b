"""What happened when: incidents on a line, and who noticed them."""

from __future__ import annotations

from collections.abc import Sequence

from ..cases.facts import Incident
from .canvas import BLUE, LINE, NORMAL, PALE, SMALL, TINTS, WIDTH, Canvas, Picture, wrap
from .matrix import sign

_MARGIN, _AXIS, _TEXT, _NOTICED = 12, 112, 134, 566
_LINE, _GAP = 17, 18


def timeline(incidents: Sequence[Incident]) -> Picture:
    """The incidents from the oldest down, each with what happened and who noticed.

    Where pins noticed, a shield says so. Raises ValueError for no incidents, or more than twenty.
    """
    if not 1 <= len(incidents) <= 20:
        raise ValueError(f"A timeline must have 1 to 20 incidents; got {len(incidents)}.")
    texts = [wrap(incident.what, _NOTICED - _TEXT - 24, size=SMALL) for incident in incidents]
    heights = [26 + len(lines) * _LINE + _GAP for lines in texts]
    canvas = Canvas(sum(heights) + _MARGIN)
    canvas.line(_AXIS, _MARGIN, _AXIS, sum(heights), color=LINE)
    y = float(_MARGIN)
    for incident, lines, height in zip(incidents, texts, heights, strict=True):
        _entry(canvas, incident, lines, y, height)
        y += height
    return canvas.picture("Timeline. " + " ".join(map(str, incidents)))


def _entry(canvas: Canvas, incident: Incident, lines: list[str], y: float, height: float) -> None:
    by_pins = "pins" in incident.noticed_by
    canvas.text(_AXIS - 16, y + 10, incident.date, size=SMALL, color=PALE, align="right")
    canvas.disc(_AXIS, y + 10, 5, BLUE if by_pins else LINE)
    canvas.text(_TEXT, y + 10, incident.name, size=NORMAL, bold=True, align="left")
    for number, line in enumerate(lines):
        canvas.text(_TEXT, y + 31 + number * _LINE, line, size=SMALL, align="left")
    if not incident.noticed_by:
        return
    if by_pins:
        canvas.box(_NOTICED - 10, y - 2, WIDTH - _NOTICED - 2, 44, fill=TINTS[BLUE], edge=BLUE)
        sign(canvas, "protected", _NOTICED + 10, y + 20, 10)
    canvas.text(_NOTICED + 30, y + 10, "noticed by", size=SMALL, color=PALE, align="left")
    canvas.text(_NOTICED + 30, y + 29, incident.noticed_by, size=NORMAL, bold=by_pins, align="left")
