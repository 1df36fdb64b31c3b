"""The parts of a certificate (RFC 5280, section 4.1), read from its DER.

The labelled map, the SubjectPublicKeyInfo and the fingerprint.

Reads structure only: no signature, date or constraint is checked here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .der import (
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    UTC_TIME,
    Element,
    element,
    expect,
)
from .errors import WireFormatError
from .text import printable

SPKI = "subjectPublicKeyInfo"
_OIDS = {
    "1.2.840.10045.2.1": "elliptic-curve key",
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.35": "P-521",
    "1.2.840.113549.1.1.1": "RSA key",
    "1.2.840.113549.1.1.5": "RSA with SHA-1",
    "1.2.840.113549.1.1.10": "RSA-PSS",
    "1.2.840.113549.1.1.11": "RSA with SHA-256",
    "1.2.840.113549.1.1.12": "RSA with SHA-384",
    "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
    "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
    "1.3.101.112": "Ed25519",
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.15": "keyUsage",
    "2.5.29.17": "subjectAltName",
    "2.5.29.19": "basicConstraints",
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.37": "extendedKeyUsage",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestamps",
}
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_TIMES = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}


@dataclass(frozen=True)
class Field:
    """A part of a certificate: its name in RFC 5280, its place in the DER, and what it says.

    `offset` and `length` count bytes, the element's own header included, so `der[offset:offset +
    length]` is the element.
    """

    name: str
    offset: int
    length: int
    depth: int
    meaning: str = ""

    def __str__(self) -> str:
        meaning = f"  {self.meaning}" if self.meaning else ""
        return f"{self.offset:5} {self.length:5}  {'  ' * self.depth}{self.name}{meaning}"


def _field(part: Element, name: str, depth: int, meaning: str = "") -> Field:
    return Field(name, part.offset, part.end - part.offset, depth, meaning)


def certificate_fields(der: bytes) -> tuple[Field, ...]:
    """The labelled map of a certificate: every field of RFC 5280 in the order of its bytes.

    der: one certificate in DER, nothing after it. The field named `SPKI` is what a pin hashes.
    Raises `WireFormatError` for anything else. Reads structure only: no signature, date or
    constraint is checked, and not every rule of DER either.
    """
    if not isinstance(der, bytes | bytearray | memoryview):
        raise TypeError(f"The certificate must be bytes; got {type(der).__name__}.")
    der = bytes(der)
    whole = element(der)
    if whole.end != len(der):
        raise WireFormatError(
            f"After the certificate there are {len(der) - whole.end} more bytes. "
            "Give one certificate."
        )
    tbs, algorithm, signature = expect(whole, "certificate", SEQUENCE, SEQUENCE, BIT_STRING)
    return (
        _field(whole, "certificate", 0, f"{len(der)} bytes in all"),
        _field(tbs, "tbsCertificate", 1, "what the issuer signs"),
        *_tbs_fields(tbs),
        _field(algorithm, "signatureAlgorithm", 1, _algorithm(algorithm)),
        _field(signature, "signatureValue", 1, "made with the issuer's private key"),
    )


def _tbs_fields(tbs: Element) -> Iterator[Field]:
    parts = tbs.parts()
    wanted: list[tuple[str, int, Callable[[Element], str]]] = [
        ("serialNumber", INTEGER, lambda part: f"{int.from_bytes(part.content, 'big'):x}"),
        ("signature", SEQUENCE, _algorithm),
        ("issuer", SEQUENCE, _name),
        ("validity", SEQUENCE, _validity),
        ("subject", SEQUENCE, _name),
        (SPKI, SEQUENCE, lambda part: "the key, and what kind it is: a pin is the hash of this"),
    ]
    if parts and parts[0].tag == _VERSION:
        yield _field(parts[0], "version", 2, _version(parts.pop(0)))
    for name, tag, meaning in wanted:
        if not parts or parts[0].tag != tag:
            raise WireFormatError(f"This is no certificate: its {name} is missing.")
        part = parts.pop(0)
        yield _field(part, name, 2, meaning(part))
        if name == SPKI:
            yield from _key_fields(part)
    for part in parts:
        if part.tag == _EXTENSIONS:
            yield _field(part, "extensions", 2)
            yield from _extension_fields(part)


def _version(part: Element) -> str:
    (number,) = expect(part, "version", INTEGER)
    return f"v{number.content[-1] + 1}" if len(number.content) == 1 else "unknown"


def _key_fields(spki: Element) -> Iterator[Field]:
    algorithm, key = expect(spki, "public key", SEQUENCE, BIT_STRING)
    yield _field(algorithm, "algorithm", 3, _algorithm(algorithm))
    yield _field(key, "subjectPublicKey", 3, "the raw key bits")


def _algorithm(part: Element) -> str:
    return ", ".join(_oid(each) for each in part.parts() if each.tag == OID)


def _oid(part: Element) -> str:
    numbers, value = [], 0
    for byte in part.content[:64]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        raise WireFormatError(f"The object identifier at byte {part.offset} is empty.")
    head = min(numbers[0] // 40, 2)
    dotted = ".".join(map(str, [head, numbers[0] - 40 * head, *numbers[1:]]))
    return _OIDS.get(dotted, dotted)


def _name(part: Element) -> str:
    found = []
    for relative in part.parts():
        for attribute in relative.parts():
            kind, value = [*attribute.parts(), None, None][:2]
            if kind is None or value is None or kind.tag != OID:
                raise WireFormatError(f"The name at byte {part.offset} cannot be read.")
            found.append(f"{_oid(kind)}={printable(value.content, 255)}")
    return ", ".join(found)


def _validity(part: Element) -> str:
    moments = []
    for moment in part.parts():
        try:
            text = moment.content.decode("ascii")
            moments.append(datetime.strptime(text, _TIMES[moment.tag]))  # noqa: DTZ007  # it is UTC
        except (KeyError, ValueError):
            raise WireFormatError(f"The date at byte {moment.offset} cannot be read.") from None
    return " to ".join(f"{moment:%Y-%m-%d}" for moment in moments)


def _extension_fields(part: Element) -> Iterator[Field]:
    (listed,) = expect(part, "list of extensions", SEQUENCE)
    for extension in listed.parts():
        parts = extension.parts()
        tags = [each.tag for each in parts]
        if tags not in ([OID, OCTET_STRING], [OID, BOOLEAN, OCTET_STRING]):
            raise WireFormatError(f"The extension at byte {extension.offset} cannot be read.")
        name = _oid(parts[0])
        said = _extension_meaning(name, parts[-1])
        critical = "critical" if len(parts) == 3 else ""
        yield _field(extension, name, 3, ", ".join(filter(None, (critical, said))))


def _extension_meaning(name: str, octets: Element) -> str:
    if name not in ("subjectAltName", "basicConstraints"):
        return ""
    value = element(octets.data, octets.start, octets.end)
    if name == "subjectAltName":
        return ", ".join(
            printable(each.content, 255) for each in value.parts() if each.tag == 0x82
        )  # [2] dNSName
    parts = value.parts()
    return "a CA" if parts and parts[0].tag == BOOLEAN and any(parts[0].content) else "not a CA"


def spki_der(certificate: x509.Certificate) -> bytes:
    """The certificate's SubjectPublicKeyInfo, as the very DER bytes that stand in the certificate.

    The bytes are cut out, not encoded anew: an encoder may spell the same key differently (an EC
    point compressed or not), and a pin is the hash of what the issuer signed.
    """
    parts = element(certificate.tbs_certificate_bytes).parts()
    version = (
        parts[0].tag == _VERSION
    )  # optional; serialNumber, signature, issuer, validity and subject come next
    return parts[5 + version].encoded


def certificate_fingerprint(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the whole certificate in DER, 32 bytes.

    It changes at every renewal; a pin does not if the key stays.
    """
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()


def subject_text(certificate: x509.Certificate) -> str:
    """The certificate's subject (RFC 4514), safe to show.

    Whoever made the certificate chose this text.

    What cannot be printed becomes "?", and what is beyond 120 characters is cut off.
    """
    try:
        return printable(certificate.subject.rfc4514_string() or "(no subject)")
    except (
        ValueError,
        TypeError,
    ):  # `cryptography` reads a name only when it is asked for, and some not at all
        return "(unreadable subject)"
