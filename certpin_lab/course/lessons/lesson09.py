"""Lesson 09: rotation without an outage. A fleet, a key that must change, and a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from ...cases.fleets import Adoption, Release, Rollout, Served, simulate
from ...lab.pki import CertificateAuthority, Identity
from ...lab.story import HOST
from ...pinning.pins import Pin
from ...pinning.policy import PinSet
from ..answers import Plain, UnreadableAnswer, one_of, read_mapping, read_word
from ..exercise import Case, Exercise, Misconception, Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "09.1",
        "On Friday night the bank takes its spare key. Which versions of the app still work?",
        choices=("served", "locked out"),
        situations=(
            "version 1: one pin",
            "version 2: pin and backup",
            "version 3: only the new key",
        ),
    ),
    Prediction(
        "09.2",
        "Version 2 is out since today, and the key changes in 100 days. How many users are locked out then?",
        choices=("nobody", "one in ten", "more than one in three"),
    ),
    Prediction(
        "09.3",
        "The pins have expired. What does an app do that follows Android's rule?",
        choices=("it refuses everybody", "it lets everybody in"),
    ),
    Prediction(
        "09.4",
        "Certificates live 47 days, and the bank keeps its key. How many renewals of a year lock an app out that pins the key?",
        choices=("none", "one", "all"),
    ),
)

QUESTIONS = (
    Question(
        "09.q1",
        "Which choice of a pin survives a renewal with a key that was prepared, and stops a certificate from the same CA?",
        (
            Option("Leaf key + backup", "It names both keys, and nobody else has them.", right=True),
            Option("Intermediate key", "It survives the renewal, and lets in whatever that CA signs."),
            Option("Leaf key", "It stops the attack, and refuses the prepared key."),
        ),
    ),
    Question(
        "09.q2",
        "What does a backup pin need?",
        (
            Option("A second certificate that is live", "A pin is made of a key. The certificate can wait."),
            Option("A key pair that is kept offline", "Its public half is pinned long before it is used.", right=True),
            Option("A second CA", "Only on the day on which a certificate is issued for it."),
        ),
    ),
    Question(
        "09.q3",
        "A renewal with the same key: what breaks?",
        (
            Option("Apps that pin the key", "The key stayed, so the pin stayed."),
            Option("Apps that pin the certificate", "Its fingerprint is another one.", right=True),
            Option("Nothing", "Whoever compares the whole certificate is locked out."),
        ),
    ),
    Question(
        "09.q4",
        "“Short-lived certificates make pinning impossible.” What did you see?",
        (
            Option("They end pins on certificates, not pins on keys", "As long as the key is kept from one renewal to the next.", right=True),
            Option("They make every pin impossible", "A year of renewals with the same key locked nobody out."),
            Option("They change nothing", "Ask somebody who pinned the certificate, eight times a year."),
        ),
    ),
    Question(
        "09.q5",
        "“When a pin set expires the app refuses.” Is that so?",
        (
            Option("Yes, always", "Android and TrustKit do the opposite: after the date nothing is pinned."),
            Option("No, never", "It is a decision. Here it has to be said: refuse or accept."),
            Option("It depends on who decided, and Android decided for letting in", "So an old app may be unpinned, and nobody notices.", right=True),
        ),
    ),
)  # fmt: skip

# Exercise 09.1: a plan, tried on curves that the learner has not seen.

DEADLINE = 900
_FINE = "under 0.1 %"
_CURVES: Mapping[str, Callable[[], Adoption]] = {
    "typical users": lambda: Adoption.named("typical"),
    "slow users": lambda: Adoption.named("slow"),
    "an app that few people open": lambda: Adoption.half_life(72),
    "an update that comes with the next phone": lambda: Adoption.from_points(
        [(200, 0.02), (500, 0.6), (725, 1.0)]
    ),
}


@cache
def keys() -> dict[str, Identity]:
    """The bank's keys by name: "today", "next", and "other", which is in nobody's plans."""
    authority = CertificateAuthority("Honest Root CA").issue_intermediate("Honest Issuing CA")
    return {
        name: authority.issue_leaf(HOST, generation=number)
        for number, name in enumerate(("today", "next", "other"), 1)
    }


def outcome(
    release_day: int, pins: tuple[str, ...], change_day: int, new_key: str, adoption: Adoption
) -> Rollout:
    """What this plan leads to: everybody has an app that pins today's key; then there is a release,
    and a change of the key.
    """
    old = Release("old app", -1, PinSet([Pin.of(keys()["today"].certificate)]))
    new = Release(
        "new app", release_day, PinSet([Pin.of(keys()[name].certificate) for name in pins])
    )
    served = [Served(0, keys()["today"]), Served(change_day, keys()[new_key])]
    return simulate([old, new], served, adoption, change_day + 60)


def _plan(value: Plain) -> Mapping[str, Plain]:
    """What becomes of the learner's plan: for every curve, and for its two dates and its pins."""
    fields = {"release day": (), "pins": (), "change day": (), "new key": ()}
    if not isinstance(value, dict):
        raise UnreadableAnswer(f"Give a dict with {one_of(fields)}.")
    given = {read_word(name, fields, "a part of the plan"): part for name, part in value.items()}
    if missing := [name for name in fields if given.get(name, ...) is ...]:
        return {f"the {name}": ... for name in missing}
    release, change = (
        _day(given["release day"], "release day"),
        _day(given["change day"], "change day"),
    )
    listed = [given["pins"]] if isinstance(given["pins"], str) else given["pins"]
    if not isinstance(listed, list | tuple | set | frozenset) or not listed:
        raise UnreadableAnswer('The pins are a list of names of keys, such as ["today"].')
    pins = tuple(sorted({read_word(name, keys().keys(), "a key") for name in listed}))
    new_key = read_word(given["new key"], keys().keys(), "a key")
    return {
        "the deadline": "kept" if change <= DEADLINE else "missed",
        "the new key": "another one" if new_key != "today" else "no change at all",
        "the pin of the new key": "in an app before the change"
        if new_key in pins and release < change
        else "in no app",
        **{
            name: _effect(release, pins, change, new_key, curve())
            for name, curve in _CURVES.items()
        },
    }


