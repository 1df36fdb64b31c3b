"""Lesson 05: man in the middle.

Three doors through which an attacker gets a certificate that an app accepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ...lab.outcomes import classify
from ...lab.pki import CertificateAuthority, Identity
from ...lab.slow_motion import SlowHandshake
from ...pinning.context import client_context
from ..answers import Plain, UnreadableAnswer, a_or_an, is_blank, one_of, read_mapping, read_word
from ..exercise import Case, Exercise, Misconception, Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "05.1",
        "What does it take to read the password out of this app's connection?",
        choices=("break the encryption", "steal the bank's key", "neither"),
    ),
    Prediction(
        "05.2",
        "Which app falls for which certificate?",
        choices=("exposed", "protected"),
        situations=(
            "nameless, home-made certificate",
            "nameless, certificate of shop.example",
            "careful, home-made certificate",
            "careful, certificate of shop.example",
        ),
    ),
    Prediction(
        "05.3",
        "The phone trusts the honest CA and your root. The bank is the honest CA's customer. What becomes of the app?",
        choices=("exposed", "protected"),
    ),
    Prediction(
        "05.4",
        "The app checks everything. Which check refuses the certificate from the careless CA?",
        choices=("validity", "chain", "hostname", "no check"),
    ),
    Prediction(
        "05.5",
        "The careless CA is taken out of the trust store. What happens?",
        choices=("served", "locked out", "exposed", "protected"),
        situations=("bank.example, attacked", "museum.example, honest"),
    ),
)

QUESTIONS = (
    Question(
        "05.q1",
        "Lesson 01: how does somebody on the Wi-Fi know for which host he has to forge a certificate?",
        (
            Option("He reads it in the certificate", "In TLS 1.3 the certificate is encrypted, and it comes later."),
            Option("He cannot know", "He can: the phone says it before there is any key."),
            Option(
                "The phone says it in its first message, in the clear",
                "The ClientHello carries the server name. It has to: one server may have many names.",
                right=True,
            ),
        ),
    ),
    Question(
        "05.q2",
        "Lesson 02: a certificate for shop.example, signed by a CA that the phone trusts, is shown to an app that wants bank.example. "
        "Which check refuses it?",
        (
            Option("The chain", "The chain is in order: a trusted CA has signed it."),
            Option("The host name", "Chain and dates pass. Only the name is wrong.", right=True),
            Option("None", "An app that checks everything compares the name too. Whether every app does is today's subject."),
        ),
    ),
    Question(
        "05.q3",
        "Lesson 04: the bank renews its certificate and keeps its key. What stays the same?",
        (
            Option("The fingerprint", "It is the hash of the whole certificate, and that has changed."),
            Option("The pin", "It is the hash of the public key, and the key is the same.", right=True),
            Option("Both", "The certificate has new bytes, so its fingerprint is a new one."),
        ),
    ),
    Question(
        "05.q4",
        "“The attacker must have broken the encryption.” What did you break today?",
        (
            Option("A weak cipher", "It was TLS 1.3 with a strong cipher, in every attack of this lesson."),
            Option("The bank's private key", "It never left the bank. You used a key of your own each time."),
            Option(
                "Nothing: the app agreed on a key with me",
                "Whoever is accepted as the bank gets the key as part of the bargain.",
                right=True,
            ),
        ),
    ),
    Question(
        "05.q5",
        "The chain is valid and ends in a root that came with the phone. The name is right. What do you know?",
        (
            Option("The site is honest", "Door three had such a chain, and you were behind it."),
            Option("The site is who it says it is", "That would be so if no CA ever made a mistake."),
            Option(
                "Some CA that the phone trusts has vouched for this key and this name",
                "That, and no more. Any of them can be tricked, and one is enough.",
                right=True,
            ),
        ),
    ),
)  # fmt: skip

# Exercise 05.1: a forgery, shown to phones.

_THIEF = CertificateAuthority("Thief's Root")
_OTHER = CertificateAuthority("Another Root")
_HONEST = CertificateAuthority("Honest Root CA")
_BANK = _HONEST.issue_leaf("bank.example", "www.bank.example").certificate
_SHOP = _HONEST.issue_leaf("shop.example").certificate

_ASKS = "a phone that trusts your CA asks for bank.example"
_SECOND = "the same phone asks for www.bank.example, the certificate's second name"
_ELSEWHERE = "the real certificate is that of shop.example"
_BELOW = "your CA is an intermediate below a trusted root"
_STRANGER = "a phone that does not trust your CA"
_UNNAMED = "a phone asks for app.bank.example, which the real certificate does not name"

_PHONES: Mapping[
    str, tuple[CertificateAuthority, str]
] = {  # whom the phone trusts, and what it asks for
    _ASKS: (_THIEF, "bank.example"),
    _SECOND: (_THIEF, "www.bank.example"),
    _ELSEWHERE: (_THIEF, "shop.example"),
    _BELOW: (_OTHER, "bank.example"),
    _STRANGER: (_HONEST, "bank.example"),
    _UNNAMED: (_THIEF, "app.bank.example"),
}
_GETS_IN = (_ASKS, _SECOND, _ELSEWHERE, _BELOW)
_BARE, _COPY, _WHOLE_CA = (
    "a certificate without its key",
    "the real certificate, without its key",
    "a whole CA",
)


def _forged(answer: Any, authority: CertificateAuthority, real: x509.Certificate) -> Plain:
    """What the learner's function gives, as bytes that can leave the child process."""
    if not callable(answer):
        return "no function (give its name, without parentheses)"
    forged = answer(authority, real)
    if isinstance(forged, Identity):
        key = forged.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return [key, *(certificate.public_bytes(Encoding.DER) for certificate in forged.chain)]
    if isinstance(forged, x509.Certificate):
        return _COPY if forged == real else _BARE
    if isinstance(forged, CertificateAuthority):
        return _WHOLE_CA
    return ... if forged is ... else f"{a_or_an(type(forged).__name__)}, not an Identity"


