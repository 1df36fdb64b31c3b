"""Lesson 07: what to pin. Six choices, ten events, and four organisations to advise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ...cases.what_to_pin import ATTACKS, RENEWALS, PinningWorld
from ...lab import trials
from ...lab.outcomes import Outcomes
from ...lab.pki import CertificateAuthority
from ...lab.story import HOST
from ...lab.trials import Situation
from ...pinning.errors import PinFormatError, PolicyError
from ...pinning.pin_mismatch import PinMismatchError
from ...pinning.policy import PinSet
from ..answers import Plain, UnreadableAnswer, read_mapping
from ..exercise import Case, Exercise, Misconception, Option, Prediction, Question

CHOICES = (
    "certificate",
    "leaf key",
    "leaf key + backup",
    "intermediate key",
    "root key",
    "root key + leaf key",
)

PREDICTIONS = (
    Prediction(
        "07.1",
        "The bank takes a new key. Which apps still work?",
        choices=("served", "locked out"),
        situations=CHOICES,
    ),
    Prediction(
        "07.2",
        "Somebody gets a certificate for the bank's name from the bank's own CA. Which apps are safe?",
        choices=("protected", "exposed"),
        situations=CHOICES,
    ),
    Prediction(
        "07.3", "Can an app pin a key for which there is no certificate yet?", choices=("yes", "no")
    ),
    Prediction(
        "07.4",
        "The phone's trust store holds the root and also the intermediate. Does the root pin still match?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "07.5",
        "The app pins the old root and trusts both. The bank sends the chain to the new root. What does the app do?",
        choices=("accepted", "refused"),
    ),
)

QUESTIONS = (
    Question(
        "07.q1",
        "The bank renews its certificate with the same key. What changes?",
        (
            Option("The pin", "The pin is the hash of the key with its kind, and that stayed."),
            Option("The fingerprint", "It is the hash of the whole certificate, so it changes every time.", right=True),
            Option("Both", "Lesson 04: the pin follows the key, the fingerprint follows every byte."),
        ),
    ),
    Question(
        "07.q2",
        "Which door does checking certificates leave open, however well it is done?",
        (
            Option("The app that checks nothing", "That one is shut by checking."),
            Option("A certificate for another name", "That one is shut by checking the host name."),
            Option("A trusted CA that signs for the wrong person", "Every check passes. That is what a pin is for.", right=True),
        ),
    ),
    Question(
        "07.q3",
        "A pin matches. Which other checks may the app leave out?",
        (
            Option("The host name", "Then any site of a pinned CA passes."),
            Option("The chain", "Into a chain that nobody verified an attacker can put the pinned key."),
            Option("None", "A pin comes on top of the other checks.", right=True),
        ),
    ),
    Question(
        "07.q4",
        "“Pin the root, it is the safest.” What did the matrix say?",
        (
            Option("It is: nobody can forge a root", "Nobody has to. Everything that is signed below it passes."),
            Option("It survives most renewals, and lets in whatever is signed below it", "Also by a sister CA you have never heard of.", right=True),
            Option("It locks out the bank at every renewal", "That is the certificate's column, at the other end of the table."),
        ),
    ),
    Question(
        "07.q5",
        "“A backup pin needs a second live certificate.” True?",
        (
            Option("Yes, or there would be nothing to pin", "A pin needs a public key. A key needs no certificate."),
            Option("No: a key in the safe is enough", "The certificate is issued on the day it is needed.", right=True),
            Option("Only with another CA", "The CA comes in when the certificate is issued, not before."),
        ),
    ),
)  # fmt: skip

# Exercise 07.1: four organisations, run through every event.

AT_ONCE = "new key and new CA on one day"
NEEDS: Mapping[str, tuple[str, ...]] = {
    "the bank": (*ATTACKS[:4], "renewal, same key", "renewal, prepared key", "new intermediate", "new CA"),
    "the shop": ("renewal, same key", "renewal, new key", "certificate from another CA", "certificate from a sister CA"),
    "the group": ("renewal, same key", "renewal, new key", "new intermediate", "root installed on the phone", "certificate from another CA"),
    "the radio": (*RENEWALS, AT_ONCE),
}  # fmt: skip
_ADVICE = {
    **dict.fromkeys(CHOICES, ()),
    "no pin": ("none", "nothing", "do not pin", "no pins"),
}


@cache
def matrix() -> Outcomes:
    """Every choice, and no pin at all, in every event and in one more: real handshakes, made once."""
    world = PinningWorld()
    at_once = Situation(
        AT_ONCE,
        world.other_ca.issue_intermediate("Other Issuing CA").issue_leaf(HOST, generation=3),
    )
    return trials.run([*world.choices, world.client("no pin", None)], [*world.events, at_once])


def _advise(value: Plain) -> Mapping[str, Plain]:
    """For every organisation whether its choice fits, or the first event that hurts."""
    advice = read_mapping(value, NEEDS.keys(), _ADVICE)
    return {
        name: choice if choice is ... else _hurts(choice, NEEDS[name])
        for name, choice in advice.items()
    }


def _hurts(choice: str, needs: tuple[str, ...]) -> str:
    for event in needs:
        verdict = matrix()[choice, event].verdict
        if verdict in ("locked out", "exposed"):
            return f"{verdict}: {event}"
    return "fits"


# Exercise 07.2: pins for a site with two valid chains.

_OLD, _NEW = CertificateAuthority("Old Root"), CertificateAuthority("New Root")
_ISSUING = _OLD.issue_intermediate("Issuing CA")
_TWIN = _ISSUING.cross_signed_by(_NEW)
_CHAINS = {
    "the chain to the old root": (*_ISSUING.issue_leaf(HOST).chain, _OLD.certificate),
    "the chain to the new root": (*_TWIN.issue_leaf(HOST).chain, _NEW.certificate),
    "the next certificate, with a new key": (
        *_TWIN.issue_leaf(HOST, generation=2).chain,
        _NEW.certificate,
    ),
    "a certificate from a sister CA": (
        *_OLD.issue_intermediate("Sister CA").issue_leaf(HOST).chain,
        _OLD.certificate,
    ),
    "a certificate from a sister CA, new root": (
        *_NEW.issue_intermediate("Sister CA").issue_leaf(HOST).chain,
        _NEW.certificate,
    ),
}


def _try_pins(value: Plain) -> Mapping[str, Plain]:
    pins = (
        [value]
        if isinstance(value, str)
        else list(value)
        if isinstance(value, list | tuple | set | frozenset)
        else None
    )
    if pins is None or not all(isinstance(pin, str) or pin is ... for pin in pins):
        raise UnreadableAnswer("Give a list of pins: Pin objects, or their text.")
    if ... in pins:
        return {"your list": ...}
    try:
        pin_set = PinSet(pins)
    except (PinFormatError, PolicyError) as problem:
        raise UnreadableAnswer(str(problem)) from problem
    return {name: _accepts(pin_set, name) for name in _CHAINS}


def _accepts(pin_set: PinSet, name: str) -> str:
    try:
        pin_set.check(_CHAINS[name])
    except PinMismatchError:
        return "refused"
    return "accepted"


# Exercise 07.3: what ends in the trust store.

_STORES = {
    "root pin, root in the store": (),
    "root pin, root and intermediate in the store": (),
    "intermediate pin, root and intermediate in the store": (),
    "leaf pin, root and intermediate in the store": (),
}
_YES_NO = {"accepted": (True, "yes", "matches"), "refused": (False, "no", "does not match")}

EXERCISES = (
    Exercise(
        "07.1",
        "Four organisations",
        points=4,
        why="There is no best pin. There is a list of what must not happen, and a choice that fits it.",
        read=_advise,
        cases=tuple(Case(name, "fits") for name in NEEDS),
        misconceptions=(
            Misconception(
                "pin the root, it is the safest",
                "Whatever any CA below that root signs, passes. The bank fears exactly that.",
                {"the bank": "exposed: certificate from the same CA"},
            ),
            Misconception(
                "one pin is enough",
                "On the day the bank takes its prepared key, an app with one pin refuses it.",
                {"the bank": "locked out: renewal, prepared key"},
            ),
            Misconception(
                "the certificate is the most exact pin, so the best",
                "It is gone at the next renewal, even with the same key.",
                dict.fromkeys(NEEDS, "locked out: renewal, same key"),
            ),
            Misconception(
                "the key that is served is ours to keep",
                "Somebody else takes a new key at each renewal. Pin what stays: look further up the chain.",
                {"the shop": "locked out: renewal, new key", "the group": "locked out: renewal, new key"},
            ),
            Misconception(
                "one CA of the family is as good as another",
                "The shop fears the sister CA, and a root vouches for the whole family.",
                {"the shop": "exposed: certificate from a sister CA"},
            ),
            Misconception(
                "an intermediate stays",
                "CAs change their intermediates without asking. The group's changes every year.",
                {"the group": "locked out: new intermediate"},
            ),
            Misconception(
                "without a pin one is still safe from other CAs",
                "Without a pin every CA that the phone trusts can vouch for anybody.",
                {
                    "the bank": "exposed: root installed on the phone",
                    "the shop": "exposed: certificate from another CA",
                    "the group": "exposed: root installed on the phone",
                },
            ),
            Misconception(
                "everybody should pin",
                "Nobody can mend this radio once its key has changed, and nobody would gain by an attack. A pin can only hurt it.",
                {"the radio": "locked out: renewal, new key"},
            ),
            Misconception(
                "an intermediate or a root is forever",
                "The provider may change its CA, and the radio cannot learn the new one.",
                {"the radio": "locked out: new CA"},
            ),
            Misconception(
                "a CA never changes its intermediates",
                "The provider's CA may, and the radio cannot learn the new one.",
                {"the radio": "locked out: new intermediate"},
            ),
            Misconception(
                "two pins survive everything",
                "Each survives what the other does not, but not both changes on one day.",
                {"the radio": f"locked out: {AT_ONCE}"},
            ),
        ),
    ),
    Exercise(
        "07.2",
        "Two chains, one site",
        points=2,
        why="The intermediate's key is in both chains, and in no other. Two roots in the pin set would let in two families.",
        read=_try_pins,
        cases=(
            Case("the chain to the old root", "accepted"),
            Case("the chain to the new root", "accepted"),
            Case("the next certificate, with a new key", "accepted"),
            Case("a certificate from a sister CA", "refused"),
            Case("a certificate from a sister CA, new root", "refused"),
        ),
        misconceptions=(
            Misconception(
                "the chain I see is the chain there is",
                "You saw one of the two. A server that sends the other intermediate is refused.",
                {"the chain to the new root": "refused", "the next certificate, with a new key": "refused"},
            ),
            Misconception(
                "the newer chain is the one that counts",
                "As long as servers send the old chain too, it is the one that some clients build.",
                {"the chain to the old root": "refused"},
            ),
            Misconception(
                "pin every root, then nothing is missed",
                "Nothing is missed, and nothing is kept out: whatever any CA below these roots signs, passes.",
                {"a certificate from a sister CA": "accepted", "a certificate from a sister CA, new root": "accepted"},
            ),
            Misconception(
                "the old root does no harm",
                "It lets in its whole family, also CAs you have never heard of.",
                {"a certificate from a sister CA": "accepted"},
            ),
            Misconception(
                "the new root does no harm",
                "It lets in its whole family, also CAs you have never heard of.",
                {"a certificate from a sister CA, new root": "accepted"},
            ),
            Misconception(
                "the leaf is in both chains",
                "Today's leaf is. The next one will have a new key, and no pin in your set.",
                {"the next certificate, with a new key": "refused"},
            ),
        ),
    ),
    Exercise(
        "07.3",
        "Where does the chain end?",
        points=1,
        why="A chain ends where trust begins. What stands above that point is not in it, and cannot match.",
        read=lambda value: read_mapping(value, _STORES, _YES_NO),
        cases=(
            Case("root pin, root in the store", "accepted"),
            Case("root pin, root and intermediate in the store", "refused"),
            Case("intermediate pin, root and intermediate in the store", "accepted"),
            Case("leaf pin, root and intermediate in the store", "accepted"),
        ),
        misconceptions=(
            Misconception(
                "the root is always in the verified chain",
                "The client stops at the first certificate that it trusts, and here that is the intermediate.",
                {"root pin, root and intermediate in the store": "accepted"},
            ),
            Misconception(
                "a trusted certificate is not in the chain",
                "The trusted certificate at which the chain ends is its last one, and it can match.",
                {
                    "root pin, root in the store": "refused",
                    "intermediate pin, root and intermediate in the store": "refused",
                },
            ),
            Misconception(
                "trusting the intermediate replaces the leaf",
                "The leaf is what the server proves. It begins every chain.",
                {"leaf pin, root and intermediate in the store": "refused"},
            ),
            Misconception(
                "more trust makes every pin fail",
                "The chain becomes shorter, not empty. What is left of it can match.",
                {
                    "intermediate pin, root and intermediate in the store": "refused",
                    "leaf pin, root and intermediate in the store": "refused",
                },
            ),
            Misconception(
                "a pin replaces the trust store",
                "It comes on top of it: without a trusted end there is no chain to compare with.",
                dict.fromkeys(_STORES, "refused"),
            ),
        ),
    ),
)  # fmt: skip
