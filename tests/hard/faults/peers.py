"""Peers that do not behave: servers for the clients of the lab, and clients for its servers. Each
fault is one small function.

A server's function gets the accepted TCP connection and `wait`, the seconds for which the other
side waits; a client's function gets a connection and what it takes to speak TLS on it. Limit: all
of it happens on loopback, where no packet is ever lost.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random

import h11
from cryptography.hazmat.primitives.serialization import Encoding

from certpin_lab import CertificateAuthority, Identity
from certpin_lab.lab import loopback
from certpin_lab.lab.contexts import server_context, unverified_context
from certpin_lab.lab.loopback import Listener, Service
from certpin_lab.lab.story import HOST

Peer = Callable[[socket.socket, float], None]
CONTENT = b"Balance: 2400 euros."
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n" + CONTENT
RESET = struct.pack("ii", 1, 0)  # a linger time of zero: closing sends RST
PIECE = 65536
_this_thread = threading.local()


@functools.cache
def authority() -> CertificateAuthority:
    """The CA that signs every peer's certificate, and the only one that the clients trust."""
    return CertificateAuthority("Honest Root CA", seed="faults")


@functools.cache
def identity() -> Identity:
    """The honest identity, whose key the clients have pinned.

    What is wrong here is never the key.
    """
    return authority().issue_intermediate("Honest Issuing CA").issue_leaf(HOST)


class FaultyServer(Service):
    """Behaves as its function says, towards every connection, until it is closed."""

    def __init__(self, peer: Peer, wait: float) -> None:
        self._peer, self._wait = peer, wait
        self._listener = Listener(self._serve, name="faulty-server")

    def _serve(self, connection: socket.socket, _address: object) -> None:
        connection.settimeout(None)
        with contextlib.suppress(OSError), contextlib.ExitStack() as _this_thread.opened:
            self._peer(connection, self._wait)


def hold(connection: socket.socket) -> None:
    """Keep the connection open and say nothing, until the other side ends it."""
    while connection.recv(PIECE):
        pass


def drip(connection: socket.socket, data: bytes) -> None:
    """One byte a second, faster where the lab waits for less: always well before a single wait is
    over.
    """
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(loopback.TIMEOUT / 5)


def record(kind: int, content: bytes, version: int = 0x0303) -> bytes:
    """A TLS record in plaintext (RFC 8446, section 5.1)."""
    return struct.pack("!BHH", kind, version, len(content)) + content


def handshake(kind: int, content: bytes, version: int = 0x0303) -> bytes:
    """A handshake message, in as many records as it takes."""
    message = bytes([kind]) + len(content).to_bytes(3, "big") + content
    return b"".join(
        record(22, message[at : at + 16384], version) for at in range(0, len(message), 16384)
    )


def server_hello(version: int = 0x0303) -> bytes:
    """A ServerHello without TLS 1.3: up to TLS 1.2 the Certificate message that follows is not
    encrypted.
    """
    suite = (
        b"\xc0\x2b" if version == 0x0303 else b"\xc0\x09"
    )  # ECDHE-ECDSA with AES-128: GCM, before 1.2 CBC
    no_renegotiation = b"\xff\x01\x00\x01\x00"
    content = (
        struct.pack("!H", version)
        + bytes(32)
        + b"\x00"
        + suite
        + b"\x00"
        + b"\x00\x05"
        + no_renegotiation
    )
    return handshake(2, content, version)


def chain_message(certificates: list[bytes]) -> bytes:
    """The Certificate message of TLS 1.2."""
    entries = b"".join(len(der).to_bytes(3, "big") + der for der in certificates)
    return handshake(11, len(entries).to_bytes(3, "big") + entries)


def first_flight(connection: socket.socket, **options: object) -> bytes:
    """Everything that an honest server answers to the ClientHello, not sent yet."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context(**options).wrap_bio(incoming, outgoing, server_side=True)
    while not outgoing.pending:
        incoming.write(connection.recv(PIECE))
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
    return outgoing.read()


def context(**options: object) -> ssl.SSLContext:
    """The honest server's context, with these attributes set."""
    made = server_context(identity())
    for name, value in options.items():
        setattr(made, name, value)
    return made


