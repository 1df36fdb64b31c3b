"""Certificates that are wrong in one place: a table of broken servers, each beside a twin that
differs in that one thing.

Every case is meant to be met by a client that trusts `root()` and nothing else, and asks for the
case's host. Nothing here expires, or starts to, in this century. For teaching only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from ..lab.outcomes import Layer
from ..lab.pki import NOT_AFTER, NOT_BEFORE, CertificateAuthority, Identity, derived_key
from ..lab.story import HOST
from ..lab.trials import Situation
from ..pinning.pins import Pin

LONG_AGO = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC))
FAR_AHEAD = (datetime(2124, 1, 1, tzinfo=UTC), NOT_AFTER)
_SIGNS_CERTIFICATES = (False, False, False, False, False, True, True, False, False)
_SIGNS_DATA = (True, False, False, False, False, False, False, False, False)


@dataclass(frozen=True, repr=False)
class BrokenCase:
    """A server that a careful client refuses, and its honest twin.

    `fault` says in one sentence what is wrong. `layer` and `reason` are what `outcomes.classify`
    gives for the refusal.
    """

    name: str
    fault: str
    identity: Identity
    twin: Identity
    layer: Layer
    reason: str
    host: str = HOST

    @property
    def situation(self) -> Situation:
        """The broken server, for `trials.run`."""
        return Situation(self.name, self.identity, host=self.host)

    @property
    def twin_situation(self) -> Situation:
        """The honest twin, for `trials.run`."""
        return Situation(f"{self.name}: twin", self.twin, host=self.host)

    def __str__(self) -> str:
        return f"{self.name}: {self.layer}: {self.reason}"

    __repr__ = __str__


def root() -> CertificateAuthority:
    """The one CA that the client of these cases trusts."""
    return CertificateAuthority("Table Root CA")


def issue(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *extensions: tuple[x509.ExtensionType, bool],
    validity: tuple[datetime, datetime] = (NOT_BEFORE, NOT_AFTER),
) -> x509.Certificate:
    """A certificate for `key`, in the name of `issuer`, signed with `issuer_key`: whatever these
    are, and whatever it says.

    extensions: pairs of an extension and whether it is critical; the two key identifiers are added.
    Serial number and signature depend on the arguments alone, and other arguments give another
    serial number.
    """
    says = [
        (each.oid.dotted_string, each.public_bytes(), critical) for each, critical in extensions
    ]
    content = repr((name, str(Pin.of(key.public_key())), issuer, validity, says)).encode()
    serial = int.from_bytes(hashlib.sha256(content).digest()[:16], "big") | 1
    builder = x509.CertificateBuilder(
        _name(issuer), _name(name), key.public_key(), serial, *validity
    )
    identifiers: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    )
    for extension, critical in (*identifiers, *extensions):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256(), ecdsa_deterministic=True)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "certpin-lab"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _ca(
    path_length: int | None = 0, *, signs: bool = True, ca: bool = True
) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca, path_length if ca else None), True),
        (x509.KeyUsage(*(_SIGNS_CERTIFICATES if signs else _SIGNS_DATA)), True),
    ]


def _server(
    *names: str, purpose: ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH
) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.KeyUsage(*_SIGNS_DATA), True),
        (x509.ExtendedKeyUsage([purpose]), False),
    ]
    if names:
        found.append((x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False))
    return found


_KEY = derived_key("table: server")
_CA_KEY = derived_key("table: issuing")
_OTHER_KEY = derived_key("table: somebody else")


def _issuing(
    extensions: Sequence[tuple[x509.ExtensionType, bool]], name: str = "Table Issuing CA"
) -> x509.Certificate:
    """An intermediate below the root, with these extensions."""
    return issue(name, _CA_KEY, root().name, root()._private_key, *extensions)


def _leaf(
    *names: str, common_name: str = HOST, key: ec.EllipticCurvePrivateKey = _CA_KEY, issuer: str = "Table Issuing CA",
    validity: tuple[datetime, datetime] = (NOT_BEFORE, NOT_AFTER), extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    purpose: ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> x509.Certificate:  # fmt: skip
    extensions = (*_server(*names, purpose=purpose), *extra)
    return issue(common_name, _KEY, issuer, key, *extensions, validity=validity)


def _tampered(certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate with the last bit of its signature turned."""
    der = bytearray(certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(der))


