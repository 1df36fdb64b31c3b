"""Answers to the exercises of lesson 01: right ones in many shapes, wrong ones with the
misconception they come from.
"""

import re

from certpin_lab import WireFormatError
from certpin_lab.lab.wire import client_hello, messages, records

DOUBLES = "every connection is a new host"
NAMELESS = "every client says whom it wants"
ORDER = "the order of the visits does not matter"
BYTES = "a name is bytes"
SET = "a set remembers an order"
LAST = "the last visit counts"
STOPS = "after a capture that is not TLS there is nothing to read"
REMEMBERS = "a default value is made anew for each call"
EMPTY = "no capture has a name in it"
NOTHING = "what a function works out comes back by itself"


def loop(captures):
    hosts = []
    for capture in captures:
        try:
            name = client_hello(capture).server_name
        except WireFormatError:
            continue
        if name and name not in hosts:
            hosts.append(name)
    return hosts


def name_of(capture):
    try:
        return client_hello(capture).server_name
    except ValueError:
        return None


def in_a_dict(captures):
    return list({name: True for capture in captures if (name := name_of(capture))})


def in_a_tuple(captures):
    return tuple(loop(captures))


def recursive(captures):
    if not captures:
        return []
    *rest, last = captures
    hosts = recursive(rest)
    return hosts if name_of(last) in [None, *hosts] else [*hosts, name_of(last)]


def by_asking_first(captures):
    hosts = []
    for capture in captures:
        if capture[:1] != b"\x16" or not messages(capture):
            continue
        assert records(capture)[0].kind == "handshake"
        name = client_hello(capture).server_name
        if name is not None and hosts.count(name) == 0:
            hosts += [name]
    return hosts


def every_time(captures):
    return [name_of(capture) for capture in captures if name_of(capture)]


def every_time_as_tuple(captures):
    return tuple(filter(None, map(name_of, captures)))


def with_none(captures):
    names = []
    for capture in captures:
        try:
            names.append(client_hello(capture).server_name)
        except ValueError:
            pass
    return list(dict.fromkeys(names))


def with_none_as_tuple(captures):
    return tuple(with_none(captures))


def in_alphabetical_order(captures):
    return sorted(loop(captures))


def in_alphabetical_order_as_tuple(captures):
    return tuple(sorted(set(every_time(captures))))


def as_bytes(captures):
    return [name.encode() for name in loop(captures)]


def as_ascii_bytes(captures):
    return tuple(bytes(name, "ascii") for name in loop(captures))


def as_a_set(captures):
    return set(loop(captures))


def as_a_comprehension(captures):
    return {name_of(capture) for capture in captures if name_of(capture)}


def moved_to_the_end(captures):
    hosts = []
    for name in every_time(captures):
        if name in hosts:
            hosts.remove(name)
        hosts.append(name)
    return hosts


def by_last_visit(captures):
    return list(dict.fromkeys(every_time(captures)[::-1]))[::-1]


def stops_at_the_first(captures):
    hosts = []
    for capture in captures:
        try:
            name = client_hello(capture).server_name
        except ValueError:
            break
        if name and name not in hosts:
            hosts.append(name)
    return hosts


def tries_the_whole_loop(captures):
    hosts = []
    try:
        for capture in captures:
            name = client_hello(capture).server_name
            if name and name not in hosts:
                hosts.append(name)
    except ValueError:
        pass
    return hosts


def with_a_default(captures, hosts=[]):  # noqa: B006  # the mistake that is meant
    for name in loop(captures):
        if name not in hosts:
            hosts.append(name)
    return hosts


ELSEWHERE: list[str] = []


def into_a_list_elsewhere(captures):
    ELSEWHERE.extend(name for name in loop(captures) if name not in ELSEWHERE)
    return ELSEWHERE


def never_adds(captures):
    hosts = []
    for name in every_time(captures):
        if name in hosts:
            hosts.append(name)
    return hosts


def forgets_to_return(captures):
    hosts = []
    for name in loop(captures):
        hosts.append(name)


def returns_the_print(captures):
    return print(loop(captures))


def first_capture_only(captures):
    return [name for name in map(name_of, captures[:1]) if name]


def forgets_that_it_may_fail(captures):
    return list(dict.fromkeys(client_hello(capture).server_name for capture in captures))


def by_a_pattern_of_two_labels(captures):
    found = [re.search(rb"([a-z]+\.(example|test))", capture) for capture in captures]
    tls = [one for one, capture in zip(found, captures, strict=True) if capture[:1] == b"\x16"]
    return list(dict.fromkeys(one[1].decode() for one in tls if one))


def by_heart(captures):
    known = ["shop.example", "bank.example", "mail.test"]
    return [name for name in loop(captures) if name in known]


def keeps_one(captures):
    return loop(captures)[:1]


TCP = "TLS comes first, TCP later"
SERVER_FIRST = "the server speaks first"
CLEAR = "the certificate travels in the clear"
NOT_ARRIVED = "one can check what has not arrived"
LATE = "the certificate check can wait until the handshake is over"
NO_KEY = "a password can leave before there is a key"
ENCRYPTED = "what is encrypted may be sent"
PART = "the password is part of the handshake"
STEPS = ["tcp", "client hello", "server hello", "certificate", "check", "finished", "password"]


def moved(step, to):
    rest = [other for other in STEPS if other != step]
    return [*rest[:to], step, *rest[to:]]


