"""Answers to the exercises of lesson 04: right ones in many shapes, wrong ones with the
misconception they come from.
"""

import base64
import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certpin_lab import Pin, spki_der
from certpin_lab.pinning.certificate import SPKI, certificate_fields

DER, PEM = Encoding.DER, Encoding.PEM
SUBJECT_PUBLIC_KEY_INFO = PublicFormat.SubjectPublicKeyInfo


def b64(data):
    return base64.b64encode(data).decode()


def by_cutting(certificate):
    der = certificate.public_bytes(DER)
    for field in certificate_fields(der):
        if field.name == SPKI:
            spki = der[field.offset : field.offset + field.length]
            return "sha256/" + b64(hashlib.sha256(spki).digest())
    return None


def by_encoding(certificate):
    spki = certificate.public_key().public_bytes(DER, SUBJECT_PUBLIC_KEY_INFO)
    return f"sha256/{base64.b64encode(hashlib.sha256(spki).digest()).decode('ascii')}"


def by_the_package(certificate):
    return Pin.of(certificate)


def by_text_of_the_package(certificate):
    return str(Pin.of(certificate.public_key()))


def by_the_other_hash_library(certificate):
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki_der(certificate))
    return "sha256/" + base64.standard_b64encode(digest.finalize()).decode()


def from_hex(certificate):
    return "sha256/" + b64(bytes.fromhex(hashlib.sha256(spki_der(certificate)).hexdigest()))


def whole_certificate(certificate):
    return "sha256/" + b64(hashlib.sha256(certificate.public_bytes(DER)).digest())


def fingerprint_method(certificate):
    return "sha256/" + b64(certificate.fingerprint(hashes.SHA256()))


def bare_key(certificate):
    der = certificate.public_bytes(DER)
    field = next(one for one in certificate_fields(der) if one.name == "subjectPublicKey")
    element = der[field.offset : field.offset + field.length]
    start = 2 + (element[1] & 0x7F if element[1] & 0x80 else 0)
    return "sha256/" + b64(hashlib.sha256(element[start + 1 :]).digest())


def key_pem(certificate):
    return "sha256/" + b64(
        hashlib.sha256(certificate.public_key().public_bytes(PEM, SUBJECT_PUBLIC_KEY_INFO)).digest()
    )


def certificate_pem(certificate):
    return "sha256/" + b64(hashlib.sha256(certificate.public_bytes(PEM)).digest())


def in_hex(certificate):
    return hashlib.sha256(spki_der(certificate)).hexdigest()


def in_hex_with_prefix(certificate):
    return "sha256/" + Pin.of(certificate).digest.hex()


def base64_of_hex(certificate):
    return "sha256/" + b64(in_hex(certificate).encode())


def without_prefix(certificate):
    return b64(Pin.of(certificate).digest)


def with_sha1(certificate):
    return "sha1/" + b64(hashlib.sha1(spki_der(certificate)).digest())


def url_safe(certificate):
    return "sha256/" + base64.urlsafe_b64encode(Pin.of(certificate).digest).decode()


def only_the_digest(certificate):
    return hashlib.sha256(spki_der(certificate)).digest()


def not_hashed(certificate):
    return "sha256/" + b64(spki_der(certificate))


def signed_part(certificate):
    return "sha256/" + b64(hashlib.sha256(certificate.tbs_certificate_bytes).digest())


def of_nothing(certificate):
    digest = hashlib.sha256()
    spki_der(certificate)
    return "sha256/" + b64(digest.digest())


def sha1_under_another_name(certificate):
    return with_sha1(certificate).replace("sha1/", "sha256/")


def with_sha512(certificate):
    return "sha256/" + b64(hashlib.sha512(spki_der(certificate)).digest())


def without_padding(certificate):
    return str(Pin.of(certificate)).rstrip("=")


def with_a_line_break(certificate):
    return f"{Pin.of(certificate)}\n"


def text_of_bytes(certificate):
    return "sha256/" + str(base64.b64encode(Pin.of(certificate).digest))


def as_bytes(certificate):
    return b"sha256/" + base64.b64encode(Pin.of(certificate).digest)


def no_return(certificate):
    by_encoding(certificate)


def by_heart(certificate):
    return "sha256/auAC0cFmq0FIYYBaKA7GunKhtznIw00mDw6fvR1AKD4="


FIVE = {
    "A": "certificate hash",
    "B": "right for the leaf",
    "C": "hash of nothing",
    "D": "right for the intermediate",
    "E": "raw key bits",
}
CHANGES = {
    "new dates, same key": "only the pin stays",
    "one more host name, same key": "only the pin stays",
    "another CA signs the same key": "only the pin stays",
    "new key, same name, same CA": "both change",
    "same certificate, another intermediate sent along": "both stay",
}

