"""Questions say what is to be said about every option, and nothing about the answer before that."""

from __future__ import annotations

import pytest

from certpin_lab.course import lessons, quiz
from certpin_lab.course.exercise import Option, Question

QUESTION = Question(
    "01.q1",
    "What does a pin name?",
    (
        Option("a host", "A pin knows no names."),
        Option("a key", "The hash of its SubjectPublicKeyInfo.", right=True),
        Option("a <certificate>", "Renewed with the same key, it keeps its pin."),
    ),
)


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "question", {"01.q1": QUESTION}.__getitem__)


@pytest.mark.parametrize("answer", ["b", "B", " b ", "a key", "A KEY"])
def test_the_right_option_is_confirmed_by_letter_or_text(answer: str) -> None:
    assert (
        repr(quiz("01.q1", answer))
        == "✔ 01.q1, b) a key Right. The hash of its SubjectPublicKeyInfo."
    )


def test_every_other_option_has_its_own_feedback() -> None:
    assert repr(quiz("01.q1", "a")) == "✘ 01.q1, a) a host Not this one. A pin knows no names."
    assert "keeps its pin" in repr(quiz("01.q1", "c"))


def test_as_text_the_question_is_complete_and_does_not_tell() -> None:
    text = repr(quiz("01.q1", ...))
    assert text.splitlines()[:4] == [
        "What does a pin name?",
        "  a) a host",
        "  b) a key",
        "  c) a <certificate>",
    ]
    assert "Right" not in text
    assert "hash" not in text


def test_as_html_each_option_opens_on_its_feedback_and_is_escaped() -> None:
    html = quiz("01.q1")._repr_html_()
    assert html.count("<details>") == 3
    assert "a &lt;certificate&gt;" in html
    assert "A pin knows no names." in html


@pytest.mark.parametrize("answer", ["d", 2, object(), ["b"]])
def test_what_is_no_option_is_said(answer: object) -> None:
    assert repr(quiz("01.q1", answer)).startswith("? Question 01.q1.")


def test_a_question_needs_one_right_option_and_feedback_for_all() -> None:
    with pytest.raises(ValueError, match="exactly one right"):
        Question("01.q2", "?", (Option("x", "no"), Option("y", "no")))
    with pytest.raises(ValueError, match="feedback"):
        Question("01.q2", "?", (Option("x", "", right=True),))
