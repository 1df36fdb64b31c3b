"""What each lesson asks, declared in one module a lesson: `lesson00` and so on.

A lesson is loaded when its first id is asked for.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..answers import closest
from ..exercise import Exercise, Prediction, Question


def numbers() -> list[str]:
    """The numbers of the lessons that declare something: "00", "01", ..."""
    numbers = [f"{number:02}" for number in range(100)]
    return [number for number in numbers if find_spec(f"{__name__}.lesson{number}")]


def declared(lesson: str) -> Any:
    """The module of a lesson, with `PREDICTIONS`, `QUESTIONS` and `EXERCISES`, each a tuple.

    Raises:
        LookupError: when the lesson declares nothing.
    """
    if lesson not in numbers():
        raise LookupError(
            f'Lesson "{lesson}" has nothing to check. Lessons that have: {", ".join(numbers())}.'
        )
    return import_module(f"{__name__}.lesson{lesson}")


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
