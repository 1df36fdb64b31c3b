"""Exercise 05.3, which door can be shut: by checking, by a clean trust store, or by neither."""

from __future__ import annotations

from ...answers import read_mapping
from ...exercise import Case, Exercise, Misconception

_DOORS = {
    "the app does not check": ("door one", "one", "first"),
    "a root was added": ("door two", "two", "second"),
    "a trusted CA went wrong": ("door three", "three", "third"),
}
_SHUTTERS = {
    "checking": ("check", "certificate checking", "the checks"),
    "a clean trust store": ("clean trust store", "trust store", "clean"),
    "neither": ("none", "nothing", "open", "stays open"),
}

EXERCISE = Exercise(
    "05.3",
    "Which door can be shut?",
    points=1,
    why=(
        "Doors one and two can be shut: by the programmer, and by whoever looks after the phone, or"
        " the phone itself. Neither of the two shuts door three. A pin does, and so may the rules"
        " that browsers have added since: Certificate Transparency and lists of blocked"
        " certificates [9]."
    ),
    read=lambda value: read_mapping(value, _DOORS, _SHUTTERS),
    cases=(
        Case("the app does not check", "checking"),
        Case("a root was added", "a clean trust store"),
        Case("a trusted CA went wrong", "neither"),
    ),
    misconceptions=(
        Misconception(
            "a valid chain means an honest site",
            "The app of door three did check: dates, chain and name were in order, and you read "
            "its "
            "password.",
            {"a trusted CA went wrong": "checking"},
        ),
        Misconception(
            "a CA that goes wrong was never really trusted",
            "It came with the phone, so it is part of a clean trust store. Taking it out "
            "afterwards "
            "shuts out its honest customers too.",
            {"a trusted CA went wrong": "a clean trust store"},
        ),
        Misconception(
            "a root in the trust store signs for its own sites only",
            "The office app checked everything, and the added root passed the check for "
            "bank.example. It is the root that has to go.",
            {"a root was added": "checking"},
        ),
        Misconception(
            "whoever adds a root has won for good",
            "Take the root out again, and the same app refuses the same certificate. The lesson "
            "ran "
            "both.",
            {"a root was added": "neither"},
        ),
        Misconception(
            "the trust store protects by itself",
            "An app that does not check never asks the trust store. What is in it makes no "
            "difference.",
            {"the app does not check": "a clean trust store"},
        ),
        Misconception(
            "the man in the middle always wins",
            "The careful app checks, and refused both the home-made certificate and the one of "
            "shop.example.",
            {"the app does not check": "neither"},
        ),
    ),
)
