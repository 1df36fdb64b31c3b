"""A TLS handshake in slow motion: one flight at a time, and time to act in between.

No sockets, no threads: the bytes lie in `in_flight` until `step` delivers them. Both ends are the
`ssl` module's own (`SSLContext.wrap_bio`), so what they accept and refuse is what they accept and
refuse on a network.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from ..pinning.context import verified_chain
from ..pinning.errors import WireFormatError
from . import wire
from .contexts import server_context
from .outcomes import Event, Mark, classify
from .pki import Identity

_ALERT, _HANDSHAKE = 21, 22
_NO_TLS = ("no TLS",)


@dataclass(frozen=True, repr=False)
class Flight:
    """Bytes that went from one end to the other in one go, and what the receiver did with them.

    `messages` names what the sender put in, as the two ends know it; `readable`: those of them that
    an on-path observer can read. `result` is what the receiver did: "answers", "completes the
    handshake", "reads the data", or "refuses (layer: reason)".
    """

    number: int
    sender: str
    receiver: str
    data: bytes = field(repr=False)
    messages: tuple[str, ...]
    readable: tuple[str, ...]
    result: str

    @property
    def contents(self) -> str:
        """The messages in one line, with the encrypted ones marked as such."""
        hidden = [name for name in self.messages if name not in self.readable]
        parts = [", ".join(self.readable), f"encrypted: {', '.join(hidden)}" if hidden else ""]
        return "; ".join(filter(None, parts))

    def __str__(self) -> str:
        way = f"{self.number}. {self.sender} -> {self.receiver}"
        return f"{way}: {self.contents}. The {self.receiver} {self.result}."

    __repr__ = __str__


class _End:
    """One end of the connection: what has arrived, what is to be sent, how far it has come."""

    def __init__(
        self, name: str, context: ssl.SSLContext, server_hostname: str | None = None
    ) -> None:
        self.name = name
        self.arrived, self.to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        server_side = server_hostname is None
        self.tls = context.wrap_bio(self.arrived, self.to_send, server_side, server_hostname)
        self.ready = False
        self.refusal: Exception | None = None
        self.received = bytearray()

    def go_on(self) -> str:
        """Do what can be done with what has arrived, and say what that was."""
        if self.refusal:
            return "has hung up"
        try:
            done = []
            if not self.ready:
                self.tls.do_handshake()
                self.ready = True
                done.append("completes the handshake")
            if self._read():
                done.append("reads the data")
            return " and ".join(done) or "has nothing to answer"
        except ssl.SSLWantReadError:
            return "answers" if self.to_send.pending else "waits for more"
        except OSError as refusal:
            self.refusal = refusal
            return "refuses ({}: {})".format(*classify(refusal))

    def _read(self) -> int:
        before = len(self.received)
        try:
            while piece := self.tls.read(65536):
                self.received += piece
        except ssl.SSLWantReadError:
            pass  # read to the end of what has arrived
        return len(self.received) - before


class SlowHandshake:
    """A client and a server that share no network: each `step` delivers one flight.

    context: the client's, any `ssl.SSLContext`; a `PinnedContext` checks its pins here as
    everywhere.
    identity: what the server presents.
    server_hostname: the host the client asks for.
    client, server: what the ends are called in the flights and events.

    Between two steps `in_flight` may be read or assigned: that is what an attacker on the way can
    do. Nothing here has a clock, and what a step does depends on the two ends alone.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        identity: Identity,
        *,
        server_hostname: str = "bank.example",
        client: str = "phone",
        server: str = "bank",
    ) -> None:
        if client == server:
            raise ValueError(f"Give the two ends different names, not {client!r} twice.")
        self._spoken: list[tuple[str, str]] = []
        theirs = server_context(identity)
        # The server's end tells us every message's name, also of the encrypted ones. The hook is
        # private, and used for the names only.
        theirs._msg_callback = self._note  # type: ignore[attr-defined]
        self._client, self._server = _End(client, context, server_hostname), _End(server, theirs)
        self._sender, self._receiver = self._client, self._server
        self._flights: list[Flight] = []
        self._half_done = False
        self._client.go_on()
        self.in_flight = self._client.to_send.read()

    @property
    def flights(self) -> tuple[Flight, ...]:
        """What has been delivered so far."""
        return tuple(self._flights)

    @property
    def client_ready(self) -> bool:
        """Whether the client has completed its handshake, with its checks, and may send data."""
        return self._client.ready

    @property
    def received(self) -> bytes:
        """The plaintext that the server's end has read."""
        return bytes(self._server.received)

    @property
    def verified_chain(self) -> tuple[x509.Certificate, ...]:
        """The chain that the client verified; empty before its handshake is complete."""
        return verified_chain(self._client.tls) if self._client.ready else ()

    @property
    def error(self) -> Exception | None:
        """Why the client refused, or None."""
        return self._client.refusal

    def send(self, data: bytes) -> None:
        """Let the client send application data; it joins what is in flight from the client.

        Raises RuntimeError as long as the client's handshake is not complete, and after it refused:
        there is no key to encrypt with, and nobody it would trust with the data.
        """
        if not self._client.ready:
            raise RuntimeError("The client has not completed its handshake, so it sends no data.")
        if self._sender is not self._client:
            raise RuntimeError("The server's bytes are in flight. Deliver them first: step().")
        self._begin()
        self._client.tls.write(data)
        self.in_flight += self._client.to_send.read()
        self._half_done = False

    def step(self) -> Flight:
        """Deliver what is in flight, let the receiver act on it, and return the flight.

        Raises RuntimeError when nothing is in flight: the handshake is over. It is raised too
        after a step that was interrupted.
        """
        self._begin()
        if not self.in_flight:
            self._half_done = False
            raise RuntimeError("Nothing is in flight: this handshake is over.")
        sender, receiver = self._sender, self._receiver
        data, self.in_flight = self.in_flight, b""
        receiver.arrived.write(data)
        result = receiver.go_on()
        names = self._names(sender, data)
        flight = Flight(
            len(self._flights) + 1, sender.name, receiver.name, data, names, _readable(data), result
        )
        self._flights.append(flight)
        self.in_flight = receiver.to_send.read()
        self._sender, self._receiver = receiver, sender
        self._half_done = False
        return flight

    def _begin(self) -> None:
        # What the two ends have swallowed cannot be taken back, so a step is done as a whole or not
        # at all.
        if self._half_done:
            raise RuntimeError(
                "This handshake was interrupted half-way. Start it again with a new SlowHandshake."
            )
        self._half_done = True

    def finish(self) -> tuple[Flight, ...]:
        """Step until nothing is in flight any more, and return all flights."""
        while self.in_flight or self._half_done:
            self.step()
        return self.flights

    def _names(self, sender: _End, data: bytes) -> tuple[str, ...]:
        """What the sender put into the flight, as far as the server's end could tell.

        Application data comes last.
        """
        names = [name for who, name in self._spoken if who == sender.name]
        self._spoken = [(who, name) for who, name in self._spoken if who != sender.name]
        if sender is self._client and self._client.ready and len(_kinds(data)) > len(names):
            names.append("application data")
        return tuple(names) or _kinds(data)

    def _note(
        self,
        _connection: Any,
        direction: str,
        _version: Any,
        content: int,
        message: int,
        data: bytes,
    ) -> None:
        who = self._server.name if direction == "write" else self._client.name
        if content == _HANDSHAKE:
            self._spoken.append((who, wire.message_name(int(message))))
        elif content == _ALERT and len(data) == 2:
            self._spoken.append((who, "alert"))

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened so far, for `show.ladder`: every flight, completion and refusal."""
        found: list[Event] = []

        def add(actor: str, action: str, target: str | None = None, mark: Mark = "") -> None:
            found.append(Event(len(found) + 1, actor, action, target, mark))

        for flight in self._flights:
            add(flight.sender, flight.contents, flight.receiver)
            if flight.result.startswith(("completes", "refuses", "reads")):
                add(flight.receiver, flight.result)
        return tuple(found)


def _kinds(data: bytes) -> tuple[str, ...]:
    try:
        return tuple(
            record.kind for record in wire.records(data) if record.kind != "change cipher spec"
        )
    except WireFormatError:
        return _NO_TLS


def _readable(data: bytes) -> tuple[str, ...]:
    try:
        alerts = [
            record.kind
            for record in wire.records(data)
            if record.kind == "alert" and len(record.payload) == 2
        ]
        return (*(message.name for message in wire.messages(data)), *alerts)
    except WireFormatError:
        return _NO_TLS
