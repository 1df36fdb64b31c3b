"""When an exception out of a learner's function counts as a refusal, and when as an accident."""

from __future__ import annotations

import dis
from types import TracebackType

from ....pinning.errors import CertPinLabError

_ACCIDENTS = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RecursionError,
    TypeError,
)


def refuses(error: Exception) -> bool:
    """Whether the function meant to refuse.

    It did when the package's own check refused, when the exception is of a kind that does not
    happen by accident, or when a `raise` or `assert` outside the package raised it. The same
    accident could happen with the bank itself, so it is no refusal.
    """
    return (
        isinstance(error, CertPinLabError)
        or not isinstance(error, _ACCIDENTS)
        or _raised_on_purpose(error.__traceback__)
    )


def _raised_on_purpose(trace: TracebackType | None) -> bool:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_globals.get("__name__", "").startswith("certpin_lab."):
        return False
    last = trace.tb_lasti
    steps = dis.get_instructions(trace.tb_frame.f_code)
    return any(step.offset == last and step.opname == "RAISE_VARARGS" for step in steps)
