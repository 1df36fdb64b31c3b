"""What the engine says of any exercise's wrong answers: sentences true of what the function did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from certpin_lab.course.answers import Plain, UnreadableAnswer
from certpin_lab.course.check import judge
from certpin_lab.course.common_ideas import (
    FORGOT_RETURN,
    NEVER_REFUSES,
    RAISED_ANSWER,
    REFUSAL_IS_FALSE,
    REFUSES_EVERYBODY,
)
from certpin_lab.course.exercise import Case, Exercise, Misconception

ROOT = Exercise(
    "97.1",
    "A square root",
    1,
    "Good.",
    cases=(Case("nine", 3, (9,)), Case("four", 2, (4,))),
    misconceptions=(Misconception("a root is a half", "Halve it twice.", lambda n: n // 2),),
)


def admit(answer: Callable[[str], Any], name: str) -> Plain:
    try:
        result = answer(name)
    except KeyError:
        raise
    except Exception:  # noqa: BLE001
        return "refused"
    return "accepted" if result is not False else "returned False"


GATE = Exercise(
    "97.2",
    "A gate",
    1,
    "Good.",
    cases=(
        Case("Ada", "accepted", ("Ada",)),
        Case("Mallory", "refused", ("Mallory",), refuses=True),
        Case("Ben", "accepted", ("Ben",)),
        Case("nobody", "refused", ("",), refuses=True),
    ),
    misconceptions=(
        Misconception(
            "any name will do",
            "It will not.",
            lambda name: "accepted" if name else "refused",
        ),
    ),
    probe=admit,
)


def signed(answer: Callable[[str], Any], name: str) -> Plain:
    """A probe that takes nothing for a blank, as those of some exercises do."""
    made = answer(name)
    if made is None or made is ...:
        return ...
    first, second = made
    if not isinstance(second, str):
        raise UnreadableAnswer("The second should be text.")
    return first + second


SIGNED = Exercise(
    "97.3", "", 1, "Good.", cases=(Case("Ada", "Ada!", ("Ada",)),), misconceptions=(), probe=signed
)


def forgets(n: int) -> None:
    round(n**0.5)


def forgets_one_way(n: int) -> int | None:
    if n == 9:
        return 3
    round(n**0.5)
    return None


def works_in_vain(name: str) -> None:
    sorted((name, "!"))


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [(ROOT, forgets), (ROOT, forgets_one_way), (SIGNED, works_in_vain)],
)
def test_a_forgotten_return_is_named(exercise: Exercise, answer: object) -> None:
    result = judge(exercise, answer)
    assert (result.state, result.misconception) == ("wrong", FORGOT_RETURN.name)
    assert "your answer is None" in repr(result)
    assert "..." not in repr(result)


def test_a_wrong_value_is_no_forgotten_return() -> None:
    assert judge(ROOT, lambda n: 7).misconception is None
    assert judge(ROOT, lambda n: None if n == 9 else 7).misconception is None
    assert judge(ROOT, lambda n: n // 2).misconception == "a root is a half"


def test_what_is_open_is_told_from_what_is_missing() -> None:
    assert "Replace the ..." in repr(judge(SIGNED, lambda name: [name, ...]))
    assert "Replace the ..." in repr(judge(SIGNED, lambda name: ...))

    def passes(name: str) -> None:
        pass

    assert "does nothing yet" in repr(judge(SIGNED, passes))
    halfway = replace(SIGNED, probe=lambda answer, name: answer(name)[1] or ...)
    result = judge(halfway, lambda name: [name, None])
    assert (result.state, "Part of what your function returns" in repr(result)) == (
        "not attempted",
        True,
    )


def refuses_all(name: str) -> None:
    raise PermissionError(name)


def right(name: str) -> None:
    if name not in ("Ada", "Ben"):
        raise PermissionError(name)


def returns_the_name_or_nothing(name: str) -> str | None:
    return name if name in ("Ada", "Ben") else None


def turned_round(name: str) -> None:
    if name in ("Ada", "Ben"):
        raise PermissionError(name)


@pytest.mark.parametrize(
    ("answer", "idea", "case"),
    [
        (lambda name: print(end=name), NEVER_REFUSES.name, "Mallory"),
        (returns_the_name_or_nothing, NEVER_REFUSES.name, "Mallory"),
        (refuses_all, REFUSES_EVERYBODY.name, "Ada"),
        (lambda name: name in ("Ada", "Ben"), REFUSAL_IS_FALSE.name, "Mallory"),
        (lambda name: bool(name) or refuses_all(name), "any name will do", "Mallory"),
        (turned_round, None, "Ada"),
    ],
)
def test_a_function_that_should_refuse_is_told_what_it_did(
    answer: object, idea: str | None, case: str
) -> None:
    result = judge(GATE, answer)
    assert (result.state, result.misconception, result.case) == ("wrong", idea, case)
    assert judge(GATE, right).state == "right"


def test_a_crash_is_told_from_a_refusal() -> None:
    crashes = judge(GATE, lambda name: {"Ada": 1, "Ben": 2}[name])
    assert "raised KeyError: 'Mallory'" in repr(crashes)
    assert "counts as a mistake in the code: to refuse, raise ValueError" in repr(crashes)
    assert "to refuse" not in repr(judge(GATE, lambda name: {}[name]))


def test_notes_speak_of_raising_where_raising_is_asked_for() -> None:
    assert "what it returns or raises counts" in repr(judge(GATE, lambda name: print(name)))
    assert "what it returns counts" in repr(judge(ROOT, lambda n: print(n)))


def test_a_value_that_is_raised_is_named_and_a_mistake_is_not() -> None:
    def raises(n: int) -> int:
        if n == 4:
            raise ValueError("two")
        return 3

    assert judge(ROOT, raises).misconception == RAISED_ANSWER.name
    assert "raised ValueError: two, at line" in repr(judge(ROOT, raises))
    assert judge(ROOT, lambda n: 3 if n == 9 else int("two")).misconception is None
    assert judge(SIGNED, refuses_all).misconception is None


def test_what_the_probe_raises_is_not_said_of_the_function() -> None:
    result = judge(SIGNED, lambda name: 7)
    assert result.state == "wrong"
    assert "what your function returned cannot be used: cannot unpack" in repr(result)
    assert "The second should be text." in repr(judge(SIGNED, lambda name: (name, 7)))
    assert "your function raised TypeError" in repr(judge(SIGNED, lambda: "no argument"))


def test_a_probe_that_fails_by_itself_is_not_blamed_on_the_answer() -> None:
    faulty = replace(SIGNED, probe=lambda answer, name: 1 / 0)
    result = judge(faulty, lambda name: name)
    assert (result.state, "ZeroDivisionError" in repr(result)) == ("unclear", True)
    assert "not your answer's fault" in repr(result)


def test_a_value_where_a_function_is_wanted_is_said_for_every_probe() -> None:
    for exercise in (ROOT, GATE, SIGNED):
        result = judge(exercise, ["Ada!"])
        assert result.state == "unclear"
        assert "A function is needed here; got a list." in repr(result)


TABLE = Exercise(
    "97.4",
    "A table",
    1,
    "Good.",
    cases=tuple(Case(name, "yes") for name in "abcd"),
    misconceptions=(
        Misconception("it is always no", "It is not.", dict.fromkeys("abcd", "no")),
        Misconception("the first two are no", "They are not.", {"a": "no", "b": "no"}),
    ),
    read=lambda value: value,
)


@pytest.mark.parametrize(
    ("answers", "idea"),
    [
        ("nnnn", "it is always no"),
        ("nnny", "it is always no"),
        ("nnyy", "the first two are no"),
        ("mmyn", None),  # each idea explains one of three mistakes
    ],
)
def test_a_table_that_explains_too_little_is_not_named(answers: str, idea: str | None) -> None:
    words = {"y": "yes", "n": "no", "m": "maybe"}
    answer = {name: words[letter] for name, letter in zip("abcd", answers, strict=True)}
    result = judge(TABLE, answer)
    assert (result.misconception, "In part" in repr(result)) == (idea, False)


def test_a_table_that_right_cases_contradict_is_named_as_a_part() -> None:
    for wrong, idea in (("bc", "it is always no"), ("a", "the first two are no")):
        result = judge(TABLE, dict.fromkeys("abcd", "yes") | dict.fromkeys(wrong, "no"))
        assert f"In part, this is what you would get if you believed: “{idea}”" in repr(result)


def test_a_table_with_wrong_rows_says_how_many_are_right() -> None:
    assert "3 of 4 cases are right." in repr(
        judge(TABLE, dict.fromkeys("bcd", "yes") | {"a": "no"})
    )
    assert "cases are right" not in repr(judge(TABLE, dict.fromkeys("abcd", "no")))
