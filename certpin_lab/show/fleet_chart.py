"""Who is locked out and who is exposed over time: one line for each plan, with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..cases.fleets import Day, Rollout, percent
from .canvas import (
    BLUE,
    GREEN,
    LINE,
    NORMAL,
    ORANGE,
    PALE,
    SMALL,
    VERMILION,
    WIDTH,
    Canvas,
    Picture,
    text_width,
    wrap,
)

# The colours of Okabe and Ito that stand out from white.
_COLOURS = (VERMILION, BLUE, GREEN, ORANGE, "#CC79A7", "#56B4E9")
_LEFT, _RIGHT, _NAMES = 56.0, 524.0, 566.0
_TALL, _TITLE, _TICKS, _ROW = 150.0, 32.0, 38.0, 16.0


def rollout_chart(
    results: Mapping[str, Rollout], *, marks: Mapping[int, str] | None = None
) -> Picture:
    """Two panels over the same days: users locked out, and users exposed.

    results: by the plan's name, what `simulate` returned, all for the same number of days. marks:
    days that get a dashed line and a few words, for example {120: "new key"}.

    Each panel has the scale that its lines need. Raises ValueError for no plan or more than six,
    plans of different lengths, and a mark outside their days.
    """
    if not 1 <= len(results) <= len(_COLOURS):
        raise ValueError(f"There must be 1 to {len(_COLOURS)} plans; got {len(results)}.")
    if len(lengths := {len(result.days) for result in results.values()}) > 1:
        raise ValueError(
            "All plans must have the same number of days;"
            f" got {min(lengths)} to {max(lengths)} days."
        )
    marks, days = dict(sorted((marks or {}).items())), lengths.pop()
    if outside := [day for day in marks if not 0 <= day < days]:
        raise ValueError(f"A marked day must be between 0 and {days - 1}; got {outside[0]}.")
    names = [wrap(name, WIDTH - _NAMES - 8, size=SMALL, bold=True) for name in results]
    tall = max(_TALL, sum(map(_height, names)))
    rows = _mark_rows(marks, days)
    head = _TITLE + _ROW * len(set(rows.values()))
    canvas = Canvas(2 * (head + tall + _TICKS))
    panels: tuple[tuple[str, Callable[[Day], float]], ...] = (
        ("Locked out", lambda day: day.locked_out),
        ("Exposed", lambda day: day.exposed),
    )
    for number, (title, value) in enumerate(panels):
        top = number * (head + tall + _TICKS)
        canvas.text(
            _LEFT, top + 16, f"{title}, in % of all users", size=NORMAL, bold=True, align="left"
        )
        panel = _Panel(
            canvas, top + head, tall, [[value(day) for day in one.days] for one in results.values()]
        )
        for day, words in marks.items():
            panel.mark(day, words, top + _TITLE + _ROW * rows[day] + 4)
        panel.draw(names)
    said = "; ".join(f"{name}: {result}" for name, result in results.items())
    noted = "".join(f" Day {day}: {words}." for day, words in marks.items())
    return canvas.picture(f"Users locked out and users exposed, day by day. {said}.{noted}")


def _x(day: float, days: int) -> float:
    return _LEFT + (_RIGHT - _LEFT) * day / days


def _height(name: Sequence[str]) -> float:
    return _ROW * (len(name) + 1) + 4


def _mark_rows(marks: Mapping[int, str], days: int) -> dict[int, int]:
    """The row for the words of each mark: the first one where they touch no others."""
    ends: list[float] = []
    rows = {}
    for day, words in marks.items():
        x = _x(day, days)
        row = next((row for row, end in enumerate(ends) if end < x), len(ends))
        ends[row : row + 1] = [x + text_width(words, size=SMALL) + 16]
        rows[day] = row
    return rows


class _Panel:
    """Lines over the same days, on the smallest round scale that holds them all."""

    def __init__(
        self, canvas: Canvas, top: float, tall: float, lines: Sequence[Sequence[float]]
    ) -> None:
        self.canvas, self.top, self.tall, self.lines = canvas, top, tall, lines
        self.days = len(lines[0])
        most = max(map(max, lines))
        self.scale = next(
            (step for step in (0.002, 0.01, 0.05, 0.1, 0.25, 0.5) if 0 < most <= step), 1.0
        )

    def y(self, share: float) -> float:
        return self.top + self.tall * (1 - share / self.scale)

    def mark(self, day: int, words: str, y: float) -> None:
        x = _x(day, self.days)
        self.canvas.line(x, y - 7, x, self.y(0), color=PALE, dashed=True)
        self.canvas.text(x + 5, y, words, size=SMALL, color=PALE, align="left")

    def draw(self, names: Sequence[Sequence[str]]) -> None:
        """The grid, the lines, and their names in the order in which the lines end."""
        self._grid()
        for number, line in enumerate(self.lines):
            self._line(number, line)
        order = sorted(
            range(len(names)),
            key=lambda number: (-self.lines[number][-1], -max(self.lines[number])),
        )
        y = self.top
        for place, number in enumerate(order):
            room = self.top + self.tall - sum(_height(names[other]) for other in order[place:])
            y = max(y, min(self.y(self.lines[number][-1]) - _ROW / 2, room))
            self._name(number, names[number], y)
            y += _height(names[number])

    def _grid(self) -> None:
        for part in (0.0, 0.5, 1.0):
            y = self.y(part * self.scale)
            self.canvas.line(_LEFT, y, _RIGHT, y, color=LINE if part == 0 else "#e0e0e0")
            self.canvas.text(
                _LEFT - 8, y, f"{part * self.scale * 100:g}", size=SMALL, color=PALE, align="right"
            )
        step = next(
            (step for step in (1, 7, 14, 30, 60, 90, 180, 365) if self.days / step <= 8), 730
        )
        for day in range(0, self.days, step):
            x, y = _x(day, self.days), self.y(0)
            self.canvas.line(x, y, x, y + 4, color=LINE)
            self.canvas.text(x, y + 16, str(day) if day else "day 0", size=SMALL, color=PALE)

    def _line(self, number: int, shares: Sequence[float]) -> None:
        """Steps, since a share is that of a whole day.

        Earlier lines are thicker: where lines run together, all are seen.
        """
        self.canvas.figure.axes[0].plot(
            [_x(day, self.days) for day in range(self.days + 1)],
            [self.y(share) for share in (*shares, shares[-1])],
            drawstyle="steps-post",
            color=_COLOURS[number],
            linewidth=1.8 + 0.9 * (len(self.lines) - 1 - number),
            zorder=2,
        )

    def _name(self, number: int, lines: Sequence[str], y: float) -> None:
        end, most = self.y(self.lines[number][-1]), max(self.lines[number])
        self.canvas.line(
            _RIGHT + 4, end, _NAMES - 8, y + _ROW / 2, color=_COLOURS[number], thick=1.2
        )
        for place, text in enumerate(lines):
            self.canvas.text(
                _NAMES, y + _ROW * (place + 0.5), text, size=SMALL, bold=True, align="left"
            )
        words = f"at most {percent(most)}" if most else "nobody"
        self.canvas.text(
            _NAMES, y + _ROW * (len(lines) + 0.5), words, size=SMALL, color=PALE, align="left"
        )
