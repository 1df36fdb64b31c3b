"""Waiting for what other threads and processes do, however busy the machine is."""

import time
from collections.abc import Callable


def soon(condition: Callable[[], object], *, within: float = 60.0) -> bool:
    """Does this become true? Returns as soon as it does; only a test that fails waits to the end.

    within: seconds, far more than a busy machine needs.
    """
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
