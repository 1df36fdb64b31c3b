"""The café's Wi-Fi: an HTTP CONNECT proxy (RFC 9110, section 9.3.6) for the lab's hosts only.

A phone on somebody's Wi-Fi cannot choose where its packets go. A client that takes this gateway as
its proxy is in the same
position: it asks for a host by name, and the gateway decides which address it reaches. The client
is not changed at all.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import h11

from .loopback import (
    LIFETIME,
    TIMEOUT,
    Address,
    Deadline,
    HasAddress,
    Listener,
    Service,
    connect,
    lab_address,
    lab_hostname,
    lab_routes,
    relay,
)
from .neighbours import is_own
from .server import keep

# Longer than a server's, so that a tunnel finds its far end closed and its record written.
TUNNEL_LIFETIME = LIFETIME + TIMEOUT  # seconds
_CONNECTED = b"HTTP/1.1 200 Connected\r\n\r\n"


@dataclass(frozen=True)
class Tunnel:
    """One connection through the gateway, as an eavesdropper on the Wi-Fi has it, encrypted.

    `rerouted`: whether it went to an attacker instead of the host. `server`: the server it reached.
    At most 1 MiB is kept each way.
    """

    host: str
    rerouted: bool
    from_client: bytes = field(repr=False)
    to_client: bytes = field(repr=False)
    server: HasAddress = field(compare=False, repr=False)
    exit: Address = field(
        compare=False, repr=False
    )  # the gateway's own end of the onward connection


class Gateway(Service):
    """The Wi-Fi: give its `url` as the proxy to any HTTP client.

    It runs from construction to `close` (or the end of `with`).

    routes: the lab's hosts (names under `example` and `test`) and who serves them. Others are
        answered with 403; the proxy's URL carries a password, so that other users of this machine
        cannot use it.
    """

    def __init__(self, routes: Mapping[str, HasAddress]) -> None:
        self._routes = lab_routes(routes)
        self._hijacked: dict[str, HasAddress] = {}
        self._tunnels: list[Tunnel] = []
        self._active = 0
        self._change = threading.Lock()
        self._password = secrets.token_hex(16)
        self._listener = Listener(self._serve, name="lab-gateway", admits=is_own)

    @property
    def url(self) -> str:
        """The proxy URL for an HTTP client, with the password."""
        return f"http://phone:{self._password}@{self.address[0]}:{self.address[1]}"

    @property
    def capture(self) -> tuple[Tunnel, ...]:
        """Every tunnel that is over, in the order they ended.

        Waits for those that are just ending.
        """
        self.wait_until_idle()
        return tuple(self._tunnels)

    @contextmanager
    def hijack(self, host: str, attacker: HasAddress) -> Iterator[None]:
        """While this lasts, connections to `host` reach the attacker instead.

        Hijacks may be nested; the last one wins.
        """
        name = lab_hostname(host)
        if name not in self._routes:
            raise KeyError(
                f"The gateway has no route to {name!r}. It knows {', '.join(sorted(self._routes))}."
            )
        lab_address(attacker)
        before = self._hijacked.get(name)
        try:
            self._hijacked[name] = attacker
            yield
        finally:
            if before is None:
                self._hijacked.pop(name, None)
            else:
                self._hijacked[name] = before

    def wait_until_idle(self, timeout: float = TUNNEL_LIFETIME + TIMEOUT) -> None:
        """Wait until every tunnel of our clients is over, so that all records are written.

        timeout: seconds; the default is longer than any tunnel lasts. Raises TimeoutError after it.
        """
        deadline = Deadline(timeout)
        # No lock here: an interrupt at the end of a `with` could leave a Condition locked, and the
        # gateway would be stuck for good.
        while self._active:
            if not deadline.left():
                raise TimeoutError(
                    f"A connection through the gateway was still open after {timeout} seconds. "
                    "Close the client."
                )
            time.sleep(0.0005)

    def _serve(self, client: socket.socket, _peer: Address) -> None:
        try:
            request, rest = _read_request(client)
        except (OSError, h11.RemoteProtocolError):
            return
        if not self._knows_password(request):
            return _refuse(client, 407, "This is a private lab gateway.")
        if request.method != b"CONNECT":
            return _refuse(
                client, 405, "The lab's gateway takes CONNECT only: use an https address."
            )
        try:
            host = lab_hostname(request.target.decode("ascii", "replace").rpartition(":")[0])
            rerouted = host in self._hijacked
            server = self._hijacked.get(host) or self._routes[host]
        except (ValueError, KeyError):
            return _refuse(
                client, 403, f"The lab's gateway knows only {', '.join(sorted(self._routes))}."
            )
        with self._change:
            self._active += 1
        try:
            self._tunnel(client, rest, host, server, rerouted)
        finally:
            client.close()
            with self._change:
                self._active -= 1

    def _tunnel(
        self, client: socket.socket, rest: bytes, host: str, server: HasAddress, rerouted: bool
    ) -> None:
        sent, answered = bytearray(rest), bytearray()
        try:
            onward = connect(server.address)
        except ConnectionResetError:  # it closed right after accepting: a tunnel that ends at once
            self._tunnels.append(Tunnel(host, rerouted, rest, b"", server, ("", 0)))
            return _say(client, _CONNECTED)
        except OSError:
            return _refuse(client, 502, f"{host} does not answer.")
        with onward:
            source = onward.getsockname()
            try:
                client.sendall(_CONNECTED)
                onward.sendall(rest)
                relay(
                    client,
                    onward,
                    rightwards=_recorder(sent),
                    leftwards=_recorder(answered),
                    lifetime=TUNNEL_LIFETIME,
                )
            except OSError:
                pass  # the client left in between
        self._tunnels.append(Tunnel(host, rerouted, bytes(sent), bytes(answered), server, source))

    def _knows_password(self, request: h11.Request) -> bool:
        expected = b"Basic " + base64.b64encode(f"phone:{self._password}".encode())
        given = dict(request.headers).get(b"proxy-authorization", b"")
        return hmac.compare_digest(given, expected)


def _recorder(record: bytearray) -> Callable[[bytes], bytes]:
    def see(piece: bytes) -> bytes:
        keep(record, piece)
        return piece

    return see


def _read_request(client: socket.socket) -> tuple[h11.Request, bytes]:
    """The request's head, and what the client sent after it.

    Raises OSError or h11.RemoteProtocolError.
    """
    http = h11.Connection(h11.SERVER, max_incomplete_event_size=8192)
    deadline = Deadline(TIMEOUT)
    while (event := http.next_event()) is h11.NEED_DATA:
        deadline.limit(client)
        http.receive_data(client.recv(4096))
    if not isinstance(event, h11.Request):
        raise ConnectionResetError
    return event, http.trailing_data[0]


def _refuse(client: socket.socket, status: int, reason: str) -> None:
    body = f"{reason}\n".encode()
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    challenge = 'Proxy-Authenticate: Basic realm="lab"\r\n' if status == 407 else ""
    _say(client, f"{head}{challenge}\r\n".encode() + body)


def _say(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # the client left
        client.sendall(data)
