"""The verdict matrix: what each client got in each situation."""

from __future__ import annotations

from ..lab.outcomes import Outcome, Outcomes, Verdict
from .canvas import (
    BLUE,
    GREEN,
    INK,
    LARGE,
    NORMAL,
    ORANGE,
    SMALL,
    TINTS,
    VERMILION,
    WIDTH,
    Canvas,
    Picture,
    wrap,
)

COLORS: dict[Verdict, str] = {
    "served": GREEN,
    "protected": BLUE,
    "locked out": ORANGE,
    "exposed": VERMILION,
}
_MARGIN, _GAP, _NAMES = 12, 6, 170
_NARROWEST = 92  # eight columns make the picture wider rather than the words smaller
_WIDE = 150  # a cell this wide has its sign beside the word, a narrower one above it


def verdict_matrix(outcomes: Outcomes) -> Picture:
    """A cell for every client and situation: a sign and the verdict.

    Under attack it also has the number of bytes that the attacker read. The longer of the two lists
    runs down, so that the words keep their size. A pair that was not tried stays blank. Raises
    ValueError when there is nothing to draw, or more than 30 by 8 cells.
    """
    clients, situations = outcomes.clients, outcomes.situations
    across, down = (
        (clients, situations) if len(situations) > len(clients) else (situations, clients)
    )
    if not across:
        raise ValueError(
            "`outcomes` must not be empty. Run something first, for example scene.run('pinned')."
        )
    if len(across) > 8 or len(down) > 30:
        raise ValueError(
            f"`outcomes` must fill at most 30 by 8 cells; got {len(down)} by {len(across)}."
        )
    cells = {(row.client, row.situation): row for row in outcomes}
    cell_width = max((WIDTH - 2 * _MARGIN - _NAMES) / len(across), _NARROWEST)
    heads = [wrap(name, cell_width - 10, size=NORMAL, bold=True) for name in across]
    head_height = 12 + 18 * max(map(len, heads))
    cell_height = 58 if cell_width >= _WIDE else 76
    height = head_height + len(down) * (cell_height + _GAP) + _MARGIN
    canvas = Canvas(height, 2 * _MARGIN + _NAMES + len(across) * cell_width)
    for column, head in enumerate(heads):
        x = _MARGIN + _NAMES + (column + 0.5) * cell_width
        canvas.text(x, head_height / 2, "\n".join(head), bold=True)
    for number, name in enumerate(down):
        y = head_height + number * (cell_height + _GAP)
        canvas.text(
            _MARGIN,
            y + cell_height / 2,
            "\n".join(wrap(name, _NAMES - 14, bold=True)),
            bold=True,
            align="left",
        )
        for column, other in enumerate(across):
            outcome = cells.get((other, name)) or cells.get((name, other))
            if outcome:
                x = _MARGIN + _NAMES + column * cell_width
                _cell(canvas, outcome, x + _GAP / 2, y, cell_width - _GAP, cell_height)
    return canvas.picture(f"Verdicts. {'; '.join(map(_phrase, outcomes))}.")


def _phrase(outcome: Outcome) -> str:
    read = f", {outcome.attacker_read} bytes read" if outcome.hijacked else ""
    return f"{outcome.client}, {outcome.situation}: {outcome.verdict}{read}"


def _cell(
    canvas: Canvas, outcome: Outcome, x: float, y: float, width: float, height: float
) -> None:
    color = COLORS[outcome.verdict]
    canvas.box(x, y, width, height, fill=TINTS[color])
    read = f"{outcome.attacker_read} bytes read" if outcome.hijacked else ""
    if width + _GAP >= _WIDE:
        sign(canvas, outcome.verdict, x + 30, y + height / 2, 15)
        canvas.text(
            x + 56,
            y + height / 2 - (9 if read else 0),
            outcome.verdict,
            size=LARGE,
            bold=True,
            align="left",
        )
        canvas.text(x + 56, y + height / 2 + 12, read, size=SMALL, align="left")
    else:
        sign(canvas, outcome.verdict, x + width / 2, y + 20, 12)
        canvas.text(x + width / 2, y + 45, outcome.verdict, size=SMALL, bold=True)
        canvas.text(x + width / 2, y + 63, read.removesuffix(" read"), size=SMALL)


def sign(canvas: Canvas, verdict: Verdict, x: float, y: float, radius: float) -> None:
    """The verdict's own shape.

    A disc for served, a shield for protected, a square for locked out, a triangle for exposed.
    """
    color, r = COLORS[verdict], radius
    if verdict == "served":
        canvas.disc(x, y, r, color)
        _tick(canvas, x, y, r)
    elif verdict == "protected":
        sides = [
            (1, -0.75),
            (1, 0.1),
            (0.72, 0.62),
            (0, 1.1),
            (-0.72, 0.62),
            (-1, 0.1),
            (-1, -0.75),
            (0, -1.05),
        ]
        canvas.shape([(x + dx * r, y + dy * r) for dx, dy in sides], color)
        _tick(canvas, x, y, r)
    elif verdict == "locked out":
        canvas.shape(
            [
                (x + dx * r * 0.92, y + dy * r * 0.92)
                for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ],
            color,
        )
        canvas.shape(
            [
                (x + dx * r * 0.62, y + dy * r * 0.2)
                for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ],
            INK,
        )
    else:
        canvas.shape(
            [(x, y - r * 1.1), (x + r * 1.18, y + r * 0.9), (x - r * 1.18, y + r * 0.9)], color
        )
        canvas.shape(
            [
                (x - r * 0.14, y - r * 0.5),
                (x + r * 0.14, y - r * 0.5),
                (x + r * 0.1, y + r * 0.28),
                (x - r * 0.1, y + r * 0.28),
            ],
            "white",
        )
        canvas.disc(x, y + r * 0.58, r * 0.14, "white")


def _tick(canvas: Canvas, x: float, y: float, r: float) -> None:
    points = [
        (-0.52, 0.02),
        (-0.36, -0.16),
        (-0.12, 0.1),
        (0.38, -0.44),
        (0.54, -0.28),
        (-0.12, 0.44),
    ]
    canvas.shape([(x + dx * r, y + dy * r) for dx, dy in points], "white")