def _shown(_world: Any, case: Case, forgery: Plain) -> Plain:
    """What this case's phone says to the forgery, in a real handshake."""
    if not isinstance(forgery, list):
        return forgery
    trusted, host = _PHONES[case.name]
    try:
        key: Any = load_pem_private_key(forgery[0], None)
        chain = tuple(map(x509.load_der_x509_certificate, forgery[1:]))
        identity = Identity(chain[0], key, chain, (), _THIEF)
        handshake = SlowHandshake(client_context([trusted]), identity, server_hostname=host)
    except (ValueError, TypeError, IndexError, OSError):
        return "a key and a chain that no server can use"
    handshake.finish()
    return f"refused ({classify(handshake.error)[0]})" if handshake.error else "accepted"


# Exercise 05.2: six apps and three attackers.

_APPS = ("trust-all", "no-name", "office", "standard", "modern", "strict")
_ATTACKERS: Mapping[str, tuple[str, ...]] = {
    "home-made": ("homemade",),
    "shop": ("shop.example",),
    "bought": (),
}
_EVERYBODY = {
    "all": ("all three", "everybody", "everyone"),
    "none": ("nobody", "no one", "nothing"),
}
_FALLS: Mapping[str, tuple[str, ...]] = {
    "trust-all": ("home-made", "shop", "bought"),
    "no-name": ("shop", "bought"),
    "office": ("home-made", "bought"),
    "standard": ("bought",),
    "modern": ("bought",),
    "strict": (),
}
"""Who gets into which app: measured in tests/course/test_lesson04.py, in eighteen real handshakes."""


def _who_gets_in(value: Plain) -> Mapping[str, Plain]:
    """For each app and attacker "gets in" or "stays out", from a dict of names or lists of names;
    blank apps by their name.
    """
    pairs = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, list | tuple) or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs
    ):
        raise UnreadableAnswer(f"Give a dict with a list for each app: {one_of(_APPS)}.")
    lists: dict[str, Plain] = dict.fromkeys(_APPS, ...)
    for key, names in pairs:
        app = read_word(key, _APPS, "an app")
        if lists[app] is not ...:
            raise UnreadableAnswer(f'"{app}" is answered twice. Keep one of the two.')
        lists[app] = ... if is_blank(names) else _attackers(names)
    if blank := {app: ... for app, names in lists.items() if names is ...}:
        return blank
    return {
        f"{app}, {attacker}": "gets in" if attacker in names else "stays out"
        for app, names in lists.items()
        for attacker in _ATTACKERS
    }


def _attackers(names: Plain) -> set[str]:
    words = {**_ATTACKERS, **_EVERYBODY}
    if isinstance(names, str):
        names = names.replace(" and ", ",").split(",")
    if not isinstance(names, list | tuple | set | frozenset):
        raise UnreadableAnswer(
            f"For each app, give a list with any of {one_of(_ATTACKERS)}; [] for nobody."
        )
    found = {read_word(name, words, "an attacker") for name in names}
    return set(_ATTACKERS) if "all" in found else found - {"none"}


def _says(word: str, *pairs: str) -> dict[str, Plain]:
    return dict.fromkeys(pairs, word)


# Exercise 05.3: the three doors, and what shuts them.

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

# Exercise 05.4: pins in a browser, as Chromium has them.


def _by_the_book(chain_is_valid: bool, root_was_added: bool, key_is_pinned: bool) -> str:
    if not chain_is_valid:
        return "refused: chain"
    return "accepted" if root_was_added or key_is_pinned else "refused: pin"


