"""Build a certificate authority: who vouches for a server, and how a client checks it."""

from . import (
    exercise_1_two_names,
    exercise_2_forgotten_intermediate,
    exercise_3_one_of_eight,
    exercise_4_row_of_your_own,
)
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (
    exercise_1_two_names.EXERCISE,
    exercise_2_forgotten_intermediate.EXERCISE,
    exercise_3_one_of_eight.EXERCISE,
    exercise_4_row_of_your_own.EXERCISE,
)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