def accept(connection: socket.socket, as_server: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    """Complete an honest handshake and read the request."""
    tls = (as_server or context()).wrap_socket(connection, server_side=True)
    _this_thread.opened.enter_context(tls)
    tls.settimeout(None)
    client = h11.Connection(h11.SERVER)
    while not isinstance(event := client.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            client.receive_data(tls.recv(PIECE))
    return tls


def finish(tls: ssl.SSLSocket) -> None:
    """Say close_notify and wait for the other side's end."""
    with contextlib.suppress(OSError):
        tls.unwrap().close()
    tls.close()


def cut(tls: ssl.SSLSocket) -> None:
    """End the TCP stream without close_notify, and wait for the other side's end."""
    tcp = tls.detach()
    with socket.socket(fileno=tcp) as connection:
        connection.shutdown(socket.SHUT_WR)
        hold(connection)


# ---- servers that do not behave


def behaves(connection: socket.socket, _wait: float) -> None:
    tls = accept(connection)
    tls.sendall(ANSWER)
    finish(tls)


def says_nothing(connection: socket.socket, _wait: float) -> None:
    hold(connection)


def closes_at_once(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)  # an unread ClientHello would make it a reset


def resets(connection: socket.socket, _wait: float) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def sends_plain_http(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )


def sends_random_bytes(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(Random(1).randbytes(4096))


def sends_an_alert(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(record(21, b"\x02\x28"))


def truncates_a_record(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(server_hello()[:20])


def leaves_in_the_handshake(connection: socket.socket, _wait: float) -> None:
    flight = first_flight(connection)
    connection.sendall(flight[: len(flight) // 2])


def presents_no_certificate(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(server_hello() + chain_message([]))
    hold(connection)


def presents_a_hundred_certificates(connection: socket.socket, _wait: float) -> None:
    leaf, *issuers = identity().chain
    many = replace(identity(), chain=(leaf, *issuers * 99))
    tls = accept(connection, server_context(many))
    tls.sendall(ANSWER)
    finish(tls)


def presents_ten_megabytes(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    der = identity().chain[-1].public_bytes(Encoding.DER)
    connection.sendall(server_hello() + chain_message([der] * (10_000_000 // len(der))))
    hold(connection)


def presents_an_unreadable_certificate(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(server_hello() + chain_message([b"\x30\x03not"]))
    hold(connection)


def stalls_in_the_server_hello(connection: socket.socket, _wait: float) -> None:
    connection.sendall(first_flight(connection)[:50])
    hold(connection)


def stalls_in_its_certificate(connection: socket.socket, _wait: float) -> None:
    connection.sendall(first_flight(connection)[:-300])
    hold(connection)


def stalls_before_its_finished(connection: socket.socket, _wait: float) -> None:
    """In TLS 1.2 the server's Finished is the last message: the client's handshake is not complete."""
    connection.sendall(first_flight(connection, maximum_version=ssl.TLSVersion.TLSv1_2))
    hold(connection)


def stalls_before_the_answer(connection: socket.socket, _wait: float) -> None:
    hold(accept(connection))


def stalls_in_the_answer(connection: socket.socket, _wait: float) -> None:
    tls = accept(connection)
    tls.sendall(ANSWER[:-5])
    hold(tls)


def drips_the_handshake(connection: socket.socket, _wait: float) -> None:
    drip(connection, first_flight(connection))


def drips_the_answer(connection: socket.socket, _wait: float) -> None:
    tls = accept(connection)
    tls.sendall(ANSWER.replace(b"Length: 20", b"Length: 99").removesuffix(CONTENT))
    drip(tls, b"B" * 99)


def offers_tls_1_0(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(server_hello(0x0301))
    hold(connection)


def offers_tls_1_1(connection: socket.socket, _wait: float) -> None:
    connection.recv(PIECE)
    connection.sendall(server_hello(0x0302))
    hold(connection)


def asks_for_a_client_certificate(connection: socket.socket, _wait: float) -> None:
    tls = accept(connection, context(verify_mode=ssl.CERT_OPTIONAL))
    tls.sendall(ANSWER)
    finish(tls)


def insists_on_a_client_certificate(connection: socket.socket, _wait: float) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context(verify_mode=ssl.CERT_REQUIRED).wrap_bio(incoming, outgoing, server_side=True)
    while piece := connection.recv(PIECE):  # by hand, so that no reset overtakes the alert
        incoming.write(piece)
        with contextlib.suppress(ssl.SSLError):
            server.do_handshake()
        connection.sendall(outgoing.read())


def ends_without_close_notify(connection: socket.socket, _wait: float) -> None:
    tls = accept(connection)
    tls.sendall(ANSWER)
    cut(tls)


def answers_too_late(connection: socket.socket, wait: float) -> None:
    tls = accept(connection)
    time.sleep(1.5 * wait)
    tls.sendall(ANSWER)
    finish(tls)


def closes_in_the_answer(connection: socket.socket, _wait: float) -> None:
    tls = accept(connection)
    tls.sendall(ANSWER[:-5])
    finish(tls)


def cuts_the_answer_off(connection: socket.socket, _wait: float) -> None:
    """The end of the TCP stream, which anybody on the path can send, and no close_notify, which
    only the peer can.
    """
    tls = accept(connection)
    tls.sendall(ANSWER[:-5])
    cut(tls)


def answers_nonsense(connection: socket.socket, _wait: float) -> None:
    tls = accept(connection)
    tls.sendall(b"this is not HTTP\r\n\r\n")
    finish(tls)


SERVERS: tuple[Peer, ...] = (
    behaves,
    says_nothing,
    closes_at_once,
    resets,
    sends_plain_http,
    sends_random_bytes,
    sends_an_alert,
    truncates_a_record,
    leaves_in_the_handshake,
    presents_no_certificate,
    presents_a_hundred_certificates,
    presents_ten_megabytes,
    presents_an_unreadable_certificate,
    stalls_in_the_server_hello,
    stalls_in_its_certificate,
    stalls_before_its_finished,
    stalls_before_the_answer,
    stalls_in_the_answer,
    drips_the_handshake,
    drips_the_answer,
    offers_tls_1_0,
    offers_tls_1_1,
    asks_for_a_client_certificate,
    insists_on_a_client_certificate,
    ends_without_close_notify,
    answers_too_late,
    closes_in_the_answer,
    cuts_the_answer_off,
    answers_nonsense,
)


# ---- clients that do not behave: before the handshake, in which `connection` is TCP ...

Caller = Callable[[socket.socket], None]


@functools.cache
def client_hello() -> bytes:
    """An honest ClientHello for the host."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = unverified_context().wrap_bio(incoming, outgoing, server_hostname=HOST)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def is_silent(connection: socket.socket) -> None:
    hold(connection)


def hangs_up(connection: socket.socket) -> None:
    connection.close()


def aborts(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def sends_garbage(connection: socket.socket) -> None:
    connection.sendall(Random(2).randbytes(4096))
    hold(connection)


def sends_half_a_hello(connection: socket.socket) -> None:
    connection.sendall(client_hello()[:100])
    hold(connection)


def stalls_after_its_hello(connection: socket.socket) -> None:
    connection.sendall(client_hello())
    hold(connection)


def drips_its_hello(connection: socket.socket) -> None:
    drip(connection, client_hello())


# ---- ... and after it, in which `connection` is TLS


def drips_its_request(connection: socket.socket) -> None:
    drip(connection, b"GET / HTTP/1.1\r\nHost: bank.example\r\n" + b"X: y\r\n" * 99)


def sends_a_header_of_ten_megabytes(connection: socket.socket) -> None:
    connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"y" * 10_000_000 + b"\r\n\r\n")
    hold(connection)


def sends_headers_for_ever(connection: socket.socket) -> None:
    connection.sendall(b"GET / HTTP/1.1\r\n")
    while True:
        connection.sendall(b"X: y\r\n" * 1000)


def sends_a_body_for_ever(connection: socket.socket) -> None:
    connection.sendall(
        b"POST / HTTP/1.1\r\nHost: bank.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    while True:
        connection.sendall(b"1000\r\n" + bytes(4096) + b"\r\n")


def never_reads_the_answer(connection: socket.socket) -> None:
    """Nothing tells it of the end, which stands behind the answer: it stays until it is hung up on."""
    connection.sendall(b"GET /huge HTTP/1.1\r\nHost: bank.example\r\n\r\n")


EARLY: tuple[Caller, ...] = (
    is_silent,
    hangs_up,
    aborts,
    sends_garbage,
    sends_half_a_hello,
    stalls_after_its_hello,
    drips_its_hello,
)
LATE: tuple[Caller, ...] = (
    is_silent,
    hangs_up,
    aborts,
    sends_garbage,
    drips_its_request,
    sends_a_header_of_ten_megabytes,
    sends_headers_for_ever,
    sends_a_body_for_ever,
    never_reads_the_answer,
)
