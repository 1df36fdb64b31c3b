"""Exercise 06.3, the support line: what is behind each of six pin errors."""

from __future__ import annotations

from ...answers import read_mapping
from ...exercise import Case, Exercise, Misconception

_TICKETS = ("A", "B", "C", "D", "E", "F")
_CAUSES = {
    "somebody in the middle": ("attack", "attacker", "proxy", "man in the middle", "somebody else"),
    "new key at the bank": ("new key", "the bank has a new key", "key change", "renewal"),
    "wrong pin in the app": ("wrong pin", "bad pin", "the pin is wrong"),
    "session resumed": ("resumed session", "resumed", "no chain", "resumption"),
    "pins too old": ("pins expired", "expired pins", "expired"),
}

# An idea, what to say about it, the cause that it always names, and the tickets it misreads.
_IDEAS = (
    (
        "every refusal is an attack",
        (
            "Somebody in the middle needs a key of their own. Does this error show a key that the"
            " bank does not know?"
        ),
        "somebody in the middle",
        "BCDE",
    ),
    (
        "a new key is always the bank's",
        (
            "You asked the bank, and its new key is another one. This leaf's key is not the bank's,"
            " whoever signed it."
        ),
        "new key at the bank",
        "AF",
    ),
    (
        "where a pin fails, a key has changed",
        (
            "No new key is in this error: its chain is the one that the bank had until Monday, or"
            " there is none."
        ),
        "new key at the bank",
        "CDE",
    ),
    (
        "what the app does not know is the app's mistake",
        (
            "The pin in the app is that of the bank's old key. The key in the chain is one that the"
            " bank does not know at all."
        ),
        "wrong pin in the app",
        "AF",
    ),
    (
        "a pin that no longer fits was always wrong",
        "The pin was right until Monday: it is the pin of the bank's old key.",
        "wrong pin in the app",
        "B",
    ),
    (
        "a pin that is refused is a wrong pin",
        "The pin is the one that was right until Monday. The first line gives another reason.",
        "wrong pin in the app",
        "DE",
    ),
    (
        "a failed pin means a resumed session",
        "A resumed session has no chain here. This error lists one.",
        "session resumed",
        "ABCEF",
    ),
    (
        "whatever does not match is too old",
        "Where pins are too old the first line says so, with their date. This one does not.",
        "pins too old",
        "ABCDF",
    ),
)

EXERCISE = Exercise(
    "06.3",
    "The support line",
    points=2,
    why="A good pin error lists both sides. And where the chain looks as usual, only the bank can"
    " say whether a new key is its own.",
    read=lambda value: read_mapping(value, _TICKETS, _CAUSES),
    cases=(
        Case("A", "somebody in the middle"),
        Case("B", "new key at the bank"),
        Case("C", "wrong pin in the app"),
        Case("D", "session resumed"),
        Case("E", "pins too old"),
        Case("F", "somebody in the middle"),
    ),
    misconceptions=tuple(
        Misconception(name, why, {ticket: cause})
        for name, why, cause, tickets in _IDEAS
        for ticket in tickets
    ),
)
