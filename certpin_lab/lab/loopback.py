"""The only door to the network: listen and connect on 127.0.0.1, pass bytes between sockets.

Everything else in the package opens its sockets here, so that "loopback only" is one rule in one
place. Threads started here
never print: what they have to say goes into records that the main thread reads.
"""

from __future__ import annotations

import inspect
import ipaddress
import selectors
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

from ..pinning.errors import CertPinLabError
from ..pinning.hostnames import canonical_hostname
from .neighbours import is_family

Address = tuple[str, int]
Serve = Callable[[socket.socket, Address], None]
F = TypeVar("F", bound=Callable[..., Any])

LOOPBACK = "127.0.0.1"
TIMEOUT = 5.0  # seconds that any single wait on a socket may take
# Total seconds a server spends on one client; more than one TIMEOUT, so the client gives up first.
LIFETIME = 2 * TIMEOUT
_PIECE = 65536  # bytes read at once


class LabOnlyError(CertPinLabError, ValueError):
    """An address that is not on loopback, or a host that is not one of the lab's."""


class HasAddress(Protocol):
    """Something that listens on loopback: a server, a gateway, an attacker."""

    @property
    def address(self) -> Address: ...


def lab_hostname(hostname: str) -> str:
    """The canonical name of a host of the lab.

    Raises `LabOnlyError` for a name that could be somebody's real host.
    """
    name = canonical_hostname(hostname)
    if name.split(".")[-1] not in ("example", "test"):
        raise LabOnlyError(
            f"{name!r} is not a host of the lab. Use a name that ends in '.example' or '.test': "
            "nobody owns those (RFC 2606)."
        )
    return name


def lab_address(server: HasAddress) -> Address:
    """Where the server listens. Raises `LabOnlyError` unless that is on this machine's loopback."""
    return on_loopback(server.address)


def lab_routes(routes: Mapping[str, HasAddress]) -> dict[str, HasAddress]:
    """Hosts of the lab and who serves them, by canonical name.

    Raises `LabOnlyError` for any other host or address.
    """
    for server in routes.values():
        lab_address(server)
    return {lab_hostname(host): server for host, server in routes.items()}


def on_loopback(address: Address) -> Address:
    """The address, if it is an IPv4 address on this machine's loopback; otherwise `LabOnlyError`.

    It is returned as the plain text that was judged. A name is refused: whoever answers DNS would
    decide where it leads.
    """
    try:
        host = ipaddress.IPv4Address(str(address[0]))
        if host.is_loopback:
            return str(host), int(address[1])
    except ValueError:
        pass
    raise LabOnlyError(
        f"{str(address[0])[:80]!r} is not on this machine's loopback. "
        "The lab connects to 127.0.0.1 only."
    )


def connect(address: Address, *, timeout: float = TIMEOUT) -> socket.socket:
    """A TCP connection to an address on loopback.

    Raises `LabOnlyError` for any other address, OSError when nobody answers.

    timeout: seconds for the connection and for every later wait on it.
    """
    connection = socket.create_connection(on_loopback(address), timeout=timeout)
    _send_at_once(connection)
    return connection


def _send_at_once(connection: socket.socket) -> None:
    # Nagle's algorithm and delayed acknowledgements wait for each other for 40 ms when both sides
    # write small pieces.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def weakly(function: F) -> F:
    """The same callable; a bound method is held weakly, and does not keep its object alive."""
    if not inspect.ismethod(function):
        return function
    method = weakref.WeakMethod(function)

    def call(*args: Any) -> Any:
        return bound(*args) if (bound := method()) else None

    return cast(F, call)


