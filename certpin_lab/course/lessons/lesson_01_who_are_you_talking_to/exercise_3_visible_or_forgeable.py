"""Exercise 01.3: who can read what, and who can change it."""

from __future__ import annotations

from ...answers import read_mapping
from ...exercise import Case, Exercise, Misconception

_RIGHT = {
    "server name, eavesdropper": "visible",
    "number of bytes, eavesdropper": "visible",
    "password, eavesdropper": "hidden",
    "balance, eavesdropper": "hidden",
    "password, attacker and careless app": "forgeable",
    "account number, attacker and careless app": "forgeable",
    "balance, attacker and careless app": "forgeable",
    "server name, attacker and careful app": "visible",
    "password, attacker and careful app": "hidden",
    "account number, attacker and careful app": "hidden",
}
_POWERS = {
    "visible": ("read", "can read", "seen", "readable"),
    "hidden": ("secret", "nothing", "invisible", "unreadable"),
    "forgeable": ("changed", "can change", "changeable", "read and change", "forged"),
}


def _idea(name: str, why: str, word: str, whose: str, *things: str) -> list[Misconception]:
    """The idea behind this word for all these things, or for any one of them."""
    groups = dict.fromkeys([things, *((thing,) for thing in things)])
    says = [{f"{thing}, {whose}": word for thing in group} for group in groups]
    return [Misconception(name, why, each) for each in says]


_CARELESS, _CAREFUL = "attacker and careless app", "attacker and careful app"

EXERCISE = Exercise(
    "01.3",
    "Visible, hidden, forgeable",
    points=2,
    why=(
        "Encryption stops whoever only listens. What stops the attacker in the middle is the "
        "check, and nothing else."
    ),
    read=lambda value: read_mapping(value, _RIGHT, _POWERS),
    cases=tuple(Case(name, power) for name, power in _RIGHT.items()),
    misconceptions=(
        *_idea(
            "encryption hides everything",
            "This hello was sent before there was a key, so the name can be read. And bytes can "
            "be counted without being read.",
            "hidden",
            "eavesdropper",
            "server name",
            "number of bytes",
        ),
        *_idea(
            "even the hello is safe from the attacker",
            "The app sent its hello before it could check anything, and it named the host there. "
            "The attacker has read that.",
            "hidden",
            _CAREFUL,
            "server name",
        ),
        *_idea(
            "whoever reads the hello can change it",
            "He may change the name in his copy, but the careful app does not carry on with him: "
            "it has refused his certificate.",
            "forgeable",
            _CAREFUL,
            "server name",
        ),
        *_idea(
            "whoever is on the Wi-Fi reads everything",
            "Look for the password in the captured bytes: it is not there. Copying bytes is not "
            "reading them.",
            "visible",
            "eavesdropper",
            "password",
            "balance",
        ),
        *_idea(
            "encrypted means that I talk to the right server",
            "The careless app encrypts for the attacker. He has the key, because it was agreed "
            "with him.",
            "hidden",
            _CARELESS,
            "password",
            "account number",
            "balance",
        ),
        *_idea(
            "an attacker can only listen",
            "He holds both connections. What he passes on, in either direction, is up to him: "
            "think of the rent in “Start here”.",
            "visible",
            _CARELESS,
            "password",
            "account number",
            "balance",
        ),
        *_idea(
            "whoever sits in the middle always wins",
            "The careful app refuses his certificate and sends no application data. What was "
            "never sent can be neither read nor changed.",
            "forgeable",
            _CAREFUL,
            "password",
            "account number",
        ),
        *_idea(
            "the careful app sends first and checks later",
            "It checks before it completes the handshake. In slow motion: it refused in flight 2, "
            "and no password followed.",
            "visible",
            _CAREFUL,
            "password",
            "account number",
        ),
        *_idea(
            "whoever copies bytes can change them",
            "Somebody who only listens changes nothing: for that, both sides have to talk to him.",
            "forgeable",
            "eavesdropper",
            "server name",
            "number of bytes",
            "password",
            "balance",
        ),
    ),
)
