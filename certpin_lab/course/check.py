"""`check`: runs a learner's answer against the cases of an exercise, and names the misconception
behind a wrong one.

A function runs contained (see `run_answer`), a value is reduced to builtin types (see `answers`),
and what is right is computed only after the learner's code has ended. Limits: whoever reads
`course/lessons` reads the answers, and whoever rewrites this package in the running kernel can make
it say anything. Grading therefore runs in a fresh kernel, and the grader's `check` cells are put
back first.
"""

from __future__ import annotations

import dis
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Literal

from ..pinning.text import printable
from . import lessons
from .answers import (
    Plain,
    UnreadableAnswer,
    a_or_an,
    is_blank,
    plain,
    read_id,
    same,
    short,
    show_id,
    type_name,
)
from .common_ideas import RAISED_ANSWER, common_idea
from .exercise import Case, Exercise, Misconception
from .feedback import Feedback
from .misconceptions import Match, best_match
from .progress import record
from .reply import Reply
from .run_answer import run
from .tampering import tampering

State = Literal["not attempted", "right", "wrong", "unclear"]
_MARKS = {"right": "✔", "wrong": "✘", "not attempted": "○", "unclear": "?"}
_WORDS = {
    "right": "Right.",
    "wrong": "Not yet.",
    "not attempted": "Not attempted yet.",
    "unclear": "I cannot tell.",
}
_AGAIN = "and run both cells again."


class CheckFailed(AssertionError):
    """A missing or wrong answer, where one counts: under `CERTPIN_GRADING=1`, and in `require`."""


@dataclass(frozen=True, repr=False)
class Result(Feedback):
    """What a check found. Displayed it is the feedback; true only when the answer is right.

    state: "not attempted", "right", "wrong" or "unclear" (the answer cannot be read, or the kernel
    was tampered with). points: what a right answer is worth, otherwise 0. misconception: the name
    of the wrong idea, where one was recognised. case: the name of the case that shows it.
    """

    state: State = "unclear"
    points: int = 0
    misconception: str | None = None
    case: str | None = None

    def __bool__(self) -> bool:
        return self.state == "right"

    def __repr__(self) -> str:
        # nbgrader reads a number here, and only here, as the points:
        # https://nbgrader.readthedocs.io/en/stable/user_guide/faq.html
        return str(self.points) if _grading() else super().__repr__()

    def require(self) -> Result:
        """The result itself when the answer is right.

        Raises CheckFailed with the same sentence when it is missing, wrong or unreadable.
        """
        if self.state != "right":
            raise CheckFailed(f"{self.heading} {self.sentence}")
        return self


def check(id: str, answer: object) -> Result:
    """Check the answer to an exercise, and say what to think about next.

    id: lesson and number, "06.1". answer: whatever the learner gives.

    It never raises in a learner's notebook. With `CERTPIN_GRADING=1` in the environment it raises
    CheckFailed for a missing or wrong answer, and a right one is displayed as its points, which is
    what nbgrader reads.
    """
    try:
        exercise = lessons.exercise(read_id(id))
        result = judge(exercise, answer)
        if result:
            record(exercise.id)
    except (LookupError, UnreadableAnswer) as problem:
        result = _result(show_id(id), "unclear", str(problem.args[0]))
    return result.require() if _grading() else result


def _grading() -> bool:
    return os.environ.get("CERTPIN_GRADING") == "1"


def judge(exercise: Exercise, answer: object) -> Result:
    """The result for an answer to this exercise.

    Nothing is recorded and nothing raised, whatever the answer is or does.
    """
    if problem := tampering():
        return _result(exercise.id, "unclear", problem)
    if is_blank(answer):
        do = "Replace the ... with your answer" if answer is ... else "Give your answer"
        return _result(exercise.id, "not attempted", f"{do} {_AGAIN}")
    try:
        return (
            _judge_value(exercise, answer) if exercise.read else _judge_function(exercise, answer)
        )
    except UnreadableAnswer as problem:
        return _result(exercise.id, "unclear", str(problem))
    except Exception as problem:  # noqa: BLE001  # a learner never sees a traceback of ours
        return _own_fault(exercise, f"{type(problem).__name__}: {problem}")


def _result(id: str, state: State, sentence: str, **more: Any) -> Result:
    return Result(f"{_MARKS[state]} {id} {_WORDS[state]}", sentence, state=state, **more)


def _right(exercise: Exercise, notes: str = "") -> Result:
    return _result(exercise.id, "right", exercise.why + notes, points=exercise.points)


def _own_fault(exercise: Exercise, problem: str) -> Result:
    sentence = "The check itself failed, which is not your answer's fault"
    sentence = f"{sentence} ({printable(problem)}). Please report it."
    return _result(exercise.id, "unclear", sentence)


# An answer that is a value.


def _judge_value(exercise: Exercise, answer: object) -> Result:
    assert exercise.read is not None
    seen = exercise.read(plain(answer))
    if blank := [name for name, value in seen.items() if value is ...]:
        sentence = f"Still open: {'; '.join(blank)}. Fill in what is missing {_AGAIN}"
        return _result(exercise.id, "not attempted", sentence)
    wrong = _wrong_cases(exercise, seen)
    if not wrong:
        return _right(exercise)
    match = best_match(exercise, wrong, seen)
    right, total = len(exercise.cases) - len(wrong), len(exercise.cases)
    notes = f" {right} of {total} cases are right." if right else ""
    shows = f"{_answered(match.case, seen)}.{notes}"
    return _wrong(exercise, match.idea, match.case, shows, in_part=match.fit == "part")


