"""The pin doctor: which wrong recipe made this pin?

A pin that never matches looks like any other. Given the pin and the certificates it should match,
`diagnose` makes every hash that people are known to make instead, and says which one it is. Reads
only what it is given: nothing is fetched, no signature verified.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from .certificate import certificate_fields, spki_der, subject_text
from .der import element
from .errors import PinFormatError, WireFormatError
from .pins import Pin

_LONGEST = 4096  # characters of a text that are looked at
_PREFIX = re.compile(r"(?i)(?:pin-)?(?:sha-?(?:1|256|384|512)|md5)[/:=]\s*")
_SHORTEST = 8  # characters that a piece of a pin must have to be recognised
# A digest inside the output of a tool or a line of a configuration: in hex, or in base64 (22
# characters are an MD5).
_INSIDE = re.compile(
    r"(?:[0-9a-fA-F]{2}[:-]?){15,63}[0-9a-fA-F]{2}(?![\w+/])|[\w+/-]{22,}={0,2}", re.ASCII
)
_MOST = 8  # of them are looked at
_ALGORITHMS = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_NAMES = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}
_NOTHING = {hashlib.new(name, empty).digest() for name in _NAMES for empty in (b"", b"\n")}
_NOTES = {
    "certificate hash": "It changes at every renewal, also when the key stays.",
    "hash of a name": "Anybody may write that name into a certificate.",
}

# CA keys that examples on the web still pin, and that expired in 2021; both stand in the sample
# policy of
# https://github.com/OWASP/owasp-mastg/blob/10699fbe/knowledge/android/MASVS-NETWORK/MASTG-KNOW-0015.md
_EXPIRED_CAS = {
    Pin.parse("sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg="): "Let's Encrypt Authority X3",
    Pin.parse("sha256/Vjs8r4z+80wjNcr1YKepWQboSIRi63WsWXhIMN+eWys="): "DST Root CA X3",
}


@dataclass(frozen=True)
class Diagnosis:
    """What is the matter with a pin.

    `recipe` is how it was made, in words that never change: "right", "certificate hash", "raw key
    bits" and so on, or "nothing matches". `position` is the certificate of the chain that it was
    made from (0 is the leaf), None when it was made from none. `finding` says it in a sentence,
    `advice` what to do. Printed, it is both.
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
    """The bytes that a text stands for, and what is wrong with the way it is written; `name` is
    empty where nothing is.
    """

    digest: bytes
    name: str = ""
    fault: str = ""


@dataclass(frozen=True)
class _Candidate:
    """Something people hash by mistake, or the right thing.

    `recipe` is empty for the SubjectPublicKeyInfo itself.
    """

    recipe: str
    what: str
    material: bytes
    position: int


def diagnose(pin: str | Pin, chain: Sequence[x509.Certificate]) -> Diagnosis:
    """Say how this pin was made, and whether it will match.

    pin: the text as it stands in somebody's configuration: `sha256/...`, bare base64, hex, a tool's
    whole output.
    chain: the certificates that it should match, leaf first; the leaf alone is enough, more of them
    find more.

    Raises TypeError for a pin that is not text, ValueError for an empty chain. Text that is no
    digest at all is a finding, not an error. Whether the chain is valid, or the right one, is not
    checked.
    """
    chain = tuple(chain)
    if not chain:
        raise ValueError(
            "Give at least one certificate, so that there is something to compare the pin with."
        )
    if not isinstance(pin, str | Pin):
        raise TypeError(f"A pin is text, not {type(pin).__name__}.")
    text = str(pin)[:_LONGEST]
    for spelling in _spellings(text):
        if found := _known(spelling, chain) or _matching(spelling, chain):
            return found
    return _damaged(text, chain) or _nothing_matches(text, chain)


# What was written.


def _spellings(text: str) -> Iterator[_Spelling]:
    """What this text may stand for: the strict reading alone where there is one, and last whatever
    stands inside it.
    """
    try:
        yield _Spelling(Pin.parse(text).digest)
        return
    except PinFormatError:
        pass
    yield from _lenient(text)
    for inside in _INSIDE.findall(text)[:_MOST]:
        for spelling in _lenient(inside):
            yield _Spelling(
                spelling.digest,
                "text around it",
                f"There is other text around it. {spelling.fault}",
            )