def _browser(name: str, *facts: bool) -> Case:
    return Case(name, lambda: _by_the_book(*facts), facts)


EXERCISES = (
    Exercise(
        "05.1",
        "Forge what the bank shows",
        points=2,
        why=(
            "The names are public, the key is your own, and the signature comes from any CA you hold. Only one thing decides: "
            "whether the phone trusts that CA."
        ),
        cases=(
            Case(_ASKS, "accepted", lambda world: (_THIEF, _BANK)),
            Case(_SECOND, "accepted", lambda world: (_THIEF, _BANK)),
            Case(_ELSEWHERE, "accepted", lambda world: (_THIEF, _SHOP)),
            Case(
                _BELOW,
                "accepted",
                lambda world: (_OTHER.issue_intermediate("Another Issuing CA"), _BANK),
            ),
            Case(_STRANGER, "refused (chain)", lambda world: (_THIEF, _BANK)),
            Case(_UNNAMED, "refused (hostname)", lambda world: (_THIEF, _BANK)),
        ),
        misconceptions=(
            Misconception(
                "one name is enough",
                "A phone that asks for the second name compares it with all names of the certificate. Forge all of them.",
                {_SECOND: "refused (hostname)"},
            ),
            Misconception(
                "the victim is always bank.example",
                "The host is whatever the real certificate names. Read the names out of `real`.",
                {_ELSEWHERE: "refused (hostname)"},
            ),
            Misconception(
                "any CA of mine will do",
                "The phone trusts the CA that it was given as `authority`, and no other. Let that one sign.",
                dict.fromkeys(_GETS_IN, "refused (chain)"),
            ),
            Misconception(
                "a certificate can be copied",
                "Everybody has the bank's certificate: the bank shows it to whoever calls. Without the bank's private key it proves nothing, "
                "so you need one with a key of your own.",
                dict.fromkeys(_PHONES, _COPY),
            ),
            Misconception(
                "a certificate proves who I am",
                "It is the private key that proves it, in every handshake. `issue_leaf` gives an Identity, which has both.",
                dict.fromkeys(_PHONES, _BARE),
            ),
            Misconception(
                "a CA can be shown to the victim",
                "A CA signs; what a server shows is a leaf. Let the CA issue one.",
                dict.fromkeys(_PHONES, _WHOLE_CA),
            ),
            Misconception(
                "a certificate of my own name will do",
                "The phone compares the name that it asked for with those in the certificate. The forgery has to carry the real one's names.",
                dict.fromkeys(_GETS_IN, "refused (hostname)"),
            ),
            Misconception(
                "the more names, the better",
                "A forgery stands out by every name that the real certificate lacks. And a wildcard such as *.bank.example does not even stand "
                "for bank.example itself. Take the names as they are.",
                dict.fromkeys((_ASKS, _ELSEWHERE, _BELOW), "refused (hostname)")
                | {_SECOND: "accepted", _UNNAMED: "accepted"},
            ),
        ),
        probe=_forged,
        measure=_shown,
    ),
    Exercise(
        "05.2",
        "Six apps, three attackers",
        points=2,
        why="Only the strict app keeps all three out, and it pays: it also refuses every honest customer of the careless CA.",
        read=_who_gets_in,
        cases=tuple(
            Case(f"{app}, {attacker}", "gets in" if attacker in falls else "stays out")
            for app, falls in _FALLS.items()
            for attacker in _ATTACKERS
        ),
        misconceptions=(
            Misconception(
                "it needs a broken cipher",
                "The modern app has the newest encryption, and agrees on its key with whoever shows a certificate that it accepts. "
                "It trusts the careless CA as the standard app does.",
                _says("stays out", "modern, bought"),
            ),
            Misconception(
                "a valid chain means an honest site",
                "The bought certificate has a valid chain to a CA that came with the phone, and the right name. No check can tell it from the bank's.",
                _says(
                    "stays out",
                    "no-name, bought",
                    "office, bought",
                    "standard, bought",
                    "modern, bought",
                ),
            ),
            Misconception(
                "encrypted is enough",
                "The trust-all app encrypts, and looks at nothing. Whoever answers is its bank.",
                _says("stays out", "trust-all, home-made", "trust-all, shop", "trust-all, bought"),
            ),
            Misconception(
                "a certificate is good only for the site it was made for",
                "That is what the host name check is for, and this app has switched it off. The chain of shop.example is in order.",
                _says("stays out", "no-name, shop"),
            ),
            Misconception(
                "without the host name check anything passes",
                "The no-name app still checks the chain. Nobody it trusts has signed the home-made certificate.",
                _says("gets in", "no-name, home-made"),
            ),
            Misconception(
                "an added root signs for the company's own sites only",
                "A root in the trust store vouches for every name. The office phone trusts the attacker's as much as the others.",
                _says("stays out", "office, home-made"),
            ),
            Misconception(
                "anybody who makes a certificate is believed",
                "This app asks who has signed it, and it has never heard of the home-made root.",
                _says("gets in", "standard, home-made", "modern, home-made", "strict, home-made"),
            ),
            Misconception(
                "any certificate of a trusted CA will do",
                "This app compares the name: it wants bank.example, and the certificate says shop.example.",
                _says("gets in", "office, shop", "standard, shop", "modern, shop", "strict, shop"),
            ),
            Misconception(
                "everybody has to trust every CA",
                "The strict app trusts the honest CA only. The careless CA may sign what it likes: the strict app does not know it.",
                _says("gets in", "strict, bought"),
            ),
        ),
    ),
    Exercise(
        "05.3",
        "Which door can be shut?",
        points=1,
        why=(
            "Doors one and two can be shut: by the programmer, and by whoever looks after the phone. Door three is open as long as a single "
            "CA among all the trusted ones can be tricked. That is the door that a pin shuts."
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
                "The app of door three did check: dates, chain and name were in order, and you read its password.",
                {"a trusted CA went wrong": "checking"},
            ),
            Misconception(
                "a CA that goes wrong was never really trusted",
                "It came with the phone, so it is part of a clean trust store. Taking it out afterwards shuts out its honest customers too.",
                {"a trusted CA went wrong": "a clean trust store"},
            ),
            Misconception(
                "a root in the trust store signs for its own sites only",
                "The office app checked everything, and the added root passed the check for bank.example. It is the root that has to go.",
                {"a root was added": "checking"},
            ),
            Misconception(
                "whoever adds a root has won for good",
                "Take the root out again, and the same app refuses the same certificate. The lesson ran both.",
                {"a root was added": "neither"},
            ),
            Misconception(
                "the trust store protects by itself",
                "An app that does not check never asks the trust store. What is in it makes no difference.",
                {"the app does not check": "a clean trust store"},
            ),
            Misconception(
                "the man in the middle always wins",
                "The careful app checks, and refused both the home-made certificate and the one of shop.example.",
                {"the app does not check": "neither"},
            ),
        ),
    ),
    Exercise(
        "05.4",
        "Why did the browser's pins not stop Superfish?",
        points=2,
        why=(
            "Superfish had put its root into the trust store, and for such a root the built-in pins do not count. Whoever may add roots "
            "to a machine could change the browser on it too, so its makers let them through. An app of your own may decide otherwise."
        ),
        cases=(
            _browser("the site's own certificate", True, False, True),
            _browser(
                "DigiNotar: a root that came with the system, another key", True, False, False
            ),
            _browser("Superfish: a root that was added, another key", True, True, False),
            _browser("a root that was added, and a pinned key in the chain", True, True, True),
            _browser("an expired certificate with a pinned key", False, False, True),
            _browser("an expired certificate with another key", False, False, False),
            _browser("an expired certificate below a root that was added", False, True, False),
            _browser(
                "an expired certificate below a root that was added, with a pinned key",
                False,
                True,
                True,
            ),
        ),
        misconceptions=(
            Misconception(
                "a built-in pin always counts",
                "It counts for roots that came with the browser or the system. Superfish's root had been added on the machine.",
                lambda valid, added, pinned: _by_the_book(valid, False, pinned),
            ),
            Misconception(
                "a valid chain is enough",
                "For a root that came with the system the pins do count. They stopped DigiNotar's certificate.",
                lambda valid, added, pinned: _by_the_book(valid, added, True),
            ),
            Misconception(
                "what is below an added root needs no check",
                "An added root is spared the pins, and nothing else. An expired certificate stays expired.",
                lambda valid, added, pinned: (
                    "accepted" if added else _by_the_book(valid, added, pinned)
                ),
            ),
            Misconception(
                "a pinned key makes up for a bad chain",
                "A pin comes on top of the usual checks. It never replaces them.",
                lambda valid, added, pinned: (
                    "accepted" if pinned else _by_the_book(valid, added, pinned)
                ),
            ),
            Misconception(
                "browsers refuse roots that were added",
                "Then no company proxy would work. A root in the trust store is trusted, whoever put it there.",
                lambda valid, added, pinned: (
                    "refused: chain" if added else _by_the_book(valid, added, pinned)
                ),
            ),
            Misconception(
                "pins are there for added roots",
                "It is the other way round: the roots that were added are the ones that are spared.",
                lambda valid, added, pinned: _by_the_book(valid, not added, pinned),
            ),
            Misconception(
                "the pin is looked at first",
                "First the chain, then the pin: a pin in a chain that nobody has verified says nothing.",
                lambda valid, added, pinned: (
                    "refused: pin" if not (added or pinned) else _by_the_book(valid, added, pinned)
                ),
            ),
        ),
    ),
)
