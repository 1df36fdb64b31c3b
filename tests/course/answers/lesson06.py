"""Answers to the exercises of lesson 06: right ones in many shapes, wrong ones with the
misconception they come from.
"""

import ssl
from contextlib import suppress

from certpin_lab import (
    Pin,
    PinFormatError,
    PinMismatchError,
    PinSet,
    certificate_fingerprint,
    presented_chain,
    verified_chain,
)


def looped(chain, pins):
    for certificate in chain:
        if str(Pin.of(certificate)) in list(pins):
            return
    raise ssl.SSLError("no pinned key")


def with_sets(chain, pins):
    found = {str(Pin.of(certificate)) for certificate in chain} & set(pins)
    if not found:
        raise ValueError("no pinned key in the verified chain")
    return found


def with_any(chain, pins):
    if not any(str(Pin.of(certificate)) in pins for certificate in chain):
        raise PinMismatchError("no pinned key", "none of the keys is pinned.")


def asserted(chain, pins):
    assert any(str(Pin.of(certificate)) == pin for certificate in chain for pin in pins), (
        "not pinned"
    )


def by_the_package(chain, pins):
    good = []
    for pin in pins:
        with suppress(PinFormatError):
            good.append(Pin.parse(pin))
    return PinSet(good).check(chain)


def strict_package(chain, pins):
    return PinSet(pins).check(chain)


def true_or_raise(chain, pins):
    for certificate in chain:
        for pin in pins:
            if pin == str(Pin.of(certificate)):
                return True
    raise PermissionError("refused")


def returns_false(chain, pins):
    return any(str(Pin.of(certificate)) in pins for certificate in chain)


def returns_a_falsy_list(chain, pins):
    return [pin for pin in pins if pin in {str(Pin.of(certificate)) for certificate in chain}]


def leaf_only(chain, pins):
    if not chain or str(Pin.of(chain[0])) not in pins:
        raise ssl.SSLError("no")


def root_only(chain, pins):
    if not chain or str(Pin.of(chain[-1])) not in pins:
        raise ssl.SSLError("no")


def every_certificate(chain, pins):
    if not chain:
        raise ssl.SSLError("no chain")
    for certificate in chain:
        if str(Pin.of(certificate)) not in pins:
            raise ssl.SSLError("no")


def every_pin(chain, pins):
    present = [str(Pin.of(certificate)) for certificate in chain]
    if not pins or not all(pin in present for pin in pins):
        raise ssl.SSLError("no")


def empty_chain_passes(chain, pins):
    if chain and not any(str(Pin.of(certificate)) in pins for certificate in chain):
        raise ssl.SSLError("no")


def empty_pins_pass(chain, pins):
    if not pins:
        return
    looped(chain, pins)


def fingerprints(chain, pins):
    import base64

    known = ["sha256/" + base64.b64encode(certificate_fingerprint(one)).decode() for one in chain]
    if not set(known) & set(pins):
        raise ssl.SSLError("no")


def small_letters(chain, pins):
    wanted = [pin.lower() for pin in pins]
    if not any(str(Pin.of(certificate)).lower() in wanted for certificate in chain):
        raise ssl.SSLError("no")


def parts(chain, pins):
    for certificate in chain:
        text = str(Pin.of(certificate))
        if any(pin in text or text in pin for pin in pins):
            return
    raise ssl.SSLError("no")


def in_joined_text(chain, pins):
    text = ",".join(pins)
    if not any(str(Pin.of(certificate)) in text for certificate in chain):
        raise ssl.SSLError("no")


def by_name(chain, pins):
    if not chain or "CN=bank.example" not in chain[0].subject.rfc4514_string():
        raise ssl.SSLError("no")


# 06.2


def check(chain, pins):
    PinSet(pins).check(chain)


def checks_first(tls, login, pins):
    check(verified_chain(tls), pins)
    tls.sendall(login)
    return tls.recv(4096)


def reads_on(tls, login, pins):
    looped(verified_chain(tls), pins)
    tls.write(login)
    answer = b""
    while b"Balance" not in answer:
        answer += tls.read(1024)
    return answer


def closes_first(tls, login, pins):
    try:
        PinSet(pins).check(verified_chain(tls))
    except PinMismatchError:
        tls.close()
        raise
    tls.sendall(login)
    return tls.recv(65536)


def raises_its_own(tls, login, pins):
    if all(str(Pin.of(one)) not in pins for one in verified_chain(tls)):
        raise ConnectionError("wrong key")
    tls.sendall(login)
    return bytes(tls.recv(65536))


