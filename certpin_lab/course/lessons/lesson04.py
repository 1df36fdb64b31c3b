"""Lesson 04: inside a certificate.

What exactly a pin is made of, and which wrong recipes look just like it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...lab.pki import CertificateAuthority
from ...pinning.pins import Pin
from ..answers import read_mapping
from ..exercise import Case, Exercise, Misconception, Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "04.1",
        "What is the bank's pin the hash of?",
        choices=("the whole certificate", "the key and its kind", "the bare key"),
    ),
    Prediction(
        "04.2",
        "The bank renews its certificate. What happens to fingerprint and pin?",
        choices=("changes", "stays"),
        situations=(
            "fingerprint, same key",
            "pin, same key",
            "fingerprint, new key",
            "pin, new key",
        ),
    ),
    Prediction(
        "04.3",
        "The same key stands in a certificate for another name, long expired. Is its pin another one?",
        choices=("another pin", "the same pin"),
    ),
)

QUESTIONS = (
    Question(
        "04.q1",
        "When does the careful app check the bank's certificate?",
        (
            Option("Before it says hello", "It has not seen a certificate then."),
            Option("After it has received it, and before it sends its own Finished", "So nothing leaves before the check.", right=True),
            Option("After the password was sent", "That would be too late: whoever answered has it by then."),
        ),
    ),
    Question(
        "04.q2",
        "A certificate names bank.example, its dates are fine, and it is signed with its own key. What does a careful app do?",
        (
            Option("It accepts: the name matches", "Anybody can write that name into a certificate and sign it with a key of his own."),
            Option("It refuses: nobody whom it trusts has signed it", "A name in a certificate is worth what its signer is worth.", right=True),
            Option("It asks the bank", "Over which connection? This one is the question."),
        ),
    ),
    Question(
        "04.q3",
        "Who can read the bank's certificate in a handshake of TLS 1.3?",
        (
            Option("Everybody on the Wi-Fi", "In TLS 1.2, yes. In TLS 1.3 it is sent encrypted."),
            Option("The phone", "And whoever has agreed on a key with the phone.", right=True),
            Option("The bank only", "The phone has to see it, or it could not check it."),
        ),
    ),
    Question(
        "04.q4",
        "“A pin is the certificate's fingerprint.” What breaks for an app that believes this?",
        (
            Option("Nothing", "The two hashes differ from the first day on. Compare them above."),
            Option("It refuses its bank at the next renewal, though the key is the same", "A fingerprint is of the whole certificate.", right=True),
            Option("It accepts forged certificates", "It would refuse them as well. What it loses is its own bank."),
        ),
    ),
    Question(
        "04.q5",
        "The bank renews its certificate every 47 days. How often does the pin change?",
        (
            Option("Every 47 days", "Only if the bank also takes a new key each time."),
            Option("Whenever the bank takes a new key", "The pin is the hash of the key and its kind, and of nothing else.", right=True),
            Option("Never", "A key can be stolen or grow too weak. Then it has to change, and the pin with it."),
        ),
    ),
)  # fmt: skip

# Exercise 04.1: the pin by hand.

_CA = CertificateAuthority("Inside Root")


@cache
def _certificate(kind: str) -> x509.Certificate:
    keys: dict[
        str,
        Callable[
            [], rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | None
        ],
    ] = {
        "P-256": lambda: None,
        "P-384": lambda: ec.derive_private_key(4711, ec.SECP384R1()),
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
        "Ed25519": lambda: ed25519.Ed25519PrivateKey.from_private_bytes(
            hashlib.sha256(b"inside").digest()
        ),
    }
    return _CA.issue_leaf("bank.example", key=keys[kind]()).certificate


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sha256(data: bytes) -> str:
    return "sha256/" + _b64(hashlib.sha256(data).digest())


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _raw_key(certificate: x509.Certificate) -> bytes:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


_KINDS = {
    "an elliptic-curve key": "P-256",
    "an RSA key": "RSA",
    "an Ed25519 key": "Ed25519",
    "a longer curve": "P-384",
}

# Exercise 04.2: five pins to diagnose.

_FIVE = {"A": (), "B": (), "C": (), "D": (), "E": ()}
_RECIPES = {
    "right for the leaf": ("right", "the leaf", "leaf", "right, leaf"),
    "right for the intermediate": ("the intermediate", "intermediate", "right, intermediate"),
    "certificate hash": ("fingerprint", "the whole certificate", "hash of the certificate"),
    "raw key bits": ("the bare key", "raw key", "key bits"),
    "hash of nothing": ("nothing", "empty", "empty output"),
    "PEM text of the key": ("PEM text", "pem", "the key's PEM text"),
}

# Exercise 04.3: what survives.

_CHANGES = {
    "new dates, same key": (),
    "one more host name, same key": (),
    "another CA signs the same key": (),
    "new key, same name, same CA": (),
    "same certificate, another intermediate sent along": (),
}
_SURVIVES = {
    "both stay": ("both", "both survive"),
    "only the pin stays": ("pin", "the pin", "pin stays"),
    "only the fingerprint stays": ("fingerprint", "the fingerprint"),
    "both change": ("neither", "none", "none survives", "neither stays"),
}

EXERCISES = (
    Exercise(
        "04.1",
        "The pin by hand",
        points=3,
        why="The key with its kind, hashed, in base64: the same recipe for every kind of key.",
        cases=tuple(
            Case(
                name,
                lambda kind=kind: str(Pin.of(_certificate(kind))),  # type: ignore[misc]
                lambda world, kind=kind: (_certificate(kind),),  # type: ignore[misc]
            )
            for name, kind in _KINDS.items()
        ),
        misconceptions=(
            Misconception(
                "a pin is the certificate's fingerprint",
                "You hash the whole certificate. That changes at every renewal; a pin hashes the SubjectPublicKeyInfo only.",
                lambda certificate: _sha256(certificate.public_bytes(Encoding.DER)),
            ),
            Misconception(
                "a pin is the hash of the bare key",
                "The algorithm in front of the key belongs to it: hash the whole SubjectPublicKeyInfo.",
                lambda certificate: _sha256(_raw_key(certificate)),
            ),
            Misconception(
                "a pin is made of the PEM text",
                "PEM is base64 between two lines, for people and mails. Hash the DER bytes.",
                lambda certificate: _sha256(certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
            ),
            Misconception(
                "a pin is made of the certificate's PEM text",
                "Two steps too many: take the key out of the certificate, and hash its DER bytes.",
                lambda certificate: _sha256(certificate.public_bytes(Encoding.PEM)),
            ),
            Misconception(
                "a digest is written in hex",
                "The right bytes, in the wrong letters. A pin writes them in base64, after sha256/.",
                lambda certificate: hashlib.sha256(_spki(certificate)).hexdigest(),
            ),
            Misconception(
                "hex after sha256/ is a pin",
                "The right bytes, in the wrong letters. A pin writes the 32 bytes in base64, 44 characters.",
                lambda certificate: "sha256/" + hashlib.sha256(_spki(certificate)).hexdigest(),
            ),
            Misconception(
                "base64 goes over the hex text",
                "You turn the bytes into hex and the hex into base64. Use digest(), not hexdigest().",
                lambda certificate: "sha256/" + _b64(hashlib.sha256(_spki(certificate)).hexdigest().encode()),
            ),
            Misconception(
                "the base64 alone is a pin",
                "All but the beginning: write sha256/ in front, so that everybody knows which hash it is.",
                lambda certificate: _b64(hashlib.sha256(_spki(certificate)).digest()),
            ),
            Misconception(
                "any hash will do",
                "SHA-1 is too weak for a pin. Use SHA-256.",
                lambda certificate: "sha1/" + _b64(hashlib.sha1(_spki(certificate)).digest()),  # noqa: S324
            ),
            Misconception(
                "URL-safe base64 is the same",
                "For two characters it is not: a pin has '+' and '/', URL-safe base64 has '-' and '_'.",
                lambda certificate: "sha256/" + base64.urlsafe_b64encode(hashlib.sha256(_spki(certificate)).digest()).decode(),
            ),
            Misconception(
                "the digest is the pin",
                "These are the right 32 bytes. Now write them as text: sha256/ and the base64.",
                lambda certificate: hashlib.sha256(_spki(certificate)).digest(),
            ),
            Misconception(
                "an SPKI is a pin already",
                "This is the whole SubjectPublicKeyInfo in base64. Hash it first.",
                lambda certificate: "sha256/" + _b64(_spki(certificate)),
            ),
        ),
    ),
    Exercise(
        "04.2",
        "Five pins from five colleagues",
        points=2,
        why="Two of the five would ever match: B, as long as the bank keeps its key, and D, as long as it keeps its CA.",
        read=lambda value: read_mapping(value, _FIVE, _RECIPES),
        cases=(
            Case("A", "certificate hash"),
            Case("B", "right for the leaf"),
            Case("C", "hash of nothing"),
            Case("D", "right for the intermediate"),
            Case("E", "raw key bits"),
        ),
        misconceptions=(
            Misconception(
                "what matches today is a pin",
                "A is the fingerprint of today's certificate. Ask the doctor what it was made of.",
                {"A": "right for the leaf"},
            ),
            Misconception(
                "what looks like a pin is one",
                "C has the right form, as the hash of nothing has too. Only the doctor, or your own hash, can tell.",
                {"C": "right for the leaf"},
            ),
            Misconception(
                "only the leaf has a pin",
                "Every certificate of the chain has a key, so every one has a pin. Give the doctor the whole chain.",
                {"D": "certificate hash"},
            ),
            Misconception(
                "all pins are the leaf's",
                "D is a real pin, of another certificate in the chain. The doctor says whose.",
                {"D": "right for the leaf"},
            ),
            Misconception(
                "the bare key is the key",
                "E leaves the algorithm in front of the key out, so it will never match.",
                {"E": "right for the leaf"},
            ),
            Misconception(
                "any other hash is a fingerprint",
                "E is no fingerprint: hash the certificate, and compare. What else is there to hash?",
                {"E": "certificate hash"},
            ),
            Misconception(
                "PEM or DER, the bytes are the same",
                "They are not: PEM is text. But that was not the mistake here; ask the doctor.",
                {"A": "PEM text of the key", "E": "PEM text of the key", "C": "PEM text of the key"},
            ),
            Misconception(
                "the right pin must be wrong",
                "B is the one good pin of the leaf. Compare it with Pin.of(certificate).",
                {"B": "certificate hash"},
            ),
        ),
    ),
    Exercise(
        "04.3",
        "What survives?",
        points=2,
        why="The pin follows the key, and nothing else. The fingerprint follows every byte of the leaf, and nothing that is sent beside it.",
        read=lambda value: read_mapping(value, _CHANGES, _SURVIVES),
        cases=(
            Case("new dates, same key", "only the pin stays"),
            Case("one more host name, same key", "only the pin stays"),
            Case("another CA signs the same key", "only the pin stays"),
            Case("new key, same name, same CA", "both change"),
            Case("same certificate, another intermediate sent along", "both stay"),
        ),
        misconceptions=(
            Misconception(
                "the pin changes at each renewal",
                "New dates are outside the SubjectPublicKeyInfo. With the same key the pin stays.",
                {"new dates, same key": "both change"},
            ),
            Misconception(
                "dates are not part of the fingerprint",
                "The fingerprint is the hash of every byte of the certificate, its dates too.",
                {"new dates, same key": "both stay"},
            ),
            Misconception(
                "a pin knows its host",
                "No name is in the SubjectPublicKeyInfo, so no name changes the pin.",
                {"one more host name, same key": "both change"},
            ),
            Misconception(
                "a pin knows its CA",
                "The issuer and its signature stand outside the SubjectPublicKeyInfo. Another CA, the same pin.",
                {"another CA signs the same key": "both change"},
            ),
            Misconception(
                "a pin belongs to a name and a CA",
                "It belongs to a key. A new key has a new pin, whoever signs it and whatever it is called.",
                {"new key, same name, same CA": "only the pin stays"},
            ),
            Misconception(
                "the fingerprint covers the chain",
                "A fingerprint is of one certificate. What is sent beside it has fingerprints of its own.",
                {"same certificate, another intermediate sent along": "only the pin stays"},
            ),
            Misconception(
                "anything new changes everything",
                "The leaf is the same, byte for byte, so both its hashes are the same.",
                {"same certificate, another intermediate sent along": "both change"},
            ),
            Misconception(
                "the fingerprint is the steadier of the two",
                "It is the other way round: the pin hashes a part, the fingerprint everything. The fingerprint changes first.",
                dict.fromkeys(_CHANGES, "only the fingerprint stays"),
            ),
        ),
    ),
)  # fmt: skip
