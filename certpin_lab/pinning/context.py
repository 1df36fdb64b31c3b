"""TLS contexts: what the client checks, and in which order.

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
from typing import Any, Protocol, TypeVar, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .errors import HostnameError
from .pin_mismatch import PinMismatchError
from .policy import PinPolicy

C = TypeVar("C", bound=ssl.SSLContext)
T = TypeVar("T")
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
    """A client context that trusts these certificates only and checks dates, chain and host name.

    trust_anchors: certificates to trust, or CAs that have one as `.certificate`. The system's trust
        store and the variables SSL_CERT_FILE and SSL_CERT_DIR play no part.
    policy: with one, a `PinnedContext`: the pins are checked as the last step of the handshake.

    The flags are the same on every Python version: `create_default_context` changed its own in
    3.13. Raises ValueError without a trust anchor. Revocation is not checked.
    """
    context = (
        _harden(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        if policy is None
        else PinnedContext(policy)
    )
    context.minimum_version = minimum_version
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


def _harden(context: C) -> C:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = (
        ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST | ssl.VerifyFlags.VERIFY_X509_STRICT
    )
    context.hostname_checks_common_name = False
    # A TLS 1.2 renegotiation could bring another certificate after the pins were checked.
    context.options |= ssl.OP_NO_RENEGOTIATION
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
    else:  # public since 3.13 (https://docs.python.org/3/whatsnew/3.13.html#ssl), private before
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
        # OpenSSL would complete a pending handshake inside the first read or write, and send the
        # data. Without an `_sslobj`, `ssl` itself would go on in plaintext.
        if self._sslobj is None:  # type: ignore[attr-defined]
            raise OSError(
                errno.ENOTCONN,
                "This connection is not open: its TLS was refused, never begun or already ended.",
            )
        if not self._pins_checked:
            self.do_handshake()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "context" or (name == "server_hostname" and name in vars(self)):
            raise AttributeError(f"The {name} of a pinned connection is fixed when it is made.")
        super().__setattr__(name, value)


def _check_pins(connection: ssl.SSLSocket | ssl.SSLObject) -> None:
    context = cast(PinnedContext, connection.context)
    # The name that OpenSSL has verified; the one on the socket is for everybody to write.
    host = connection._sslobj.server_hostname  # type: ignore[union-attr]
    try:
        context.policy.check(host, verified_chain(connection))
    except ssl.SSLError:
        raise
    except HostnameError as error:
        raise PinMismatchError("no host name", str(error), server_hostname=host) from error
    except Exception as error:  # a library might take any other type for a reason to try again
        raise PinMismatchError(
            "unreadable certificate",
            f"a certificate of the chain cannot be read ({error}).",
            server_hostname=host,
        ) from error


_GUARDED = (
    *("read", "write", "send", "sendall", "sendto", "sendfile"),
    *("recv", "recv_into", "recvfrom", "recvfrom_into", "unwrap"),
)


def _pinned(base: type) -> type:
    """The socket or object class whose every way to send or receive begins with the pin check."""
    guards = {name: _after_handshake(getattr(base, name)) for name in _GUARDED if name in dir(base)}
    return type(f"Pinned{base.__name__}", (_ChecksPins, base), guards)


def _after_handshake(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._handshake_first()
        return method(self, *args, **kwargs)

    return guarded


class PinnedContext(ssl.SSLContext):
    """An `ssl.SSLContext` whose connections check the pins as the last step of the handshake.

    It works wherever a library takes a context and leaves TLS to `ssl`: `http.client`,
    `urllib.request`, urllib3, requests, httpx, aiohttp, asyncio. On a mismatch the handshake raises
    `PinMismatchError`, before any application byte. A pin stands on the other checks, so it refuses
    to switch them off. A resumed session has no chain and is refused for a pinned host. When TLS
    has ended, by `unwrap` or `shutdown`, a connection does not go on in plaintext.

    Make one with `client_context(trust_anchors, policy)`; made directly it is as strict, and trusts
    nobody yet.

    What it does not protect: connections that do not use it (HTTP/3, which has TLS of its own, and
    libraries where pyOpenSSL replaces `ssl`); a TLS client certificate, which leaves during the
    handshake; anything against the owner of the device, who can change this very check. gevent must
    patch `ssl` before this module is imported. A library whose connections would not check the
    pins, such as eventlet, is refused with `ssl.SSLError`.
    """

    sslsocket_class = _pinned(ssl.SSLSocket)
    sslobject_class = _pinned(ssl.SSLObject)
    _policy: PinPolicy

    def __new__(cls, policy: PinPolicy) -> PinnedContext:
        if not isinstance(policy, PinPolicy):
            raise TypeError(
                f"A PinnedContext is made with a PinPolicy, not with {type(policy).__name__}."
            )
        self = _harden(super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT))
        self._policy = policy
        return self

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """As in `ssl`; raises `ssl.SSLError` when what would come back does not check pins."""
        return _refuse_unless_pinned(super().wrap_socket(*args, **kwargs))

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """As in `ssl`; raises `ssl.SSLError` when what would come back does not check pins."""
        return _refuse_unless_pinned(super().wrap_bio(*args, **kwargs))

    @property
    def policy(self) -> PinPolicy:
        """The policy, fixed for the context's life.

        A pool of open connections must not outlive a change of pins.
        """
        return self._policy

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "check_hostname" and not value:
            raise ValueError(
                "A pinned context always checks the host name: otherwise any other site of a "
                "pinned CA would pass."
            )
        if name == "verify_mode" and value != ssl.CERT_REQUIRED:
            raise ValueError(
                "A pinned context always verifies the chain: into an unverified one an attacker "
                "can put the pinned key."
            )
        super().__setattr__(name, value)


def _refuse_unless_pinned(connection: T) -> T:
    if isinstance(connection, _ChecksPins):
        return connection
    if close := getattr(connection, "close", None):
        close()
    raise ssl.SSLError(
        1, f"A connection of type {type(connection).__qualname__} would not check the pins."
    )
