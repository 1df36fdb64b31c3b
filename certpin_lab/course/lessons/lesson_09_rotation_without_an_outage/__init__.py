"""Rotation without an outage: a fleet, a key that must change, and a plan."""

from . import exercise_1_a_plan, exercise_2_the_night, exercise_3_after_the_date
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (
    exercise_1_a_plan.EXERCISE,
    exercise_2_the_night.EXERCISE,
    exercise_3_after_the_date.EXERCISE,
)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
