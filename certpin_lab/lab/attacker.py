"""The on-path attacker: a TLS server to the victim, a TLS client to the host, plaintext in between.

It can act only on connections that the lab's gateway hands to it. It forges a certificate for
whatever name the victim asks for; whether the victim believes it depends on what the victim checks.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache

from .contexts import server_context, unverified_context
from .loopback import (
    LIFETIME,
    TIMEOUT,
    Address,
    HasAddress,
    Listener,
    Service,
    connect,
    end,
    lab_hostname,
    lab_routes,
    relay,
    weakly,
)
from .pki import CertificateAuthority, Identity
from .server import ConnectionRecord, keep, note_server_name, read, serve_tls

_FORGERIES = 64  # host names that an attacker keeps forged certificates for


def unchanged(data: bytes) -> bytes:
    """The tampering of an attacker who only listens."""
    return data


class OnPathAttacker(Service):
    """An attacker who answers in place of the lab's hosts.

    It runs from construction to `close` (or the end of `with`).

    authority: the CA it signs forged certificates with, or a function that makes the identity to
    present for a server name.
    upstream: the real hosts by name. It connects to them only once the victim has sent something.
    tamper, tamper_reply: change plaintext on its way to the host and back. They see pieces as they
        arrive; keep the length equal, as HTTP announces it beforehand.

    `connections` has a record of every victim: what it sent in plaintext (`received`) and what was
    passed on (`forwarded`).
    """

    def __init__(
        self,
        authority: CertificateAuthority | Callable[[str], Identity],
        *,
        upstream: Mapping[str, HasAddress],
        tamper: Callable[[bytes], bytes] = unchanged,
        tamper_reply: Callable[[bytes], bytes] = unchanged,
    ) -> None:
        self.tamper = tamper
        self.tamper_reply = tamper_reply
        forge = authority.issue_leaf if isinstance(authority, CertificateAuthority) else authority
        # Victims choose the names, so the memory for them has an end. No reference to `self` in it.
        forged = self._forged = lru_cache(_FORGERIES)(forge)
        self._context_for = lru_cache(_FORGERIES)(lambda name: server_context(forged(name)))
        self._upstream = lab_routes(upstream)
        self._records: list[ConnectionRecord] = []
        self._bait = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._bait.sni_callback = weakly(self._present_forgery)  # type: ignore[assignment]
        self._bait.num_tickets = 0
        self._bait.options |= ssl.OP_NO_TICKET
        self._as_client = unverified_context()
        self._listener = Listener(self._serve, name="lab-attacker")

    @property
    def connections(self) -> tuple[ConnectionRecord, ...]:
        """Every victim's connection that is over, in the order they ended."""
        return tuple(self._records)

    def _present_forgery(
        self, connection: ssl.SSLSocket, name: str | None, context: ssl.SSLContext
    ) -> int | None:
        note_server_name(connection, name, context)
        try:
            connection.context = self._context_for(lab_hostname(name or ""))
        # What escapes from here would be printed by `ssl`, not raised.
        except Exception as error:  # noqa: BLE001
            connection.explanation = f"no forged certificate: {error}"  # type: ignore[attr-defined]
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None

    def forged(self, server_name: str) -> Identity:
        """What it presents to a victim who asks for this name, made at the first request.

        It is kept for the next victim, as are those for the last 64 names asked for.
        """
        return self._forged(lab_hostname(server_name))

    def _serve(self, connection: socket.socket, peer: Address) -> None:
        serve_tls(connection, peer, self._bait, self._intercept, self._records)

    def _intercept(self, victim: ssl.SSLSocket, received: bytearray, forwarded: bytearray) -> None:
        """Wait for the victim's first byte, then connect to the real host and stand in between."""
        if not (first := read(victim)):
            return  # the victim closed without sending anything
        name = lab_hostname(victim.requested_name)  # type: ignore[attr-defined]

        def towards_host(data: bytes) -> bytes:
            keep(received, data)
            changed = self.tamper(data)
            keep(forwarded, changed)
            return changed

        changed = towards_host(first)
        if name not in self._upstream:
            return
        with (
            # Half of what the victim waits: when the host is silent, it is always the attacker who
            # hangs up first.
            connect(self._upstream[name].address, timeout=TIMEOUT / 2) as onward,
            self._as_client.wrap_socket(onward, server_hostname=name) as host,
        ):
            host.sendall(changed)
            relay(
                victim,
                host,
                rightwards=towards_host,
                leftwards=lambda data: self.tamper_reply(data),
                lifetime=LIFETIME,
            )
            end(host)
