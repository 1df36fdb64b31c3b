"""What each lesson asks: a folder a lesson, in it a file an exercise, and `questions` for the
questions and predictions. A lesson is loaded when its first id is asked for.
"""

from __future__ import annotations

import pkgutil
import re
from functools import cache
from importlib import import_module
from typing import Any

from ..answers import closest
from ..exercise import Exercise, Prediction, Question


@cache
def _folders() -> dict[str, str]:
    """The folder of each lesson, by its number."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {
        name[number.start() : number.end()]: name
        for name in names
        if (number := re.search(r"\d\d", name))
    }


def numbers() -> list[str]:
    """The numbers of the lessons that declare something: "00", "01", ..."""
    return list(_folders())


def declared(lesson: str) -> Any:
    """A lesson's declarations: `PREDICTIONS`, `QUESTIONS` and `EXERCISES`, each a tuple.

    Raises LookupError when the lesson declares nothing.
    """
    if lesson not in _folders():
        raise LookupError(
            f'Lesson "{lesson}" has nothing to check. Lessons that have: {", ".join(numbers())}.'
        )
    return import_module(f"{__name__}.{_folders()[lesson]}")


def exercise(id: str) -> Exercise:
    """The exercise with this id. Raises LookupError with the closest id when there is none."""
    found: Exercise = _find(id, "EXERCISES", "exercise")
    return found


def prediction(id: str) -> Prediction:
    """The prediction with this id. Raises LookupError with the closest id when there is none."""
    found: Prediction = _find(id, "PREDICTIONS", "prediction")
    return found


def question(id: str) -> Question:
    """The retrieval question with this id.

    Raises LookupError with the closest id when there is none.
    """
    found: Question = _find(id, "QUESTIONS", "question")
    return found


def _find(id: str, kind: str, what: str) -> Any:
    if not isinstance(id, str):
        raise LookupError(f'An id is text, for example "00.1", not {type(id).__name__}.')
    known = {one.id: one for one in getattr(declared(id.split(".")[0]), kind)}
    if id not in known:
        raise LookupError(f'There is no {what} "{id}".{closest(id, known)}')
    return known[id]
