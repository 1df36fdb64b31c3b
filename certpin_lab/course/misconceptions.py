"""Finds the misconception of an exercise that explains a wrong answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .answers import Plain, plain, same
from .exercise import Case, Exercise, Misconception

Fit = Literal["whole", "most", "part"]


@dataclass(frozen=True)
class Match:
    """The idea that explains most of the wrong cases, and the first case that it explains.

    idea: None when no idea fits; `case` is then the first wrong one. fit: "whole" when the idea
    explains every wrong case and what was seen contradicts it nowhere, "most" when it explains more
    cases than contradict it, "part" when it explains every wrong case and right ones contradict it:
    whoever holds an idea may know better here and there.
    """

    idea: Misconception | None
    case: Case
    fit: Fit = "part"


def best_match(
    exercise: Exercise, wrong: Sequence[Case], seen: Mapping[str, Plain], world: Any = None
) -> Match:
    """The idea of this exercise that fits best what was seen.

    Of a recipe, it is asked to explain more than contradicts it: that it agrees here and there may
    be chance. A table is the author's own choice of cases, and may fit in part.

    wrong: the cases that came out wrong, at least one. seen: the observations, by the names of the
    cases; a case that did not get that far is missing. world: the value of the exercise's setting.
    """
    best, best_score = Match(None, wrong[0]), (False, 0, 0)
    for idea in exercise.misconceptions:
        says = _says(idea, exercise, world)
        explained = [
            case for case in wrong if case.name in says and same(says[case.name], seen[case.name])
        ]
        contradicted = sum(
            not same(value, seen[name]) for name, value in says.items() if name in seen
        )
        fit = _fit(idea, len(explained), len(wrong), contradicted)
        score = (fit != "part", len(explained), -contradicted)
        if fit and score > best_score:
            best, best_score = Match(idea, explained[0], fit), score
    return best


def _fit(idea: Misconception, explained: int, wrong: int, contradicted: int) -> Fit | None:
    if explained > contradicted:
        return "whole" if explained == wrong and not contradicted else "most"
    return "part" if explained == wrong and not callable(idea.says) else None


def _says(idea: Misconception, exercise: Exercise, world: Any) -> Mapping[str, Plain]:
    if not callable(idea.says):
        return idea.says
    return {case.name: _recipe(idea.says, case.arguments(world)) for case in exercise.cases}


def _recipe(recipe: Callable[..., Any], inputs: tuple[Any, ...]) -> Plain:
    try:
        return plain(recipe(*inputs))
    except Exception:  # noqa: BLE001  # a recipe that fails explains nothing
        return "the wrong recipe does not work here"
