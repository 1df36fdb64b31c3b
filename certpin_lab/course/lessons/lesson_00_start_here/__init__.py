"""Lesson 00, Start here: what pinning does, in one look."""

from . import exercise_2_tomorrow_morning
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (exercise_2_tomorrow_morning.EXERCISE,)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
