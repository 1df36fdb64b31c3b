"""What the exercises of lesson 02 share: a CA that signs a learner's certificates, and a careful
client that meets the learner's servers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ....cases import issue, root
from ....lab import Identity, SlowHandshake, derived_key
from ....pinning import client_context
from ...answers import Plain
from ...exercise import Case, Misconception

CA_NAME, CA_KEY = "Exercise CA", derived_key("exercise: CA")
CA = issue(
    CA_NAME,
    CA_KEY,
    issuer=CA_NAME,
    issuer_key=CA_KEY,
    critical=[
        x509.BasicConstraints(ca=True, path_length=None),
        x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        ),
        x509.NameConstraints([x509.DNSName("example"), x509.DNSName("test")], None),
    ],
)
_NOTHING = "nothing"


def meet(server: Identity, host: str, anchor: x509.Certificate | None = None) -> str:
    """What a careful client does that trusts this anchor, by default the root of the table:
    "accepted", or the check that refuses and why.
    """
    slow = SlowHandshake(client_context([anchor or root()]), server, server_hostname=host)
    slow.finish()
    if slow.client_ready:
        return "accepted"
    return slow.flights[1].result.removeprefix("refuses ").strip("()")


def signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer has the right name and its key has signed the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def blank(answer: Any) -> Plain:
    """The observation for an answer that is none, `...` or "nothing"; None for any other answer."""
    if answer is ...:
        return ...
    return _NOTHING if answer is None else None


def forgot_return(cases: Iterable[Case], what: str) -> Misconception:
    """The idea behind a function that ends without `return`."""
    return Misconception(
        "what a function makes comes back by itself",
        f"Your function returns nothing, so its caller gets None. End it with return and {what}.",
        dict.fromkeys((case.name for case in cases), _NOTHING),
    )
