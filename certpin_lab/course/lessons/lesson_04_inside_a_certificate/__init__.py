"""Inside a certificate: what exactly a pin is made of, and which wrong recipes look like it."""

from . import exercise_1_the_pin_by_hand, exercise_2_five_pins, exercise_3_what_survives
from .questions import PREDICTIONS, QUESTIONS

EXERCISES = (
    exercise_1_the_pin_by_hand.EXERCISE,
    exercise_2_five_pins.EXERCISE,
    exercise_3_what_survives.EXERCISE,
)

__all__ = ["EXERCISES", "PREDICTIONS", "QUESTIONS"]