def _lenient(text: str) -> Iterator[_Spelling]:
    bare = text.strip().strip("\"'`")
    found = _PREFIX.match(bare)
    prefix = found[0] if found else ""
    body = bare.removeprefix(prefix)
    yield from _readings(text, prefix, body)
    if found and body.startswith(
        "/"
    ):  # curl's second slash; or the first character of the base64, which was tried already
        yield from _readings(text, f"{prefix}/", body[1:])


def _readings(text: str, prefix: str, body: str) -> Iterator[_Spelling]:
    compact = re.sub(r"\s+", "", body.strip('"'))
    if digest := _from_hex(compact):
        yield _Spelling(digest, "hex", "It is written in hex, and a pin is written in base64.")
    elif digest := _from_base64(compact):
        if inner := _from_hex(digest.decode("ascii", "replace").strip()):
            yield _Spelling(
                inner, "base64 of hex", "It is the base64 of the hex text, not of the 32 bytes."
            )
        faults = dict(_faults(text, prefix, compact, digest))
        yield _Spelling(digest, next(iter(faults), "another spelling"), " ".join(faults.values()))


def _from_hex(text: str) -> bytes | None:
    plain = re.sub("[:-]", "", text.removeprefix("0x"))
    return bytes.fromhex(plain) if re.fullmatch("(?:[0-9a-fA-F]{2}){16,}", plain) else None


def _from_base64(text: str) -> bytes | None:
    standard = _standard(text)
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _standard(text: str) -> str:
    """Base64 in the alphabet of a pin, without its padding."""
    return text.rstrip("=").translate(str.maketrans("-_", "+/"))


def _faults(text: str, prefix: str, compact: str, digest: bytes) -> Iterator[tuple[str, str]]:
    """Everything that is wrong with this base64, each with its name; the first one names the
    diagnosis.
    """
    spaced, standard = len(text.split()) > 1, _standard(compact)
    padding, right = len(compact) - len(compact.rstrip("=")), -len(standard) % 4
    for name, wrong, fault in (
        (
            "white space",
            spaced or text != text.strip(),
            f"There is white space {'in' if spaced else 'around'} it.",
        ),
        (
            "URL-safe base64",
            re.search("[-_]", compact),
            "It is in URL-safe base64 ('-' and '_'); a pin has '+' and '/'.",
        ),
        ("padding missing", padding < right, "The '=' at its end is missing."),
        ("too much padding", padding > right, "There are too many '=' at its end."),
        ("curl's spelling", prefix == "sha256//", "It has curl's two slashes after sha256."),
        ("prefix missing", not prefix, "The 'sha256/' in front is missing."),
        (
            "another spelling",
            prefix not in ("", "sha256/", "sha256//"),
            f"It begins with {prefix!r} instead of 'sha256/'.",
        ),
        ("quotes", text.strip()[:1] in ("'", '"', "`"), "There are quotes around it."),
        (
            "stray bits",
            base64.b64encode(digest).decode().rstrip("=") != standard,
            "Its last character has stray bits, so it was not written by a base64 encoder.",
        ),
    ):
        if wrong:
            yield name, fault


# What it could have been made from.


@lru_cache(maxsize=4)
def _makings(chain: tuple[x509.Certificate, ...]) -> dict[bytes, tuple[_Candidate, str]]:
    """What each digest was made from, and with which algorithm; of two ways to the same bytes, the
    plainer one.

    The algorithm is empty for bytes that were not hashed at all.
    """
    made: dict[bytes, tuple[_Candidate, str]] = {}
    for candidate in _candidates(chain):
        for algorithm in _NAMES:
            made.setdefault(
                hashlib.new(algorithm, candidate.material).digest(), (candidate, algorithm)
            )
        if candidate.recipe in ("", "certificate hash", "raw key bits"):
            made.setdefault(candidate.material, (candidate, ""))
    return made


