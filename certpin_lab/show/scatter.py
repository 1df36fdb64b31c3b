"""What each choice stops, against what it survives: one point a choice."""

from __future__ import annotations

from collections.abc import Mapping

from .canvas import BLUE, LINE, NORMAL, PALE, SMALL, Canvas, Picture, wrap

_LEFT, _TOP, _WIDE, _TALL = 150.0, 24.0, 520.0, 300.0


def tradeoff(
    scores: Mapping[str, tuple[int, int]], *, attacks: int = 5, renewals: int = 5
) -> Picture:
    """A point for each name: to the right, renewals survived; upwards, attacks stopped.

    scores: by name, (attacks stopped, renewals survived), out of `attacks` and `renewals`.

    Raises ValueError when there are no scores, or one is out of range.
    """
    if not scores:
        raise ValueError("`scores` must not be empty: give a score for each choice.")
    for name, (stopped, survived) in scores.items():
        if not (0 <= stopped <= attacks and 0 <= survived <= renewals):
            raise ValueError(
                f"The score of {name} must be within ({attacks}, {renewals});"
                f" got ({stopped}, {survived})."
            )
    canvas = Canvas(_TOP + _TALL + 64)
    _axes(canvas, attacks, renewals)
    places: dict[tuple[int, int], list[str]] = {}
    for name, place in scores.items():
        places.setdefault(place, []).append(name)
    for (stopped, survived), names in places.items():
        x, y = _LEFT + survived / renewals * _WIDE, _TOP + _TALL - stopped / attacks * _TALL
        canvas.disc(x, y, 7, BLUE)
        lines = wrap(", ".join(names), 98, bold=True)
        canvas.text(
            x, y - 10 - 9 * len(lines), "\n".join(lines), size=NORMAL, bold=True, behind="white"
        )
    said = "; ".join(
        f"{name}: {stopped} attacks stopped, {survived} renewals survived"
        for name, (stopped, survived) in scores.items()
    )
    return canvas.picture(
        f"Attacks stopped, of {attacks}, against renewals survived, of {renewals}. {said}."
    )


def _axes(canvas: Canvas, attacks: int, renewals: int) -> None:
    bottom = _TOP + _TALL
    for number in range(attacks + 1):
        y = bottom - number / attacks * _TALL
        canvas.line(_LEFT, y, _LEFT + _WIDE, y, color="#e0e0e0")
        canvas.text(_LEFT - 14, y, str(number), size=SMALL, color=PALE, align="right")
    for number in range(renewals + 1):
        x = _LEFT + number / renewals * _WIDE
        canvas.line(x, _TOP, x, bottom, color="#e0e0e0")
        canvas.text(x, bottom + 18, str(number), size=SMALL, color=PALE)
    canvas.line(_LEFT, bottom, _LEFT + _WIDE, bottom, color=LINE)
    canvas.line(_LEFT, _TOP, _LEFT, bottom, color=LINE)
    canvas.text(_LEFT + _WIDE / 2, bottom + 44, "renewals survived", size=NORMAL)
    canvas.text(_LEFT - 44, _TOP + _TALL / 2, "attacks\nstopped", size=NORMAL, align="right")
