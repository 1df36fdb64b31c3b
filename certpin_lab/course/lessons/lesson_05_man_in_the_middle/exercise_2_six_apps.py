"""Exercise 05.2, six apps and three attackers: who gets in where."""

from __future__ import annotations

from collections.abc import Mapping

from ...answers import Plain, UnreadableAnswer, is_blank, one_of, read_word
from ...exercise import Case, Exercise, Misconception

_ATTACKERS: Mapping[str, tuple[str, ...]] = {
    "home-made": ("homemade",),
    "shop": ("shop.example",),
    "bought": (),
}
_EVERYBODY = {
    "all": ("all three", "everybody", "everyone"),
    "none": ("nobody", "no one", "nothing"),
}
# Who gets in where: measured in tests/course/test_lesson05.py, in eighteen real handshakes.
_GETS_IN: Mapping[str, tuple[str, ...]] = {
    "trust-all": ("home-made", "shop", "bought"),
    "no-name": ("shop", "bought"),
    "office": ("home-made", "bought"),
    "standard": ("bought",),
    "modern": ("bought",),
    "strict": (),
}


def _who_gets_in(value: Plain) -> Mapping[str, Plain]:
    """For each app and attacker "gets in" or "stays out"; blank apps by their name."""
    lists = {app: names if is_blank(names) else _attackers(names) for app, names in _apps(value)}
    blank = {app: ... for app in _GETS_IN if is_blank(lists.get(app, ...))}
    return blank or {
        f"{app}, {attacker}": "gets in" if attacker in names else "stays out"
        for app, names in lists.items()
        for attacker in _ATTACKERS
    }


def _apps(value: Plain) -> list[tuple[str, Plain]]:
    """The apps and what was answered for each, from a dict or a list of pairs."""
    pairs = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, list | tuple) or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs
    ):
        raise UnreadableAnswer(f"Give a dict with a list for each app: {one_of(_GETS_IN)}.")
    named = [(read_word(key, _GETS_IN.keys(), "an app"), names) for key, names in pairs]
    apps = [app for app, _ in named]
    if twice := next((app for app in apps if apps.count(app) > 1), ""):
        raise UnreadableAnswer(f'"{twice}" is answered twice. Keep one of the two.')
    return named


def _attackers(names: Plain) -> set[str]:
    if isinstance(names, str):
        names = names.replace(" and ", ",").split(",")
    if not isinstance(names, list | tuple | set | frozenset):
        raise UnreadableAnswer(
            f"For each app, give a list with any of {one_of(_ATTACKERS)}; [] for nobody."
        )
    found = {read_word(name, {**_ATTACKERS, **_EVERYBODY}, "an attacker") for name in names}
    if "none" in found and len(found) > 1:
        raise UnreadableAnswer("One list says both that nobody gets in and that somebody does.")
    return set(_ATTACKERS) if "all" in found else found - {"none"}


def _idea(name: str, why: str, says: str, *pairs: str) -> tuple[Misconception, ...]:
    """The idea, for each of these pairs by itself: one slip is enough to have it."""
    return tuple(Misconception(name, why, {pair: says}) for pair in pairs)


EXERCISE = Exercise(
    "05.2",
    "Six apps, three attackers",
    points=2,
    why="Only the strict app keeps all three out, and it pays: it also refuses every honest "
    "customer of the careless CA.",
    read=_who_gets_in,
    cases=tuple(
        Case(f"{app}, {attacker}", "gets in" if attacker in attackers else "stays out")
        for app, attackers in _GETS_IN.items()
        for attacker in _ATTACKERS
    ),
    misconceptions=(
        *_idea(
            "it needs a broken cipher",
            "The modern app has the newest encryption, and agrees on its key with whoever shows a "
            "certificate that it accepts. It trusts the careless CA as the standard app does.",
            "stays out",
            "modern, bought",
        ),
        Misconception(
            "a valid chain means an honest site",
            "The bought certificate has a valid chain to a CA that came with the phone, and the "
            "right name. Dates, chain and name are as good as the bank's.",
            dict.fromkeys(("office, bought", "standard, bought", "modern, bought"), "stays out"),
        ),
        *_idea(
            "a valid chain means an honest site",
            "The bought certificate has a valid chain to a CA that this app trusts, and the right "
            "name. Dates, chain and name are as good as the bank's.",
            "stays out",
            "no-name, bought",
            "office, bought",
            "standard, bought",
        ),
        *_idea(
            "encrypted is enough",
            "The trust-all app encrypts, and looks at nothing. Whoever answers is its bank.",
            "stays out",
            "trust-all, home-made",
            "trust-all, shop",
            "trust-all, bought",
        ),
        *_idea(
            "a certificate is good only for the site it was made for",
            "That is what the host name check is for, and this app has switched it off. The chain "
            "of shop.example is in order.",
            "stays out",
            "no-name, shop",
        ),
        *_idea(
            "without the host name check anything passes",
            "The no-name app still checks the chain. Nobody it trusts has signed the home-made "
            "certificate.",
            "gets in",
            "no-name, home-made",
        ),
        *_idea(
            "an added root signs for the company's own sites only",
            "Attacker Root has no such limit: it vouches for bank.example, and the office app "
            "trusts it as much as the others.",
            "stays out",
            "office, home-made",
        ),
        *_idea(
            "anybody who makes a certificate is believed",
            "This app asks who has signed it, and Attacker Root is not in its trust store.",
            "gets in",
            "standard, home-made",
            "modern, home-made",
            "strict, home-made",
        ),
        *_idea(
            "any certificate of a trusted CA will do",
            "This app compares the name: it wants bank.example, and the certificate says "
            "shop.example.",
            "gets in",
            "office, shop",
            "standard, shop",
            "modern, shop",
            "strict, shop",
        ),
        *_idea(
            "everybody has to trust every CA",
            "The strict app trusts the honest CA only. The careless CA may sign what it likes: the "
            "strict app does not know it.",
            "gets in",
            "strict, bought",
        ),
    ),
)