def in_two_functions(tls, login, pins):
    def trusted():
        return any(str(Pin.of(one)) in pins for one in verified_chain(tls))

    if trusted():
        tls.sendall(login)
        return tls.recv(4096)
    raise RuntimeError("refused")


def sends_first(tls, login, pins):
    tls.sendall(login)
    answer = tls.recv(4096)
    check(verified_chain(tls), pins)
    return answer


def sends_half(tls, login, pins):
    tls.sendall(login[:20])
    check(verified_chain(tls), pins)
    tls.sendall(login[20:])
    return tls.recv(4096)


def never_checks(tls, login, pins):
    tls.sendall(login)
    return tls.recv(4096)


def drops_the_error(tls, login, pins):
    with suppress(ssl.SSLError):
        check(verified_chain(tls), pins)
    tls.sendall(login)
    return tls.recv(4096)


def looks_at_what_is_presented(tls, login, pins):
    check(presented_chain(tls), pins)
    tls.sendall(login)
    return tls.recv(4096)


def any_of_both_chains(tls, login, pins):
    check((*verified_chain(tls), *presented_chain(tls)), pins)
    tls.sendall(login)
    return tls.recv(4096)


def refuses_everybody(tls, login, pins):
    raise ssl.SSLError("no")


def refuses_without_root(tls, login, pins):
    check(verified_chain(tls)[-1:], pins)
    tls.sendall(login)
    return tls.recv(4096)


def silent(tls, login, pins):
    try:
        check(verified_chain(tls), pins)
    except ssl.SSLError:
        return None
    tls.sendall(login)
    return tls.recv(4096)


def loses_the_answer(tls, login, pins):
    check(verified_chain(tls), pins)
    tls.sendall(login)


TICKETS = {
    "A": "somebody in the middle",
    "B": "new key at the bank",
    "C": "wrong pin in the app",
    "D": "session resumed",
    "E": "pins too old",
}
LATE = "checking is checking, whenever it is done"

RIGHT = {
    "06.1": [looped, with_sets, with_any, asserted, by_the_package, strict_package, true_or_raise],
    "06.2": [checks_first, reads_on, closes_first, raises_its_own, in_two_functions],
    "06.3": [
        TICKETS,
        list(TICKETS.items()),
        {key.lower(): word.upper() for key, word in TICKETS.items()},
        {"A": "attack", "B": "renewal", "C": "bad pin", "D": "resumed", "E": "expired"},
        {"E": "pins expired", "D": "no chain", "C": "wrong pin", "B": "new key", "A": "proxy"},
    ],
}

WRONG = {
    "06.1": [
        (returns_false, "a refusal is a False"),
        (returns_a_falsy_list, "a refusal is a False"),
        (leaf_only, "only the leaf counts"),
        (root_only, "only the root counts"),
        (every_certificate, "every certificate has to be pinned"),
        (every_pin, "all pins have to be found"),
        (empty_chain_passes, "where there is no chain there is nothing wrong"),
        (empty_pins_pass, "no pins, no check"),
        (fingerprints, "a pin is the certificate's fingerprint"),
        (small_letters, "capital letters do not matter"),
        (parts, "a part of the pin is the pin"),
        (in_joined_text, "a pin inside another text is a pin"),
        (by_name, "the name in the certificate tells who it is"),
    ],
    "06.2": [
        (sends_first, LATE),
        (sends_half, LATE),
        (never_checks, "the error can wait"),
        (drops_the_error, "the error can wait"),
        (looks_at_what_is_presented, "what the server presents is what was verified"),
        (any_of_both_chains, "what the server presents is what was verified"),
        (refuses_everybody, "refusing everybody is safe"),
        (refuses_without_root, "refusing everybody is safe"),
        (silent, "silence is a refusal"),
        (loses_the_answer, "the answer does not matter"),
    ],
    "06.3": [
        (dict.fromkeys(TICKETS, "attack"), "it is always an attack"),
        ({**TICKETS, "B": "attack"}, "it is always an attack"),
        ({**TICKETS, "A": "renewal"}, "it is never an attack"),
        ({**TICKETS, "A": "wrong pin"}, "a strange chain is our mistake"),
        ({**TICKETS, "B": "wrong pin"}, "the usual CA means the usual key"),
        ({**TICKETS, "C": "new key"}, "the bank must have changed something"),
        ({**TICKETS, "D": "expired", "E": "resumed"}, "a chain that is not there means an old pin"),
        ({**TICKETS, "E": "bad pin"}, "pins that match cannot be refused"),
        (list({**TICKETS, "D": "new key", "E": "new key"}.items()), "every refusal is a renewal"),
    ],
}
