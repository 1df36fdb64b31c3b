"""`trials.run` with the 60 cells of “What to pin”, against 60 bare handshakes with one request
each.

A cell is more than a handshake: the Wi-Fi's tunnel, in half of the cells an attacker with a second
handshake, and the records.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from certpin_lab.cases.what_to_pin import PinningWorld, apps
from certpin_lab.lab import trials
from certpin_lab.lab.contexts import server_context

from .measure import Row, Sides, Target, timed
from .processes import LOOPBACK, at_once, connection_to
from .world import ANSWER, IDENTITY, REQUEST, unpinned


def bare(connections: int) -> None:
    """A server's thread and a client, one connection after the other, in this process as on our
    side.
    """
    context, client = server_context(IDENTITY), unpinned()
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve() -> None:
            for _ in range(connections):
                with context.wrap_socket(at_once(listener.accept()[0]), server_side=True) as tls:
                    tls.recv(65536)
                    tls.sendall(ANSWER)

        server = threading.Thread(target=serve)
        server.start()
        for _ in range(connections):
            with connection_to(listener.getsockname(), client) as tls:
                tls.sendall(REQUEST)
                tls.recv(65536)
        server.join()


@contextmanager
def sixty_cells(_quick: bool) -> Iterator[Sides]:
    """Six clients in ten situations."""
    world = PinningWorld()
    clients, situations = apps(world)[:-1], world.events
    cells = len(clients) * len(situations)
    yield timed(lambda: trials.run(clients, situations)), timed(lambda: bare(cells))


def workload() -> None:
    """What `--profile` looks at."""
    world = PinningWorld()
    for _ in range(5):
        trials.run(apps(world)[:-1], world.events)


ROWS = (
    Row(
        "trials",
        "trials.run with 60 cells",
        "60 bare handshakes",
        "ms",
        Target(1.5),
        sixty_cells,
        60,
    ),
)
