"""What people hash in place of a key, and pins that match nothing: the knowledge of the pin doctor.

Reads only the certificates that it is given: nothing is fetched, no signature verified.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .certificate import certificate_fields, spki_der
from .der import element
from .errors import WireFormatError
from .pins import Pin

# The name in a diagnosis, the words in a sentence, the name in `hashlib`, and the bytes kept.
_ALGORITHMS = (
    ("sha256", "SHA-256", "sha256", 32),
    ("md5", "MD5", "md5", 16),
    ("sha1", "SHA-1", "sha1", 20),
    ("sha384", "SHA-384", "sha384", 48),
    ("sha512", "SHA-512", "sha512", 64),
    ("sha3-256", "SHA3-256", "sha3_256", 32),
    ("sha3-384", "SHA3-384", "sha3_384", 48),
    ("sha3-512", "SHA3-512", "sha3_512", 64),
    ("truncated sha512", "first half of the SHA-512", "sha512", 32),
)
LENGTHS = {16: "an MD5", 20: "a SHA-1", 32: "a SHA-256", 48: "a SHA-384", 64: "a SHA-512"}


@dataclass(frozen=True)
class Parts:
    """What can be hashed of a certificate, in DER; `key` is None where it cannot be loaded."""

    certificate: x509.Certificate
    der: bytes
    spki: bytes
    bits: bytes
    key: Any


@dataclass(frozen=True)
class Made:
    """What some bytes were made from.

    `recipe`: its name, empty for the SubjectPublicKeyInfo, which is right. `what`: the thing
    hashed. `position`: the certificate in the chain, 0 for the leaf. `algorithm` and `title`: the
    hash, by name and in a sentence; empty for bytes that were not hashed at all.
    """

    recipe: str
    what: str
    position: int
    algorithm: str = ""
    title: str = ""


# The name of the recipe, what it hashes, and the bytes that this may be.
_Recipe = tuple[str, str, Callable[[Parts], Iterable[bytes]]]
_RECIPES: tuple[_Recipe, ...] = (
    ("", "the key", lambda of: [of.spki]),
    ("certificate hash", "the whole certificate", lambda of: [of.der]),
    ("signed part of the certificate", "the signed part (TBSCertificate)", lambda of: _tbs(of)),
    ("raw key bits", "the bare key bits, without the algorithm in front,", lambda of: [of.bits]),
    ("RSA modulus", "the bare modulus of the RSA key", lambda of: _modulus(of.key)),
    ("compressed point", "the key with its point compressed", lambda of: _compressed(of)),
    ("SSH key", "the key in SSH's format", lambda of: _ssh(of.key)),
    ("PEM text of the PKCS#1 key", "the PEM text of the PKCS#1 key", lambda of: _pkcs1(of)),
    (
        "PEM text of the certificate",
        "the base64 or PEM text of the certificate",
        lambda of: _texts("CERTIFICATE", of.der),
    ),
    (
        "PEM text of the key",
        "the base64 or PEM text of the key",
        lambda of: _texts("PUBLIC KEY", of.spki),
    ),
    ("hex text of the certificate", "the hex text of the certificate", lambda of: _hex(of.der)),
    ("hex text of the key", "the hex text of the key", lambda of: _hex(of.spki)),
    ("hash of the hash", "the pin, hashed once more,", lambda of: _again(of.spki)),
    ("hash of a name", "the subject name", lambda of: _name(of, "subject")),
    ("hash of a name", "the subject's common name", lambda of: _common_name(of, "subject")),
    ("hash of a name", "the issuer name", lambda of: _name(of, "issuer")),
    ("hash of a name", "the issuer's common name", lambda of: _common_name(of, "issuer")),
)


@lru_cache(maxsize=4)
def makings(chain: tuple[x509.Certificate, ...]) -> dict[bytes, Made]:
    """What each digest was made from; of two ways to the same bytes, the plainer one.

    chain: certificates, leaf first.
    """
    found: dict[bytes, Made] = {}
    for recipe, what, position, material in _materials(chain):
        for algorithm, title, name, size in _ALGORITHMS:
            digest = hashlib.new(name, material, usedforsecurity=False).digest()[:size]
            found.setdefault(digest, Made(recipe, what, position, algorithm, title))
        if recipe != "hash of the hash":
            found.setdefault(material, Made(recipe, what, position))
    return found


def _materials(chain: tuple[x509.Certificate, ...]) -> Iterator[tuple[str, str, int, bytes]]:
    for position, parts in enumerate(map(_parts, chain)):
        for recipe, what, make in _RECIPES:
            yield from ((recipe, what, position, each) for each in make(parts) if each)
    pems = [certificate.public_bytes(Encoding.PEM) for certificate in chain]
    for end in range(2, len(pems) + 1):
        text = b"".join(pems[:end])
        yield "PEM text of the chain", "the PEM text of the whole chain, which begins with", 0, text


def _parts(certificate: x509.Certificate) -> Parts:
    der = certificate.public_bytes(Encoding.DER)
    try:
        key = certificate.public_key()
    except Exception:  # noqa: BLE001  # of a kind that `cryptography` does not know, or damaged
        key = None
    return Parts(certificate, der, spki_der(certificate), _key_bits(der), key)


def _key_bits(der: bytes) -> bytes:
    """The content of the BIT STRING in the SubjectPublicKeyInfo; empty if it cannot be read."""
    try:
        [key] = [field for field in certificate_fields(der) if field.name == "subjectPublicKey"]
    except WireFormatError:
        return b""
    return element(der, key.offset).content[1:]  # after the number of unused bits


def _tbs(of: Parts) -> list[bytes]:
    return [of.certificate.tbs_certificate_bytes]


def _modulus(key: Any) -> list[bytes]:
    if not isinstance(key, RSAPublicKey):
        return []
    number = key.public_numbers().n
    digits = f"{number:X}"
    texts = (digits, digits.lower(), f"Modulus={digits}")  # as `openssl rsa -modulus` prints it
    size = (number.bit_length() + 7) // 8
    bare = [number.to_bytes(size, "big"), number.to_bytes(size + 1, "big")]
    return [*bare, *(each.encode() for text in texts for each in (text, text + "\n"))]


def _compressed(of: Parts) -> list[bytes]:
    """The point alone, and in a SubjectPublicKeyInfo."""
    if not isinstance(of.key, EllipticCurvePublicKey):
        return []
    point = of.key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    algorithm = element(of.spki).parts()[0].encoded
    body = algorithm + bytes([0x03, len(point) + 1, 0]) + point
    return [b"\x30" + bytes([len(body)]) + body, point] if len(body) < 0x80 else [point]


def _ssh(key: Any) -> list[bytes]:
    """The bytes that `ssh-keygen -l` hashes, and their line in a file of SSH."""
    try:
        line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    except Exception:  # noqa: BLE001  # no key, or of a kind that SSH does not have
        return []
    return [base64.b64decode(line.split()[1]), line, line + b"\n"]


def _pkcs1(of: Parts) -> Iterable[bytes]:
    return _texts("RSA PUBLIC KEY", of.bits) if isinstance(of.key, RSAPublicKey) else ()


def _texts(label: str, data: bytes) -> Iterator[bytes]:
    """The same object as text.

    PEM with and without its last newline, with CRLF, and only the base64 between the two lines.
    """
    body = base64.b64encode(data).decode()
    for lines in ([body[start : start + 64] for start in range(0, len(body), 64)], [body]):
        for text in (
            "\n".join(lines),
            "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"]),
        ):
            for ended in (text, text + "\n"):
                yield ended.encode()
                yield ended.replace("\n", "\r\n").encode()


def _hex(data: bytes) -> Iterator[bytes]:
    for text in (data.hex(), data.hex(":")):
        for spelt in (text, text.upper()):
            yield from (spelt.encode(), f"{spelt}\n".encode())


def _again(spki: bytes) -> Iterator[bytes]:
    pin = Pin.of_spki(spki)
    yield pin.digest
    yield from _hex(pin.digest)
    for text in (str(pin), str(pin).removeprefix("sha256/")):
        yield from (text.encode(), f"{text}\n".encode())


def readable_name(certificate: x509.Certificate, whose: str) -> x509.Name | None:
    """The certificate's "subject" or "issuer"; None where it cannot be read."""
    try:
        name: x509.Name = getattr(certificate, whose)
    except (ValueError, TypeError):  # `cryptography` reads a name only when it is asked for
        return None
    return name


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether subject and issuer are the same name, as in a root. No signature is verified."""
    subject = readable_name(certificate, "subject")
    return subject is not None and subject == readable_name(certificate, "issuer")


def _name(of: Parts, whose: str) -> list[bytes]:
    name = readable_name(of.certificate, whose)
    return [] if name is None else [name.public_bytes()]


def _common_name(of: Parts, whose: str) -> list[bytes]:
    name = readable_name(of.certificate, whose)
    found = [] if name is None else name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    values = [attribute.value for attribute in found]
    return [value if isinstance(value, bytes) else value.encode() for value in values]


# Pins that match nothing anywhere.

_NOTHING = {
    hashlib.new(name, empty, usedforsecurity=False).digest()[:size]
    for _, _, name, size in _ALGORITHMS
    for empty in (b"", b"\n")
}
# CA keys that examples on the web still pin, and that expired in 2021; both are in the sample
# policy of https://github.com/OWASP/owasp-mastg/blob/10699fbe, in the folder
# knowledge/android/MASVS-NETWORK, MASTG-KNOW-0015.md.
_EXPIRED_CAS = {
    Pin.parse("sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg="): "Let's Encrypt Authority X3",
    Pin.parse("sha256/Vjs8r4z+80wjNcr1YKepWQboSIRi63WsWXhIMN+eWys="): "DST Root CA X3",
}


def is_hash_of_nothing(digest: bytes) -> bool:
    """Whether this is what a hash tool makes of an empty input, or of a newline."""
    return digest in _NOTHING


def never_matches(pin: Pin) -> str | None:
    """Why this pin can match no certificate at all; None when nothing is known against it."""
    if is_hash_of_nothing(pin.digest):
        return "it is the hash of nothing"
    if not any(pin.digest):
        return "it is a placeholder of zeros"
    owner = _EXPIRED_CAS.get(pin)
    return f"it is the key of {owner}, which expired in 2021" if owner else None
