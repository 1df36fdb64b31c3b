"""Answers to the exercises of “Your first pin”: right ones in many shapes, wrong ones with the
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


class NotPinned(Exception):
    pass


def raises_its_own_class(chain, pins):
    if not any(str(Pin.of(certificate)) in pins for certificate in chain):
        raise NotPinned


def raises_a_key_error_on_purpose(chain, pins):
    for certificate in chain:
        if str(Pin.of(certificate)) in pins:
            return
    raise KeyError("no pinned key")


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


def without_an_end(chain, pins):
    for certificate in chain:
        if str(Pin.of(certificate)) in pins:
            return


def returns_texts(chain, pins):
    return "accepted" if any(str(Pin.of(one)) in pins for one in chain) else "refused"


def pins_are_not_text(chain, pins):
    if not any(Pin.of(certificate) in pins for certificate in chain):
        raise ssl.SSLError("no")


def bare_digests(chain, pins):
    if not any(Pin.of(certificate).digest in pins for certificate in chain):
        raise ssl.SSLError("no")


def without_prefix(chain, pins):
    if not any(str(Pin.of(certificate)).removeprefix("sha256/") in pins for certificate in chain):
        raise ssl.SSLError("no")


def forgets_to_return(chain, pins):
    for certificate in chain:
        if str(Pin.of(certificate)) in pins:
            break
    raise ssl.SSLError("no")


def first_pin(chain, pins):
    if not pins or pins[0] not in [str(Pin.of(certificate)) for certificate in chain]:
        raise ssl.SSLError("no")


def last_pin(chain, pins):
    found = False
    for pin in pins:
        found = pin in [str(Pin.of(certificate)) for certificate in chain]
    if not found:
        raise ssl.SSLError("no")


def compared(same):
    def check(chain, pins):
        if not any(same(str(Pin.of(one)), pin) for one in chain for pin in pins):
            raise ssl.SSLError("no")

    return check


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


def raises_a_plain_exception(tls, login, pins):
    if not any(str(Pin.of(one)) in pins for one in verified_chain(tls)):
        raise Exception("wrong key")
    tls.sendall(login)
    return tls.recv(4096)


def raises_an_os_error(tls, login, pins):
    if not any(str(Pin.of(one)) in pins for one in verified_chain(tls)):
        raise OSError("wrong key")
    tls.sendall(login)
    return tls.recv(4096)


def raises_a_lookup_error(tls, login, pins):
    if not any(str(Pin.of(one)) in pins for one in verified_chain(tls)):
        raise LookupError("wrong key")
    tls.sendall(login)
    return tls.recv(4096)


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


def checks_and_stops(tls, login, pins):
    check(verified_chain(tls), pins)


def sends_and_stops(tls, login, pins):
    tls.sendall(login)


def leaf_alone(tls, login, pins):
    check(verified_chain(tls)[:1], pins)
    tls.sendall(login)
    return tls.recv(4096)


def pin_in_use(tls, login, pins):
    check(verified_chain(tls), pins[:1])
    tls.sendall(login)
    return tls.recv(4096)


def pin_of_the_backup(tls, login, pins):
    check(verified_chain(tls), pins[-1:])
    tls.sendall(login)
    return tls.recv(4096)


def returns_the_refusal(tls, login, pins):
    try:
        check(verified_chain(tls), pins)
    except ssl.SSLError as error:
        return error.args[0]
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
    "F": "somebody in the middle",
}
LATE = "checking is checking, whenever it is done"

PART = "a part of the pin is the pin"
ALL = "the check lets everybody in"
NOBODY = "the check refuses everybody"
NOTHING = "nothing stops the password"

RIGHT = {
    "06.1": [
        looped,
        with_sets,
        with_any,
        asserted,
        by_the_package,
        strict_package,
        true_or_raise,
        raises_its_own_class,
        raises_a_key_error_on_purpose,
    ],
    "06.2": [
        checks_first,
        reads_on,
        closes_first,
        raises_its_own,
        in_two_functions,
        raises_a_plain_exception,
        raises_an_os_error,
        raises_a_lookup_error,
    ],
    "06.3": [
        TICKETS,
        list(TICKETS.items()),
        {key.lower(): word.upper() for key, word in TICKETS.items()},
        {
            "A": "attack",
            "B": "renewal",
            "C": "bad pin",
            "D": "resumed",
            "E": "expired",
            "F": "attacker",
        },
        {
            "F": "proxy",
            "E": "pins expired",
            "D": "no chain",
            "C": "wrong pin",
            "B": "new key",
            "A": "proxy",
        },
    ],
}

WRONG = {
    "06.1": [
        (lambda chain, pins: True, ALL),
        (without_an_end, ALL),
        (returns_texts, ALL),
        (pins_are_not_text, NOBODY),
        (bare_digests, NOBODY),
        (forgets_to_return, NOBODY),
        (returns_false, "a refusal is a False"),
        (returns_a_falsy_list, "a refusal is a False"),
        (leaf_only, "only the leaf counts"),
        (root_only, "only the root counts"),
        (first_pin, "only the first pin counts"),
        (last_pin, "only the last pin counts"),
        (every_certificate, "every certificate has to be pinned"),
        (every_pin, "all pins have to be found"),
        (empty_chain_passes, "where there is no chain there is nothing wrong"),
        (empty_pins_pass, "no pins, no check"),
        (fingerprints, "a pin is the certificate's fingerprint"),
        (small_letters, "capital letters do not matter"),
        (parts, PART),
        (compared(lambda its, given: its.startswith(given)), PART),
        (compared(lambda its, given: given.startswith(its)), PART),
        (compared(lambda its, given: its.endswith(given)), PART),
        (compared(lambda its, given: given.endswith(its)), PART),
        (compared(lambda its, given: its[-12:] == given[-12:]), PART),
        (compared(lambda its, given: its.split("/")[-1] == given.split("/")[-1]), PART),
        (compared(lambda its, given: given in its), PART),
        (in_joined_text, "a pin inside another text is a pin"),
        (by_name, "the name in the certificate says who it is"),
    ],
    "06.2": [
        (sends_first, LATE),
        (sends_half, LATE),
        (never_checks, NOTHING),
        (drops_the_error, NOTHING),
        (sends_and_stops, "nothing stops the password, and the answer does not matter"),
        (looks_at_what_is_presented, "what the server presents is what was verified"),
        (any_of_both_chains, "what the server presents is what was verified"),
        (refuses_everybody, "refusing everybody is safe"),
        (refuses_without_root, "refusing everybody is safe"),
        (pin_in_use, "only the pin in use matters"),
        (pin_of_the_backup, "only the backup pin matters"),
        (leaf_alone, "only the leaf counts"),
        (silent, "silence is a refusal"),
        (returns_the_refusal, "silence is a refusal"),
        (checks_and_stops, "a check is all it takes"),
        (loses_the_answer, "the answer does not matter"),
    ],
    "06.3": [
        (dict.fromkeys(TICKETS, "attack"), "every refusal is an attack"),
        *(({**TICKETS, one: "attack"}, "every refusal is an attack") for one in "BCDE"),
        *(({**TICKETS, one: "renewal"}, "a new key is always the bank's") for one in "AF"),
        *(({**TICKETS, one: "new key"}, "where a pin fails, a key has changed") for one in "CDE"),
        *(
            ({**TICKETS, one: "bad pin"}, "what the app does not know is the app's mistake")
            for one in "AF"
        ),
        ({**TICKETS, "B": "wrong pin"}, "a pin that no longer fits was always wrong"),
        *(({**TICKETS, one: "bad pin"}, "a pin that is refused is a wrong pin") for one in "DE"),
        *(
            (list({**TICKETS, one: "resumed"}.items()), "a failed pin means a resumed session")
            for one in "ABCEF"
        ),
        *(({**TICKETS, one: "expired"}, "whatever does not match is too old") for one in "ABCDF"),
    ],
}
