"""Lesson 01: who are you talking to? Encryption, the eavesdropper and the attacker in the middle."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from ...lab.contexts import unverified_context
from ...lab.pki import CertificateAuthority
from ...lab.slow_motion import SlowHandshake
from ...lab.wire import client_hello
from ...pinning.context import client_context
from ..answers import Plain, UnreadableAnswer, one_of, read_mapping, read_word
from ..exercise import Case, Exercise, Misconception, Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "01.1",
        "What can somebody read who copies every byte on the Wi-Fi?",
        choices=("visible", "hidden"),
        situations=("the bank's name", "the password", "the balance", "the bank's certificate"),
    ),
    Prediction(
        "01.2",
        "The app encrypts and does not check the certificate. What does the attacker in the middle read?",
        choices=("nothing", "everything"),
    ),
    Prediction(
        "01.3",
        "An app that checks everything meets the thief's own site. Does it connect?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "01.4",
        "After which flight may the phone send the password?",
        choices=("after flight 1", "after flight 2", "after flight 3"),
    ),
)

QUESTIONS = (
    Question(
        "01.q1",
        "In lesson 00 the pinned app met the attacker. How many bytes did he read?",
        (
            Option("174, as from the unpinned app", "That was the unpinned app. The pinned one hung up before it sent anything."),
            Option("0", "His handshake was completed, and nothing came after it.", right=True),
            Option("Only the password", "The password would have been sent with the request. Nothing was sent."),
        ),
    ),
    Question(
        "01.q2",
        "Why did the unpinned app accept the attacker's certificate?",
        (
            Option("He broke the encryption", "Nobody broke anything: the connection to him was encrypted as it should be."),
            Option("The app did not check it", "It did, and the certificate passed: the phone trusts the CA that signed it."),
            Option("A CA that the phone trusts had signed it", "One careless CA among all the trusted ones is enough.", right=True),
        ),
    ),
    Question(
        "01.q3",
        "The bank changes its key, and nobody tells the apps. Which one stops working?",
        (
            Option("The pinned one", "It knows one key, and that key is gone. This is the price of pinning.", right=True),
            Option("The unpinned one", "It trusts the CA, and the CA has signed the new certificate too."),
            Option("Both", "The unpinned app has never known the key, so it does not miss it."),
        ),
    ),
    Question(
        "01.q4",
        "“The connection is encrypted, so I talk to the right server.” What is wrong with that?",
        (
            Option("Nothing", "The careless app had TLS 1.3 and a strong cipher, and it had them with the attacker."),
            Option("Encryption can be broken", "Nobody broke it. The key was agreed with the wrong partner.", right=False),
            Option(
                "A key can be agreed with anybody; who it is, only the certificate check tells",
                "Encryption answers “can others read this?”, not “who is there?”.",
                right=True,
            ),
        ),
    ),
    Question(
        "01.q5",
        "A browser shows its lock for bank-secure.example. What do you know?",
        (
            Option("The site belongs to a bank", "The CA checked who controls the name, not what the owner is."),
            Option(
                "The other end controls the name bank-secure.example",
                "That, and no more. Whether the name is the one you wanted is for you to see.",
                right=True,
            ),
            Option("The owner is honest", "A thief can own a name, and get a certificate for it, like anybody else."),
        ),
    ),
)  # fmt: skip

# Exercise 01.1: the hosts in a capture.

_CA = CertificateAuthority("Capture Root")


def _sent(host: str) -> bytes:
    """What a phone sends first when it asks for this host."""
    return SlowHandshake(
        client_context([_CA]), _CA.issue_leaf(host), server_hostname=host
    ).in_flight


def _nameless() -> bytes:
    """The first bytes of a client that does not say whom it wants: to an IP address there is no
    name to send.
    """
    return SlowHandshake(
        unverified_context(), _CA.issue_leaf("bank.example"), server_hostname="127.0.0.1"
    ).in_flight


_PLAIN_HTTP = b"GET / HTTP/1.1\r\nHost: news.example\r\n\r\n"


def _names(captures: list[bytes]) -> list[str | None]:
    found: list[str | None] = []
    for capture in captures:
        with suppress(ValueError):
            found.append(client_hello(capture).server_name)
    return found


def _keeps_doubles(captures: list[bytes]) -> Plain:
    return [name for name in _names(captures) if name]


def _keeps_nameless(captures: list[bytes]) -> Plain:
    return list(dict.fromkeys(_names(captures)))


def _sorts(captures: list[bytes]) -> Plain:
    return sorted(set(_keeps_doubles(captures)))


def _gives_bytes(captures: list[bytes]) -> Plain:
    return [name.encode() for name in dict.fromkeys(_keeps_doubles(captures))]


_HOSTS = (
    Case("one phone, one host", ["bank.example"], lambda world: ([_sent("bank.example")],)),
    Case(
        "three hosts, not in alphabetical order",
        ["shop.example", "bank.example", "mail.test"],
        lambda world: ([_sent("shop.example"), _sent("bank.example"), _sent("mail.test")],),
    ),
    Case(
        "a host that is visited twice",
        ["shop.example", "bank.example"],
        lambda world: ([_sent("shop.example"), _sent("bank.example"), _sent("shop.example")],),
    ),
    Case(
        "a phone that does not say a name",
        ["bank.example"],
        lambda world: ([_nameless(), _sent("bank.example")],),
    ),
    Case(
        "a capture that is not TLS",
        ["bank.example"],
        lambda world: ([_PLAIN_HTTP, _sent("bank.example"), b""],),
    ),
    Case("an empty list", [], ([],)),
)

# Exercise 01.2: the seven steps.

_STEPS = {
    "tcp": ("TCP", "TCP connection"),
    "client hello": ("ClientHello",),
    "server hello": ("ServerHello",),
    "certificate": (),
    "check": ("the check",),
    "finished": (),
    "password": ("the password",),
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
    at = steps.index
    before = {later: "before" if at(later) < at(earlier) else "after" for earlier, later in _PAIRS}
    return {
        "the TCP connection": "first" if at("tcp") == 0 else "not first",
        "the server's hello": f"{before['server hello']} the client's",
        "the certificate": f"{before['certificate']} the server's hello",
        "the check": f"{before['check']} the certificate",
        "the phone's Finished": f"{before['finished']} the check",
        "the password": "last" if at("password") == 6 else "before the check" if at("password") < at("check") else "before Finished",
    }  # fmt: skip


_PAIRS = (
    ("client hello", "server hello"),
    ("server hello", "certificate"),
    ("certificate", "check"),
    ("check", "finished"),
)

# Exercise 01.3: who can read and who can change what.

_THINGS = {
    "server name, eavesdropper": (),
    "number of bytes, eavesdropper": (),
    "password, eavesdropper": (),
    "balance, eavesdropper": (),
    "password, attacker and careless app": (),
    "account number, attacker and careless app": (),
    "balance, attacker and careless app": (),
    "server name, attacker and careful app": (),
    "password, attacker and careful app": (),
    "account number, attacker and careful app": (),
}
_POWERS = {
    "visible": ("read", "can read", "seen", "readable"),
    "hidden": ("secret", "nothing", "invisible", "unreadable"),
    "forgeable": ("changed", "can change", "changeable", "read and change", "forged"),
}

_ONLY_EARS = ("password", "account number", "balance")

EXERCISES = (
    Exercise(
        "01.1",
        "Who was visited?",
        points=2,
        why="The name stands in the first message, before there is any key to hide it with. Everybody on the way can keep such a list.",
        cases=_HOSTS,
        misconceptions=(
            Misconception(
                "every connection is a new host",
                "A phone opens many connections to the same host. The list should have each host once, where it came first.",
                _keeps_doubles,
            ),
            Misconception(
                "every client says whom it wants",
                "A client that goes to an IP address sends no name; client_hello(...).server_name is None then. Leave it out.",
                _keeps_nameless,
            ),
            Misconception(
                "the order of the visits does not matter",
                "Whoever watches learns the order too: first the shop, then the bank. Keep the order of the captures.",
                _sorts,
            ),
            Misconception(
                "a name is bytes",
                "On the wire it is; as a host name it is text. client_hello(...).server_name gives it as text already.",
                _gives_bytes,
            ),
        ),
    ),
    Exercise(
        "01.2",
        "Seven steps",
        points=1,
        why="First the two agree on a key, then the server shows who it is, then the phone checks, and only then it speaks.",
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
                "TLS messages are bytes, and TCP carries them. Without a connection nobody can say hello.",
                {"the TCP connection": "not first"},
            ),
            Misconception(
                "the server speaks first",
                "The server cannot know which of its names is wanted, or which versions the phone knows, before the phone says hello.",
                {"the server's hello": "before the client's"},
            ),
            Misconception(
                "the certificate travels in the clear",
                "In TLS 1.3 the two agree on a key first, in the two hellos. The certificate follows, encrypted.",
                {"the certificate": "before the server's hello"},
            ),
            Misconception(
                "one can check what has not arrived",
                "The check needs the certificate.",
                {"the check": "before the certificate"},
            ),
            Misconception(
                "checking can wait until the handshake is over",
                "Finished is the phone's yes. A phone that checks afterwards has already agreed.",
                {"the phone's Finished": "before the check"},
            ),
            Misconception(
                "encrypted is enough to speak",
                "A key is there after the two hellos, but with whom? What is sent before the check goes to whoever answered.",
                {"the password": "before the check"},
            ),
            Misconception(
                "the password is part of the handshake",
                "Application data starts when the phone's handshake is complete, and Finished completes it.",
                {"the password": "before Finished"},
            ),
        ),
    ),
    Exercise(
        "01.3",
        "Visible, hidden, forgeable",
        points=2,
        why="Encryption stops the ears. The attacker in the middle is stopped by the check, and by nothing else.",
        read=lambda value: read_mapping(value, _THINGS, _POWERS),
        cases=(
            Case("server name, eavesdropper", "visible"),
            Case("number of bytes, eavesdropper", "visible"),
            Case("password, eavesdropper", "hidden"),
            Case("balance, eavesdropper", "hidden"),
            Case("password, attacker and careless app", "forgeable"),
            Case("account number, attacker and careless app", "forgeable"),
            Case("balance, attacker and careless app", "forgeable"),
            Case("server name, attacker and careful app", "visible"),
            Case("password, attacker and careful app", "hidden"),
            Case("account number, attacker and careful app", "hidden"),
        ),
        misconceptions=(
            Misconception(
                "encryption hides everything",
                "The hello is sent before there is a key, so the name is readable. And bytes can be counted without being read.",
                {"server name, eavesdropper": "hidden", "number of bytes, eavesdropper": "hidden"},
            ),
            Misconception(
                "even the hello is safe from the attacker",
                "Before the phone can check anything it has to say whom it wants. The attacker has read that.",
                {"server name, attacker and careful app": "hidden"},
            ),
            Misconception(
                "whoever is on the Wi-Fi reads everything",
                "Look for the password in the captured bytes: it is not there. Copying bytes is not reading them.",
                {"password, eavesdropper": "visible", "balance, eavesdropper": "visible"},
            ),
            Misconception(
                "encrypted means that I talk to the right server",
                "The careless app encrypts, and for the attacker: he has the key, because he is the one it was agreed with.",
                {f"{thing}, attacker and careless app": "hidden" for thing in _ONLY_EARS},
            ),
            Misconception(
                "an attacker can only listen",
                "He holds both connections. What he passes on, in either direction, is up to him: think of the rent in lesson 00.",
                {f"{thing}, attacker and careless app": "visible" for thing in _ONLY_EARS},
            ),
            Misconception(
                "who sits in the middle always wins",
                "The careful app refuses his certificate and sends nothing. What was never sent can be neither read nor changed.",
                {f"{thing}, attacker and careful app": "forgeable" for thing in ("password", "account number")},
            ),
            Misconception(
                "the careful app sends first and checks later",
                "It checks before it completes the handshake. In slow motion: refused in flight 2, and no password in flight 3.",
                {f"{thing}, attacker and careful app": "visible" for thing in ("password", "account number")},
            ),
            Misconception(
                "who copies bytes can change them",
                "Whoever only listens changes nothing: that takes somebody whom both sides talk to.",
                {f"{thing}, eavesdropper": "forgeable" for thing in ("server name", "number of bytes", "password", "balance")},
            ),
        ),
    ),
)  # fmt: skip
