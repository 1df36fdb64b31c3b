"""Mutants of the solved lessons' answers, each judged by the exercise's own check.

An answer that is code (a function, or a value of objects) is changed by every operator of
`operators.py`. An answer that is words, in lists and dicts, is changed one entry at a time, to
every word that any answer of `tests/course/answers/` has, and in its order and its length.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from certpin_lab.course import lessons
from certpin_lab.course.answers import UnreadableAnswer, plain
from certpin_lab.course.check import judge
from tests.course.answers.test_answers import table
from tests.hard.mutants import operators
from tests.hard.mutants.operators import Mutant

NOTEBOOKS = Path(__file__).parents[3] / "notebooks" / "solutions"
_REGION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
_OWN_FAULT = "The check itself failed"


@dataclass(frozen=True)
class Answer:
    """An exercise's answer in the solved lesson: its cell, what the cells above define for it, and
    the name by which `check` is given it.
    """

    id: str
    cell: str
    name: str
    setting: Mapping[str, Any]

    def value(self, cell: str) -> Any:
        """What this text of the cell answers."""
        namespace = dict(self.setting)
        _execute(cell, namespace)
        return namespace[self.name]


def _execute(source: str, namespace: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(compile(source, "answer", "exec"), namespace)


def _cells(lesson: str) -> list[str]:
    [path] = NOTEBOOKS.glob(f"{lesson}_*.ipynb")
    return [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def ids() -> list[str]:
    """The ids of all exercises."""
    return [one.id for lesson in lessons.numbers() for one in lessons.declared(lesson).EXERCISES]


@cache
def answer(id: str) -> Answer:
    """The answer to this exercise. Raises LookupError when the solved lesson has none."""
    above: list[str] = []
    for cell in _cells(id[:2]):
        if found := re.search(rf'^check\("{id}", (\w+)\)', cell, re.MULTILINE):
            number = max(n for n, each in enumerate(above) if _REGION.search(each))
            return Answer(id, above[number], found[1], _setting(above[:number], above[number]))
        above.append(cell)
    raise LookupError(f"no cell checks {id}")


def _setting(above: list[str], cell: str) -> dict[str, Any]:
    """What the cells define that this one needs, and those in turn: run in order, the others not."""
    needed, wanted = [], _names(cell, ast.Load)
    for each in reversed(above):
        if wanted & _defined(each):
            needed.insert(0, each)
            wanted |= _names(each, ast.Load)
    namespace: dict[str, Any] = {}
    for each in needed:
        _execute(each, namespace)
    return namespace


def _names(source: str, context: type) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _defined(source: str) -> set[str]:
    names = _names(source, ast.Store)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names


def mutants(id: str) -> list[Mutant]:
    """Every mutant of the answer to this exercise, in an order that never changes."""
    own = answer(id)
    value = own.value(own.cell)
    if _is_words(value):
        return list(_other_values(value, _vocabulary(id, value)))
    region = _REGION.search(own.cell)
    first = own.cell[: region.start()].count("\n") + 1
    lines = range(first, first + region[0].count("\n") + 1)
    names = operators.names(own.cell)
    if not callable(value):
        names = [name for name, each in own.setting.items() if not callable(each)]
    return list(operators.mutants(own.cell, operators.every(names), lines))


def refused(id: str, mutant: Mutant) -> bool:
    """Does the exercise's check refuse it?

    Not so when the check itself fails on it: that is as much a survivor. Which idea is behind it is
    not asked: that takes longest.
    """
    own = answer(id)
    try:
        value = ast.literal_eval(mutant.source) if _is_literal(mutant) else own.value(mutant.source)
    except Exception:  # noqa: BLE001  # a cell that ends in a traceback answers nothing
        return True
    result = judge(replace(lessons.exercise(id), misconceptions=()), value)
    return not result and _OWN_FAULT not in result.sentence


# Answers in words: the mutants are literals.


def _is_literal(mutant: Mutant) -> bool:
    return mutant.source.startswith(("{", "[", "'", '"', "("))


def _is_words(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_words, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str | int)


def _leaves(value: Any) -> Iterator[str | int]:
    if isinstance(value, dict | list | tuple | set | frozenset):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    elif isinstance(value, str | int):
        yield value


def _vocabulary(id: str, value: Any) -> list[str | int]:
    """Every word of any answer to this exercise, right or wrong, in one of its spellings."""
    module = table(id[:2])
    words = list(_leaves(value))
    for each in (*module.RIGHT[id], *(wrong for wrong, _ in module.WRONG[id])):
        try:
            words += _leaves(plain(each))
        except UnreadableAnswer:
            continue
    return list({_spelled(word): word for word in reversed(words)}.values())


def _spelled(word: str | int) -> str | int:
    return re.sub(r"\W|_", "", word.lower()) if isinstance(word, str) else repr(word)


def _other_values(value: Any, words: list[str | int]) -> Iterator[Mutant]:
    seen = {repr(value)}
    for where, other in _others(value, words):
        if repr(other) not in seen:
            seen.add(repr(other))
            yield Mutant(repr(other), where)


def _others(value: Any, words: list[str | int]) -> Iterator[tuple[str, Any]]:
    """Each value that differs in one entry, with what differs."""
    if isinstance(value, dict):
        for key, old in value.items():
            yield f"no {key!r}", {name: each for name, each in value.items() if name != key}
            for where, new in _others(old, words):
                yield f"{key!r}: {where}", value | {key: new}
    elif isinstance(value, list):
        yield from _other_lists(value, words)
    else:
        near = [value - 1, value + 1, 2 * value, -value] if isinstance(value, int) else []
        yield from (
            (f"{value!r} => {word!r}", word) for word in (*words, *near) if word is not value
        )


def _other_lists(value: list[Any], words: list[str | int]) -> Iterator[tuple[str, Any]]:
    for number, old in enumerate(value):
        before, after = value[:number], value[number + 1 :]
        yield f"no {old!r}", before + after
        yield f"{old!r} twice", [*before, old, old, *after]
        for where, new in _others(old, words):
            yield f"{number}: {where}", [*before, new, *after]
        for later in range(number + 1, len(value)):
            swapped = list(value)
            swapped[number], swapped[later] = value[later], old
            yield f"{old!r} <-> {value[later]!r}", swapped
    yield from ((f"{word!r} as well", [*value, word]) for word in words if word not in value)
