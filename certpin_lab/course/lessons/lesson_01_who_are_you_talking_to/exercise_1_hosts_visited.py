"""Exercise 01.1: the hosts that phones ask for, from the bytes that they send."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from ....lab import CertificateAuthority, SlowHandshake, client_hello, unverified_context
from ....pinning import client_context
from ...answers import Plain
from ...exercise import Case, Exercise, Misconception

_CA = CertificateAuthority("Capture Root")
_NAMELESS = None
_PLAIN_HTTP = b"GET / HTTP/1.1\r\nHost: news.example\r\n\r\n"


def _sent(host: str) -> bytes:
    """What a phone sends first when it asks for this host."""
    return SlowHandshake(
        client_context([_CA]), _CA.issue_leaf(host), server_hostname=host
    ).in_flight


def _nameless() -> bytes:
    """The first bytes of a client that names no host: it goes to an IP address."""
    return SlowHandshake(
        unverified_context(), _CA.issue_leaf("bank.example"), server_hostname="127.0.0.1"
    ).in_flight


def _case(name: str, *, captures: Sequence[str | bytes | None], hosts: list[str]) -> Case:
    """A list of captures, in which a host's name stands for a phone that asks for it."""
    return Case(name, hosts, lambda world: ([_capture(one) for one in captures],))


@cache
def _capture(what: str | bytes | None) -> bytes:
    if what is _NAMELESS:
        return _nameless()
    return what if isinstance(what, bytes) else _sent(what)


_CASES = (
    _case("one phone, one host", captures=["bank.example"], hosts=["bank.example"]),
    _case(
        "three hosts, not in alphabetical order",
        captures=["shop.example", "bank.example", "mail.test"],
        hosts=["shop.example", "bank.example", "mail.test"],
    ),
    _case(
        "names of other forms, some of them within others",
        captures=[
            "login.app.bank-24.example",
            "bank-24.example",
            "xn--bcher-kva.example",
            "museum.test",
            "art.museum.test",
        ],
        hosts=[
            "login.app.bank-24.example",
            "bank-24.example",
            "xn--bcher-kva.example",
            "museum.test",
            "art.museum.test",
        ],
    ),
    _case(
        "a host that is visited twice",
        captures=["shop.example", "bank.example", "shop.example", "mail.test", "bank.example"],
        hosts=["shop.example", "bank.example", "mail.test"],
    ),
    _case(
        "a host whose name ends an earlier one",
        captures=["www.bank.example", "bank.example"],
        hosts=["www.bank.example", "bank.example"],
    ),
    _case(
        "a phone that names no host",
        captures=[_NAMELESS, "bank.example"],
        hosts=["bank.example"],
    ),
    _case(
        "captures that are not TLS",
        captures=[_PLAIN_HTTP, "bank.example", b"", "shop.example"],
        hosts=["bank.example", "shop.example"],
    ),
    _case("an empty list", captures=[], hosts=[]),
)


# What the wrong ideas give.


def _names(captures: list[bytes]) -> list[str | None]:
    found: list[str | None] = []
    for capture in captures:
        with suppress(ValueError):
            found.append(client_hello(capture).server_name)
    return found


def _every_visit(captures: list[bytes]) -> list[str]:
    return [name for name in _names(captures) if name]


def _hosts(captures: list[bytes]) -> list[str]:
    return list(dict.fromkeys(_every_visit(captures)))


def _with_nameless(captures: list[bytes]) -> Plain:
    return list(dict.fromkeys(_names(captures)))


def _by_last_visit(captures: list[bytes]) -> Plain:
    return _hosts(captures[::-1])[::-1]


def _until_the_first_odd_one(captures: list[bytes]) -> Plain:
    good: list[bytes] = []
    for capture in captures:
        if not _names([capture]):
            break
        good.append(capture)
    return _hosts(good)


def _remembered() -> dict[str, Plain]:
    """What a list gives that lives on from call to call, as a default value does."""
    hosts: list[str] = []
    said: dict[str, Plain] = {}
    for case in _CASES:
        hosts = list(dict.fromkeys([*hosts, *case.right()]))
        said[case.name] = hosts
    return said


EXERCISE = Exercise(
    "01.1",
    "Who was visited?",
    points=2,
    why=(
        "The name is in the first message, before there is any key to hide it with. Whoever is on "
        "the way can keep such a list, unless the phone uses Encrypted Client Hello [3]."
    ),
    cases=_CASES,
    misconceptions=(
        Misconception(
            "every connection is a new host",
            "A phone opens many connections to the same host. The list should have each host "
            "once, where it came first.",
            _every_visit,
        ),
        Misconception(
            "every client says whom it wants",
            "A client that goes to an IP address sends no name: "
            "client_hello(...).server_name is None then. Leave it out.",
            _with_nameless,
        ),
        Misconception(
            "the order of the visits does not matter",
            "Whoever watches learns the order too: first the shop, then the bank. "
            "Keep the order of the captures.",
            lambda captures: sorted(_hosts(captures)),
        ),
        Misconception(
            "a set remembers an order",
            "A set has each name once, and in no order at all. Return a list.",
            lambda captures: set(_hosts(captures)),
        ),
        Misconception(
            "the last visit counts",
            "A host that comes again keeps the place of its first visit.",
            _by_last_visit,
        ),
        Misconception(
            "a name is bytes",
            "On the wire it is; as a host name it is text. "
            "client_hello(...).server_name gives it as text already.",
            lambda captures: [name.encode() for name in _hosts(captures)],
        ),
        Misconception(
            "after a capture that is not TLS there is nothing to read",
            "Leave that one capture out and go on with the next: "
            "the try belongs inside the loop, and continue, not break, after it.",
            _until_the_first_odd_one,
        ),
        Misconception(
            "a default value is made anew for each call",
            "Your list still holds the hosts of the call before. A list that is a default value, "
            "or lives outside the function, is made once. Make it in the function's first line.",
            _remembered(),
        ),
        Misconception(
            "no capture has a name in it",
            "Your list is empty whatever was captured. Try client_hello on the first capture, "
            "and look at the condition under which you add a name.",
            lambda captures: [],
        ),
        Misconception(
            "what a function works out comes back by itself",
            "Your function returns nothing, so its caller gets None. End it with return.",
            lambda captures: None,
        ),
    ),
)
