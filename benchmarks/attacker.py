"""Requests per second through `OnPathAttacker`, each on a new connection with two handshakes, the
forged certificate at hand.

Bank and proxies are in processes of their own; the clients are threads in this one, the same for
both sides.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from certpin_lab import OnPathAttacker, unverified_context

from . import mitmdump
from .measure import Row, Sides, Target
from .processes import Address, Elsewhere, connection_to, started
from .world import ANSWER, FORGER, HOST, REQUEST, must_agree, parameters

CLIENTS = 4


def fetch(address: Address, context: ssl.SSLContext) -> tuple[object, ...]:
    """One request; returns the parameters of its connection."""
    with connection_to(address, context) as tls:
        negotiated = parameters(tls)
        tls.sendall(REQUEST)
        answer = b"".join(iter(lambda: tls.recv(65536), b""))
        if answer != ANSWER:
            raise RuntimeError(f"The bank's answer did not get through: {answer[:200]!r}")
        return negotiated


def burst(address: Address, context: ssl.SSLContext, requests: int) -> float:
    """Requests per second, from `CLIENTS` clients at once."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        start = time.perf_counter()
        for _ in clients.map(lambda _: fetch(address, context), range(requests)):
            pass
        return requests / (time.perf_counter() - start)


def _sides(ours: Address, theirs: Address, quick: bool) -> Sides:
    context = unverified_context()  # the cheapest client: what is measured is what stands before it
    must_agree(fetch(ours, context), fetch(theirs, context))
    requests = 8 if quick else 40
    return partial(burst, ours, context, requests), partial(burst, theirs, context, requests)


@contextmanager
def against_mitmproxy(quick: bool) -> Iterator[Sides]:
    """Both have the same bank behind them."""
    with (
        started("bare bank") as bank,
        mitmdump.started(bank) as theirs,
        started("attacker", bank) as ours,
    ):
        yield _sides(ours, theirs, quick)


@contextmanager
def against_bare_loop(quick: bool) -> Iterator[Sides]:
    """`processes.BareRelay` does the least that can be called the same work."""
    with (
        started("bare bank") as bank,
        started("bare relay", bank) as theirs,
        started("attacker", bank) as ours,
    ):
        yield _sides(ours, theirs, quick)


def workload() -> None:
    """What `--profile` looks at: the attacker in this process, one client, the bank elsewhere."""
    context = unverified_context()
    with (
        started("bare bank") as bank,
        OnPathAttacker(FORGER, upstream={HOST: Elsewhere(bank)}) as attacker,
    ):
        for _ in range(300):
            fetch(attacker.address, context)


ROWS = (
    Row(
        "attacker-mitmproxy",
        "attacker, new connection each",
        "mitmproxy, reverse mode",
        "requests/s",
        Target(3.5, at_least=True),
        against_mitmproxy,
        40,
    ),
    Row(
        "attacker-bare",
        "attacker, new connection each",
        "a bare loop of two handshakes",
        "requests/s",
        Target(1.0, at_least=True),
        against_bare_loop,
        100,
    ),
)
