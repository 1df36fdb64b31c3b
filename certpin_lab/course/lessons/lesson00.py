"""Lesson 00: what pinning does, in one look."""

from __future__ import annotations

from collections.abc import Mapping

from ..answers import Plain, UnreadableAnswer, read_mapping, read_word
from ..exercise import Case, Exercise, Misconception, Prediction, Question

PREDICTIONS = (
    Prediction(
        "00.1",
        "What becomes of each app on each Wi-Fi?",
        choices=("served", "locked out", "exposed", "protected"),
        situations=(
            "unpinned, honest Wi-Fi",
            "pinned, honest Wi-Fi",
            "unpinned, hostile Wi-Fi",
            "pinned, hostile Wi-Fi",
        ),
    ),
)

QUESTIONS: tuple[Question, ...] = ()

_APPS = {
    "unpinned": ("unpinned app", "the unpinned app"),
    "pinned": ("pinned app", "the pinned app"),
}
_FATES = {
    "served": (True, "works", "still works", "yes", "ok", "keeps working"),
    "locked out": (
        False,
        "stops",
        "stops working",
        "no",
        "broken",
        "fails",
        "refused",
        "refuses",
        "does not work",
    ),
    "protected": (),
    "exposed": (),
}
_ALL_OR_NONE = {"both": ("both", "all", "both apps"), "neither": ("neither", "none", "no app")}


def _fates(value: Plain) -> Mapping[str, Plain]:
    """What becomes of each app: from a dict, or from the name or names of the apps that still work."""
    if isinstance(value, dict):
        return read_mapping(value, _APPS, _FATES)
    if isinstance(value, list | tuple) and any(isinstance(item, list | tuple) for item in value):
        return read_mapping(value, _APPS, _FATES)
    return {app: "served" if app in _working(value) else "locked out" for app in _APPS}


def _working(value: Plain) -> set[str]:
    if isinstance(value, list | tuple | set | frozenset):
        return {read_word(item, _APPS, "the name of an app") for item in value}
    if isinstance(value, str):
        word = read_word(value, {**_APPS, **_ALL_OR_NONE}, "the name of an app")
        return {"both": set(_APPS), "neither": set()}.get(word, {word})
    raise UnreadableAnswer(
        'Give a dict: {"unpinned": ..., "pinned": ...}, with one of the four words each.'
    )


EXERCISES = (
    Exercise(
        "00.2",
        "The bank renews its certificate with a new key tonight. Which app still works tomorrow?",
        points=1,
        why=(
            "The unpinned app asks only whether a CA that it trusts vouches for the name, and the new certificate passes. The pinned app "
            "asks for the key it knows, and that key is gone: it refuses its own bank. Security and outage are two sides of the same check."
        ),
        read=_fates,
        cases=(Case("unpinned", "served"), Case("pinned", "locked out")),
        misconceptions=(
            Misconception(
                "a pin follows the bank's name",
                "A pin is the hash of one public key. It knows neither the bank's name nor who signed the certificate: "
                "a new key has another pin.",
                {"unpinned": "served", "pinned": "served"},
            ),
            Misconception(
                "every app must learn each new certificate",
                "The unpinned app has never seen the bank's certificate: "
                "it trusts the CA that signed it, and the CA has not changed.",
                {"unpinned": "locked out", "pinned": "locked out"},
            ),
            Misconception(
                "pinning spares an app the trouble of a renewal",
                "It is the other way round. The unpinned app leaves the question to the CA; "
                "the pinned app carries one key and accepts no other.",
                {"unpinned": "locked out", "pinned": "served"},
            ),
            Misconception(
                "a pin that refuses always protects",
                "Nobody attacks here: the Wi-Fi and the bank are honest. The app cannot tell a new key of the bank from an attacker's, "
                "so it refuses its own bank, and its user pays for it.",
                {"pinned": "protected"},
            ),
            Misconception(
                "without a pin an app is always exposed",
                "Being open to an attack is not being attacked. The Wi-Fi is honest tomorrow, and the bank's own certificate "
                "is at the other end.",
                {"unpinned": "exposed"},
            ),
            Misconception(
                "a change at the bank is an attack",
                "A renewal is housekeeping. Exposed means that somebody else reads along, and nobody is there.",
                {"pinned": "exposed"},
            ),
            Misconception(
                "a pin guards the app that has none",
                "The unpinned app has no pin that could refuse anything: it accepts whatever a CA vouches for.",
                {"unpinned": "protected"},
            ),
        ),
    ),
)
