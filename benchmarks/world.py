"""What both sides of every row share: one bank with a root, an intermediate and a leaf, and the
contexts that meet it.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from certpin_lab import CertificateAuthority, Pin, PinPolicy, PinSet, client_context

ROOT = Path(__file__).parent.parent
# Every process that the benchmarks start finds this package and certpin_lab here, installed or not.
# Compiled files are kept, as on a user's machine: without them `import` would measure Python's
# compiler.
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(ROOT),
    "JUPYTER_PLATFORM_DIRS": "1",
    "PYTHONDONTWRITEBYTECODE": "",
}

HOST = "bank.example"
CA = CertificateAuthority("Benchmark Root CA")
IDENTITY = CA.issue_intermediate("Benchmark Issuing CA").issue_leaf(HOST)
SPARE = CA.issue_leaf(HOST, generation=2)
# The attacker's CA is one that the clients of these rows trust: a refused connection would be no
# work at all.
FORGER = CertificateAuthority("Benchmark Careless CA").issue_intermediate("Benchmark Reseller CA")

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\nConnection: close\r\n\r\nBalance: 2400 euros.\n"
REQUEST = f"GET /balance HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()


def pinned() -> ssl.SSLContext:
    """A client context with the leaf's pin and a backup pin."""
    pins = PinSet([Pin.of(IDENTITY.certificate), Pin.of(SPARE.certificate)])
    return client_context([CA], PinPolicy({HOST: pins}))


def unpinned() -> ssl.SSLContext:
    """The same client context without a policy."""
    return client_context([CA])


def parameters(tls: ssl.SSLSocket | ssl.SSLObject) -> tuple[object, ...]:
    """What two connections must have in common for their times to be comparable: version, cipher,
    certificate.
    """
    return tls.version(), tls.cipher(), tls.getpeercert(binary_form=True)


def must_agree(ours: tuple[object, ...], theirs: tuple[object, ...]) -> None:
    """Raises RuntimeError when the two sides negotiated different things: then the row would
    compare those.
    """
    if ours != theirs:
        raise RuntimeError(
            f"The two sides do not make the same connection: {ours[:2]} and {theirs[:2]}."
        )
