"""Exercise 01.2: the order of the steps of a login over TLS 1.3."""

from __future__ import annotations

from collections.abc import Mapping

from ...answers import Plain, UnreadableAnswer, one_of, read_word
from ...exercise import Case, Exercise, Misconception

_STEPS = {
    "tcp": ("TCP connection",),
    "client hello": ("ClientHello",),
    "server hello": ("ServerHello",),
    "certificate": (),
    "check": ("the check",),
    "finished": (),
    "password": ("the password",),
}

_BEFORE_A_PASSWORD = {
    "server hello": "server's hello",
    "check": "check",
    "finished": "phone's Finished",
}


def _order(value: Plain) -> Mapping[str, Plain]:
    """What the order says about each step, as far as it matters."""
    if isinstance(value, str):
        value = [part for part in value.replace("\n", ",").split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise UnreadableAnswer(f"Give a list of the seven steps: {one_of(_STEPS)}.")
    if any(step is ... for step in value):
        return {"your list": ...}
    steps = [read_word(step, _STEPS, "a step") for step in value]
    if sorted(steps) != sorted(_STEPS):
        raise UnreadableAnswer(f"Use each of the seven steps once: {one_of(_STEPS)}.")
    return _observations({step: place for place, step in enumerate(steps)})


def _observations(place: Mapping[str, int]) -> Mapping[str, Plain]:
    def after(step: str, other: str) -> str:
        return "after" if place[step] > place[other] else "before"

    return {
        "the TCP connection": "first" if place["tcp"] == 0 else "not first",
        "the server's hello": f"{after('server hello', 'client hello')} the client's",
        "the certificate": f"{after('certificate', 'server hello')} the server's hello",
        "the check": f"{after('check', 'certificate')} the certificate",
        "the phone's Finished": f"{after('finished', 'check')} the check",
        "the password": _password(place),
    }


def _password(place: Mapping[str, int]) -> str:
    for step, what in _BEFORE_A_PASSWORD.items():
        if place["password"] < place[step]:
            return f"before the {what}"
    return "last" if place["password"] == len(place) - 1 else "not last"


EXERCISE = Exercise(
    "01.2",
    "Seven steps",
    points=1,
    why=(
        "First the two agree on a key, then the server shows who it is, then the phone checks, "
        "and only then does it send application data."
    ),
    read=_order,
    cases=(
        Case("the TCP connection", "first"),
        Case("the server's hello", "after the client's"),
        Case("the certificate", "after the server's hello"),
        Case("the check", "after the certificate"),
        Case("the phone's Finished", "after the check"),
        Case("the password", "last"),
    ),
    misconceptions=(
        Misconception(
            "TLS comes first, TCP later",
            "TLS messages are bytes, and TCP carries them. Without a connection nobody can say "
            "hello.",
            {"the TCP connection": "not first"},
        ),
        Misconception(
            "the server speaks first",
            "The server does not know which versions the phone speaks, or which of its names is "
            "wanted, before the phone has sent its hello.",
            {"the server's hello": "before the client's"},
        ),
        Misconception(
            "the certificate travels in the clear",
            "In TLS 1.3 the two agree on a key first, in the two hellos. The certificate follows, "
            "encrypted.",
            {"the certificate": "before the server's hello"},
        ),
        Misconception(
            "one can check what has not arrived",
            "The check needs the certificate.",
            {"the check": "before the certificate"},
        ),
        Misconception(
            "the certificate check can wait until the handshake is over",
            "With its Finished the phone completes the handshake, and it does so only when the "
            "certificate has passed. (What comes after it, and still before the password, is the "
            "comparison with a pin.)",
            {"the phone's Finished": "before the check"},
        ),
        Misconception(
            "a password can leave before there is a key",
            "The key comes from the two hellos. Before the server's hello there is nothing to "
            "encrypt with, unless the two have met before [2].",
            {"the password": "before the server's hello"},
        ),
        Misconception(
            "what is encrypted may be sent",
            "After the two hellos there is a key, but shared with whom? What is sent before the "
            "check goes to whoever answered.",
            {"the password": "before the check"},
        ),
        Misconception(
            "the password is part of the handshake",
            "In a full handshake application data may be sent once the phone has completed it, "
            "and its Finished completes it.",
            {"the password": "before the phone's Finished"},
        ),
    ),
)
