"""The chains that the exercises of this lesson try: the bank's, and those of others."""

from __future__ import annotations

from cryptography import x509

from ....lab.pki import CertificateAuthority, Identity
from ....lab.story import HOST
from ....pinning.pins import Pin

HONEST = CertificateAuthority("Honest Root CA", seed="the exercises of this lesson")
CARELESS = CertificateAuthority("Careless Root CA")
ISSUING = HONEST.issue_intermediate("Honest Issuing CA")
BANK = ISSUING.issue_leaf(HOST)
BACKUP = ISSUING.issue_leaf(HOST, generation=100)


def chain(identity: Identity) -> tuple[x509.Certificate, ...]:
    """The chain that a client verifies: leaf first, with the root."""
    return (*identity.chain, identity.issuer.root)


def pin(certificate: x509.Certificate) -> str:
    """The pin of a certificate's key, as text."""
    return str(Pin.of(certificate))
