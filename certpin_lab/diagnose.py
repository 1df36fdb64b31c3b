"""The pin doctor: which wrong recipe made this pin?

A pin that never matches looks like any other. Given the pin and the certificates it should match, `diagnose` makes every hash that
people are known to make instead, and says which one it is. Reads only what it is given: nothing is fetched, no signature verified.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from .errors import PinFormatError
from .pins import Pin, spki_der, subject_text

_LONGEST = 4096  # characters of a text that are looked at
_PREFIX = re.compile(r"(?i)(?:pin-)?(?:sha-?(?:1|256|384|512)|md5)[/:=]\s*\"?")
_SHORTEST = 8  # characters that a piece of a pin must have to be recognised
_ALGORITHMS = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_NAMES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}

# CA keys that examples on the web still pin, and that expired in 2021; both stand in the sample policy of
# https://github.com/OWASP/owasp-mastg/blob/10699fbe/knowledge/android/MASVS-NETWORK/MASTG-KNOW-0015.md
_EXPIRED_CAS = {
    Pin.parse("sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg="): "Let's Encrypt Authority X3",
    Pin.parse("sha256/Vjs8r4z+80wjNcr1YKepWQboSIRi63WsWXhIMN+eWys="): "DST Root CA X3",
}


@dataclass(frozen=True)
class Diagnosis:
    """What is the matter with a pin.

    `recipe` is how it was made, in words that never change: "right", "certificate hash", "raw key bits" and so on, or "nothing
    matches". `position` is the certificate of the chain that it was made from (0 is the leaf), None when it was made from none.
    `finding` says it in a sentence, `advice` what to do. Printed, it is both.
    """

    recipe: str
    finding: str
    advice: str
    position: int | None = None

    @property
    def right(self) -> bool:
        """Whether the pin will match one of the certificates as it stands."""
        return self.recipe == "right"

    def __str__(self) -> str:
        return f"{self.finding} {self.advice}"

    __repr__ = __str__


@dataclass(frozen=True)
class _Spelling:
    """How a digest was written, and how to say that it is not a pin's spelling; `name` is empty where it is."""

    digest: bytes
    name: str = ""
    fault: str = ""


@dataclass(frozen=True)
class _Candidate:
    """Something people hash by mistake, or the right thing. `recipe` is empty for the SubjectPublicKeyInfo itself."""

    recipe: str
    what: str
    material: bytes
    position: int


def diagnose(pin: str | Pin, chain: Sequence[x509.Certificate]) -> Diagnosis:
    """Say how this pin was made, and whether it will match.

    pin: the text as it stands in somebody's configuration: `sha256/...`, bare base64, hex, whatever it is.
    chain: the certificates that it should match, leaf first; the leaf alone is enough, more of them find more.

    Raises TypeError for a pin that is not text, ValueError for an empty chain. Text that is no digest at all is a finding, not an
    error. Whether the chain is valid, or the right one, is not checked.
    """
    chain = tuple(chain)
    if not chain:
        raise ValueError("Give at least one certificate, so that there is something to compare the pin with.")
    if not isinstance(pin, str | Pin):
        raise TypeError(f"A pin is text, not {type(pin).__name__}.")
    text = str(pin)[:_LONGEST]
    candidates = list(_candidates(chain))
    for spelling in _spellings(text):
        if found := _known(spelling, chain) or _matching(spelling, candidates, chain):
            return found
    return _damaged(text, candidates, chain) or _nothing_matches(text, chain)


# What was written.


def _spellings(text: str) -> Iterator[_Spelling]:
    """The digests that this text may stand for, the strict reading first."""
    try:
        yield _Spelling(Pin.parse(text).digest)
        return
    except PinFormatError:
        pass
    bare = text.strip("\"'`,; ")
    prefix = _PREFIX.match(bare)
    body = bare[prefix.end() :].strip('"') if prefix else bare
    yield from _readings(text, bare, body, slashes=1 if prefix else 0)
    if prefix and body.startswith(
        "/"
    ):  # curl's second slash; or the first character of the base64, which was tried already
        yield from _readings(text, bare, body[1:], slashes=2)


def _readings(text: str, bare: str, body: str, *, slashes: int) -> Iterator[_Spelling]:
    compact = re.sub(r"\s+", "", body)
    if digest := _from_hex(compact):
        yield _Spelling(digest, "hex", "It is written in hex, and a pin is written in base64.")
    elif digest := _from_base64(compact):
        if inner := _from_hex(digest.decode("ascii", "replace").strip()):
            yield _Spelling(inner, "base64 of hex", "It is the base64 of the hex text, not of the 32 bytes.")
        if text != text.strip():
            yield _Spelling(digest, "white space", "There is white space around it.")
        yield _Spelling(digest, *_base64_fault(bare, body, compact, slashes))


