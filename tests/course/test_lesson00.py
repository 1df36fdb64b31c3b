"""What lesson 00's exercise does not guess at: words and shapes with two readings."""

import pytest

from certpin_lab.course import lessons
from certpin_lab.course.check import judge


@pytest.mark.parametrize(
    "answer",
    [
        {"unpinned": "served", "pinned": "refuses"},  # its bank, or an attacker?
        {"unpinned": "served", "pinned": "refused"},
        {"served", "locked out"},  # a set has no order
        ["served"],
        ["served", "locked out", "served"],
        "served, locked out",
    ],
)
def test_an_answer_with_two_readings_is_asked_for_again(answer):
    assert judge(lessons.exercise("00.2"), answer).state == "unclear"
