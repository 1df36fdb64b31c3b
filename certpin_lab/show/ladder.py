"""The handshake ladder: who sent what to whom, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..lab.outcomes import Event
from .canvas import BLUE, INK, LARGE, NORMAL, TINTS, VERMILION, WIDTH, Canvas, Picture, wrap

ORDER = ("phone", "client", "wifi", "attacker", "bank", "server")
_NAMES = {"wifi": "Wi-Fi"}
_COLORS = {"": INK, "good": BLUE, "bad": VERMILION}
_SIGNS = {"": "", "good": "✔ ", "bad": "✘ "}
# CSS pixels: room beside the outer lifelines, height of the names, of a line of text.
_SIDE, _HEAD, _LINE = 104, 52, 18


@dataclass(frozen=True)
class _Row:
    event: Event
    lines: list[str]
    height: float


def ladder(events: Sequence[Event]) -> Picture:
    """A lifeline for each actor, an arrow for each message, a box for a step without a receiver.

    Good and bad steps have a sign and a colour as well as their words. Raises ValueError for fewer
    than two actors, or more than four.
    """
    events = tuple(events)
    actors = _actors(events)
    if not 2 <= len(actors) <= 4:
        names = ", ".join(actors) or "none"
        raise ValueError(f"The events must have 2 to 4 actors; got {len(actors)}: {names}.")
    step = (WIDTH - 2 * _SIDE) / (len(actors) - 1)
    places = {actor: _SIDE + number * step for number, actor in enumerate(actors)}
    rows = [_row(event, places) for event in events]
    canvas = Canvas(_HEAD + sum(row.height for row in rows) + 16)
    for actor, x in places.items():
        canvas.line(x, _HEAD - 8, x, canvas.height - 8, dashed=True)
        canvas.box(x - 62, 8, 124, 32, fill="#f0f0f0", edge="#d0d0d0")
        canvas.text(x, 24, _NAMES.get(actor, actor), size=LARGE, bold=True)
    y = float(_HEAD)
    for row in rows:
        (_message if row.event.target else _note)(canvas, row, places, y)
        y += row.height
    return canvas.picture("What happened. " + "; ".join(map(_phrase, events)) + ".")


def _phrase(event: Event) -> str:
    towards = f" to {event.target}" if event.target else ""
    mark = f" ({event.mark})" if event.mark else ""
    return f"{event.actor}{towards}: {event.action.rstrip('.')}{mark}"


def _actors(events: Sequence[Event]) -> list[str]:
    met = dict.fromkeys(name for event in events for name in (event.actor, event.target) if name)
    return sorted(met, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def _row(event: Event, places: dict[str, float]) -> _Row:
    room = abs(places[event.actor] - places[event.target]) - 28 if event.target else 182.0
    lines = wrap(_SIGNS[event.mark] + event.action, room)
    return _Row(event, lines, len(lines) * _LINE + (26 if event.target else 24))


def _message(canvas: Canvas, row: _Row, places: dict[str, float], y: float) -> None:
    assert row.event.target is not None
    start, end = places[row.event.actor], places[row.event.target]
    color = _COLORS[row.event.mark]
    tall = len(row.lines) * _LINE
    canvas.text(
        (start + end) / 2, y + 4 + tall / 2, "\n".join(row.lines), size=NORMAL, behind="white"
    )
    away = 4 if end > start else -4
    canvas.arrow(start + away, y + tall + 12, end - away, y + tall + 12, color=color)


def _note(canvas: Canvas, row: _Row, places: dict[str, float], y: float) -> None:
    color = _COLORS[row.event.mark]
    x, tall = places[row.event.actor], len(row.lines) * _LINE + 12
    canvas.box(
        x - 98,
        y + 6,
        196,
        tall,
        fill=TINTS.get(color, "#f0f0f0"),
        edge=color if row.event.mark else "#d0d0d0",
    )
    canvas.text(x, y + 6 + tall / 2, "\n".join(row.lines), size=NORMAL)
