"""Lesson 01, Who are you talking to?

Encryption, the eavesdropper and the attacker in the middle.
"""

from . import exercise_1_hosts_visited, exercise_2_seven_steps, exercise_3_visible_or_forgeable
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (
    exercise_1_hosts_visited.EXERCISE,
    exercise_2_seven_steps.EXERCISE,
    exercise_3_visible_or_forgeable.EXERCISE,
)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
