"""One cell of the matrix: a client meets a faulty server, or a server a faulty client, and what
came of it as a few stable words.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from unittest import mock

from certpin_lab import (
    Client,
    Gateway,
    OnPathAttacker,
    Pin,
    PinPolicy,
    PinSet,
    TLSServer,
    client_context,
)
from certpin_lab.lab import gateway as gateway_module
from certpin_lab.lab import loopback, trials
from certpin_lab.lab.clients import LIBRARIES, Post, _answer_body
from certpin_lab.lab.contexts import unverified_context
from certpin_lab.lab.outcomes import classify, find_error
from certpin_lab.lab.pki import CertificateAuthority
from certpin_lab.lab.server import RECORD_LIMIT, ConnectionRecord, Request, Response
from certpin_lab.lab.story import HOST
from tests.hard.faults import peers
from tests.hard.faults.peers import Caller, FaultyServer, Peer

OTHER = "shop.example"
URL = f"https://{HOST}/balance"


@dataclass(frozen=True)
class Cell:
    """What came of it, in words, and how many seconds it took."""

    outcome: str
    seconds: float


def pinned() -> PinPolicy:
    """The pin of the honest key, for the host that misbehaves; the other host is not pinned."""
    return PinPolicy({HOST: PinSet([Pin.of(peers.identity().certificate)])})


def client(library: str = "http.client") -> Client:
    """A pinned client that waits for as long as `loopback.TIMEOUT` says now."""
    return Client(
        library, client_context([peers.authority()], pinned()), library, timeout=loopback.TIMEOUT
    )


def words(attempt: Callable[[], object]) -> str:
    """ "accepted", or layer and reason.

    An error that is not one of a connection is a finding, and says so.
    """
    try:
        attempt()
    except Exception as error:  # noqa: BLE001  # whatever a library raises is what we are here to see
        if find_error(error, OSError) is None:
            return f"RAISES {type(error).__module__}.{type(error).__name__}"
        return ": ".join(classify(error))
    return "accepted"


def timed(attempt: Callable[[], object]) -> Cell:
    """`words`, with a clock."""
    begun = time.monotonic()
    outcome = words(attempt)
    return Cell(outcome, time.monotonic() - begun)


def good_server() -> TLSServer:
    return TLSServer(peers.authority().issue_intermediate("Other Issuing CA").issue_leaf(OTHER))


def through(library: str, peer: Peer) -> Cell:
    """A library, through the gateway, to the faulty server; afterwards the gateway serves the next
    host.
    """
    with ExitStack() as opened:
        faulty = opened.enter_context(FaultyServer(peer, loopback.TIMEOUT))
        other = opened.enter_context(good_server())
        wifi = opened.enter_context(Gateway({HOST: faulty, OTHER: other}))
        cell = timed(lambda: client(library).fetch(URL, proxy=wifi.url))
        after = words(lambda: client(library).fetch(f"https://{OTHER}/", proxy=wifi.url))
        return judged(cell, after == "accepted" and len(wifi.capture) == 2)


def judged(cell: Cell, well: bool) -> Cell:
    return cell if well else Cell(f"{cell.outcome}, AND THE NEXT CLIENT SUFFERS", cell.seconds)


def bare(peer: Peer) -> Cell:
    """`ssl` with the pinned context and a socket's own timeout, no proxy: read the answer to its
    end.
    """

    def attempt() -> None:
        with (
            socket.create_connection(faulty.address, timeout=loopback.TIMEOUT) as tcp,
            client().context.wrap_socket(tcp, server_hostname=HOST) as tls,
        ):
            tls.sendall(
                b"POST / HTTP/1.1\r\nHost: bank.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            deadline = loopback.Deadline(
                3 * loopback.TIMEOUT
            )  # what a user of `ssl` has to do by hand
            answer = b""
            while piece := tls.recv(65536):
                answer += piece
                deadline.limit(tls)
            _answer_body(answer)

    with FaultyServer(peer, loopback.TIMEOUT) as faulty:
        return timed(attempt)


def a_server(identity: object, app: object) -> object:
    """What `trials` makes of a situation's identity; a faulty peer in its place makes a faulty
    server.
    """
    return (
        FaultyServer(identity, loopback.TIMEOUT) if callable(identity) else TLSServer(identity, app)
    )


def trials_with_faults() -> AbstractContextManager[object]:
    """While this lasts, `trials.run` takes a faulty peer for a situation's identity."""
    return mock.patch.object(trials, "TLSServer", a_server)


def in_trials(peer: Peer) -> Cell:
    """`trials.run`, with a situation whose server is faulty and one whose server is not."""
    situations = [trials.Situation("faulty", peer), trials.Situation("next", peers.identity())]  # type: ignore[arg-type]
    begun = time.monotonic()
    try:
        first, second = trials.run([client()], situations)
    except Exception as error:  # noqa: BLE001
        return Cell(
            f"RAISES {type(error).__module__}.{type(error).__name__}", time.monotonic() - begun
        )
    outcome = "accepted" if first.accepted else f"{first.layer}: {first.reason}"
    return judged(Cell(outcome, time.monotonic() - begun), second.accepted)


def careless() -> CertificateAuthority:
    """The CA with which the attacker signs; its victims trust it."""
    return CertificateAuthority("Careless Root CA", seed="faults")


