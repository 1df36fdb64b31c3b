"""Exercise 04.2, five pins from five colleagues: which recipe made each."""

from __future__ import annotations

from ...answers import read_mapping
from ...exercise import Case, Exercise, Misconception

_NAMES = ("A", "B", "C", "D", "E")
_RECIPES = {
    "right for the leaf": ("right", "the leaf", "leaf", "right, leaf"),
    "right for the intermediate": ("the intermediate", "intermediate", "right, intermediate"),
    "certificate hash": ("fingerprint", "the whole certificate", "hash of the certificate"),
    "raw key bits": ("the bare key", "raw key", "key bits"),
    "hash of nothing": ("nothing", "empty", "empty output"),
    "PEM text of the key": ("PEM text", "pem", "the key's PEM text"),
}


def _says(recipe: str, names: str, idea: str, why: str) -> tuple[Misconception, ...]:
    """The idea, for each of these pins by itself: one slip is enough to have it."""
    return tuple(Misconception(idea, why, {name: recipe}) for name in names)


EXERCISE = Exercise(
    "04.2",
    "Five pins from five colleagues",
    points=2,
    why="Two of the five would ever match: B, as long as the bank keeps its key, and D, as long as "
    "it keeps its CA.",
    read=lambda value: read_mapping(value, _NAMES, _RECIPES),
    cases=(
        Case("A", "certificate hash"),
        Case("B", "right for the leaf"),
        Case("C", "hash of nothing"),
        Case("D", "right for the intermediate"),
        Case("E", "raw key bits"),
    ),
    misconceptions=(
        *_says(
            "right for the leaf",
            "A",
            "what matches today is a pin",
            "A is the fingerprint of today's certificate. Ask the doctor what it was made of.",
        ),
        *_says(
            "right for the leaf",
            "C",
            "what looks like a pin is one",
            "C has the right form, but so does the hash of nothing. Only the doctor, or a hash of "
            "your own, can tell.",
        ),
        *_says(
            "right for the leaf",
            "D",
            "all pins are the leaf's",
            "D is a real pin, of another certificate in the chain. The doctor says whose.",
        ),
        *_says(
            "right for the leaf",
            "E",
            "the bare key is the key",
            "E leaves out the algorithm in front of the key, so it will never match.",
        ),
        *_says(
            "certificate hash",
            "D",
            "only the leaf has a pin",
            "Every certificate of the chain has a key, so every one has a pin. Give the doctor the "
            "whole chain.",
        ),
        *_says(
            "certificate hash",
            "E",
            "any other hash is a fingerprint",
            "E is no fingerprint: hash the certificate, and compare. What else is there to hash?",
        ),
        *_says(
            "certificate hash",
            "B",
            "the right pin must be wrong",
            "B is the one good pin of the leaf. Compare it with Pin.of(certificate).",
        ),
        *_says(
            "certificate hash",
            "C",
            "a pin that is made of nothing looks empty",
            'A hash of nothing has 32 bytes like any other. Hash b"", and compare it with C.',
        ),
        *_says(
            "right for the intermediate",
            "ABCE",
            "a pin that is not the leaf's is the intermediate's",
            "The intermediate has one pin, and it is D. Ask the doctor what this one was made of.",
        ),
        *_says(
            "PEM text of the key",
            "ABCDE",
            "PEM or DER, the bytes are the same",
            "They are not: PEM is text. But that was not the mistake here; ask the doctor.",
        ),
    ),
)
