"""Exercise 04.1, the pin by hand: one recipe for every kind of key, and the wrong ones by name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ....lab.pki import NOT_AFTER, NOT_BEFORE, derived_key
from ....pinning.pins import Pin
from ...exercise import Case, Exercise, Misconception


def _bytes(length: int) -> bytes:
    return hashlib.shake_256(b"inside").digest(length)


def _curve(curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    return ec.derive_private_key(4711, curve).public_key()


def _rsa(*, bits: int, exponent: int) -> rsa.RSAPublicKey:
    """A public key that nobody has the private key of: a certificate does not mind."""
    modulus = int.from_bytes(_bytes(bits // 8), "big") | 1 << (bits - 1) | 1
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


# The lesson shows the first kind only. Headers learnt by heart do not reach the others.
_KINDS: Mapping[str, Callable[[], CertificatePublicKeyTypes]] = {
    "the bank's kind of key, P-256": lambda: _curve(ec.SECP256R1()),
    "an RSA key": lambda: _rsa(bits=2048, exponent=65537),
    "an Ed25519 key": lambda: ed25519.Ed25519PrivateKey.from_private_bytes(_bytes(32)).public_key(),
    "a longer curve, P-384": lambda: _curve(ec.SECP384R1()),
    "a longer RSA key with another exponent": lambda: _rsa(bits=3072, exponent=3),
    "the longest curve, P-521": lambda: _curve(ec.SECP521R1()),
    "an Ed448 key": lambda: ed448.Ed448PrivateKey.from_private_bytes(_bytes(57)).public_key(),
    "an X25519 key": lambda: x25519.X25519PrivateKey.from_private_bytes(_bytes(32)).public_key(),
}


@cache
def _certificate(kind: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=_KINDS[kind](),
        serial_number=1,
        not_valid_before=NOT_BEFORE,
        not_valid_after=NOT_AFTER,
    )
    return builder.sign(derived_key("inside"), hashes.SHA256(), ecdsa_deterministic=True)


def _case(kind: str) -> Case:
    return Case(kind, lambda: str(Pin.of(_certificate(kind))), lambda world: (_certificate(kind),))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _hashed(data: bytes) -> str:
    return "sha256/" + _b64(hashlib.sha256(data).digest())


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _spki_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _bare_key(certificate: x509.Certificate) -> bytes:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _digest(certificate: x509.Certificate) -> bytes:
    return hashlib.sha256(_spki(certificate)).digest()


_WRONG_BYTES = (
    Misconception(
        "a pin is the certificate's fingerprint",
        "You hash the whole certificate. That changes at every renewal; a pin hashes the "
        "SubjectPublicKeyInfo only.",
        lambda certificate: _hashed(_der(certificate)),
    ),
    Misconception(
        "a pin hashes what the CA has signed",
        "You hash tbsCertificate: names, dates and all. A pin hashes the SubjectPublicKeyInfo "
        "only.",
        lambda certificate: _hashed(certificate.tbs_certificate_bytes),
    ),
    Misconception(
        "a pin is the hash of the bare key",
        "The algorithm in front of the key belongs to it: hash the whole SubjectPublicKeyInfo.",
        lambda certificate: _hashed(_bare_key(certificate)),
    ),
    Misconception(
        "a pin is made of the PEM text",
        "PEM is base64 between two lines of text. Hash the DER bytes.",
        lambda certificate: _hashed(_spki_pem(certificate)),
    ),
    Misconception(
        "a pin is made of the certificate's PEM text",
        "Two steps are missing: take the key out of the certificate, and hash its DER bytes.",
        lambda certificate: _hashed(certificate.public_bytes(Encoding.PEM)),
    ),
    Misconception(
        "a hash object knows what it should hash",
        "This is the hash of nothing: no bytes have reached sha256. Give it the "
        "SubjectPublicKeyInfo.",
        lambda certificate: _hashed(b""),
    ),
    Misconception(
        "an SPKI is a pin already",
        "This is the whole SubjectPublicKeyInfo in base64. Hash it first.",
        lambda certificate: "sha256/" + _b64(_spki(certificate)),
    ),
)
_WRONG_HASH = (
    Misconception(
        "any hash will do",
        "This is SHA-1. Pins are made with SHA-256 [1].",
        lambda certificate: "sha1/" + _b64(hashlib.sha1(_spki(certificate)).digest()),  # noqa: S324
    ),
    Misconception(
        "sha256/ in front makes it SHA-256",
        "The prefix says SHA-256, and the hash is SHA-1: 20 bytes, not 32.",
        lambda certificate: "sha256/" + _b64(hashlib.sha1(_spki(certificate)).digest()),  # noqa: S324
    ),
    Misconception(
        "a longer hash is a better pin",
        "This is SHA-512. Pins are made with SHA-256 [1].",
        lambda certificate: "sha256/" + _b64(hashlib.sha512(_spki(certificate)).digest()),
    ),
)
_WRONG_LETTERS = (
    Misconception(
        "a digest is written in hex",
        "The right bytes, in the wrong letters. A pin writes them in base64, after sha256/.",
        lambda certificate: _digest(certificate).hex(),
    ),
    Misconception(
        "hex after sha256/ is a pin",
        "The right bytes, in the wrong letters. A pin writes the 32 bytes in base64, as 44 "
        "characters.",
        lambda certificate: "sha256/" + _digest(certificate).hex(),
    ),
    Misconception(
        "base64 is made of the hex text",
        "You turn the bytes into hex and the hex into base64. Use digest(), not hexdigest().",
        lambda certificate: "sha256/" + _b64(_digest(certificate).hex().encode()),
    ),
    Misconception(
        "the base64 alone is a pin",
        "Only the beginning is missing: write sha256/ in front, so that everybody knows which hash "
        "it is.",
        lambda certificate: _b64(_digest(certificate)),
    ),
    Misconception(
        "URL-safe base64 is the same",
        "Two characters differ: a pin has '+' and '/', URL-safe base64 has '-' and '_'.",
        lambda certificate: "sha256/" + base64.urlsafe_b64encode(_digest(certificate)).decode(),
    ),
    Misconception(
        "the = at the end is not part of it",
        "It is: base64 fills up 32 bytes to 44 characters, and a pin is compared as a whole.",
        lambda certificate: ("sha256/" + _b64(_digest(certificate))).rstrip("="),
    ),
    Misconception(
        "a line break at the end does no harm",
        "A pin is one line without its end. b64encode adds none; encodebytes and command lines do.",
        lambda certificate: "sha256/" + base64.encodebytes(_digest(certificate)).decode(),
    ),
    Misconception(
        "str() turns bytes into their text",
        "str() of bytes writes b'...' around them. Use decode().",
        lambda certificate: f"sha256/{base64.b64encode(_digest(certificate))!r}",
    ),
    Misconception(
        "bytes are as good as text",
        "These are the right characters, as bytes. A pin is text: use decode().",
        lambda certificate: ("sha256/" + _b64(_digest(certificate))).encode(),
    ),
    Misconception(
        "the digest is the pin",
        "These are the right 32 bytes. Now write them as text: sha256/ and the base64.",
        _digest,
    ),
)

EXERCISE = Exercise(
    "04.1",
    "The pin by hand",
    points=3,
    why="The key with its kind, hashed, in base64: the same recipe for every kind of key.",
    cases=tuple(map(_case, _KINDS)),
    misconceptions=(
        *_WRONG_BYTES,
        *_WRONG_HASH,
        *_WRONG_LETTERS,
        Misconception(
            "the bank has one pin, so one text will do",
            "That is the pin of the bank's own certificate. Work it out from the one that is "
            "given.",
            lambda certificate: "sha256/auAC0cFmq0FIYYBaKA7GunKhtznIw00mDw6fvR1AKD4=",
        ),
    ),
)
