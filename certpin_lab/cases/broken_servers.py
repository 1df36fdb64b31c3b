"""Certificates that are wrong in one place: a table of broken servers, each next to a twin that
differs in that one thing.

Every case is meant to be met by a client that trusts `root()` and nothing else, and asks for the
case's host. Nothing here expires, or starts to, in this century. For teaching only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
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
_DEEP = f"login.app.{HOST}"


@dataclass(frozen=True, repr=False)
class BrokenCase:
    """A server that a careful client refuses, and its honest twin.

    `fault`: one sentence that says what is wrong.
    `layer` and `reason`: what `outcomes.classify` gives for the refusal.
    `host`: the host that the client asks for.
    """

    name: str
    fault: str
    broken: Identity
    twin: Identity
    layer: Layer
    reason: str
    host: str = HOST

    @property
    def situation(self) -> Situation:
        """The broken server, for `trials.run`."""
        return Situation(self.name, self.broken, host=self.host)

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
    *,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    critical: Iterable[x509.ExtensionType] = (),
    extensions: Iterable[x509.ExtensionType] = (),
    validity: tuple[datetime, datetime] = (NOT_BEFORE, NOT_AFTER),
) -> x509.Certificate:
    """A certificate for `key`, in the name of `issuer`, signed with `issuer_key`. Nothing is
    checked: names, keys and extensions may contradict each other.

    name, issuer: common names; "certpin-lab" is added as the organisation.
    critical: the extensions that a client has to understand or refuse.
    extensions: the others. The two key identifiers are added to them.
    validity: the first and the last moment, aware datetimes.

    Serial number and signature depend on the arguments alone, and other arguments give another
    serial number.
    """
    marked = [(each, True) for each in critical] + [(each, False) for each in extensions]
    says = [(each.oid.dotted_string, each.public_bytes(), mark) for each, mark in marked]
    content = repr((name, str(Pin.of(key.public_key())), issuer, validity, says)).encode()
    builder = x509.CertificateBuilder(
        issuer_name=_name(issuer),
        subject_name=_name(name),
        public_key=key.public_key(),
        serial_number=int.from_bytes(hashlib.sha256(content).digest()[:16], "big") | 1,
        not_valid_before=validity[0],
        not_valid_after=validity[1],
    )
    for extension, mark in [*_identifiers(key, issuer_key), *marked]:
        builder = builder.add_extension(extension, critical=mark)
    return builder.sign(issuer_key, hashes.SHA256(), ecdsa_deterministic=True)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "certpin-lab"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _identifiers(
    key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey
) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    ]


# What the certificates of the table say.


def _key_usage(*, certificates: bool = False) -> x509.KeyUsage:
    """What a key may sign: certificates, or handshakes."""
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _names(*hosts: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])


def _only(host: str) -> x509.NameConstraints:
    return x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(host)],
        excluded_subtrees=None,
    )


def _unknown_extension() -> x509.UnrecognizedExtension:
    """An extension that no client knows: 2.999 is the arc for examples."""
    return x509.UnrecognizedExtension(ObjectIdentifier("2.999.1"), b"\x05\x00")


_KEY = derived_key("table: server")
_CA_KEY = derived_key("table: issuing")
_LOWER_KEY = derived_key("table: lower")


def _intermediate(
    name: str = "Table Issuing CA",
    *,
    issuer: CertificateAuthority | None = None,
    ca: bool = True,
    may_sign: bool = True,
    path_length: int | None = 0,
    constraint: x509.NameConstraints | None = None,
) -> x509.Certificate:
    """A CA below the root or another issuer, or what only looks like one."""
    issuer = issuer or root()
    basic = x509.BasicConstraints(ca=ca, path_length=path_length if ca else None)
    return issue(
        name,
        _CA_KEY,
        issuer=issuer.name,
        issuer_key=issuer._private_key,
        critical=[
            basic,
            _key_usage(certificates=may_sign),
            *([constraint] if constraint else []),
        ],
    )


def _lower_ca() -> x509.Certificate:
    """A CA below "Table Upper CA"."""
    return issue(
        "Table Lower CA",
        _LOWER_KEY,
        issuer="Table Upper CA",
        issuer_key=_CA_KEY,
        critical=[
            x509.BasicConstraints(ca=True, path_length=0),
            _key_usage(certificates=True),
        ],
    )


def _leaf(
    *hosts: str,
    issuer: str = "Table Issuing CA",
    issuer_key: ec.EllipticCurvePrivateKey = _CA_KEY,
    purpose: ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    critical: Iterable[x509.ExtensionType] = (),
    extensions: Iterable[x509.ExtensionType] = (),
    validity: tuple[datetime, datetime] = (NOT_BEFORE, NOT_AFTER),
) -> x509.Certificate:
    """A server's certificate for these hosts; without one it has no SubjectAltName."""
    names = [_names(*hosts)] if hosts else []
    return issue(
        HOST,
        _KEY,
        issuer=issuer,
        issuer_key=issuer_key,
        critical=[x509.BasicConstraints(ca=False, path_length=None), _key_usage(), *critical],
        extensions=[x509.ExtendedKeyUsage([purpose]), *names, *extensions],
        validity=validity,
    )


