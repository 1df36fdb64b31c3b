"""Exercise 07.1, four organisations: each choice runs through the events that matter to each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ....cases.what_to_pin import ATTACKS, RENEWALS, PinningWorld, apps
from ....lab import trials
from ....lab.outcomes import Outcomes
from ....lab.story import HOST
from ....lab.trials import Situation
from ...answers import Plain, read_mapping
from ...exercise import Case, Exercise, Misconception
from .questions import CHOICES

_AT_ONCE = "new key and CA on one day"
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "the bank": (
        *ATTACKS[:4],
        "renewal, same key",
        "renewal, prepared key",
        "new intermediate",
        "new CA",
    ),
    "the shop": (
        "renewal, same key",
        "renewal, new key",
        "certificate from another CA",
        "certificate from a sister CA",
    ),
    "the group": (
        "renewal, same key",
        "renewal, new key",
        "new intermediate",
        "root installed on the phone",
        "certificate from another CA",
    ),
    "the radio": (*RENEWALS, _AT_ONCE),
}
_ADVICE = {
    **dict.fromkeys(CHOICES, ()),
    "no pin": ("none", "nothing", "do not pin", "no pins"),
}


@cache
def _matrix() -> Outcomes:
    """Every choice, and no pin, in every event and in one more: real handshakes, made once."""
    world = PinningWorld()
    other = world.other_ca.issue_intermediate("Other Issuing CA")
    at_once = Situation(_AT_ONCE, other.issue_leaf(HOST, generation=3))
    return trials.run(apps(world), [*world.events, at_once])


def _advise(value: Plain) -> Mapping[str, Plain]:
    """For every organisation whether its choice fits, or the first event that goes wrong."""
    advice = read_mapping(value, _NEEDS.keys(), _ADVICE)
    return {
        name: choice if choice is ... else _goes_wrong(choice, _NEEDS[name])
        for name, choice in advice.items()
    }


def _goes_wrong(choice: str, needs: tuple[str, ...]) -> str:
    for event in needs:
        verdict = _matrix()[choice, event].verdict
        if verdict in ("locked out", "exposed"):
            return f"{choice}, {verdict}: {event}"
    return "fits"


# An idea, what to say about it, and the answers that follow from it: for each organisation, what
# comes of the choice.
_IDEAS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "pin the root, it is the safest",
        "Any certificate issued anywhere below that root is accepted. The bank fears exactly that.",
        (
            ("the bank", "root key, exposed: certificate from the same CA"),
            ("the bank", "root key + leaf key, exposed: certificate from the same CA"),
        ),
    ),
    (
        "the bank's CA signs for the bank only",
        (
            "It signs for all its customers, and it may be tricked. The bank fears that of its"
            " own CA too."
        ),
        (("the bank", "intermediate key, exposed: certificate from the same CA"),),
    ),
    (
        "one pin is enough",
        "On the day the bank takes its prepared key, an app with one pin refuses it.",
        (("the bank", "leaf key, locked out: renewal, prepared key"),),
    ),
    (
        "the certificate is the most exact pin, so the best",
        "The pinned certificate is replaced at the next renewal, even with the same key.",
        tuple((name, "certificate, locked out: renewal, same key") for name in _NEEDS),
    ),
    (
        "the key that is served is ours to keep",
        (
            "Here a new key is taken that no app was told of. Pin what stays: look further up the"
            " chain."
        ),
        tuple(
            (name, f"{choice}, locked out: renewal, new key")
            for name in ("the shop", "the group")
            for choice in ("leaf key", "leaf key + backup")
        ),
    ),
    (
        "one CA of the family is as good as another",
        "The shop fears the sister CA, and a root vouches for the whole family.",
        (
            ("the shop", "root key, exposed: certificate from a sister CA"),
            ("the shop", "root key + leaf key, exposed: certificate from a sister CA"),
        ),
    ),
    (
        "an intermediate stays",
        "CAs change their intermediates without asking. The group's changes every year.",
        (("the group", "intermediate key, locked out: new intermediate"),),
    ),
    (
        "without a pin an app is still safe from other CAs",
        "Without a pin, every CA that this phone trusts can vouch for the name.",
        (
            ("the bank", "no pin, exposed: root installed on the phone"),
            ("the shop", "no pin, exposed: certificate from another CA"),
            ("the group", "no pin, exposed: root installed on the phone"),
        ),
    ),
    (
        "everybody should pin",
        (
            "Nobody can repair this radio once its key has changed, and nobody would gain by an"
            " attack. A pin can only hurt it."
        ),
        (
            ("the radio", "leaf key, locked out: renewal, new key"),
            ("the radio", "leaf key + backup, locked out: renewal, new key"),
        ),
    ),
    (
        "a root is for ever",
        "The provider may change its CA, and the radio cannot learn the new one.",
        (("the radio", "root key, locked out: new CA"),),
    ),
    (
        "a CA never changes its intermediates",
        "The provider's CA may, and the radio cannot learn the new one.",
        (("the radio", "intermediate key, locked out: new intermediate"),),
    ),
    (
        "two pins survive everything",
        "Each survives what the other does not, but neither survives both changes on one day.",
        (("the radio", f"root key + leaf key, locked out: {_AT_ONCE}"),),
    ),
)

EXERCISE = Exercise(
    "07.1",
    "Four organisations",
    points=4,
    why="There is no pin that is best for all. There is a list of what must not happen, and a"
    " choice that fits it.",
    read=_advise,
    cases=tuple(Case(name, "fits") for name in _NEEDS),
    misconceptions=tuple(
        Misconception(name, why, {organisation: outcome})
        for name, why, answers in _IDEAS
        for organisation, outcome in answers
    ),
)