def _wrong_cases(exercise: Exercise, seen: Mapping[str, Plain]) -> list[Case]:
    return [
        case
        for case in exercise.cases
        if case.name in seen and not same(seen[case.name], case.right())
    ]


def _answered(case: Case, seen: Mapping[str, Plain]) -> str:
    return f"In the case “{case.name}” your answer is {short(seen[case.name])}"


def _wrong(
    exercise: Exercise, idea: Misconception | None, case: Case, shows: str, in_part: bool = False
) -> Result:
    if idea is None:
        return _result(exercise.id, "wrong", shows, case=case.name)
    this = "In part, this" if in_part else "This"
    sentence = f"{this} is what you would get if you believed: “{idea.name}”. {idea.why} {shows}"
    return _result(exercise.id, "wrong", sentence, misconception=idea.name, case=case.name)


# An answer that is a function.


def _judge_function(exercise: Exercise, answer: object) -> Result:
    if not callable(answer):
        sentence = f"A function is needed here; got {a_or_an(type_name(type(answer)))}."
        hint = "Give the function's name without parentheses, so that it can be called."
        return _result(exercise.id, "unclear", f"{sentence} {hint}")
    if _is_stub(answer):
        sentence = f"Your function does nothing yet. Write its body {_AGAIN}"
        return _result(exercise.id, "not attempted", sentence)
    with exercise.setting() as world:
        inputs = [case.arguments(world) for case in exercise.cases]
        replies = run(answer, inputs, probe=exercise.probe, seconds=exercise.seconds)
        return _judge_replies(exercise, replies, world)


def _is_stub(answer: object) -> bool:
    """Whether it is a function whose body is nothing but `...`, `pass`, a text or `return`."""
    if type(answer) is not FunctionType:
        return False
    steps = [
        step
        for step in dis.get_instructions(answer.__code__)
        if step.opname not in ("RESUME", "NOP", "COPY_FREE_VARS")
    ]
    return (
        len(steps) <= 2
        and all(step.opname.startswith(("LOAD_CONST", "RETURN")) for step in steps)
        and steps[0].argval is None
    )


def _judge_replies(exercise: Exercise, replies: Sequence[Reply], world: Any) -> Result:
    for reply in replies:
        if open_part := _open_part(reply):
            return _result(exercise.id, "not attempted", f"{open_part} {_AGAIN}")
        if reply.kind == "failed":
            return _own_fault(exercise, reply.sentence)
    answered = list(zip(exercise.cases, replies, strict=False))
    seen = {
        case.name: exercise.measure(world, case, reply.value) if reply.value is not ... else None
        for case, reply in answered
        if reply.kind == "returned"
    }
    notes = _notes(exercise, replies)
    if wrong := _wrong_cases(exercise, seen):
        did = {case.name: reply.did for case, reply in answered}
        match = _recognised(exercise, best_match(exercise, wrong, seen, world), did, wrong)
        right = f"{short(match.case.right())}{_types(seen[match.case.name], match.case)}"
        shows = f"{_answered(match.case, seen)}; it should be {right}.{notes}"
        return _wrong(exercise, match.idea, match.case, shows, in_part=match.fit == "part")
    failed = [(case, reply) for case, reply in answered if reply.kind != "returned"]
    return _failed(exercise, *failed[0], notes) if failed else _right(exercise, notes)


def _open_part(reply: Reply) -> str:
    if reply.did == "left open":
        return "Replace the ... in your function with your answer"
    if reply.value is ... and reply.did != "returned None":
        return "Part of what your function returns is missing. Fill it in"
    return ""


def _recognised(
    exercise: Exercise, match: Match, did: Mapping[str, Any], wrong: Sequence[Case]
) -> Match:
    """The exercise's own match where it explains all; or else a common idea's; or its own again."""
    if match.fit == "whole":
        return match
    common = common_idea(exercise, did, wrong)
    return Match(*common, "whole") if common else match


def _types(value: Plain, case: Case) -> str:
    given, right = type(value).__name__, type(case.right()).__name__
    return "" if given == right else f" ({right}, not {given})"


def _failed(exercise: Exercise, case: Case, reply: Reply, notes: str) -> Result:
    where = f"In the case “{case.name}”"
    if reply.kind == "unreadable":
        sentence = f"{where} your function gave what cannot be compared. {reply.sentence}"
        return _wrong(exercise, None, case, sentence + notes)
    if reply.kind == "unusable":
        sentence = f"{where} what your function returned cannot be used: {reply.sentence}."
        return _wrong(exercise, None, case, sentence + notes)
    sentence = f"{where} your function {reply.sentence}."
    if case.refuses and reply.did.startswith("raised"):
        sentence += (
            " That counts as a mistake in the code: to refuse, raise ValueError, for example."
        )
    raised_answer = exercise.asks_for_value and reply.did == "raised on purpose"
    return _wrong(exercise, RAISED_ANSWER if raised_answer else None, case, sentence + notes)


def _notes(exercise: Exercise, replies: Sequence[Reply]) -> str:
    notes = ""
    if printed := next((reply.printed for reply in replies if reply.printed), ""):
        first = short([*printed.strip().splitlines(), ""][0])
        counts = "returns or raises" if exercise.asks_for_refusal else "returns"
        notes += f" (It printed or displayed {first}: fine, but only what it {counts} counts.)"
    if any(reply.changed_input for reply in replies):
        notes += " (It changes the values it is given."
        notes += " Its caller may still need them: work on a copy.)"
    return notes