def _candidates(chain: tuple[x509.Certificate, ...]) -> Iterator[_Candidate]:
    for position, certificate in enumerate(chain):
        for recipe, what, material in _materials(certificate):
            if material:
                yield _Candidate(recipe, what, material, position)


def _materials(certificate: x509.Certificate) -> Iterator[tuple[str, str, bytes]]:
    spki, der = spki_der(certificate), certificate.public_bytes(Encoding.DER)
    yield "", "the key", spki
    yield "certificate hash", "the whole certificate", der
    yield (
        "signed part of the certificate",
        "the signed part (TBSCertificate)",
        certificate.tbs_certificate_bytes,
    )
    yield "raw key bits", "the bare key bits, without the algorithm in front,", _key_bits(der)
    for kind, label, data in (("certificate", "CERTIFICATE", der), ("key", "PUBLIC KEY", spki)):
        for text in _texts(label, data):
            yield f"PEM text of the {kind}", f"the base64 or PEM text of the {kind}", text
        for spelt in (data.hex(), data.hex().upper()):
            yield f"hex text of the {kind}", f"the hex text of the {kind}", spelt.encode()
            yield f"hex text of the {kind}", f"the hex text of the {kind}", spelt.encode() + b"\n"
    hashed = hashlib.sha256(spki).digest()
    for again in (
        hashed,
        hashed.hex().encode(),
        base64.b64encode(hashed),
        str(Pin(hashed)).encode(),
    ):
        yield "hash of the hash", "the pin, hashed once more,", again
    for whose in ("subject", "issuer"):
        if (name := _name(certificate, whose)) is not None:
            yield from _names(whose, name)


def _key_bits(der: bytes) -> bytes:
    """What the BIT STRING of the SubjectPublicKeyInfo holds, whatever kind of key it is; empty
    where that cannot be read.
    """
    try:
        [key] = [field for field in certificate_fields(der) if field.name == "subjectPublicKey"]
    except WireFormatError:
        return b""
    return element(der, key.offset).content[1:]  # after the number of unused bits