@cache
def broken_cases() -> tuple[BrokenCase, ...]:
    """The table: fifteen faults, each refused by one check for one reason, each beside its honest
    twin.
    """
    good_ca, good = _issuing(_ca()), _leaf(HOST)
    twin = Identity.of(_KEY, good, good_ca)

    def leaf(certificate: x509.Certificate, *above: x509.Certificate) -> Identity:
        return Identity.of(_KEY, certificate, *(above or (good_ca,)))

    deep = "login.app.bank.example"
    foreign = CertificateAuthority("Unknown Root CA")
    by_root = issue(HOST, _KEY, root().name, root()._private_key, *_server(HOST))
    by_foreign = issue("Table Issuing CA", _CA_KEY, foreign.name, foreign._private_key, *_ca())
    unknown = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    two = _issuing(_ca(1), "Table Upper CA")
    lower_key = derived_key("table: lower")
    lower = issue("Table Lower CA", lower_key, "Table Upper CA", _CA_KEY, *_ca(0))
    tight = _issuing(_ca(0), "Table Upper CA")
    below = _leaf(HOST, key=lower_key, issuer="Table Lower CA")
    only_shop = (x509.NameConstraints([x509.DNSName("shop.example")], None), True)
    only_bank = (x509.NameConstraints([x509.DNSName("bank.example")], None), True)
    rows: list[tuple[str, str, Identity, Identity, Layer, str]] = [
        ("expired", "Its last day was in 2001.", leaf(_leaf(HOST, validity=LONG_AGO)), twin, "validity", "expired"),
        ("not yet valid", "Its first day is in 2124.", leaf(_leaf(HOST, validity=FAR_AHEAD)), twin, "validity", "not yet valid"),
        ("another host", "It is for shop.example.", leaf(_leaf("shop.example")), twin, "hostname", "name does not match"),
        ("name in the CN only", "It has no SubjectAltName, only a common name.", leaf(_leaf()), twin, "hostname", "name does not match"),
        ("wildcard too short", "*.bank.example stands for one label, and the host has two more.", leaf(_leaf("*.bank.example")),
            leaf(_leaf("*.app.bank.example")), "hostname", "name does not match"),
        ("self-signed", "Its own key has signed it.", Identity.of(_KEY, issue(HOST, _KEY, HOST, _KEY, *_server(HOST))),
            Identity.of(_KEY, by_root), "chain", "self-signed certificate"),
        ("unknown root", "Its chain ends at a root that is not in the trust store.", leaf(good, by_foreign, foreign.certificate),
            leaf(good, good_ca, root().certificate), "chain", "root not trusted"),
        ("intermediate missing", "The server sends its leaf alone.", Identity.of(_KEY, good), twin, "chain", "issuer not found"),
        ("issuer is no CA", "The certificate above the leaf is no CA's.", leaf(good, _issuing(_ca(ca=False))), twin,
            "chain", "issuer is not a CA"),
        ("issuer may not sign", "The CA's key usage leaves out the signing of certificates.", leaf(good, _issuing(_ca(signs=False))), twin,
            "chain", "issuer is not a CA"),
        ("path too long", "A CA that may sign leaves only has signed another CA.", leaf(below, lower, tight), leaf(below, lower, two),
            "chain", "path length exceeded"),
        ("wrong purpose", "It is for clients, not for servers.", leaf(_leaf(HOST, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)), twin,
            "chain", "wrong purpose"),
        ("outside its constraint", "Its CA may sign for shop.example only.", leaf(good, _issuing([*_ca(), only_shop])),
            leaf(good, _issuing([*_ca(), only_bank])), "chain", "name constraint violated"),
        ("tampered", "One bit of its signature was turned.", leaf(_tampered(good)), twin, "chain", "signature does not verify"),
        ("unknown demand", "It has a critical extension that nobody knows.", leaf(_leaf(HOST, extra=[(unknown, True)])),
            leaf(_leaf(HOST, extra=[(unknown, False)])), "chain", "unknown critical extension"),
    ]  # fmt: skip
    return tuple(
        BrokenCase(*row, host=deep if row[0] == "wildcard too short" else HOST) for row in rows
    )


# Where the one without a fault stands among the eight is not to be seen from its neighbours.
_EIGHT = (
    "name in the CN only", "expired", "tampered", "intermediate missing", "wrong purpose", None, "self-signed", "unknown root",
)  # fmt: skip


def eight_servers() -> Mapping[str, Identity]:
    """Eight servers by letter, A to H.

    A client that trusts `root()` accepts one of them for bank.example.
    """
    cases = {case.name: case for case in broken_cases()}
    return {
        letter: cases[name].identity if name else cases["expired"].twin
        for letter, name in zip("ABCDEFGH", _EIGHT, strict=True)
    }
