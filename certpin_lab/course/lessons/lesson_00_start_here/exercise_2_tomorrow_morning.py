"""Exercise 00.2: what a renewal with a new key does to each app."""

from __future__ import annotations

from collections.abc import Mapping

from ...answers import Plain, UnreadableAnswer, is_blank, read_mapping, read_word
from ...exercise import Case, Exercise, Misconception

_APPS = {
    "unpinned": ("unpinned app", "the unpinned app"),
    "pinned": ("pinned app", "the pinned app"),
}
# "refuses" is not among them: the lesson's table uses it for "protected" and for "locked out".
_FATES = {
    "served": (True, "works", "still works", "keeps working"),
    "locked out": (False, "stops working", "does not work", "refuses its own bank"),
    "protected": (),
    "exposed": (),
}
_ALL_OR_NONE = {"both": ("all", "both apps"), "neither": ("none", "no app")}


def _fates(value: Plain) -> Mapping[str, Plain]:
    """What becomes of each app: from a dict, from two words in the order of the answer cell, or
    from the names of the apps that still work.
    """
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_fate, value)):
        value = dict(zip(_APPS, value, strict=True))
    if isinstance(value, dict) or _has_pairs(value):
        return read_mapping(value, _APPS, _FATES)
    working = _working(value)
    return {app: "served" if app in working else "locked out" for app in _APPS}


def _is_fate(word: Plain) -> bool:
    try:
        return is_blank(word) or bool(read_word(word, _FATES))
    except UnreadableAnswer:
        return False


def _has_pairs(value: Plain) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(one, list | tuple) for one in value)


def _working(value: Plain) -> set[str]:
    if isinstance(value, list | tuple | set | frozenset):
        return {read_word(item, _APPS, "the name of an app") for item in value}
    if isinstance(value, str):
        word = read_word(value, {**_APPS, **_ALL_OR_NONE}, "the name of an app")
        return {"both": set(_APPS), "neither": set()}.get(word, {word})
    raise UnreadableAnswer(
        'Give a dict: {"unpinned": ..., "pinned": ...}, with one of the four words each.'
    )


EXERCISE = Exercise(
    "00.2",
    "Tomorrow morning",
    points=1,
    why=(
        "The unpinned app asks only whether a CA that it trusts vouches for the name, and the new "
        "certificate passes. The pinned app asks for the key it knows, and that key is gone: it "
        "refuses its own bank. Security and outage are two sides of the same check."
    ),
    read=_fates,
    cases=(Case("unpinned", "served"), Case("pinned", "locked out")),
    misconceptions=(
        Misconception(
            "a pin follows the bank's name",
            "A pin is the hash of one public key. It contains neither the bank's name nor the CA "
            "that signed the certificate: a new key has another pin.",
            {"unpinned": "served", "pinned": "served"},
        ),
        Misconception(
            "every app must learn each new certificate",
            "The unpinned app has never stored the bank's certificate: it trusts the CA that "
            "signed it, and the CA has not changed.",
            {"unpinned": "locked out", "pinned": "locked out"},
        ),
        Misconception(
            "pinning spares an app the trouble of a renewal",
            "It is the other way round. The unpinned app leaves the question to the CA; the "
            "pinned app carries one key and accepts no other.",
            {"unpinned": "locked out", "pinned": "served"},
        ),
        Misconception(
            "a pin that refuses always protects",
            "Nobody attacks here: the Wi-Fi and the bank are honest. The app cannot tell the "
            "bank's new key from an attacker's, so it refuses its own bank, and its user is "
            "locked out.",
            {"pinned": "protected"},
        ),
        Misconception(
            "without a pin an app is always exposed",
            "An app that could be attacked is not under attack all the time. The Wi-Fi is honest "
            "tomorrow, and the bank's own certificate is at the other end.",
            {"unpinned": "exposed"},
        ),
        Misconception(
            "a change at the bank is an attack",
            "A renewal is routine. Exposed means that somebody else reads along, and nobody else "
            "is there.",
            {"pinned": "exposed"},
        ),
        Misconception(
            "a pin guards the app that has none",
            "The unpinned app has no pin that could refuse anything: it accepts whatever a CA "
            "vouches for.",
            {"unpinned": "protected"},
        ),
    ),
)
