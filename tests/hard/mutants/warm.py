"""In a copy of the package: runs the tests named in the arguments once for each line it reads, and
answers pytest's exit status; negative when the time limit ended it.

Each run is a fork of this process, which has loaded the libraries that the package needs and
nothing of the package: what takes longest is done once. The first run sets the limit for the
others, so that it fits the machine and its load.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

import aiohttp  # noqa: F401
import cryptography.x509  # noqa: F401
import httpx  # noqa: F401
import hypothesis
import pytest
import requests  # noqa: F401
from hypothesis import Phase

OPTIONS = ("-q", "-x", "--tb=no", "-p", "no:cacheprovider", "-p", "no:junitxml")


def status(tests: list[str], seconds: int) -> int:
    """Run the tests in a fork, stop whatever it leaves running, and answer how it ended."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        signal.alarm(seconds)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os._exit(pytest.main([*OPTIONS, *tests]))
    ended = os.waitpid(child, 0)[1]
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(ended)


if __name__ == "__main__":
    hypothesis.settings.register_profile(
        "short",
        max_examples=25,
        deadline=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),  # a red test is enough, however long its example
    )
    hypothesis.settings.load_profile("short")
    seconds = 900
    for number, _ in enumerate(sys.stdin):
        begun = time.monotonic()
        print(status(sys.argv[1:], seconds), flush=True)
        if number == 0:
            seconds = 20 + 10 * int(time.monotonic() - begun)
