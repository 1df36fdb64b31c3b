"""Retrieval questions, with feedback for every option.

An option opens with a click, without widgets or scripts (`<details>`); it can be chosen in code as
well. As plain text the question is complete, and its answer is not in the notebook's source.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from . import lessons
from .answers import UnreadableAnswer, is_blank, plain, read_id, read_word, show_id
from .exercise import Option, Question
from .feedback import Feedback


@dataclass(frozen=True, repr=False)
class Asked:
    """A question on display: as HTML, the feedback is folded behind each option."""

    question: Question

    def __repr__(self) -> str:
        options = "\n".join(
            f"  {letter}) {option.text}" for letter, option in _lettered(self.question)
        )
        how = f'Answer with a letter: quiz("{self.question.id}", "a")'
        return f"{self.question.text}\n{options}\n{how}"

    def _repr_html_(self) -> str:
        options = "".join(
            f"<details><summary>{letter}) {escape(option.text)}</summary>"
            f"<p>{escape(_feedback(option))}</p></details>"
            for letter, option in _lettered(self.question)
        )
        return f"<p><strong>{escape(self.question.text)}</strong></p>{options}"


def quiz(id: str, answer: object = ...) -> Asked | Feedback:
    """Ask a question, or give the feedback for an answer to it.

    id: the question's id, "01.q1". answer: the letter or the text of an option. `...` shows the
    question.

    Returns the question, or the feedback for the option. It never raises, and nothing is graded.
    """
    try:
        question = lessons.question(read_id(id))
        if is_blank(answer):
            return Asked(question)
        letters = {letter: (option.text,) for letter, option in _lettered(question)}
        letter = read_word(plain(answer), letters, "an option")
    except (LookupError, UnreadableAnswer) as problem:
        return Feedback(f"? Question {show_id(id)}.", str(problem.args[0]))
    option = dict(_lettered(question))[letter]
    mark = "✔" if option.right else "✘"
    return Feedback(f"{mark} {question.id}, {letter}) {option.text}", _feedback(option))


def _lettered(question: Question) -> list[tuple[str, Option]]:
    return list(zip("abcdefgh", question.options, strict=False))


def _feedback(option: Option) -> str:
    return f"{'Right.' if option.right else 'Not this one.'} {option.feedback}"
