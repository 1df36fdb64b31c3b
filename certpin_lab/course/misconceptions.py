"""Finds the misconception of an exercise that explains a wrong answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .answers import Plain, plain, same
from .exercise import Case, Exercise, Misconception


@dataclass(frozen=True)
class Match:
    """The idea that explains most of the wrong cases, and the first case that it explains.

    idea: None when no idea explains more cases than it contradicts; `case` is then the first wrong
    one. explains_all: whether it explains every wrong case and contradicts none.
    """

    idea: Misconception | None
    case: Case
    explains_all: bool = False


def best_match(
    exercise: Exercise, wrong: Sequence[Case], seen: Mapping[str, Plain], world: Any = None
) -> Match:
    """The idea of this exercise that fits best what was seen.

    wrong: the cases that came out wrong, at least one. seen: the observations, by the names of the
    cases; a case that did not get that far is missing. world: the value of the exercise's setting.
    """
    best, best_score = Match(None, wrong[0]), (0, 0)
    for idea in exercise.misconceptions:
        says = _says(idea, exercise, world)
        explained = [
            case for case in wrong if case.name in says and same(says[case.name], seen[case.name])
        ]
        contradicted = sum(
            not same(value, seen[name]) for name, value in says.items() if name in seen
        )
        score = (len(explained), -contradicted)
        if len(explained) > contradicted and score > best_score:
            explains_all = len(explained) == len(wrong) and not contradicted
            best, best_score = Match(idea, explained[0], explains_all), score
    return best


def _says(idea: Misconception, exercise: Exercise, world: Any) -> Mapping[str, Plain]:
    if not callable(idea.says):
        return idea.says
    return {case.name: _recipe(idea.says, case.arguments(world)) for case in exercise.cases}


def _recipe(recipe: Callable[..., Any], inputs: tuple[Any, ...]) -> Plain:
    try:
        return plain(recipe(*inputs))
    except Exception:  # noqa: BLE001  # a recipe that fails explains nothing
        return "the wrong recipe does not work here"
