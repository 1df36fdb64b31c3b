"""Exercise 04.3, what survives: five changes, and what becomes of fingerprint and pin."""

from __future__ import annotations

from ...answers import read_mapping
from ...exercise import Case, Exercise, Misconception

_DATES = "new dates, same key"
_NAME = "one more host name, same key"
_CA = "another CA signs the same key"
_KEY = "new key, same name, same CA"
_NEIGHBOUR = "same certificate, another intermediate sent along"
_CHANGES = (_DATES, _NAME, _CA, _KEY, _NEIGHBOUR)
_SURVIVES = {
    "both stay": ("both", "both survive"),
    "only the pin stays": ("pin", "the pin", "pin stays"),
    "only the fingerprint stays": ("fingerprint", "the fingerprint"),
    "both change": ("neither", "none", "none survives", "neither stays"),
}

EXERCISE = Exercise(
    "04.3",
    "What survives?",
    points=2,
    why="The pin follows the key, and nothing else. The fingerprint follows every byte of the "
    "leaf, and nothing that is sent beside it.",
    read=lambda value: read_mapping(value, _CHANGES, _SURVIVES),
    cases=(
        Case(_DATES, "only the pin stays"),
        Case(_NAME, "only the pin stays"),
        Case(_CA, "only the pin stays"),
        Case(_KEY, "both change"),
        Case(_NEIGHBOUR, "both stay"),
    ),
    misconceptions=(
        Misconception(
            "the fingerprint is the steadier of the two",
            "It is the other way round: the pin hashes a part, the fingerprint everything. "
            "Wherever "
            "the pin changes, the fingerprint changes too.",
            dict.fromkeys(_CHANGES, "only the fingerprint stays"),
        ),
        Misconception(
            "the pin changes at each renewal",
            "New dates are outside the SubjectPublicKeyInfo. With the same key the pin stays.",
            {_DATES: "both change"},
        ),
        Misconception(
            "dates are not part of the fingerprint",
            "The fingerprint is the hash of every byte of the certificate, its dates too.",
            {_DATES: "both stay"},
        ),
        Misconception(
            "a pin knows its host",
            "No name is in the SubjectPublicKeyInfo, so no name changes the pin.",
            {_NAME: "both change"},
        ),
        Misconception(
            "names are not part of the fingerprint",
            "The fingerprint is the hash of every byte of the certificate, and its names are some "
            "of them.",
            {_NAME: "both stay"},
        ),
        Misconception(
            "a pin knows its CA",
            "The issuer and its signature are outside the SubjectPublicKeyInfo. Another CA, the "
            "same pin.",
            {_CA: "both change"},
        ),
        Misconception(
            "the CA is not part of the fingerprint",
            "The issuer's name and its signature are bytes of the certificate, so they change the "
            "fingerprint.",
            {_CA: "both stay"},
        ),
        Misconception(
            "a pin belongs to a name and a CA",
            "It belongs to a key. A new key has a new pin, whoever signs it and whatever its name.",
            {_KEY: "only the pin stays"},
        ),
        Misconception(
            "nothing changes as long as name and CA stay",
            "The key is a part of the certificate. A new one changes the fingerprint, and the pin "
            "too.",
            {_KEY: "both stay"},
        ),
        Misconception(
            "the key is not part of the fingerprint",
            "The fingerprint is the hash of every byte of the certificate, the key's too.",
            {_KEY: "only the fingerprint stays"},
        ),
        Misconception(
            "the fingerprint covers the chain",
            "A fingerprint is of one certificate. What is sent beside it has a fingerprint of its "
            "own.",
            {_NEIGHBOUR: "only the pin stays"},
        ),
        Misconception(
            "anything new changes everything",
            "The leaf is the same, byte for byte, so both its hashes are the same.",
            {_NEIGHBOUR: "both change"},
        ),
    ),
)
