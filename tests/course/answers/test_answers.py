"""Every exercise against a table of answers: right ones of many shapes, and wrong ones with the
misconception each must name.

A lesson's table is the module `lessonNN.py` beside this file: `RIGHT = {id: [answer, ...]}` and
`WRONG = {id: [(answer, misconception), ...]}`. Where it helps, `REFUSED = {id: [answer, ...]}` holds
wrong answers that need no misconception of their own.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from certpin_lab.course import lessons
from certpin_lab.course.check import judge
from certpin_lab.course.exercise import Exercise

FEWEST_RIGHT = 5
FEWEST_WRONG = 8


def table(lesson: str) -> ModuleType:
    path = Path(__file__).with_name(f"lesson{lesson}.py")
    spec = importlib.util.spec_from_file_location(f"answers_lesson{lesson}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLES = {lesson: table(lesson) for lesson in lessons.numbers()}
EXERCISES = [exercise for lesson in TABLES for exercise in lessons.declared(lesson).EXERCISES]
RIGHT = [
    (id, answer)
    for module in TABLES.values()
    for id, answers in module.RIGHT.items()
    for answer in answers
]
WRONG = [
    (id, *pair)
    for module in TABLES.values()
    for id, pairs in module.WRONG.items()
    for pair in pairs
]
REFUSED = [
    (id, answer)
    for module in TABLES.values()
    for id, answers in getattr(module, "REFUSED", {}).items()
    for answer in answers
]


def numbered(rows: list[tuple[object, ...]]) -> list[str]:
    """Names that every worker of a parallel run agrees on: reprs hold addresses, and sets come in
    any order.
    """
    return [f"{row[0]} answer {number}" for number, row in enumerate(rows)]


def faults(exercise: Exercise, right: list[object], wrong: list[tuple[object, str]]) -> list[str]:
    """What keeps a table from proving its exercise: too few answers, a misconception never met, a
    check that cannot tell.
    """
    found = []
    if len(right) < FEWEST_RIGHT:
        found.append(f"{len(right)} right answers")
    if len(wrong) < FEWEST_WRONG:
        found.append(f"{len(wrong)} wrong answers")
    named = {name for _, name in wrong}
    found += [
        f"never met: {idea.name}" for idea in exercise.misconceptions if idea.name not in named
    ]
    if not all(judge(exercise, answer) for answer in right):
        found.append("refuses a right answer")
    if any(judge(exercise, answer) for answer, _ in wrong):
        found.append("accepts a wrong answer")
    return found


@pytest.mark.parametrize(("id", "answer"), RIGHT, ids=numbered(RIGHT))
def test_right_answers_of_any_shape_are_right(id: str, answer: object) -> None:
    result = judge(lessons.exercise(id), answer)
    assert result.state == "right", result
    assert result.points == lessons.exercise(id).points


@pytest.mark.parametrize(("id", "answer", "misconception"), WRONG, ids=numbered(WRONG))
def test_wrong_answers_name_their_misconception_and_a_case(
    id: str, answer: object, misconception: str
) -> None:
    result = judge(lessons.exercise(id), answer)
    assert (result.state, result.misconception) == ("wrong", misconception), result
    assert misconception in repr(result)
    assert result.case is not None
    assert result.case in repr(result)


@pytest.mark.parametrize(("id", "answer"), REFUSED, ids=numbered(REFUSED))
def test_other_wrong_answers_are_refused(id: str, answer: object) -> None:
    assert judge(lessons.exercise(id), answer).state == "wrong"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_exercise_is_proved_by_its_table(exercise: Exercise) -> None:
    module = TABLES[exercise.id[:2]]
    assert (
        faults(exercise, module.RIGHT.get(exercise.id, []), module.WRONG.get(exercise.id, [])) == []
    )


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_exercise_is_open_before_it_is_answered(exercise: Exercise) -> None:
    for blank in (..., None, ""):
        assert judge(exercise, blank).state == "not attempted"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_answers_that_make_no_sense_are_not_graded_as_wrong_ideas(exercise: Exercise) -> None:
    for nonsense in (3.5, object(), "forty-two", {"no such thing": 1}, b"\x00"):
        result = judge(exercise, nonsense)
        assert result.state in ("unclear", "wrong")
        assert result.misconception is None


def test_a_check_that_accepts_everything_is_caught() -> None:
    exercise, module = lessons.exercise("00.2"), TABLES["00"]
    gullible = replace(exercise, cases=())
    assert faults(gullible, module.RIGHT["00.2"], module.WRONG["00.2"]) == [
        "accepts a wrong answer"
    ]


def test_a_check_that_accepts_nothing_is_caught() -> None:
    exercise, module = lessons.exercise("00.2"), TABLES["00"]
    stubborn = replace(
        exercise, cases=tuple(replace(case, expected="never") for case in exercise.cases)
    )
    assert faults(stubborn, module.RIGHT["00.2"], module.WRONG["00.2"]) == [
        "refuses a right answer"
    ]


def test_a_table_that_is_too_short_is_caught() -> None:
    exercise, module = lessons.exercise("00.2"), TABLES["00"]
    found = faults(exercise, module.RIGHT["00.2"][:1], module.WRONG["00.2"][:1])
    assert found[:2] == ["1 right answers", "1 wrong answers"]
    assert "never met: pinning spares an app the trouble of a renewal" in found


def test_ids_are_unique_and_belong_to_their_lesson() -> None:
    ids = [exercise.id for exercise in EXERCISES]
    assert len(set(ids)) == len(ids)
    for lesson in TABLES:
        declared = lessons.declared(lesson)
        for one in (*declared.EXERCISES, *declared.PREDICTIONS, *declared.QUESTIONS):
            assert one.id.startswith(f"{lesson}.")