ALL_HIDDEN = "encryption hides everything"
HELLO_CHANGED = "whoever reads the hello can change it"
HELLO_SAFE = "even the hello is safe from the attacker"
READS_ALL = "whoever is on the Wi-Fi reads everything"
RIGHT_SERVER = "encrypted means that I talk to the right server"
LISTENS = "an attacker can only listen"
WINS = "whoever sits in the middle always wins"
SENDS_FIRST = "the careful app sends first and checks later"
CHANGES = "whoever copies bytes can change them"
POWERS = {
    "server name, eavesdropper": "visible",
    "number of bytes, eavesdropper": "visible",
    "password, eavesdropper": "hidden",
    "balance, eavesdropper": "hidden",
    "password, attacker and careless app": "forgeable",
    "account number, attacker and careless app": "forgeable",
    "balance, attacker and careless app": "forgeable",
    "server name, attacker and careful app": "visible",
    "password, attacker and careful app": "hidden",
    "account number, attacker and careful app": "hidden",
}


def but(word, *names):
    return {
        key: word if any(part in key for part in names) else power for key, power in POWERS.items()
    }


RIGHT = {
    "01.1": [loop, in_a_dict, in_a_tuple, recursive, by_asking_first],
    "01.2": [
        STEPS,
        tuple(STEPS),
        "tcp, client hello, server hello, certificate, check, finished, password",
        ["TCP", "ClientHello", "ServerHello", "Certificate", "the check", "Finished", "the password"],
        [step.upper() for step in STEPS],
        "\n".join(STEPS),
    ],
    "01.3": [
        POWERS,
        list(POWERS.items()),
        {key.upper(): word.title() for key, word in POWERS.items()},
        {key: {"visible": "can read", "hidden": "secret", "forgeable": "read and change"}[word] for key, word in POWERS.items()},
        dict(reversed(POWERS.items())),
    ],
}  # fmt: skip

WRONG = {
    "01.1": [
        (every_time, DOUBLES),
        (every_time_as_tuple, DOUBLES),
        (with_none, NAMELESS),
        (forgets_that_it_may_fail, NAMELESS),
        (with_none_as_tuple, NAMELESS),
        (in_alphabetical_order, ORDER),
        (in_alphabetical_order_as_tuple, ORDER),
        (as_bytes, BYTES),
        (as_ascii_bytes, BYTES),
        (as_a_set, SET),
        (as_a_comprehension, SET),
        (moved_to_the_end, LAST),
        (by_last_visit, LAST),
        (stops_at_the_first, STOPS),
        (tries_the_whole_loop, STOPS),
        (with_a_default, REMEMBERS),
        (into_a_list_elsewhere, REMEMBERS),
        (never_adds, EMPTY),
        (forgets_to_return, NOTHING),
        (returns_the_print, NOTHING),
    ],
    "01.2": [
        (moved("tcp", 1), TCP),
        (moved("tcp", 6), TCP),
        (moved("server hello", 1), SERVER_FIRST),
        (moved("certificate", 2), CLEAR),
        (moved("check", 3), NOT_ARRIVED),
        (moved("finished", 4), LATE),
        (moved("password", 4), ENCRYPTED),
        (moved("password", 3), ENCRYPTED),
        (moved("password", 5), PART),
        (moved("password", 2), NO_KEY),
        (moved("password", 1), NO_KEY),
        (moved("check", 6), LATE),
    ],
    "01.3": [
        (but("hidden", "name, eaves", "number of"), ALL_HIDDEN),
        (but("visible", "balance, eaves"), READS_ALL),
        (but("hidden", "number of bytes"), ALL_HIDDEN),
        (but("hidden", "name, attacker"), HELLO_SAFE),
        (but("visible", "password, eaves", "balance, eaves"), READS_ALL),
        (but("hidden", "careless"), RIGHT_SERVER),
        (but("visible", "careless"), LISTENS),
        (
            but(
                "forgeable",
                "password, attacker and careful",
                "account number, attacker and careful",
            ),
            WINS,
        ),
        (
            but(
                "visible", "password, attacker and careful", "account number, attacker and careful"
            ),
            SENDS_FIRST,
        ),
        (but("forgeable", "eavesdropper"), CHANGES),
        (list(but("hidden", "careless").items()), RIGHT_SERVER),
        (but("hidden", "name, eavesdropper"), ALL_HIDDEN),
        (but("visible", "password, eavesdropper"), READS_ALL),
        (but("hidden", "password, attacker and careless"), RIGHT_SERVER),
        (but("hidden", "account number, attacker and careless"), RIGHT_SERVER),
        (but("hidden", "balance, attacker and careless"), RIGHT_SERVER),
        (but("visible", "password, attacker and careless"), LISTENS),
        (but("visible", "account number, attacker and careless"), LISTENS),
        (but("visible", "balance, attacker and careless"), LISTENS),
        (but("forgeable", "server name, attacker and careful"), HELLO_CHANGED),
        (but("forgeable", "password, attacker and careful"), WINS),
        (but("forgeable", "account number, attacker and careful"), WINS),
        (but("visible", "password, attacker and careful"), SENDS_FIRST),
        (but("visible", "account number, attacker and careful"), SENDS_FIRST),
        (but("forgeable", "server name, eavesdropper"), CHANGES),
        (but("forgeable", "number of bytes"), CHANGES),
        (but("forgeable", "password, eavesdropper"), CHANGES),
        (but("forgeable", "balance, eavesdropper"), CHANGES),
    ],
}

REFUSED = {
    "01.1": [first_capture_only, keeps_one, by_a_pattern_of_two_labels, by_heart],
}
