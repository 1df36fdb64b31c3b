"""How a lesson declares what it asks: predictions, retrieval questions and exercises, as data.

The declarations are in `certpin_lab/course/lessons/`. Whoever opens that folder reads the answers:
this is a course, and its checks are there to help, not to keep a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from .answers import Plain
from .attempt import call
from .run_answer import SECONDS


@dataclass(frozen=True)
class Prediction:
    """Something to predict before it is run: one of `choices`, or one for each of `situations`."""

    id: str
    question: str
    choices: tuple[str, ...]
    situations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """One option of a question, and what to say to whoever picks it."""

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A retrieval question with feedback for every option; exactly one option is right."""

    id: str
    text: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        if sum(option.right for option in self.options) != 1:
            raise ValueError(f"Question {self.id} must have exactly one right option.")
        if not all(option.feedback for option in self.options):
            raise ValueError(f"Question {self.id} must have feedback for every option.")


@dataclass(frozen=True)
class Case:
    """One case that an answer has to get right.

    name: a phrase that follows "in the case": "the app asks before the pins are loaded". expected:
    the right observation, plain; give a function when it is computed. It is called after the
    learner's code has ended. inputs: a tuple of arguments for the learner's function, or a function
    of the exercise's setting that makes a fresh one. refuses: whether a right function refuses
    here, which it does by raising. Give it in exercises that ask for a refusal, and the engine
    recognises functions that refuse nobody, or everybody (see `common_ideas`).
    """

    name: str
    expected: Plain | Callable[[], Plain]
    inputs: tuple[Any, ...] | Callable[[Any], tuple[Any, ...]] = ()
    refuses: bool = False

    def right(self) -> Plain:
        """The right observation, computed now where it is a function."""
        return self.expected() if callable(self.expected) else self.expected

    def arguments(self, world: Any) -> tuple[Any, ...]:
        """The arguments for the learner's function."""
        return self.inputs(world) if callable(self.inputs) else self.inputs


@dataclass(frozen=True)
class Misconception:
    """A wrong idea, and what an answer that follows from it looks like.

    name: the idea, as the person who has it would put it. why: one or two sentences that help that
    person on. says: what such an answer gives, by the names of the cases (the ones that matter); or
    the wrong recipe itself, a function of the same inputs as the learner's.
    """

    name: str
    why: str
    says: Mapping[str, Plain] | Callable[..., Plain]


@dataclass(frozen=True)
class Exercise:
    """An exercise: the cases that an answer has to get right, and the misconceptions we know.

    With `read` the answer is a value: `read` takes it, plain, and returns an observation for every
    case, by name (`...` where it is blank). Without `read` the answer is a function:
    `probe(answer, *inputs)` runs contained, in another process, once for each case, and what it
    returns is the observation. Both may raise UnreadableAnswer to say what to give instead.

    id: lesson and number, "06.2". title: as in the notebook's heading. points: what it is worth
    when graded. why: said to a right answer: why it matters. setting: a context manager around all
    cases, for servers that the learner's client talks to; its value goes to `Case.inputs`. measure:
    `measure(world, case, value)` turns what the probe returned into the observation, in our
    process, with our records: what the attacker read is not the learner's to report. seconds: how
    long one case may take.
    """

    id: str
    title: str
    points: int
    why: str
    cases: tuple[Case, ...]
    misconceptions: tuple[Misconception, ...]
    read: Callable[[Plain], Mapping[str, Plain]] | None = None
    probe: Callable[..., Any] = call
    setting: Callable[[], AbstractContextManager[Any]] = nullcontext
    measure: Callable[[Any, Case, Plain], Plain] = field(default=lambda world, case, value: value)
    seconds: float = SECONDS

    @property
    def asks_for_value(self) -> bool:
        """Whether the answer is a function whose value is compared as it is."""
        return self.read is None and self.probe is call

    @property
    def asks_for_refusal(self) -> bool:
        """Whether a right function raises in some case."""
        return any(case.refuses for case in self.cases)
