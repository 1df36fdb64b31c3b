"""An HTTPS server on loopback.

HTTP is parsed by h11. Each connection leaves a frozen record of what the server saw: the measure of
what a client gave away.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import h11

from .contexts import server_context
from .loopback import LIFETIME, Address, Deadline, Listener, Service, end
from .outcomes import classify
from .pki import Identity

RECORD_LIMIT = (
    1 << 20
)  # bytes of a connection that a record keeps, and of a request that a server takes


@dataclass(frozen=True)
class ConnectionRecord:
    """One connection as the server's side saw it, written when it was over.

    `server_name` is what the ClientHello asked for (canonical text as sent, None when absent),
    `received` the plaintext in the order it came (at most 1 MiB of it), `forwarded` what an
    attacker passed on instead. `error` is None or a few stable words.
    """

    handshake_completed: bool
    server_name: str | None
    received: bytes = b""
    forwarded: bytes = b""
    error: str | None = None
    peer: Address = field(default=("", 0), compare=False, repr=False)


@dataclass(frozen=True)
class Request:
    """An HTTP request, as much of it as the lab needs. `path` is as sent, `body` plain bytes."""

    method: str
    path: str
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        """The fields of a urlencoded form; of a repeated field, the last value."""
        return {
            name: values[-1]
            for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()
        }


@dataclass(frozen=True)
class Response:
    """An HTTP response: status code and body, sent as UTF-8 text."""

    status: int
    text: str


App = Callable[[Request], Response]


class TLSServer(Service):
    """An HTTPS server on 127.0.0.1, on a port the system chooses.

    It runs from construction to `close` (or the end of `with`).

    identity: the certificate chain it presents and the key it proves. Assign another one to renew:
    new connections get it.
    app: answers requests, on a connection's thread; kept as `.app`.
    session_tickets: see `server_context`.
    """

    def __init__(
        self, identity: Identity, app: App | None = None, *, session_tickets: int = 0
    ) -> None:
        self.app = app or hello
        self._session_tickets = session_tickets
        self._records: list[ConnectionRecord] = []
        self.identity = identity
        self._listener = Listener(self._serve, name="lab-server")

    @property
    def identity(self) -> Identity:
        """Who the server is now."""
        return self._identity

    @identity.setter
    def identity(self, identity: Identity) -> None:
        context = server_context(identity, session_tickets=self._session_tickets)
        context.sni_callback = note_server_name
        self._identity, self._context = identity, context

    @property
    def connections(self) -> tuple[ConnectionRecord, ...]:
        """Every connection that is over, in the order they ended."""
        return tuple(self._records)

    def _serve(self, connection: socket.socket, peer: Address) -> None:
        def talk(tls: ssl.SSLSocket, received: bytearray, _forwarded: bytearray) -> None:
            answer_requests(tls, self.app, received)

        serve_tls(connection, peer, self._context, talk, self._records)


Talk = Callable[[ssl.SSLSocket, bytearray, bytearray], None]


def serve_tls(
    connection: socket.socket,
    peer: Address,
    context: ssl.SSLContext,
    talk: Talk,
    records: list[ConnectionRecord],
) -> None:
    """Complete a handshake as the server, let `talk` have the connection, and append the record.

    `talk(tls, received, forwarded)` keeps the plaintext that it reads and passes on in the two
    bytearrays.
    """
    received, forwarded = bytearray(), bytearray()
    tls, completed, error = None, False, None
    try:
        _still_there(connection)
        tls = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        tls.do_handshake()
        completed = True
        talk(tls, received, forwarded)
    except OSError as problem:
        error = getattr(tls, "explanation", classify(problem)[1])
    finally:
        name = getattr(tls, "requested_name", None)
        # The record stands before the client sees the end: whoever waits for the end finds the
        # record.
        records.append(
            ConnectionRecord(completed, name, bytes(received), bytes(forwarded), error, peer)
        )
        if tls is not None:
            end(tls)
            tls.close()


def _still_there(connection: socket.socket) -> None:
    """Raise ConnectionResetError when the peer is gone already.

    `wrap_socket` would leave the descriptor open then.
    """
    try:
        connection.getpeername()
    except OSError as gone:
        raise ConnectionResetError("The client hung up before the handshake.") from gone


def read(tls: ssl.SSLSocket) -> bytes:
    """What the client sent, b"" when it has hung up.

    A reset is an end, too: Python 3.11 cannot tell the two apart.
    """
    try:
        return tls.recv(65536)
    except ConnectionResetError:
        return b""


def keep(record: bytearray, data: bytes) -> None:
    """Append data to a record, as far as it has room.

    A peer that sends for ever must not fill the memory.
    """
    record += data[: RECORD_LIMIT - len(record)]


def note_server_name(
    connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _context: ssl.SSLContext
) -> None:
    """An `sni_callback` that keeps the ClientHello's name on the socket, as `requested_name`."""
    connection.requested_name = name  # type: ignore[union-attr]


def answer_requests(tls: ssl.SSLSocket, app: App, received: bytearray) -> None:
    """Answer HTTP/1.1 requests until the client is done, and keep what it sends in `received`.

    Each has LIFETIME to arrive.
    """
    http = h11.Connection(h11.SERVER)
    method = path = ""
    body = bytearray()
    deadline = Deadline(LIFETIME)
    while True:
        try:
            event = http.next_event()
        except h11.RemoteProtocolError:
            return  # not HTTP: what it was is in the record
        if event is h11.NEED_DATA:
            deadline.limit(tls)
            data = read(tls)
            keep(received, data)
            http.receive_data(data)
        elif isinstance(event, h11.Request):
            method, path = event.method.decode(), event.target.decode()
            body.clear()
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > RECORD_LIMIT:
                return tls.sendall(_encode(http, Response(413, "The request is too large.")))
        elif isinstance(event, h11.EndOfMessage):
            answer = app(Request(method, path, bytes(body)))
            tls.sendall(_encode(http, answer))
            if http.our_state is h11.MUST_CLOSE:
                return
            http.start_next_cycle()
            deadline = Deadline(LIFETIME)
        else:
            return  # ConnectionClosed


def _encode(http: h11.Connection, answer: Response) -> bytes:
    content = answer.text.encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(content)))]
    events = (
        h11.Response(status_code=answer.status, headers=headers),
        h11.Data(data=content),
        h11.EndOfMessage(),
    )
    return b"".join(http.send(event) or b"" for event in events)


def hello(request: Request) -> Response:
    """The default app: says which path was asked for."""
    return Response(200, f"hello from the lab: {request.path}\n")
