"""Exercise 02.3: the one of eight servers that has no fault."""

from __future__ import annotations

from collections.abc import Mapping

from ....cases import eight_servers
from ...answers import Plain, UnreadableAnswer, read_word
from ...exercise import Case, Exercise, Misconception

_CASE = "the one that is accepted"


def _letter(value: Plain) -> Mapping[str, Plain]:
    if isinstance(value, list | tuple | set) and len(value) == 1:
        value = next(iter(value))
    if isinstance(value, list | tuple | set | dict):
        raise UnreadableAnswer("Only one of the eight is accepted: give its letter.")
    letters = {letter: (f"server {letter}",) for letter in eight_servers()}
    return {_CASE: read_word(value, letters, "one of the eight")}


def _chose(letter: str, name: str, why: str) -> Misconception:
    return Misconception(name, why, {_CASE: letter})


EXERCISE = Exercise(
    "02.3",
    "One of eight",
    points=1,
    why=(
        "F has no fault: dates, names, purpose, signature, and a chain to the root that the "
        "client trusts."
    ),
    read=_letter,
    cases=(Case(_CASE, "F"),),
    misconceptions=(
        _chose(
            "A",
            "the common name is the name",
            "A has no SubjectAltName, and this client does not look at the common name.",
        ),
        _chose("B", "dates are a formality", "The last day of B is long past."),
        _chose(
            "C",
            "a signature that looks like one is one",
            "In C one bit of the signature was flipped. It has to verify.",
        ),
        _chose(
            "D",
            "the client finds the intermediate by itself",
            "D sends its leaf alone, and this client has the root only.",
        ),
        _chose(
            "E",
            "a certificate is a certificate",
            "E is for clients. A server needs another purpose.",
        ),
        _chose(
            "G",
            "self-signed is fine if the name matches",
            "Anybody can write that name. Nobody whom the client trusts has signed G.",
        ),
        _chose(
            "H",
            "a chain with a root is a chain",
            "H sends its own root along. That earns no trust: a root counts only if the client "
            "had it before.",
        ),
    ),
)
