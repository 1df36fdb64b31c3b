"""Exercise 09.2, the night of the outage: seven steps in the best order."""

from __future__ import annotations

from collections.abc import Mapping

from ...answers import Plain, UnreadableAnswer, one_of, read_word
from ...exercise import Case, Exercise, Misconception

_SEE, _BACK, _TELL, _SHIP, _WAIT, _CHANGE, _WRITE = _STEPS = (
    "see the errors",
    "put the old key back",
    "tell the users",
    "ship an app with both pins",
    "wait for the slow users",
    "change the key again",
    "write down why",
)


def _order(value: Plain) -> Mapping[str, Plain]:
    """Where each step is, compared with the one that it depends on."""
    if not isinstance(value, list | tuple):
        raise UnreadableAnswer(f"Give a list of the seven steps: {one_of(_STEPS)}.")
    if any(step is ... for step in value):
        return {"your list": ...}
    steps = [read_word(step, _STEPS, "a step") for step in value]
    if sorted(steps) != sorted(_STEPS):
        raise UnreadableAnswer(f"Use each of the seven steps once: {one_of(_STEPS)}.")
    at = steps.index
    return {
        _SEE: "first" if at(_SEE) == 0 else "not first",
        _BACK: _placed(steps, _BACK, _SHIP),
        _TELL: _placed(steps, _TELL, _SHIP),
        _SHIP: _placed(steps, _SHIP, _CHANGE),
        _WAIT: "between the app and the change"
        if at(_SHIP) < at(_WAIT) < at(_CHANGE)
        else "elsewhere",
        _WRITE: "last" if at(_WRITE) == len(steps) - 1 else "earlier",
    }


def _placed(steps: list[str], step: str, other: str) -> str:
    before = steps.index(step) < steps.index(other)
    return f"{'before' if before else 'after'} “{other}”"


EXERCISE = Exercise(
    "09.2",
    "The night of the outage",
    points=1,
    why="Putting the old key back takes minutes, an app takes months. So first the key, then the"
    " app, and the key again only when the slow users have it.",
    read=_order,
    cases=(
        Case(_SEE, "first"),
        Case(_BACK, f"before “{_SHIP}”"),
        Case(_TELL, f"before “{_SHIP}”"),
        Case(_SHIP, f"before “{_CHANGE}”"),
        Case(_WAIT, "between the app and the change"),
        Case(_WRITE, "last"),
    ),
    misconceptions=(
        Misconception(
            "act first, look later",
            "Without the errors nobody knows that it was the pin. They also say which key is served"
            " and which was expected.",
            {_SEE: "not first"},
        ),
        Misconception(
            "an update will fix it",
            "An update takes weeks or months to reach most users. The old key is back in minutes,"
            " if nobody has stolen it.",
            {_BACK: f"after “{_SHIP}”"},
        ),
        Misconception(
            "users learn it from the app store",
            "They call now. Say now what does not work, and when it will.",
            {_TELL: f"after “{_SHIP}”"},
        ),
        Misconception(
            "this time it will work",
            "The apps out there still know only the old key. First the pins, then the key.",
            {_SHIP: f"after “{_CHANGE}”"},
        ),
        Misconception(
            "shipped is installed",
            "The wait belongs between the app and the change: it is the time that slow users need"
            " to install the app.",
            {_WAIT: "elsewhere"},
        ),
        Misconception(
            "it is over when it works again",
            "The report needs the whole story, the second change included.",
            {_WRITE: "earlier"},
        ),
    ),
)