def _texts(label: str, data: bytes) -> Iterator[bytes]:
    """The same object as text: PEM with and without its last newline, with CRLF, and only the
    base64 between the two lines.
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


def _name(certificate: x509.Certificate, whose: str) -> x509.Name | None:
    """This name of the certificate; None where it cannot be read: `cryptography` reads names only
    when they are asked for.
    """
    try:
        name: x509.Name = getattr(certificate, whose)
    except (ValueError, TypeError):
        return None
    return name


def _names(whose: str, name: x509.Name) -> Iterator[tuple[str, str, bytes]]:
    yield "hash of a name", f"the {whose} name", name.public_bytes()
    for attribute in name.get_attributes_for_oid(NameOID.COMMON_NAME):
        value = attribute.value
        yield (
            "hash of a name",
            f"the {whose}'s common name",
            value if isinstance(value, bytes) else value.encode(),
        )


# What it is.


def never_matches(pin: Pin) -> str | None:
    """Why this pin can match nothing anywhere, whatever the certificate is; None when nothing is
    known against it.
    """
    if pin.digest in _NOTHING:
        return "it is the hash of nothing"
    if not any(pin.digest):
        return "it is a placeholder of zeros"
    return (
        f"it is the key of {_EXPIRED_CAS[pin]}, which expired in 2021"
        if pin in _EXPIRED_CAS
        else None
    )


def _known(spelling: _Spelling, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    """Pins that match nothing anywhere, whatever the certificate is."""
    if spelling.digest in _NOTHING:
        finding = "This is the hash of nothing: the command that should have printed the key failed, and its empty output was hashed."
        return Diagnosis("hash of nothing", finding, _right_pin(chain, 0))
    pin = Pin(spelling.digest) if len(spelling.digest) == 32 else None
    reason = never_matches(pin) if pin and pin not in map(Pin.of, chain) else None
    if reason is None:
        return None
    recipe = "expired CA" if pin in _EXPIRED_CAS else "placeholder"
    return Diagnosis(recipe, f"This pin stands in examples, and {reason}.", _right_pin(chain, 0))


def _matching(spelling: _Spelling, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    candidate, algorithm = _makings(chain).get(spelling.digest, (None, ""))
    if candidate is None:
        return None
    if algorithm:
        return _of(candidate, algorithm, spelling, chain)
    made = f"This is not a hash, but {candidate.what} itself,"
    return _wrong("not hashed", made, [spelling.fault], candidate.position, chain)


def _of(
    candidate: _Candidate, algorithm: str, spelling: _Spelling, chain: tuple[x509.Certificate, ...]
) -> Diagnosis:
    position, weak = candidate.position, algorithm != "sha256"
    recipe = candidate.recipe or (algorithm if weak else "") or spelling.name or "right"
    if recipe == "right":
        kept = (
            "A new key there will need a new pin."
            if position == 0
            else "It matches any chain that contains this CA."
        )
        return Diagnosis("right", f"This is the pin of {_whose(chain, position)}.", kept, position)
    made = (
        f"This is the {_NAMES[algorithm]} of {candidate.what}"
        if candidate.recipe or weak
        else "This is the pin"
    )
    notes = [_NOTES.get(recipe, ""), "A pin is made with SHA-256." if weak else "", spelling.fault]
    return _wrong(recipe, made, notes, position, chain)


def _wrong(
    recipe: str, made: str, notes: Sequence[str], position: int, chain: tuple[x509.Certificate, ...]
) -> Diagnosis:
    finding = " ".join(filter(None, [f"{made} of {_whose(chain, position)}.", *notes])).strip()
    return Diagnosis(recipe, finding, _right_pin(chain, position), position)


def _damaged(text: str, chain: tuple[x509.Certificate, ...]) -> Diagnosis | None:
    """A digest that was right, or made by a known recipe, and lost its end or its capital letters."""
    bare = _PREFIX.sub("", text.strip().strip("\"'`"), count=1)
    for written in (
        _standard(bare),
        _standard(bare.removeprefix("/")),
        re.sub("[:-]|0x", "", bare).lower(),
    ):
        for digest, (candidate, algorithm) in (
            _makings(chain).items() if len(written) >= _SHORTEST else ()
        ):
            for whole in (
                (_standard(base64.b64encode(digest).decode()), digest.hex())
                if algorithm == "sha256"
                else ()
            ):
                if written.casefold() == whole.casefold():
                    return _piece(
                        "changed case",
                        "Its capital and small letters were changed.",
                        candidate,
                        chain,
                    )
                if whole.startswith(written):
                    return _piece("truncated", "It was cut off before its end.", candidate, chain)
    return None


def _piece(
    name: str, fault: str, candidate: _Candidate, chain: tuple[x509.Certificate, ...]
) -> Diagnosis:
    return _of(candidate, "sha256", _Spelling(b"", name, fault), chain)


def _nothing_matches(text: str, chain: tuple[x509.Certificate, ...]) -> Diagnosis:
    try:
        Pin.parse(text)
        finding = (
            "This is spelt like a pin, and no recipe known here makes it from these certificates."
        )
    except PinFormatError as problem:
        finding = f"No recipe known here makes this from these certificates, and it is not spelt like a pin. {problem}"
    advice = "It may belong to another host, an older key, or a CA that is not in this file: try the whole chain, or an older one."
    return Diagnosis("nothing matches", finding, f"{advice} {_right_pin(chain, 0)}")


def _whose(chain: tuple[x509.Certificate, ...], position: int) -> str:
    certificate = chain[position]
    subject, issuer = _name(certificate, "subject"), _name(certificate, "issuer")
    above = "root" if subject is not None and subject == issuer else "intermediate"
    return f"the {above if position else 'leaf'} ({subject_text(certificate)})"


def _right_pin(chain: tuple[x509.Certificate, ...], position: int) -> str:
    what = "the leaf" if position == 0 else "that certificate"
    return f"The pin of {what} is {Pin.of(chain[position])}"