def _from_hex(text: str) -> bytes | None:
    plain = text.replace(":", "").removeprefix("0x")
    return (
        bytes.fromhex(plain) if len(plain) // 2 in _ALGORITHMS and re.fullmatch("(?:[0-9a-fA-F]{2})+", plain) else None
    )


def _from_base64(text: str) -> bytes | None:
    standard = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _base64_fault(bare: str, body: str, compact: str, slashes: int) -> tuple[str, str]:
    if body != compact:
        return "white space", "There is white space in it."
    if re.search("[-_]", compact):
        return "URL-safe base64", "It is in URL-safe base64 ('-' and '_'); a pin has '+' and '/'."
    if len(compact) % 4:
        return "padding missing", "The '=' at its end is missing."
    if slashes == 2:
        return "curl's spelling", "It has curl's two slashes after sha256."
    if not slashes:
        return "prefix missing", "The 'sha256/' in front is missing."
    return "another spelling", f"It is spelt {bare[:12]!r}... instead of 'sha256/'."


# What it could have been made from.


def _candidates(chain: tuple[x509.Certificate, ...]) -> Iterator[_Candidate]:
    for position, certificate in enumerate(chain):
        for recipe, what, material in _materials(certificate):
            yield _Candidate(recipe, what, material, position)


def _materials(certificate: x509.Certificate) -> Iterator[tuple[str, str, bytes]]:
    spki, der = spki_der(certificate), certificate.public_bytes(Encoding.DER)
    yield "", "the SubjectPublicKeyInfo", spki
    yield "certificate hash", "the whole certificate: that is its fingerprint, and changes at every renewal,", der
    yield (
        "signed part of the certificate",
        "the part of the certificate that is signed (TBSCertificate)",
        certificate.tbs_certificate_bytes,
    )
    yield "raw key bits", "the bare key bits, without the algorithm in front,", _key_bits(certificate)
    for recipe, what, label, data in (
        ("PEM text of the certificate", "the certificate's PEM text", "CERTIFICATE", der),
        ("PEM text of the key", "the public key's PEM text", "PUBLIC KEY", spki),
    ):
        for text in _texts(label, data):
            yield recipe, what, text
    for kind, data in (("key", spki), ("certificate", der)):
        for spelt in (data.hex(), data.hex().upper()):
            yield f"hex text of the {kind}", f"the {kind}'s hex text", spelt.encode()
            yield f"hex text of the {kind}", f"the {kind}'s hex text", spelt.encode() + b"\n"
    hashed = hashlib.sha256(spki).digest()
    for again in (hashed, hashed.hex().encode(), base64.b64encode(hashed), str(Pin(hashed)).encode()):
        yield "hash of the hash", "a pin: hashed once more", again
    yield from _names(certificate)


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The key alone, as it stands in the BIT STRING of the SubjectPublicKeyInfo; empty for a kind of key that is not known here."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b""


