"""`check`: puts a learner's answer to the cases of an exercise, and names the misconception behind
a wrong one.

A function runs contained (see `contain`), a value is cut down to builtin types (see `answers`), and
what is right is computed only after the learner's code has ended. Limits: whoever reads
`course/lessons` reads the answers, and whoever rewrites this package in the running kernel can
make it say anything. Grading therefore runs in a fresh kernel, and the grader's `check` cells are
put back first.
"""

from __future__ import annotations

import dis
import hashlib
import hmac
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from ..pinning import context, pins, policy
from . import lessons
from .answers import Plain, UnreadableAnswer, is_blank, plain, same, short
from .exercise import Case, Exercise, Misconception
from .feedback import Feedback
from .progress import record
from .run_answer import Reply, run

State = Literal["not attempted", "right", "wrong", "unclear"]
_MARKS = {"right": "✔", "wrong": "✘", "not attempted": "○", "unclear": "?"}
_WORDS = {
    "right": "Right.",
    "wrong": "Not yet.",
    "not attempted": "Not attempted yet.",
    "unclear": "I cannot tell.",
}

# What a pin and a handshake are made of. A notebook that has replaced one of these in its kernel
# checks against itself.
_GUARDED: tuple[Any, ...] = (
    hashlib,
    hmac,
    ssl,
    ssl.SSLContext,
    ssl.SSLSocket,
    ssl.SSLObject,
    pins,
    pins.Pin,
    policy,
    policy.PinSet,
    policy.PinPolicy,
    context,
)
_ORIGINAL = tuple(
    (owner, {name: value for name, value in vars(owner).items() if not name.startswith("_")})
    for owner in _GUARDED
)


class CheckFailed(AssertionError):
    """A missing or wrong answer, where one counts: under `CERTPIN_GRADING=1` and by
    `Result.require()`.
    """