def _day(value: Plain, what: str) -> int:
    if type(value) is not int or not 0 <= value <= 3000:
        raise UnreadableAnswer(f"The {what} is a number of days from 0 to 3000.")
    return value


def _effect(
    release: int, pins: tuple[str, ...], change: int, new_key: str, adoption: Adoption
) -> str:
    if change == 0:
        return "many locked out after the change"
    days = outcome(release, pins, change, new_key, adoption).days
    if max(day.locked_out for day in days[:change]) >= 0.001:
        return "many locked out before the change"
    return (
        "many locked out after the change"
        if max(day.locked_out for day in days[change:]) >= 0.001
        else _FINE
    )


_ALL = dict.fromkeys(_CURVES, "many locked out after the change")

# Exercise 09.2: the night of the outage.

_STEPS = {
    "see the errors": (),
    "put the old key back": (),
    "tell the users": (),
    "ship an app with both pins": (),
    "wait for the slow users": (),
    "change the key again": (),
    "write down why": (),
}


def _order(value: Plain) -> Mapping[str, Plain]:
    if not isinstance(value, list | tuple):
        raise UnreadableAnswer(f"Give a list of the seven steps: {one_of(_STEPS)}.")
    if any(step is ... for step in value):
        return {"your list": ...}
    steps = [read_word(step, _STEPS, "a step") for step in value]
    if sorted(steps) != sorted(_STEPS):
        raise UnreadableAnswer(f"Use each of the seven steps once: {one_of(_STEPS)}.")
    at = steps.index

    def placed(step: str, other: str) -> str:
        return f"before “{other}”" if at(step) < at(other) else f"after “{other}”"

    return {
        "see the errors": "first" if at("see the errors") == 0 else "not first",
        "put the old key back": placed("put the old key back", "ship an app with both pins"),
        "tell the users": placed("tell the users", "ship an app with both pins"),
        "ship an app with both pins": placed("ship an app with both pins", "change the key again"),
        "wait for the slow users": "between the app and the change"
        if at("ship an app with both pins")
        < at("wait for the slow users")
        < at("change the key again")
        else "elsewhere",
        "write down why": "last" if at("write down why") == len(steps) - 1 else "earlier",
    }


# Exercise 09.3: after the date.

_AFTER = {
    "the pinned key, refuse": (),
    "the bank's new key, refuse": (),
    "an attacker's key, refuse": (),
    "the bank's new key, accept": (),
    "an attacker's key, accept": (),
}
_WORDS = {"served": ("works",), "locked out": ("refused",), "exposed": (), "protected": ()}

