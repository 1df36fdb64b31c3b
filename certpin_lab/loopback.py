"""The only door to the network: listen on 127.0.0.1, connect to 127.0.0.1, pass bytes between two sockets.

Everything else in the package opens its sockets here, so that "loopback only" is one rule in one place. Threads started here
never print: what they have to say goes into records that the main thread reads.
"""

from __future__ import annotations

import ipaddress
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self, cast

from .errors import LabOnlyError
from .hostnames import canonical_hostname

Address = tuple[str, int]

LOOPBACK = "127.0.0.1"
TIMEOUT = 5.0  # seconds that any single wait on a socket may take
_PIECE = 65536  # bytes read at once


class HasAddress(Protocol):
    """Something that listens on loopback: a server, a gateway, an attacker."""

    @property
    def address(self) -> Address: ...


def lab_hostname(hostname: str) -> str:
    """The canonical name of a host of the lab. Raises `LabOnlyError` for a name that could be somebody's real host."""
    name = canonical_hostname(hostname)
    if name.split(".")[-1] not in ("example", "test"):
        raise LabOnlyError(
            f"{name!r} is not a host of the lab. Use a name that ends in '.example' or '.test': nobody owns those (RFC 2606)."
        )
    return name


def lab_address(server: HasAddress) -> Address:
    """Where the server listens. Raises `LabOnlyError` unless that is on this machine's loopback."""
    return _on_loopback(server.address)


def lab_routes(routes: Mapping[str, HasAddress]) -> dict[str, HasAddress]:
    """Hosts of the lab and who serves them, by canonical name. Raises `LabOnlyError` for any other host or address."""
    for server in routes.values():
        lab_address(server)
    return {lab_hostname(host): server for host, server in routes.items()}


def _on_loopback(address: Address) -> Address:
    try:
        if ipaddress.ip_address(address[0]).is_loopback:
            return address
    except ValueError:
        pass  # a name: whoever answers DNS would decide where it leads
    raise LabOnlyError(f"{address[0]!r} is not on this machine's loopback. The lab connects to 127.0.0.1 only.")


def connect(address: Address, *, timeout: float = TIMEOUT) -> socket.socket:
    """A TCP connection to an address on loopback. Raises `LabOnlyError` for any other, OSError when nobody answers.

    timeout: seconds for the connection and for every later wait on it.
    """
    connection = socket.create_connection(_on_loopback(address), timeout=timeout)
    _send_at_once(connection)
    return connection


def _send_at_once(connection: socket.socket) -> None:
    # Nagle's algorithm and delayed acknowledgements wait for each other for 40 ms when both sides write small pieces.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Closable:
    """Something that runs from its construction to `close`, or to the end of a `with` block."""

    def close(self) -> None:
        """End it, with everything it has opened. Closing twice does no harm."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Listener(Closable):
    """Accepts TCP connections on 127.0.0.1, on a port the system chooses, and hands each to `serve` on a thread of its own.

    `serve(connection, peer)` owns the connection and closes it. What it raises is kept, and raised by `close`.
    """

    def __init__(self, serve: Callable[[socket.socket, Address], None], *, name: str) -> None:
        self._serve = serve
        self._name = name
        self._open: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._failures: list[Exception] = []
        self._socket = socket.create_server((LOOPBACK, 0), backlog=128)
        self.address: Address = self._socket.getsockname()
        self._acceptor = threading.Thread(target=self._accept, name=name, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._socket.accept()
                if self._closing:
                    return connection.close()
                connection.settimeout(TIMEOUT)
                _send_at_once(connection)
                # `serve` wraps the socket in TLS, which takes its descriptor over: with this second handle `close` ends it.
                handle = connection.dup()
            except OSError:  # the peer was gone before we could accept, or the process is out of file descriptors
                if self._closing:
                    return None
                time.sleep(0.01)
                continue
            thread = threading.Thread(target=self._run, args=(connection, peer), name=self._name, daemon=True)
            with self._lock:
                self._open[thread] = handle
            thread.start()

    def _run(self, connection: socket.socket, peer: Address) -> None:
        try:
            with connection:
                self._serve(connection, peer)
        except Exception as error:  # noqa: BLE001  # a thread must not print; the error surfaces in `close`
            self._failures.append(error)
        finally:
            with self._lock:
                handle = self._open.pop(threading.current_thread())
            handle.close()

    def close(self) -> None:
        """End every connection and thread, and free the port. Raises what a connection's thread raised, if any did."""
        if self._closing:
            return
        self._closing = True
        with self._lock:
            threads = [self._acceptor, *self._open]
            for handle in self._open.values():
                end(handle)
        try:
            connect(self.address).close()  # wakes the acceptor, on every system
        except OSError:
            pass
        for thread in threads:
            thread.join(TIMEOUT)
        self._socket.close()
        if self._failures:
            raise self._failures[0]


class Service(Closable):
    """Something that lives on a `Listener`: a server, a gateway, an attacker."""

    _listener: Listener

    @property
    def address(self) -> Address:
        """Where it listens: ("127.0.0.1", port)."""
        return self._listener.address

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._listener.close()


def end(connection: socket.socket) -> None:
    """Say goodbye on a socket, both ways, whatever state it is in. It stays to be closed."""
    try:
        if isinstance(connection, ssl.SSLSocket):
            connection.settimeout(0)  # send our close_notify, do not wait for the peer's
            connection.unwrap()
        connection.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError):
        pass


def relay(
    left: socket.socket,
    right: socket.socket,
    *,
    rightwards: Callable[[bytes], bytes],
    leftwards: Callable[[bytes], bytes],
    idle: float = TIMEOUT,
) -> None:
    """Pass bytes between two connected sockets until both directions have ended, or nothing moved for `idle` seconds.

    `rightwards` and `leftwards` see each piece, in plaintext where the socket is a TLS one, and return what to pass on.
    TLS has no half-closed state worth having, so there the first end is the end of both.
    """
    routes: Mapping[socket.socket, tuple[socket.socket, Callable[[bytes], bytes]]] = {
        left: (right, rightwards),
        right: (left, leftwards),
    }
    with selectors.DefaultSelector() as selector:
        for source in routes:
            source.setblocking(False)
            selector.register(source, selectors.EVENT_READ)
        while selector.get_map():
            ready = _ready(selector, idle)
            if not ready:
                return
            for source in ready:
                target, see = routes[source]
                piece = _receive(source)
                if piece is None or (piece and _send(target, see(piece))):
                    continue
                if isinstance(source, ssl.SSLSocket):
                    return
                selector.unregister(source)
                _end_of_stream(target)


def _ready(selector: selectors.BaseSelector, idle: float) -> list[socket.socket]:
    sources = [cast(socket.socket, key.fileobj) for key in selector.get_map().values()]
    # OpenSSL may hold decrypted bytes that the selector, which looks at the TCP socket, cannot see.
    pending: list[socket.socket] = [
        source for source in sources if isinstance(source, ssl.SSLSocket) and source.pending()
    ]
    return pending or [cast(socket.socket, key.fileobj) for key, _ in selector.select(idle)]


def _receive(source: socket.socket) -> bytes | None:
    """What has arrived; b"" at the end of the stream, also an abrupt one; None when it was not for the application."""
    try:
        return source.recv(_PIECE)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes) -> bool:
    try:
        target.settimeout(TIMEOUT)
        target.sendall(data)
    except OSError:
        return False
    finally:
        target.setblocking(False)
    return True


def _end_of_stream(target: socket.socket) -> None:
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
