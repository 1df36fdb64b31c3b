"""Where our side's time goes: CPU time by function, over all threads that a workload starts."""

from __future__ import annotations

import cProfile
import pstats
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def _every_thread(profiles: list[cProfile.Profile]) -> Iterator[None]:
    plain = threading.Thread.run

    def run(thread: threading.Thread) -> None:
        # The thread's own clock: waiting for the other side of a connection is not what we look
        # for.
        profile = cProfile.Profile(time.thread_time)
        profiles.append(profile)
        profile.runcall(plain, thread)

    threading.Thread.run = run  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.run = plain  # type: ignore[method-assign]


def cpu_profile(workload: Callable[[], object], lines: int = 35) -> None:
    """Run `workload` and print the functions that cost the most, cumulative.

    The profiler itself makes small functions look dearer.
    """
    profiles = [cProfile.Profile(time.thread_time)]
    with _every_thread(profiles):
        profiles[0].runcall(workload)
    stats = pstats.Stats(profiles[0])
    for profile in profiles[1:]:
        if profile.getstats():
            stats.add(profile)
    stats.sort_stats("cumulative").print_stats(lines)