EXERCISES = (
    Exercise(
        "09.1",
        "A plan",
        points=4,
        why="First the pin, then a long wait, then the key. The slowest users set the date, and they are not in your test group.",
        read=_plan,
        cases=(
            Case("the deadline", "kept"),
            Case("the new key", "another one"),
            Case("the pin of the new key", "in an app before the change"),
            *(Case(name, _FINE) for name in _CURVES),
        ),
        misconceptions=(
            Misconception(
                "an update is there when it is released",
                "It is there when users have installed it. Slow ones take two years.",
                _ALL,
            ),
            Misconception(
                "typical users are all users",
                "Your plan suits typical users. The others are locked out, and they are the ones who call.",
                {name: "many locked out after the change" for name in _CURVES if name != "typical users"},
            ),
            Misconception(
                "the new app needs only the new pin",
                "Until the change the bank serves today's key, and your new app refuses it. It needs both.",
                dict.fromkeys(_CURVES, "many locked out before the change"),
            ),
            Misconception(
                "the pin can come after the key",
                "An app that does not know the key refuses it. The pin has to be out there first.",
                {"the pin of the new key": "in no app", **_ALL},
            ),
            Misconception(
                "the later the safer",
                "The certificate of today's key cannot be renewed after day 900. By then the change has to be over.",
                {"the deadline": "missed"},
            ),
            Misconception(
                "no change, no outage",
                "The key has to be changed by day 900: that was the task.",
                {"the new key": "no change at all"},
            ),
        ),
    ),
    Exercise(
        "09.2",
        "The night of the outage",
        points=1,
        why="Putting the old key back takes minutes, an app takes months. So first the key, then the app, and the key again only when the slow users have it.",
        read=_order,
        cases=(
            Case("see the errors", "first"),
            Case("put the old key back", "before “ship an app with both pins”"),
            Case("tell the users", "before “ship an app with both pins”"),
            Case("ship an app with both pins", "before “change the key again”"),
            Case("wait for the slow users", "between the app and the change"),
            Case("write down why", "last"),
        ),
        misconceptions=(
            Misconception(
                "act first, look later",
                "Without the errors nobody knows that it was the pin. They also say which key is served and which was expected.",
                {"see the errors": "not first"},
            ),
            Misconception(
                "an update will fix it",
                "It takes weeks to reach most users. The old key is back in minutes, if nobody has stolen it.",
                {"put the old key back": "after “ship an app with both pins”"},
            ),
            Misconception(
                "users learn it from the app store",
                "They call now. Say now what does not work, and when it will.",
                {"tell the users": "after “ship an app with both pins”"},
            ),
            Misconception(
                "this time it will work",
                "The apps out there still know the old key only. First the pins, then the key.",
                {"ship an app with both pins": "after “change the key again”"},
            ),
            Misconception(
                "shipped is installed",
                "Between the app and the change lies the time that slow users need. That is where you got it wrong the first time.",
                {"wait for the slow users": "elsewhere"},
            ),
            Misconception(
                "it is over when it works again",
                "The report needs the whole story, the second change included.",
                {"write down why": "earlier"},
            ),
        ),
    ),
    Exercise(
        "09.3",
        "After the date",
        points=2,
        why="Refusing locks your own users out, accepting lets everybody in. An expiring pin set protects only as long as apps are updated before its date.",
        read=lambda value: read_mapping(value, _AFTER, _WORDS),
        cases=(
            Case("the pinned key, refuse", "locked out"),
            Case("the bank's new key, refuse", "locked out"),
            Case("an attacker's key, refuse", "protected"),
            Case("the bank's new key, accept", "served"),
            Case("an attacker's key, accept", "exposed"),
        ),
        misconceptions=(
            Misconception(
                "a pin that matches always lets in",
                "After the date the pins no longer count, the matching one neither. This set says refuse.",
                {"the pinned key, refuse": "served"},
            ),
            Misconception(
                "an expired set refuses attackers only",
                "After the date it cannot tell the bank from an attacker. This set says refuse, so both are refused.",
                {"the pinned key, refuse": "served", "the bank's new key, refuse": "served"},
            ),
            Misconception(
                "when a pin set expires the app refuses",
                "This one says accept, as Android's rule does. After the date it is as if nothing were pinned.",
                {"the bank's new key, accept": "locked out", "an attacker's key, accept": "protected"},
            ),
            Misconception(
                "accept means: accept the bank",
                "Without pins the app asks the CAs only, and the attacker has found one.",
                {"an attacker's key, accept": "protected"},
            ),
            Misconception(
                "expiry always opens the door",
                "Only where the set says accept. With refuse nobody gets in.",
                {"an attacker's key, refuse": "exposed"},
            ),
            Misconception(
                "a new key is an attack",
                "It is the bank's own. With accept its users notice nothing at all.",
                {"the bank's new key, accept": "exposed"},
            ),
        ),
    ),
)  # fmt: skip
