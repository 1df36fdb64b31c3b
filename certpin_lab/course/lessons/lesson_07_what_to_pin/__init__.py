"""What to pin: six choices, ten events, and four organisations to advise."""

from . import exercise_1_four_organisations, exercise_2_two_chains, exercise_3_the_end_of_a_chain
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (
    exercise_1_four_organisations.EXERCISE,
    exercise_2_two_chains.EXERCISE,
    exercise_3_the_end_of_a_chain.EXERCISE,
)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
