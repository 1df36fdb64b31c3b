"""Your first pin: the check itself, when it runs, and how its error is read."""

from . import exercise_1_the_check, exercise_2_check_then_send, exercise_3_the_support_line
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (
    exercise_1_the_check.EXERCISE,
    exercise_2_check_then_send.EXERCISE,
    exercise_3_the_support_line.EXERCISE,
)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