class Closable:
    """Something that runs from its construction to `close`, or to the end of a `with` block."""

    def close(self) -> None:
        """End it, with everything it has opened. Closing twice does no harm."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Listener(Closable):
    """Accepts TCP connections on 127.0.0.1, and hands each to `serve` on a thread of its own.

    The system chooses the port. Connections that `admits` does not accept are closed: by default
    those of other programs, on systems that reveal the peer (see `neighbours`).

    `serve(connection, peer)` owns the connection and closes it. What it raises is kept, and raised
    by `close`. Its thread does not keep a listener alive, nor a listener the object whose method
    `serve` is: one that nobody refers to any more ends by itself.
    """

    def __init__(
        self, serve: Serve, *, name: str, admits: Callable[[socket.socket], bool] = is_family
    ) -> None:
        self._serve, self._admits = weakly(serve), admits
        self._name = name
        self._open: dict[threading.Thread, socket.socket] = {}
        self._closing = False
        self._failures: list[Exception] = []
        self._socket = socket.create_server((LOOPBACK, 0), backlog=128)
        self._socket.settimeout(TIMEOUT)
        self.address: Address = self._socket.getsockname()
        self._acceptor = threading.Thread(
            target=_accept, args=(self._socket, weakref.ref(self)), name=name, daemon=True
        )
        weakref.finalize(self, _wake, self._acceptor, self.address).atexit = False
        try:
            self._acceptor.start()
        except (
            BaseException
        ):  # an interrupt: nobody will get this object, and a notebook keeps it in its traceback
            self.close()
            raise

    def _begin(self, connection: socket.socket, peer: Address) -> None:
        thread = threading.Thread(
            target=self._run, args=(connection, peer), name=self._name, daemon=True
        )
        try:
            connection.settimeout(TIMEOUT)
            _send_at_once(connection)
            # `serve` wraps the socket in TLS, which takes its descriptor over: with this second
            # handle `close` ends it.
            handle = connection.dup()
        except OSError:  # the peer is gone, or the process is out of file descriptors
            return connection.close()
        self._open[thread] = handle
        thread.start()

    def _run(self, connection: socket.socket, peer: Address) -> None:
        try:
            with connection:
                self._serve(connection, peer)
        except Exception as error:  # noqa: BLE001  # no thread prints: `close` raises it
            self._failures.append(error)
        finally:
            self._open.pop(threading.current_thread()).close()

    def close(self) -> None:
        """End every connection and thread, and free the port.

        Raises what a connection's thread raised, if any did.

        Every step may be taken twice: when `close` was interrupted, the next one finishes the job.
        """
        self._closing = True
        _wake(self._acceptor, self.address)
        _wait_for(self._acceptor)  # from here on there are no new connections
        self._socket.close()
        still_open = [*self._open.items()]
        for _, handle in still_open:
            end(handle)
        for thread, _ in still_open:
            _wait_for(thread)
        failures, self._failures = self._failures, []
        if failures:
            raise failures[0]


def _accept(listening: socket.socket, owner: weakref.ref[Listener]) -> None:
    """Accept connections until their listener closes or is gone.

    While this waits, it holds no reference to the listener.
    """
    with listening:
        while (listener := owner()) and not listener._closing:
            del listener
            try:
                connection, peer = listening.accept()
            except TimeoutError:
                continue
            except OSError:  # the peer is gone, or the process is out of file descriptors
                time.sleep(0.01)
                continue
            if (listener := owner()) and not listener._closing and listener._admits(connection):
                listener._begin(connection, peer)
            else:
                connection.close()


def _wake(acceptor: threading.Thread, address: Address) -> None:
    """Let the acceptor look whether it is still wanted.

    A connection wakes it on every system; without, it looks after TIMEOUT.
    """
    if acceptor.is_alive():  # otherwise the port may be somebody else's by now
        try:
            connect(address).close()
        except OSError:
            pass


def _wait_for(thread: threading.Thread) -> None:
    if thread.is_alive():  # `join` raises for a thread whose start was interrupted
        thread.join(TIMEOUT)


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
    """End both directions of a socket in any state, with a close_notify. It stays to be closed."""
    try:
        if isinstance(connection, ssl.SSLSocket):
            connection.settimeout(0)  # send our close_notify, do not wait for the peer's
            connection.unwrap()
        connection.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError):
        pass


class Deadline:
    """A moment from which on nobody waits any more.

    A timeout begins anew with each byte that drips in; this does not.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then; 0 when it has passed."""
        return max(0.0, self._end - time.monotonic())

    def limit(self, connection: socket.socket) -> None:
        """Let the next wait on this socket take TIMEOUT, or what is left.

        Raises TimeoutError when nothing is.
        """
        if not (left := self.left()):
            raise TimeoutError("The peer took too long.")
        connection.settimeout(min(TIMEOUT, left))


def relay(
    left: socket.socket,
    right: socket.socket,
    *,
    rightwards: Callable[[bytes], bytes],
    leftwards: Callable[[bytes], bytes],
    lifetime: float,
) -> None:
    """Pass bytes between two sockets until both directions have ended, or `lifetime` seconds.

    `rightwards` and `leftwards` see each piece, in plaintext where the socket is a TLS one, and
    return what to pass on. When one side has ended, the other has TIMEOUT left; TLS has no
    half-closed state worth having, so there it ends at once. Silence alone is no reason to hang up:
    the client waits for one TIMEOUT and should be the first to give up.
    """
    deadline = Deadline(lifetime)
    routes: Mapping[socket.socket, tuple[socket.socket, Callable[[bytes], bytes]]] = {
        left: (right, rightwards),
        right: (left, leftwards),
    }
    with selectors.DefaultSelector() as selector:
        for source in routes:
            source.setblocking(False)
            selector.register(source, selectors.EVENT_READ)
        while selector.get_map():
            if not deadline.left():
                return
            for source in _ready(selector, deadline.left()):
                target, see = routes[source]
                piece = _receive(source)
                if piece is None or (piece and _send(target, see(piece), deadline)):
                    continue
                if isinstance(source, ssl.SSLSocket):
                    return
                selector.unregister(source)
                _end_of_stream(target)
                deadline = Deadline(min(TIMEOUT, deadline.left()))


def _ready(selector: selectors.BaseSelector, wait: float) -> list[socket.socket]:
    sources = [cast(socket.socket, key.fileobj) for key in selector.get_map().values()]
    # OpenSSL may hold decrypted bytes that the selector, which looks at the TCP socket, cannot see.
    pending: list[socket.socket] = [
        source for source in sources if isinstance(source, ssl.SSLSocket) and source.pending()
    ]
    return pending or [cast(socket.socket, key.fileobj) for key, _ in selector.select(wait)]


def _receive(source: socket.socket) -> bytes | None:
    """What has arrived: b"" at any end of the stream, None for what TLS kept to itself."""
    try:
        return source.recv(_PIECE)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes, deadline: Deadline) -> bool:
    try:
        deadline.limit(target)
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
