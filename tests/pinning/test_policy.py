"""What a policy's errors name."""

import re

import pytest

from certpin_lab import Pin, PinPolicy, PinSet, PolicyError

FIRST, SECOND, THIRD = (Pin(bytes([number]) * 32) for number in (9, 5, 7))


def test_a_moment_that_is_none_is_named_by_its_argument():
    with pytest.raises(PolicyError, match=r"^expires must be a datetime with a time zone"):
        PinSet([FIRST], expires="2027-03-15", after_expiry="refuse")


@pytest.mark.parametrize("report", [[], "print", 0])
def test_a_report_that_cannot_be_called_is_refused_when_the_policy_is_made(report):
    with pytest.raises(PolicyError, match="report must be a function"):
        PinPolicy({"bank.example": PinSet([FIRST])}, report=report)


def test_the_pins_that_are_banned_too_are_named_one_after_the_other():
    both = re.escape(f"{SECOND}, {FIRST}")  # pins are kept sorted
    with pytest.raises(PolicyError, match=both):
        PinSet([FIRST, THIRD, SECOND], banned=[SECOND, FIRST])
