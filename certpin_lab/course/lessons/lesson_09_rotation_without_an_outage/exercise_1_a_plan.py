"""Exercise 09.1, a plan: tried on four curves, two of which the learner has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from ....cases.fleets import Adoption, Release, Rollout, Served, simulate
from ....lab.pki import CertificateAuthority, Identity
from ....lab.story import HOST
from ....pinning.pins import Pin
from ....pinning.policy import PinSet
from ...answers import Plain, UnreadableAnswer, one_of, read_word
from ...exercise import Case, Exercise, Misconception

_DEADLINE = 900
_FIELDS = {"release day": (), "pins": (), "change day": (), "new key": ()}
_FINE = "under 0.1 %"
_BEFORE, _AFTER = "many locked out before the change", "many locked out after the change"
_NEXT_PHONE = [(200, 0.02), (500, 0.6), (725, 1.0)]
_CURVES: Mapping[str, Callable[[], Adoption]] = {
    "typical users": lambda: Adoption.named("typical"),
    "slow users": lambda: Adoption.named("slow"),
    "an app that few people open": lambda: Adoption.half_life(72),
    "an update that comes with the next phone": lambda: Adoption.from_points(_NEXT_PHONE),
}


@cache
def _keys() -> Mapping[str, Identity]:
    """The bank's keys by name: "today", "next", and "other", which is in nobody's plans."""
    authority = CertificateAuthority("Honest Root CA").issue_intermediate("Honest Issuing CA")
    return {
        name: authority.issue_leaf(HOST, generation=number)
        for number, name in enumerate(("today", "next", "other"), 1)
    }


def _pins(*names: str) -> PinSet:
    return PinSet([Pin.of(_keys()[name].certificate) for name in names])


def _simulated(
    release: int, pins: tuple[str, ...], change: int, new_key: str, adoption: Adoption
) -> Rollout:
    """What this plan leads to: everybody has an app that pins today's key; then there is a release,
    and a change of the key.
    """
    versions = [Release("old app", -1, _pins("today")), Release("new app", release, _pins(*pins))]
    served = [Served(0, _keys()["today"]), Served(change, _keys()[new_key])]
    return simulate(versions, served, adoption, change + 60)


def _plan(value: Plain) -> Mapping[str, Plain]:
    """What becomes of the learner's plan: for its two dates, its pins, and every curve."""
    given = _fields(value)
    if missing := [name for name in _FIELDS if given.get(name, ...) is ...]:
        return {f"the {name}": ... for name in missing}
    if given["pins"] in ([...], (...,)):
        return {"the pins": ...}
    release, change = _day(given, "release day"), _day(given, "change day")
    pins = _key_names(given["pins"])
    new_key = read_word(given["new key"], _keys().keys(), "a key")
    known = new_key in pins and release < change
    return {
        "the deadline": "kept" if change <= _DEADLINE else "missed",
        "the new key": "another one" if new_key != "today" else "no change at all",
        "the pin of the new key": "in an app before the change" if known else "in no app",
        **{
            name: _effect(release, pins, change, new_key, curve())
            for name, curve in _CURVES.items()
        },
    }


def _fields(value: Plain) -> Mapping[str, Plain]:
    if not isinstance(value, dict):
        raise UnreadableAnswer(f"Give a dict with {one_of(_FIELDS)}.")
    return {read_word(name, _FIELDS, "a part of the plan"): part for name, part in value.items()}


def _day(given: Mapping[str, Plain], name: str) -> int:
    if type(given[name]) is not int or not 0 <= given[name] <= 3000:
        raise UnreadableAnswer(f"The {name} must be a whole number of days from 0 to 3000.")
    return int(given[name])


def _key_names(value: Plain) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple | set | frozenset) or not listed:
        raise UnreadableAnswer('The pins must be a list of names of keys, such as ["today"].')
    return tuple(sorted({read_word(name, _keys().keys(), "a key") for name in listed}))


def _effect(
    release: int, pins: tuple[str, ...], change: int, new_key: str, adoption: Adoption
) -> str:
    if change == 0:
        return _AFTER
    days = _simulated(release, pins, change, new_key, adoption).days
    if max(day.locked_out for day in days[:change]) >= 0.001:
        return _BEFORE
    return _AFTER if max(day.locked_out for day in days[change:]) >= 0.001 else _FINE


_ALL = dict.fromkeys(_CURVES, _AFTER)
_SLOWEST = ("slow users", "an update that comes with the next phone")

EXERCISE = Exercise(
    "09.1",
    "A plan",
    points=4,
    why="First the pin, then a long wait, then the key. The slowest users set the date, and they"
    " are not in your test group.",
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
            "It is there when users have installed it, and on one of the curves that takes 725"
            " days.",
            _ALL,
        ),
        Misconception(
            "typical users are all users",
            "Your plan suits the typical users only. On the other three curves people are locked"
            " out, and they are the ones who call.",
            {name: _AFTER for name in _CURVES if name != "typical users"},
        ),
        Misconception(
            "nearly all users are all users",
            "Two of the four curves still have users without the update on the day of the change."
            " The slowest one needs 725 days.",
            dict.fromkeys(_SLOWEST, _AFTER),
        ),
        Misconception(
            "the slowest curve I know is the slowest there is",
            "Three of the four curves are fine. The fourth, which you have not seen, needs 725"
            " days.",
            {"an update that comes with the next phone": _AFTER},
        ),
        Misconception(
            "the new app needs only the new pin",
            "Until the change the bank serves today's key, and your new app refuses it. It needs"
            " both pins.",
            dict.fromkeys(_CURVES, _BEFORE),
        ),
        Misconception(
            "the pin can come after the key",
            "An app that does not know the key refuses it. The pin has to be out there first.",
            {"the pin of the new key": "in no app", **_ALL},
        ),
        Misconception(
            "the later the safer",
            "Today's key has no certificate any more from day 900 on. Change it by then.",
            {"the deadline": "missed"},
        ),
        Misconception(
            "no change, no outage",
            "The key has to be changed by day 900: that was the task.",
            {"the new key": "no change at all"},
        ),
    ),
)