def as_upstream(peer: Peer) -> Cell:
    """What the attacker's record says when the real host is faulty.

    The victim is not pinned, and sees the attacker only.
    """
    with ExitStack() as opened:
        faulty = opened.enter_context(FaultyServer(peer, loopback.TIMEOUT))
        other = opened.enter_context(good_server())
        attacker = opened.enter_context(
            OnPathAttacker(careless(), upstream={HOST: faulty, OTHER: other})
        )
        wifi = opened.enter_context(Gateway({HOST: faulty, OTHER: other}))
        for host in (HOST, OTHER):
            opened.enter_context(wifi.hijack(host, attacker))
        victim = Client("victim", client_context([careless()]), timeout=loopback.TIMEOUT)
        cell = timed(lambda: victim.fetch(URL, proxy=wifi.url))
        after = words(lambda: victim.fetch(f"https://{OTHER}/", proxy=wifi.url))
        wifi.wait_until_idle()
        read = [record.received != b"" for record in attacker.connections]
        error = attacker.connections[0].error if attacker.connections else "NO RECORD"
        outcome = cell.outcome + (f" / {error}" if error else "")
        return judged(Cell(outcome, cell.seconds), after == "accepted" and read == [True, True])


def in_tunnel(peer: Peer) -> Cell:
    """The gateway between the faulty server and a client that never hangs up: when does the tunnel
    end?
    """

    def attempt() -> None:
        with socket.create_connection(wifi.address, timeout=3 * limit()) as raw:
            raw.sendall(connect_request(wifi))
            raw.recv(4096)
            raw.sendall(peers.client_hello())
            try:
                while raw.recv(65536):
                    pass
            except ConnectionError:
                pass
        if len(wifi.capture) != 1:
            raise AssertionError

    with FaultyServer(peer, loopback.TIMEOUT) as faulty, Gateway({HOST: faulty}) as wifi:
        cell = timed(attempt)
    return Cell("ended" if cell.outcome == "accepted" else cell.outcome, cell.seconds)


def limit() -> float:
    """Seconds within which every cell ends: a tunnel's life, and half of it for a busy machine."""
    return 1.5 * gateway_module.TUNNEL_LIFETIME


ENTRIES: dict[str, Callable[[Peer], Cell]] = {
    **{library: (lambda peer, library=library: through(library, peer)) for library in LIBRARIES},
    "bare": bare,
    "trials.run": in_trials,
    "attacker": as_upstream,
    "tunnel": in_tunnel,
}


# ---- the other direction: a server of the lab, and a client that does not behave


def app(request: Request) -> Response:
    """More than the buffers between the two can hold, for the client that does not read."""
    return Response(200, "y" * 20_000_000 if request.path == "/huge" else "hello")


def meets(target: str, caller: Caller, *, late: bool) -> Cell:
    """A faulty client calls the server, the attacker, the gateway, or the server through the
    gateway; then a good one does.

    late: the client misbehaves after an honest handshake; the gateway, which speaks no TLS, has it
    in plaintext then.
    """
    with ExitStack() as opened:
        server = opened.enter_context(TLSServer(peers.identity(), app))
        attacker = opened.enter_context(OnPathAttacker(careless(), upstream={HOST: server}))
        wifi = opened.enter_context(Gateway({HOST: server}))
        service = {"server": server, "attacker": attacker}.get(target, wifi)
        records = {"attacker": attacker}.get(target, server)

        def told() -> bool:
            return target == "gateway" or records.connections != ()

        begun = time.monotonic()
        with socket.create_connection(service.address) as connection, contextlib.suppress(OSError):
            if target == "through":
                connection.sendall(connect_request(wifi))
                connection.recv(4096)
            if late and target != "gateway":
                connection = unverified_context().wrap_socket(connection, server_hostname=HOST)
            with connection:
                caller(connection)
                soon(told)  # who does not hang up stays: the other side is the one to give up
        wifi.wait_until_idle()
        soon(told)
        seconds = time.monotonic() - begun
        outcome = "hung up" if target == "gateway" else story(next(iter(records.connections), None))
        if target == "attacker":
            opened.enter_context(wifi.hijack(HOST, attacker))
        good = Client(
            "good", client_context([careless(), peers.authority()]), timeout=loopback.TIMEOUT
        )
        after = words(lambda: good.fetch(URL, proxy=wifi.url))
        over = soon(lambda: not any(part._listener._open for part in (server, attacker, wifi)))
        return judged(Cell(outcome, seconds), after == "accepted" and over)


def connect_request(wifi: Gateway) -> bytes:
    """What a client asks of the gateway before TLS."""
    return Post(URL, proxy=wifi.url, context=unverified_context()).connect_request()


def story(record: ConnectionRecord | None) -> str:
    """A server's record in a few words."""
    if record is None:
        return "NO RECORD"
    size = (
        "nothing"
        if not record.received
        else "some"
        if len(record.received) <= RECORD_LIMIT
        else "TOO MUCH"
    )
    handshake = "handshake" if record.handshake_completed else "no handshake"
    return f"{handshake}, {size} received, {record.error}"


def soon(condition: Callable[[], object]) -> bool:
    """Is this so before a server's patience ends?

    A record is written when the connection is over.
    """
    until = loopback.Deadline(limit())
    while not condition() and until.left():
        time.sleep(0.01)
    return bool(condition())


TARGETS = ("server", "attacker", "through", "gateway")
