"""Six errors that users of a pinned app sent to its support line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cryptography import x509

from ..lab.pki import CertificateAuthority, Identity
from ..lab.story import HOST
from ..pinning.pin_mismatch import PinMismatchError
from ..pinning.pins import Pin
from ..pinning.policy import PinSet

_HASH_OF_NOTHING = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
_LAST_YEAR = datetime(2025, 6, 1, tzinfo=UTC)


def tickets() -> Mapping[str, PinMismatchError]:
    """The errors by letter, each raised by `PinSet.check` for a chain that was made for it.

    A: a root on the phone signed. B: the bank's own new key. C: the app pins the hash of nothing.
    D: a resumed session, so no chain. E: the pins have expired. F: the bank's own CA signed for
    somebody else. B and F look the same until somebody asks the bank for its key.
    """
    issuing = CertificateAuthority("Honest Root CA").issue_intermediate("Honest Issuing CA")
    bank = issuing.issue_leaf(HOST)
    proxy = CertificateAuthority("Skyline Office Proxy").issue_leaf(HOST)
    pin = Pin.of(bank.certificate)
    expired = PinSet([pin], expires=_LAST_YEAR, after_expiry="refuse")
    return {
        "A": _error(PinSet([pin]), _chain(proxy)),
        "B": _error(PinSet([pin]), _chain(bank.renewed(same_key=False))),
        "C": _error(PinSet([_HASH_OF_NOTHING]), _chain(bank)),
        "D": _error(PinSet([pin]), ()),
        "E": _error(expired, _chain(bank)),
        "F": _error(PinSet([pin]), _chain(issuing.issue_leaf(HOST, generation=66))),
    }


def _chain(identity: Identity) -> tuple[x509.Certificate, ...]:
    return (*identity.chain, identity.issuer.root)


def _error(pins: PinSet, chain: Sequence[x509.Certificate]) -> PinMismatchError:
    try:
        pins.check(chain, server_hostname=HOST)
    except PinMismatchError as mismatch:
        return mismatch
    raise AssertionError("This chain should have been refused.")
