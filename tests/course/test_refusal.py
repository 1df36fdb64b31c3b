"""A refusal is meant; an accident could happen with the bank itself."""

import ssl

import pytest

from certpin_lab import Pin, PinSet
from certpin_lab.course.lessons.lesson_06_your_first_pin.refusal import refuses


def raised(code: str) -> Exception:
    try:
        exec(code, {"ssl": ssl, "Pin": Pin, "PinSet": PinSet, "__name__": "notebook"})
    except Exception as error:  # noqa: BLE001  # whatever it is, it is looked at
        return error
    raise AssertionError(f"nothing was raised by {code}")


@pytest.mark.parametrize(
    "code",
    [
        "raise ssl.SSLError('not pinned')",
        "raise Exception('not pinned')",
        "raise OSError('not pinned')",
        "raise KeyError('not pinned')",
        "raise LookupError",
        "class NotPinned(TypeError): pass\nraise NotPinned",
        "assert False, 'not pinned'",
        "try:\n    {}['pin']\nexcept KeyError:\n    raise ConnectionError('not pinned')",
        "PinSet(['sha256/damaged'])",
        "PinSet(['sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=']).check([])",
        "[].remove('pin')",
    ],
)
def test_what_is_raised_on_purpose_is_a_refusal(code):
    assert refuses(raised(code))


@pytest.mark.parametrize(
    "code",
    [
        "{}['pin']",
        "[][0]",
        "None.check()",
        "unknown",
        "1 / 0",
        "import no_such_module",
        "len(3)",
        "open('/no/such/file')",
        "Pin.of('text')",
        "try:\n    [][0]\nexcept IndexError:\n    raise",
    ],
)
def test_an_accident_is_no_refusal(code):
    assert not refuses(raised(code))
