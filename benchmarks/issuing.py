"""A root, an intermediate and a leaf: `CertificateAuthority`, against trustme. All six keys are
P-256.

trustme's leaf comes with its key and chain in PEM, so ours is encoded too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certpin_lab import CertificateAuthority

from .measure import Row, Sides, Target, timed
from .world import HOST


def ours(seed: int) -> bytes:
    """Another seed for each sample: other keys, as on the other side."""
    root = CertificateAuthority("Benchmark Root CA", seed=seed)
    identity = root.issue_intermediate("Benchmark Issuing CA").issue_leaf(HOST)
    key = identity.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in identity.chain)


def theirs() -> bytes:
    """The same with trustme."""
    return trustme.CA().create_child_ca().issue_cert(HOST).private_key_and_cert_chain_pem.bytes()


@contextmanager
def issuing(_quick: bool) -> Iterator[Sides]:
    """One root, one intermediate and one leaf each."""
    seeds = count()
    yield timed(lambda: ours(next(seeds))), timed(theirs)


ROWS = (
    Row("issuing", "root, intermediate and leaf", "trustme", "ms", Target(0.6), issuing, 1000, 20),
)
