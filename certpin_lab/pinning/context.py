"""TLS contexts: what the client checks, and in which order. `PinnedContext` is the heart of the
package.

The order: canonical host name, its pin set, the handshake with certificate and host name checks, a
verified chain that is not empty, a pin that matches and no banned key. Only then may the first byte
of the application leave.
"""

from __future__ import annotations

import errno
import functools
import ssl
import sys
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .errors import HostnameError
from .pin_mismatch import PinMismatchError
from .policy import PinPolicy

_DER = 2  # _ssl.ENCODING_DER, for the private call below


class HasCertificate(Protocol):
    """Something that has a certificate, such as a certificate authority."""

    @property
    def certificate(self) -> x509.Certificate: ...


def client_context(
    trust_anchors: Iterable[x509.Certificate | HasCertificate],
    policy: PinPolicy | None = None,
    *,
    minimum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
) -> ssl.SSLContext:
    """A client context that trusts these certificates only, requires a certificate, and checks
    dates, chain and host name.

    trust_anchors: certificates to trust, or CAs that have one as `.certificate`. The system's trust
        store and the variables SSL_CERT_FILE and SSL_CERT_DIR play no part.
    policy: with one, a `PinnedContext`: the pins are checked as the last step of the handshake.

    The flags are the same on every Python version: `create_default_context` changed its own in
    3.13. Revocation is not checked.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if policy is None else PinnedContext(policy)
    context.minimum_version = minimum_version
    context.verify_flags = (
        ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST | ssl.VerifyFlags.VERIFY_X509_STRICT
    )
    context.hostname_checks_common_name = False
    # A TLS 1.2 renegotiation could bring another certificate after the pins were checked.
    context.options |= ssl.OP_NO_RENEGOTIATION
    anchors = [
        anchor if isinstance(anchor, x509.Certificate) else anchor.certificate
        for anchor in trust_anchors
    ]
    if not anchors:
        raise ValueError(
            "A client that trusts nobody can connect to nobody. Give at least one trust anchor."
        )
    context.load_verify_locations(
        cadata=b"".join(anchor.public_bytes(Encoding.DER) for anchor in anchors)
    )
    return context


def verified_chain(connection: ssl.SSLSocket | ssl.SSLObject) -> tuple[x509.Certificate, ...]:
    """The chain that the client built and verified up to a trust anchor, leaf first, root included.

    Empty on a resumed session. It deserves its name only with `verify_mode=CERT_REQUIRED`: without,
    nobody checked a signature.
    """
    return _chain(connection, "get_verified_chain")


def presented_chain(connection: ssl.SSLSocket | ssl.SSLObject) -> tuple[x509.Certificate, ...]:
    """The certificates that the peer sent, leaf first.

    The peer chooses what is in it: never compare pins with it.
    """
    return _chain(connection, "get_unverified_chain")


def _chain(connection: ssl.SSLSocket | ssl.SSLObject, method: str) -> tuple[x509.Certificate, ...]:
    if sys.version_info >= (3, 13):
        ders = getattr(connection, method)() or []
    else:  # public since Python 3.13 (https://docs.python.org/3/whatsnew/3.13.html#ssl); before, the same under a private name
        hidden = connection._sslobj  # type: ignore[union-attr]
        ders = [certificate.public_bytes(_DER) for certificate in getattr(hidden, method)() or []]
    return tuple(map(_certificate, ders))


# A client meets the same few certificates at every connection; parsing is a pure function of their
# bytes.
_certificate = functools.lru_cache(maxsize=64)(x509.load_der_x509_certificate)


class _ChecksPins:
    """Completes `do_handshake` with the pin check.

    Goes in front of SSLSocket or SSLObject, which it leaves as they are.
    """

    _pins_checked = False

    def do_handshake(self, *args: Any, **kwargs: Any) -> None:
        super().do_handshake(*args, **kwargs)  # type: ignore[misc]
        if not self._pins_checked:
            _check_pins(self)  # type: ignore[arg-type]
            self._pins_checked = True

    def _handshake_first(self) -> None:
        """Without this, OpenSSL would complete a pending handshake inside the first read or write,
        and send the data.
        """
        if not self._pins_checked:
            if self._sslobj is None:  # type: ignore[attr-defined]  # a refused connection must not go on in plaintext
                raise OSError(
                    errno.ENOTCONN,
                    "This connection is not open: its handshake was refused or never made.",
                )
            self.do_handshake()


def _check_pins(connection: ssl.SSLSocket | ssl.SSLObject) -> None:
    context = connection.context
    host = connection.server_hostname
    if not isinstance(context, PinnedContext):
        raise ssl.SSLError(
            1, "The context of a pinned connection was exchanged for one without pins."
        )
    if host is None:
        raise PinMismatchError(
            "no host name", "the client did not say which host it wants (server_hostname)."
        )
    try:
        chain = verified_chain(connection)
    except ValueError as error:
        raise PinMismatchError(
            "unreadable certificate",
            f"a certificate of the chain cannot be read ({error}).",
            server_hostname=host,
        ) from error
    try:
        context.policy.check(host, chain)
    except HostnameError as error:
        raise PinMismatchError("no host name", str(error), server_hostname=host) from error


def _after_handshake(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._handshake_first()
        return method(self, *args, **kwargs)

    return guarded


class _PinnedSocket(_ChecksPins, ssl.SSLSocket):
    read = _after_handshake(ssl.SSLSocket.read)
    write = _after_handshake(ssl.SSLSocket.write)
    send = _after_handshake(ssl.SSLSocket.send)
    sendall = _after_handshake(ssl.SSLSocket.sendall)
    sendto = _after_handshake(ssl.SSLSocket.sendto)
    sendfile = _after_handshake(ssl.SSLSocket.sendfile)
    recv = _after_handshake(ssl.SSLSocket.recv)
    recv_into = _after_handshake(ssl.SSLSocket.recv_into)
    recvfrom = _after_handshake(ssl.SSLSocket.recvfrom)
    recvfrom_into = _after_handshake(ssl.SSLSocket.recvfrom_into)
    unwrap = _after_handshake(ssl.SSLSocket.unwrap)


class _PinnedObject(_ChecksPins, ssl.SSLObject):
    read = _after_handshake(ssl.SSLObject.read)
    write = _after_handshake(ssl.SSLObject.write)
    unwrap = _after_handshake(ssl.SSLObject.unwrap)


class PinnedContext(ssl.SSLContext):
    """An `ssl.SSLContext` whose connections check the pins as the last step of the handshake,
    before any application byte.

    It works unchanged wherever a context is taken: `ssl`, `http.client`, `urllib.request`, urllib3,
    requests, httpx, aiohttp, asyncio. On a mismatch the handshake raises `PinMismatchError`. A pin
    stands on the other checks, so it refuses to switch them off. A resumed session has no chain and
    is refused for a pinned host.

    Make one with `client_context(trust_anchors, policy)`. What it does not protect: a TLS client
    certificate, which leaves during the handshake, and anything against the owner of the device,
    who can change this very check.
    """

    sslsocket_class = _PinnedSocket
    sslobject_class = _PinnedObject
    _policy: PinPolicy

    def __new__(cls, policy: PinPolicy) -> PinnedContext:
        if not isinstance(policy, PinPolicy):
            raise TypeError(
                f"A PinnedContext is made with a PinPolicy, not with {type(policy).__name__}."
            )
        self = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        self._policy = policy
        return self

    @property
    def policy(self) -> PinPolicy:
        """The policy, fixed for the context's life: a pool of open connections must not outlive a
        change of pins.
        """
        return self._policy

    @property
    def check_hostname(self) -> bool:
        """Always True; setting it to False raises ValueError."""
        return bool(ssl.SSLContext.check_hostname.__get__(self))  # type: ignore[attr-defined]

    @check_hostname.setter
    def check_hostname(self, value: bool) -> None:
        if not value:
            raise ValueError(
                "A pinned context always checks the host name: any other site of a pinned CA would pass otherwise."
            )
        ssl.SSLContext.check_hostname.__set__(self, value)  # type: ignore[attr-defined]

    @property  # type: ignore[override]  # typeshed says int; at run time it is a VerifyMode
    def verify_mode(self) -> ssl.VerifyMode:
        """Always CERT_REQUIRED; setting anything else raises ValueError."""
        return ssl.VerifyMode(ssl.SSLContext.verify_mode.__get__(self))  # type: ignore[attr-defined]

    @verify_mode.setter
    def verify_mode(self, value: ssl.VerifyMode) -> None:
        if value != ssl.CERT_REQUIRED:
            raise ValueError(
                "A pinned context always verifies the chain: into an unverified one an attacker can put the pinned key."
            )
        ssl.SSLContext.verify_mode.__set__(self, value)  # type: ignore[attr-defined]
