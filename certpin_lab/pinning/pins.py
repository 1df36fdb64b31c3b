"""Pins as pure values: what a key's pin is, and how its text is read.

A *pin* is the SHA-256 of a SubjectPublicKeyInfo (RFC 7469, section 2.4); its text is
`sha256/<base64>`. A *fingerprint* is the SHA-256 of the whole certificate, and never called a pin.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from .certificate import spki_der
from .errors import PinFormatError

_PREFIX = "sha256/"
_HOW_IT_LOOKS = "A pin is 'sha256/' and the base64 of 32 bytes (44 characters, the last one '=')."


@dataclass(frozen=True, order=True)
class Pin:
    """SHA-256 of a SubjectPublicKeyInfo in DER: 32 bytes in `digest`, `sha256/<base64>` as text.

    A pin names a key. It says nothing about host names, dates or who issued the certificate.
    """

    digest: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.digest, bytes) or len(self.digest) != 32:
            raise PinFormatError(
                f"A pin's digest is 32 bytes, not {_describe(self.digest)}. For text use Pin.parse."
            )

    @classmethod
    def of(cls, key: x509.Certificate | PublicKeyTypes) -> Pin:
        """The pin of a certificate's key, or of a public key.

        Of a certificate, the bytes that it contains are hashed. A key object no longer has them, so
        it is encoded anew, as most certificates do. That gives another pin than the certificate's
        for RSA-PSS, for EC with explicit parameters and for a compressed EC point, and the object
        does not say which it was: prefer the certificate, or `of_spki`. Raises TypeError for
        anything else.
        """
        if isinstance(key, x509.Certificate):
            return _pin_of(key)
        if hasattr(key, "private_bytes"):
            raise TypeError(
                "A pin is made of a public key. Give key.public_key(), and keep the private key "
                "where it is."
            )
        if not hasattr(key, "public_bytes"):
            raise TypeError(
                "A pin is made of a certificate or a public key of `cryptography`; "
                f"got {type(key).__name__}."
            )
        spki = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls.of_spki(spki)

    @classmethod
    def of_spki(cls, der: bytes) -> Pin:
        """The pin of a SubjectPublicKeyInfo in DER: the definition.

        Whether the bytes are one is not checked.
        """
        return cls(hashlib.sha256(der).digest())

    @classmethod
    def parse(cls, text: str) -> Pin:
        """Read `sha256/<base64>`, strictly: length, alphabet and padding.

        Raises `PinFormatError`, which says what is wrong.
        """
        if not isinstance(text, str):
            raise PinFormatError(f"A pin's text form is a str, not {_describe(text)}.")
        if problem := _problem_with(text):
            raise PinFormatError(f"{text[:80]!r} is not a pin: {problem} {_HOW_IT_LOOKS}")
        return cls(base64.b64decode(text.removeprefix(_PREFIX)))

    def __str__(self) -> str:
        return _PREFIX + base64.b64encode(self.digest).decode("ascii")

    def __repr__(self) -> str:
        return f"Pin.parse('{self}')"


@lru_cache(maxsize=64)  # a client meets the same few certificates at every connection
def _pin_of(certificate: x509.Certificate) -> Pin:
    return Pin.of_spki(spki_der(certificate))


def _describe(value: object) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else type(value).__name__


def _problem_with(text: str) -> str:
    """What keeps `text` from being a pin, in one sentence; empty when nothing does."""
    if text != text.strip() or len(text.split()) > 1:
        return "it has white space in it."
    if text.startswith("-----BEGIN"):
        return "it is a PEM file. Pin.of(certificate) computes its pin."
    if re.fullmatch(
        "sha256//.{44}", text
    ):  # one more character than a pin whose base64 happens to begin with a slash
        return "that is curl's spelling, with two slashes. Use one."
    if not text.startswith(_PREFIX):
        algorithm = text.split("/")[0].lower()
        known = {
            "sha1": "SHA-1 is too weak for a pin.",
            "md5": "MD5 is broken.",
            "sha256": "the prefix is lower case.",
        }
        return known.get(algorithm, "it does not start with 'sha256/'.")
    return _problem_with_base64(text.removeprefix(_PREFIX))


def _problem_with_base64(encoded: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", encoded):
        return "the digest is in hex, not in base64."
    if re.search(r"[-_]", encoded):
        return "the digest is in URL-safe base64 ('-' and '_'); a pin uses '+' and '/'."
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return "the part after 'sha256/' is not base64 (alphabet or '=' padding)."
    if len(digest) != 32:
        return f"it holds {len(digest)} bytes."
    if base64.b64encode(digest).decode("ascii") != encoded:
        return (
            "its last character before the padding has stray bits, so it was not written by a "
            "base64 encoder."
        )
    return ""