@dataclass(frozen=True, repr=False)
class Result(Feedback):
    """What a check found. Displayed it is the feedback; true only when the answer is right.

    `state` is "not attempted", "right", "wrong" or "unclear" (the answer cannot be read, or the
    kernel was tampered with); `misconception` is the name of the wrong idea where one was
    recognised, and `case` the case that shows it.
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
        """The result itself when the answer is right; otherwise `CheckFailed` with the same
        sentence.

        Raises:
            CheckFailed: for a missing, wrong or unreadable answer.
        """
        if self.state != "right":
            raise CheckFailed(f"{self.heading} {self.sentence}")
        return self


def check(id: str, answer: object) -> Result:
    """Check the answer to an exercise, "06.1", and say what to think about next.

    It never raises in a learner's notebook. With `CERTPIN_GRADING=1` in the environment a missing
    or wrong answer raises `CheckFailed`, and a right one is displayed as its points, which is what
    nbgrader reads.
    """
    try:
        result = judge(lessons.exercise(id), answer)
    except LookupError as problem:
        result = _result(str(id), "unclear", str(problem.args[0]))
    if result:
        record(id)
    return result.require() if _grading() else result


def _grading() -> bool:
    return os.environ.get("CERTPIN_GRADING") == "1"


def judge(exercise: Exercise, answer: object) -> Result:
    """The result for an answer to this exercise; nothing is recorded and nothing raised, whatever
    the answer is or does.
    """
    if problem := _tampering():
        return _result(exercise.id, "unclear", problem)
    if is_blank(answer) or (exercise.read is None and _is_stub(answer)):
        return _not_attempted(exercise)
    try:
        return (
            _judge_value(exercise, answer) if exercise.read else _judge_function(exercise, answer)
        )
    except UnreadableAnswer as problem:
        return _result(exercise.id, "unclear", str(problem))
    except Exception as problem:  # noqa: BLE001  # a learner never sees a traceback of ours
        sentence = f"The check itself failed, which is not your answer's fault ({type(problem).__name__}: {problem}). Please report it."
        return _result(exercise.id, "unclear", sentence)


def _result(id: str, state: State, sentence: str, **more: Any) -> Result:
    return Result(f"{_MARKS[state]} {id} {_WORDS[state]}", sentence, state=state, **more)


def _right(exercise: Exercise, notes: str = "") -> Result:
    return _result(exercise.id, "right", exercise.why + notes, points=exercise.points)


def _not_attempted(exercise: Exercise, blanks: str = "") -> Result:
    return _result(
        exercise.id,
        "not attempted",
        f"Replace the ... {blanks}by your answer and run both cells again.",
    )


def _tampering() -> str:
    for owner, originals in _ORIGINAL:
        now = vars(owner)
        for name, original in originals.items():
            if now.get(name) is not original:
                where = f"{owner.__name__}.{name}"
                return f"{where} has been replaced in this kernel, so nothing it says counts. Restart the kernel and run the cells again."
    return ""


def _is_stub(answer: object) -> bool:
    """Whether it is a function whose body is nothing but `...`, `pass` or a text."""
    code = getattr(answer, "__code__", None)
    if type(answer) is not type(_is_stub) or code is None:
        return False
    steps = [
        step
        for step in dis.get_instructions(code)
        if step.opname not in ("RESUME", "NOP", "COPY_FREE_VARS")
    ]
    return (
        len(steps) <= 2
        and all(step.opname.startswith(("LOAD_CONST", "RETURN")) for step in steps)
        and steps[0].argval in (None, ...)
    )


def _judge_value(exercise: Exercise, answer: object) -> Result:
    assert exercise.read is not None
    seen = exercise.read(plain(answer))
    if blank := [name for name, value in seen.items() if value is ...]:
        return _not_attempted(exercise, f"for {' and '.join(blank)} ")
    wrong = [case for case in exercise.cases if not same(seen[case.name], case.right())]
    if not wrong:
        return _right(exercise)
    return _wrong(exercise, wrong, seen, world=None, reveal=False)


def _judge_function(exercise: Exercise, answer: object) -> Result:
    if not callable(answer) and exercise.probe is Exercise.probe:
        return _result(
            exercise.id,
            "unclear",
            "A function is needed here: give its name without parentheses, so that it can be called.",
        )
    with exercise.setting() as world:
        inputs = [case.arguments(world) for case in exercise.cases]
        replies = run(
            partial(exercise.probe, answer), inputs, seconds=exercise.seconds, blamed=answer
        )
        return _judge_replies(exercise, replies, world)


def _judge_replies(exercise: Exercise, replies: list[Reply], world: Any) -> Result:
    seen: dict[str, Plain] = {}
    for case, reply in zip(exercise.cases, replies, strict=False):
        if reply.value is ...:
            return _not_attempted(exercise, "in your function ")
        if reply.kind == "returned":
            seen[case.name] = exercise.measure(world, case, reply.value)
    wrong = [
        case
        for case in exercise.cases
        if case.name in seen and not same(seen[case.name], case.right())
    ]
    failed = [
        (case, reply)
        for case, reply in zip(exercise.cases, replies, strict=False)
        if reply.kind != "returned"
    ]
    notes = _notes(replies)
    if wrong:
        return _wrong(exercise, wrong, seen, world=world, reveal=True, notes=notes)
    if failed:
        return _failed(exercise, *failed[0], notes)
    return _right(exercise, notes)


def _failed(exercise: Exercise, case: Case, reply: Reply, notes: str) -> Result:
    if reply.kind == "unreadable":
        sentence = f"In the case “{case.name}” your function gave something that cannot be compared. {reply.sentence}"
    else:
        sentence = f"In the case “{case.name}” your function {reply.sentence}."
    return _result(exercise.id, "wrong", sentence + notes, case=case.name)


def _notes(replies: list[Reply]) -> str:
    notes = ""
    if printed := next((reply.printed for reply in replies if reply.printed), ""):
        first = printed.strip().splitlines()[0] if printed.strip() else printed
        notes += f" (It printed {short(first)}: that is fine, but only what it returns counts.)"
    if any(reply.changed_input for reply in replies):
        notes += (
            " (It changes the values it is given. Its caller may still need them: work on a copy.)"
        )
    return notes


def _wrong(
    exercise: Exercise,
    wrong: list[Case],
    seen: Mapping[str, Plain],
    *,
    world: Any,
    reveal: bool,
    notes: str = "",
) -> Result:
    """Wrong, with the misconception that explains most of the wrong cases, and the first case it
    explains.
    """
    idea, case = _recognise(exercise, wrong, seen, world)
    value = seen[case.name]
    shows = f"In the case “{case.name}” your answer is {short(value)}"
    if reveal:
        shows += f"; it should be {short(case.right())}{_types(value, case.right())}"
    if idea is None:
        return _result(exercise.id, "wrong", f"{shows}.{notes}", case=case.name)
    sentence = f"It looks like the idea “{idea.name}”. {idea.why} {shows}.{notes}"
    return _result(exercise.id, "wrong", sentence, misconception=idea.name, case=case.name)


def _types(value: Plain, right: Plain) -> str:
    return (
        ""
        if type(value) is type(right)
        else f" ({type(right).__name__}, not {type(value).__name__})"
    )


def _recognise(
    exercise: Exercise, wrong: list[Case], seen: Mapping[str, Plain], world: Any
) -> tuple[Misconception | None, Case]:
    best: tuple[Misconception | None, Case] = (None, wrong[0])
    best_score = (False, 0, 0)
    for idea in exercise.misconceptions:
        says = _says(idea, exercise, world)
        explained = [
            case for case in wrong if case.name in says and same(says[case.name], seen[case.name])
        ]
        contradicted = sum(
            not same(value, seen[name]) for name, value in says.items() if name in seen
        )
        fits = len(explained) > contradicted
        if not explained or (
            callable(idea.says) and not fits
        ):  # that a recipe agrees in one case may be chance
            continue
        score = (fits, len(explained), -contradicted)
        if score > best_score:
            best, best_score = (idea, explained[0]), score
    return best


def _says(idea: Misconception, exercise: Exercise, world: Any) -> Mapping[str, Plain]:
    if not callable(idea.says):
        return idea.says
    says: dict[str, Plain] = {}
    for case in exercise.cases:
        says[case.name] = _recipe(idea.says, case.arguments(world))
    return says


def _recipe(recipe: Callable[..., Any], inputs: tuple[Any, ...]) -> Plain:
    try:
        return plain(recipe(*inputs))
    except Exception:  # noqa: BLE001  # a recipe that fails explains nothing
        return "the wrong recipe does not work here"
