"""Man in the middle: three doors through which a forged certificate gets in."""

from . import (
    exercise_1_forge_what_the_bank_shows,
    exercise_2_six_apps,
    exercise_3_which_door,
    exercise_4_pins_in_a_browser,
)
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (
    exercise_1_forge_what_the_bank_shows.EXERCISE,
    exercise_2_six_apps.EXERCISE,
    exercise_3_which_door.EXERCISE,
    exercise_4_pins_in_a_browser.EXERCISE,
)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