def _tampered(certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate with the last bit of its signature flipped."""
    der = bytearray(certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(der))


def _server(leaf: x509.Certificate, *above: x509.Certificate) -> Identity:
    """A server that presents this leaf and what stands above it, by default the issuing CA."""
    return Identity.of(_KEY, leaf, *(above or (_intermediate(),)))


# The table.


@cache
def broken_cases() -> tuple[BrokenCase, ...]:
    """The table: fifteen faults, each refused by one check for one reason, each next to its honest
    twin.
    """
    return (
        *_wrong_dates(),
        *_wrong_names(),
        *_no_way_up(),
        *_issuers_without_power(),
        *_chains_too_long(),
        *_wrong_contents(),
        *_damaged_or_unknown(),
    )


def _wrong_dates() -> Iterable[BrokenCase]:
    yield BrokenCase(
        name="expired",
        fault="Its last day was in 2001.",
        broken=_server(_leaf(HOST, validity=LONG_AGO)),
        twin=_server(_leaf(HOST)),
        layer="validity",
        reason="expired",
    )
    yield BrokenCase(
        name="not yet valid",
        fault="Its first day is in 2124.",
        broken=_server(_leaf(HOST, validity=FAR_AHEAD)),
        twin=_server(_leaf(HOST)),
        layer="validity",
        reason="not yet valid",
    )


def _wrong_names() -> Iterable[BrokenCase]:
    yield BrokenCase(
        name="another host",
        fault="It is for shop.example.",
        broken=_server(_leaf("shop.example")),
        twin=_server(_leaf(HOST)),
        layer="hostname",
        reason="name does not match",
    )
    yield BrokenCase(
        name="name in the CN only",
        fault="It has no SubjectAltName, only a common name.",
        broken=_server(_leaf()),
        twin=_server(_leaf(HOST)),
        layer="hostname",
        reason="name does not match",
    )
    yield BrokenCase(
        name="wildcard too short",
        fault="*.bank.example stands for one label, and the host has two more.",
        broken=_server(_leaf("*.bank.example")),
        twin=_server(_leaf("*.app.bank.example")),
        layer="hostname",
        reason="name does not match",
        host=_DEEP,
    )


def _no_way_up() -> Iterable[BrokenCase]:
    foreign = CertificateAuthority("Unknown Root CA")
    yield BrokenCase(
        name="self-signed",
        fault="Its own key has signed it.",
        broken=Identity.of(_KEY, _leaf(HOST, issuer=HOST, issuer_key=_KEY)),
        twin=Identity.of(_KEY, _leaf(HOST, issuer=root().name, issuer_key=root()._private_key)),
        layer="chain",
        reason="self-signed certificate",
    )
    yield BrokenCase(
        name="unknown root",
        fault="Its chain ends at a root that is not in the trust store.",
        broken=_server(_leaf(HOST), _intermediate(issuer=foreign), foreign.certificate),
        twin=_server(_leaf(HOST), _intermediate(), root().certificate),
        layer="chain",
        reason="root not trusted",
    )
    yield BrokenCase(
        name="intermediate missing",
        fault="The server sends its leaf alone.",
        broken=Identity.of(_KEY, _leaf(HOST)),
        twin=_server(_leaf(HOST)),
        layer="chain",
        reason="issuer not found",
    )


def _issuers_without_power() -> Iterable[BrokenCase]:
    yield BrokenCase(
        name="issuer is no CA",
        fault="The certificate above the leaf is not a CA's.",
        broken=_server(_leaf(HOST), _intermediate(ca=False)),
        twin=_server(_leaf(HOST)),
        layer="chain",
        reason="issuer is not a CA",
    )
    yield BrokenCase(
        name="issuer may not sign",
        fault="The CA's key usage leaves out the signing of certificates.",
        broken=_server(_leaf(HOST), _intermediate(may_sign=False)),
        twin=_server(_leaf(HOST)),
        layer="chain",
        reason="issuer is not a CA",
    )


def _chains_too_long() -> Iterable[BrokenCase]:
    def below(upper: x509.Certificate) -> Identity:
        leaf = _leaf(HOST, issuer="Table Lower CA", issuer_key=_LOWER_KEY)
        return _server(leaf, _lower_ca(), upper)

    yield BrokenCase(
        name="path too long",
        fault="A CA that may sign leaves only has signed another CA.",
        broken=below(_intermediate("Table Upper CA", path_length=0)),
        twin=below(_intermediate("Table Upper CA", path_length=1)),
        layer="chain",
        reason="path length exceeded",
    )


def _wrong_contents() -> Iterable[BrokenCase]:
    yield BrokenCase(
        name="wrong purpose",
        fault="It is for clients, not for servers.",
        broken=_server(_leaf(HOST, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)),
        twin=_server(_leaf(HOST)),
        layer="chain",
        reason="wrong purpose",
    )
    yield BrokenCase(
        name="outside its constraint",
        fault="Its CA may sign for shop.example only.",
        broken=_server(_leaf(HOST), _intermediate(constraint=_only("shop.example"))),
        twin=_server(_leaf(HOST), _intermediate(constraint=_only(HOST))),
        layer="chain",
        reason="name constraint violated",
    )


def _damaged_or_unknown() -> Iterable[BrokenCase]:
    yield BrokenCase(
        name="tampered",
        fault="One bit of its signature was flipped.",
        broken=_server(_tampered(_leaf(HOST))),
        twin=_server(_leaf(HOST)),
        layer="chain",
        reason="signature does not verify",
    )
    yield BrokenCase(
        name="unknown demand",
        fault="It has a critical extension that no client knows.",
        broken=_server(_leaf(HOST, critical=[_unknown_extension()])),
        twin=_server(_leaf(HOST, extensions=[_unknown_extension()])),
        layer="chain",
        reason="unknown critical extension",
    )


# The order is mixed, so that its neighbours do not give the flawless server away.
_EIGHT = (
    "name in the CN only",
    "expired",
    "tampered",
    "intermediate missing",
    "wrong purpose",
    None,
    "self-signed",
    "unknown root",
)


def eight_servers() -> Mapping[str, Identity]:
    """Eight servers by letter, A to H.

    A client that trusts `root()` accepts one of them for bank.example.
    """
    cases = {case.name: case for case in broken_cases()}
    return {
        letter: cases[name].broken if name else cases["expired"].twin
        for letter, name in zip("ABCDEFGH", _EIGHT, strict=True)
    }
