"""Wrong ideas that fit any exercise, recognised by what the learner's function did.

An exercise gets them without declaring them. Those about refusals need cases that say `refuses`:
only an exercise knows whether an exception was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .exercise import Case, Exercise, Misconception
from .reply import Deed


def _idea(name: str, why: str) -> Misconception:
    return Misconception(name, why, {})


FORGOT_RETURN = _idea(
    "a function returns its last value by itself",
    "Here your function returned nothing (None). Python returns what `return` says, and only that: "
    "does every way through your function end in one?",
)
NEVER_REFUSES = _idea(
    "nobody has to be refused",
    "Your function returned in every case, and to return is to accept. Where something is wrong it "
    "has to raise.",
)
REFUSES_EVERYBODY = _idea(
    "to refuse everybody is safe",
    "Your function raised in every case. A check that accepts nobody protects nobody: it locks "
    "everybody out.",
)
REFUSAL_IS_FALSE = _idea(
    "a refusal is a False",
    "Whoever calls your function and does not look at what it returns goes on. Raise an exception: "
    "nobody overlooks that.",
)
RAISED_ANSWER = _idea(
    "whatever is not in order has to be raised",
    "This exercise asks for a value in every case: return it here too.",
)


@dataclass(frozen=True)
class _Deeds:
    """What the function did, in all cases and in those that came out wrong.

    Each method returns the wrong cases that show an idea; none where the idea does not fit.
    """

    exercise: Exercise
    did: Mapping[str, Deed]
    wrong: Sequence[Case]

    def forgot_return(self) -> list[Case]:
        missed = {case.name for case in self.wrong}
        nothing = {name for name, deed in self.did.items() if deed == "returned None"}
        return list(self.wrong) if missed == nothing and not self._refusals() else []

    def never_refuses(self) -> list[Case]:
        return self._refusals() if self._everywhere("returned", "returned None") else []

    def refuses_everybody(self) -> list[Case]:
        fits = self.exercise.asks_for_refusal and self._everywhere("raised", "raised on purpose")
        return [case for case in self.wrong if not case.refuses] if fits else []

    def refusal_is_false(self) -> list[Case]:
        refusals = self._refusals()
        return refusals if all(self.did[case.name] == "returned False" for case in refusals) else []

    def _refusals(self) -> list[Case]:
        return [case for case in self.wrong if case.refuses]

    def _everywhere(self, *deeds: Deed) -> bool:
        return all(self.did.get(case.name) in deeds for case in self.exercise.cases)


_IDEAS: tuple[tuple[Misconception, Callable[[_Deeds], list[Case]]], ...] = (
    (FORGOT_RETURN, _Deeds.forgot_return),
    (NEVER_REFUSES, _Deeds.never_refuses),
    (REFUSES_EVERYBODY, _Deeds.refuses_everybody),
    (REFUSAL_IS_FALSE, _Deeds.refusal_is_false),
)


def common_idea(
    exercise: Exercise, did: Mapping[str, Deed], wrong: Sequence[Case]
) -> tuple[Misconception, Case] | None:
    """The idea behind what the function did, and the first case that shows it; None for no idea.

    did: what the function did, by the names of the cases. wrong: the cases that came out wrong.
    """
    for idea, shown_by in _IDEAS:
        if shown := shown_by(_Deeds(exercise, did, wrong)):
            return idea, shown[0]
    return None