def _texts(label: str, data: bytes) -> Iterator[bytes]:
    """The same object as text: PEM with and without its last newline, with CRLF, and only the base64 between the two lines."""
    body = base64.b64encode(data).decode()
    for lines in (textwrap.wrap(body, 64), [body]):
        for text in ("\n".join(lines), "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])):
            for ended in (text, text + "\n"):
                yield ended.encode()
                yield ended.replace("\n", "\r\n").encode()


def _names(certificate: x509.Certificate) -> Iterator[tuple[str, str, bytes]]:
    yield (
        "hash of a name",
        "the subject's name, which anybody may write into a certificate,",
        certificate.subject.public_bytes(),
    )
    for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        value = attribute.value
        name = value if isinstance(value, bytes) else value.encode()
        yield "hash of a name", "the host name or CA name, which anybody may write into a certificate,", name


# What it is.


def never_matches(pin: Pin) -> str | None:
    """Why this pin can match nothing anywhere, whatever the certificate is; None when nothing is known against it."""
    if pin.digest == hashlib.sha256(b"").digest():
        return "it is the hash of nothing"
    if not any(pin.digest):
        return "it is a placeholder of zeros"
    return f"it is the key of {_EXPIRED_CAS[pin]}, which expired in 2021" if pin in _EXPIRED_CAS else None


def _known(spelling: _Spelling, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    """Pins that match nothing anywhere, whatever the certificate is."""
    if any(hashlib.new(name, b"").digest() == spelling.digest for name in _NAMES):
        finding = "This is the hash of nothing: the command that should have printed the key failed, and its empty output was hashed."
        return Diagnosis("hash of nothing", finding, _right_pin(chain, 0))
    pin = Pin(spelling.digest) if len(spelling.digest) == 32 else None
    reason = never_matches(pin) if pin and pin not in map(Pin.of, chain) else None
    if reason is None:
        return None
    recipe = "expired CA" if pin in _EXPIRED_CAS else "placeholder"
    return Diagnosis(recipe, f"This pin stands in examples, and {reason}.", _right_pin(chain, 0))


def _matching(
    spelling: _Spelling, candidates: list[_Candidate], chain: tuple[x509.Certificate, ...]
) -> Diagnosis | None:
    algorithm = _ALGORITHMS.get(len(spelling.digest))
    if algorithm is None:
        return None
    for candidate in candidates:
        if candidate.material and hashlib.new(algorithm, candidate.material).digest() == spelling.digest:
            return _of(candidate, algorithm, spelling, chain)
    return None


def _of(candidate: _Candidate, algorithm: str, spelling: _Spelling, chain: tuple[x509.Certificate, ...]) -> Diagnosis:
    position, whose = candidate.position, _whose(chain, candidate.position)
    weak = algorithm != "sha256"
    recipe = candidate.recipe or (algorithm if weak else "") or spelling.name or "right"
    if recipe == "right":
        kept = (
            "A new key there will need a new pin." if position == 0 else "It matches any chain that contains this CA."
        )
        return Diagnosis("right", f"This is the pin of {whose}.", kept, position)
    made = f"This is the {_NAMES[algorithm]} of {candidate.what or 'the SubjectPublicKeyInfo'} of {whose}."
    if not candidate.recipe:
        made = f"This is the {'hash' if weak else 'pin'} of the key of {whose}{f', made with {_NAMES[algorithm]}' if weak else ''}."
    faults = [made, "A pin is made with SHA-256." if weak else "", spelling.fault]
    return Diagnosis(recipe, " ".join(filter(None, faults)), _right_pin(chain, position), position)


def _damaged(text: str, candidates: list[_Candidate], chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    """A right digest that lost its end, or its capital letters."""
    bare = _PREFIX.sub("", text.strip("\"'`,; "), count=1).rstrip("=")
    return next(filter(None, (_piece(one, candidates, chain) for one in (bare, bare.removeprefix("/")))), None)


def _piece(bare: str, candidates: list[_Candidate], chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    if len(bare) < _SHORTEST:
        return None
    for candidate in candidates:
        digest = hashlib.sha256(candidate.material).digest()
        for whole in (base64.b64encode(digest).decode().rstrip("="), digest.hex()):
            for recipe, hit, fault in (
                ("truncated", whole != bare and whole.startswith(bare), "cut off before its end"),
                (
                    "changed case",
                    whole != bare and whole.casefold() == bare.casefold(),
                    "with capital and small letters changed",
                ),
            ):
                if hit and candidate.recipe == "":
                    finding = f"This is the pin of {_whose(chain, candidate.position)}, {fault}."
                    return Diagnosis(recipe, finding, _right_pin(chain, candidate.position), candidate.position)
    return None


def _nothing_matches(text: str, chain: tuple[x509.Certificate, ...]) -> Diagnosis:
    try:
        Pin.parse(text)
        finding = "This is spelt like a pin, and no recipe known here makes it from these certificates."
    except PinFormatError as problem:
        finding = f"No recipe known here makes this from these certificates, and it is not spelt like a pin. {problem}"
    advice = "It may belong to another host, an older key, or a CA that is not in this file: try the whole chain, or an older one."
    return Diagnosis("nothing matches", finding, f"{advice} {_right_pin(chain, 0)}")


def _whose(chain: tuple[x509.Certificate, ...], position: int) -> str:
    role = "the leaf" if position == 0 else f"certificate {position} above the leaf"
    return f"{role} ({subject_text(chain[position])})"


def _right_pin(chain: tuple[x509.Certificate, ...], position: int) -> str:
    what = "the leaf" if position == 0 else "that certificate"
    return f"The pin of {what} is {Pin.of(chain[position])}"
