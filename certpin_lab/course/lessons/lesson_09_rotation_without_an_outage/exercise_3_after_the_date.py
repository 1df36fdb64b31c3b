"""Exercise 09.3, after the date: what an expired pin set does, as it was told to."""

from __future__ import annotations

from collections.abc import Sequence

from ...answers import read_mapping
from ...exercise import Case, Exercise, Misconception

_PINNED, _NEW, _ATTACKER = (
    "the pinned key, refuse",
    "the bank's new key, refuse",
    "an attacker's key, refuse",
)
_NEW_ACCEPTED, _ATTACKER_ACCEPTED = "the bank's new key, accept", "an attacker's key, accept"
_SITUATIONS = (_PINNED, _NEW, _ATTACKER, _NEW_ACCEPTED, _ATTACKER_ACCEPTED)
_WORDS: dict[str, Sequence[str]] = {
    "served": ("works",),
    "locked out": ("refused",),
    "exposed": (),
    "protected": (),
}


def _each(name: str, why: str, *answers: tuple[str, str]) -> tuple[Misconception, ...]:
    """One idea for several answers, each of which may come alone."""
    return tuple(Misconception(name, why, {situation: word}) for situation, word in answers)


EXERCISE = Exercise(
    "09.3",
    "After the date",
    points=2,
    why="Refusing locks your own users out, accepting lets in whoever a trusted CA vouches for. An"
    " expiring pin set protects only as long as apps are updated before its date.",
    read=lambda value: read_mapping(value, _SITUATIONS, _WORDS),
    cases=(
        Case(_PINNED, "locked out"),
        Case(_NEW, "locked out"),
        Case(_ATTACKER, "protected"),
        Case(_NEW_ACCEPTED, "served"),
        Case(_ATTACKER_ACCEPTED, "exposed"),
    ),
    misconceptions=(
        Misconception(
            "an expired set refuses attackers only",
            "After the date it cannot tell the bank from an attacker. This set says refuse, so both"
            " are refused.",
            {_PINNED: "served", _NEW: "served"},
        ),
        Misconception(
            "when a pin set expires the app refuses",
            "This one says accept, as Android's rule does [1]. After the date it is as if nothing"
            " were pinned.",
            {_NEW_ACCEPTED: "locked out", _ATTACKER_ACCEPTED: "protected"},
        ),
        *_each(
            "a pin that matches always lets in",
            "After the date no pin counts any more, not even the matching one. This set says"
            " refuse.",
            (_PINNED, "served"),
        ),
        *_each(
            "with refuse the bank at least gets in",
            "With refuse nobody gets in after the date, with an old key or a new one.",
            (_NEW, "served"),
        ),
        *_each(
            "accept means: accept the pinned key",
            "With accept no pin counts after the date, so a certificate from a trusted CA is"
            " enough, and the bank has one.",
            (_NEW_ACCEPTED, "locked out"),
        ),
        *_each(
            "accept means: accept the bank",
            "Without pins the app asks the CAs only, and the attacker has found one.",
            (_ATTACKER_ACCEPTED, "protected"),
        ),
        *_each(
            "expiry always opens the door",
            "Only where the set says accept. With refuse nobody gets in.",
            (_ATTACKER, "exposed"),
        ),
        *_each(
            "a new key is an attack",
            "It is the bank's own. Its user is served, or locked out.",
            (_NEW, "exposed"),
            (_NEW, "protected"),
            (_NEW_ACCEPTED, "exposed"),
            (_NEW_ACCEPTED, "protected"),
        ),
        *_each(
            "a refusal is a protection, whoever is refused",
            "Here the bank itself answers, and nobody attacks. Its user is served, or locked out.",
            (_PINNED, "protected"),
            (_PINNED, "exposed"),
        ),
        *_each(
            "an attacker is served like anybody else",
            "Here an attacker answers. The app is exposed to him, or protected from him.",
            *(
                (name, word)
                for name in (_ATTACKER, _ATTACKER_ACCEPTED)
                for word in list(_WORDS)[:2]
            ),
        ),
    ),
)