RIGHT = {
    "04.1": [
        by_cutting,
        by_encoding,
        by_the_package,
        by_text_of_the_package,
        by_the_other_hash_library,
        from_hex,
    ],
    "04.2": [
        FIVE,
        list(FIVE.items()),
        {key.lower(): word.upper() for key, word in FIVE.items()},
        {"A": "fingerprint", "B": "leaf", "C": "nothing", "D": "intermediate", "E": "raw key"},
        {
            "E": "the bare key",
            "D": "the intermediate",
            "C": "empty output",
            "B": "right",
            "A": "the whole certificate",
        },
    ],
    "04.3": [
        CHANGES,
        list(CHANGES.items()),
        {key.upper(): word.title() for key, word in CHANGES.items()},
        {**CHANGES, "new key, same name, same CA": "neither"},
        dict(zip(CHANGES, ["pin", "the pin", "pin stays", "none", "both"], strict=True)),
    ],
}

WRONG = {
    "04.1": [
        (whole_certificate, "a pin is the certificate's fingerprint"),
        (fingerprint_method, "a pin is the certificate's fingerprint"),
        (bare_key, "a pin is the hash of the bare key"),
        (key_pem, "a pin is made of the PEM text"),
        (certificate_pem, "a pin is made of the certificate's PEM text"),
        (in_hex, "a digest is written in hex"),
        (in_hex_with_prefix, "hex after sha256/ is a pin"),
        (base64_of_hex, "base64 is made of the hex text"),
        (without_prefix, "the base64 alone is a pin"),
        (with_sha1, "any hash will do"),
        (url_safe, "URL-safe base64 is the same"),
        (only_the_digest, "the digest is the pin"),
        (not_hashed, "an SPKI is a pin already"),
        (signed_part, "a pin hashes what the CA has signed"),
        (of_nothing, "a hash object knows what it should hash"),
        (sha1_under_another_name, "sha256/ in front makes it SHA-256"),
        (with_sha512, "a longer hash is a better pin"),
        (without_padding, "the = at the end is not part of it"),
        (with_a_line_break, "a line break at the end does no harm"),
        (text_of_bytes, "str() turns bytes into their text"),
        (as_bytes, "bytes are as good as text"),
        (no_return, "a function returns its last value by itself"),
        (by_heart, "the bank has one pin, so one text will do"),
    ],
    "04.2": [
        ({**FIVE, "A": "right"}, "what matches today is a pin"),
        ({**FIVE, "C": "leaf"}, "what looks like a pin is one"),
        ({**FIVE, "D": "fingerprint"}, "only the leaf has a pin"),
        ({**FIVE, "D": "right for the leaf"}, "all pins are the leaf's"),
        ({**FIVE, "E": "right"}, "the bare key is the key"),
        ({**FIVE, "E": "certificate hash"}, "any other hash is a fingerprint"),
        ({**FIVE, "A": "PEM text of the key"}, "PEM or DER, the bytes are the same"),
        (list({**FIVE, "C": "pem"}.items()), "PEM or DER, the bytes are the same"),
        ({**FIVE, "B": "fingerprint"}, "the right pin must be wrong"),
        ({**FIVE, "C": "fingerprint"}, "a pin that is made of nothing looks empty"),
        ({**FIVE, "D": "pem"}, "PEM or DER, the bytes are the same"),
        (
            {**FIVE, "E": "the intermediate"},
            "a pin that is not the leaf's is the intermediate's",
        ),
    ],
    "04.3": [
        ({**CHANGES, "new dates, same key": "both change"}, "the pin changes at each renewal"),
        ({**CHANGES, "new dates, same key": "both stay"}, "dates are not part of the fingerprint"),
        ({**CHANGES, "one more host name, same key": "both change"}, "a pin knows its host"),
        ({**CHANGES, "another CA signs the same key": "neither"}, "a pin knows its CA"),
        ({**CHANGES, "new key, same name, same CA": "pin"}, "a pin belongs to a name and a CA"),
        (
            {**CHANGES, "same certificate, another intermediate sent along": "only the pin stays"},
            "the fingerprint covers the chain",
        ),
        (
            {**CHANGES, "same certificate, another intermediate sent along": "both change"},
            "anything new changes everything",
        ),
        (
            {**CHANGES, "one more host name, same key": "both"},
            "names are not part of the fingerprint",
        ),
        (
            {**CHANGES, "another CA signs the same key": "both stay"},
            "the CA is not part of the fingerprint",
        ),
        (
            {**CHANGES, "new key, same name, same CA": "both stay"},
            "nothing changes as long as name and CA stay",
        ),
        (
            {**CHANGES, "new key, same name, same CA": "fingerprint"},
            "the key is not part of the fingerprint",
        ),
        (
            dict.fromkeys(CHANGES, "only the fingerprint stays"),
            "the fingerprint is the steadier of the two",
        ),
        (
            list({**CHANGES, "new dates, same key": "both change"}.items()),
            "the pin changes at each renewal",
        ),
    ],
}
