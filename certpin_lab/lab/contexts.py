"""The lab's own TLS contexts: of servers, and of the client that checks nothing.

A careful client's are in `pinning.context`.
"""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .pki import Identity


def unverified_context() -> ssl.SSLContext:
    """A client context that encrypts and checks NOTHING: it talks to whoever answers.

    Here to be attacked.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian 12's Python would begin with TLS 1.0
    return context


def server_context(identity: Identity, *, session_tickets: int = 0) -> ssl.SSLContext:
    """A server context that presents `identity.chain`.

    session_tickets: how many TLS 1.3 tickets to send for resumption. None by default: a client that
    leaves right after the handshake, as a pinned one does, would otherwise race with them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = session_tickets
    if not session_tickets:
        context.options |= ssl.OP_NO_TICKET
    key = identity.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = key + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in identity.chain)
    # `ssl` reads keys from files only (https://github.com/python/cpython/issues/60691). The folder
    # is 0700 and gone at once.
    with tempfile.TemporaryDirectory(prefix="certpin-lab-") as folder:
        path = Path(folder, "identity.pem")
        path.touch(mode=0o600)
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context
