"""Answers to the exercises of lesson 05: right ones in many shapes, wrong ones with the
misconception they come from.
"""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from certpin_lab import CertificateAuthority, Identity

ONE_NAME = "one name is enough"
ALWAYS_BANK = "the victim is always bank.example"
MY_CA = "any CA of mine will do"
COPIED = "a certificate can be copied"
PROVES = "a certificate proves who I am"
CA_SHOWN = "a CA can be shown to the victim"
OWN_NAME = "a certificate of my own name will do"
MORE = "the more names, the better"
TWO_NAMES = "a certificate has two names at most"
STAR = "a wildcard stands for every name"


def names_of(real):
    extension = real.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def all_names(authority, real):
    return authority.issue_leaf(*names_of(real))


def all_names_reversed(authority, real):
    return authority.issue_leaf(*reversed(names_of(real)))


def with_a_loop(authority, real):
    names = []
    for extension in real.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            for name in extension.value:
                names.append(name.value)
    return authority.issue_leaf(*names)


def with_a_fresh_key(authority, real):
    return authority.issue_leaf(*names_of(real), key=ec.generate_private_key(ec.SECP256R1()))


def with_the_same_dates(authority, real):
    return authority.issue_leaf(
        *names_of(real), not_before=real.not_valid_before_utc, not_after=real.not_valid_after_utc
    )


def renewed_later(authority, real):
    return authority.issue_leaf(*names_of(real)).renewed(same_key=False)


def put_together_by_hand(authority, real):
    leaf = authority.issue_leaf(*names_of(real))
    return Identity(
        leaf.certificate, leaf.private_key, (leaf.certificate, *authority.chain), (), authority
    )


def first_name(authority, real):
    return authority.issue_leaf(names_of(real)[0])


def common_name(authority, real):
    return authority.issue_leaf(real.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def last_name(authority, real):
    return authority.issue_leaf(names_of(real)[-1])


def first_two_names(authority, real):
    return authority.issue_leaf(*names_of(real)[:2])


def with_every_subdomain(authority, real):
    names = names_of(real)
    return authority.issue_leaf(*names, *(f"*.{name}" for name in names if "*" not in name))


def all_known_names(authority, real):
    return authority.issue_leaf(
        "bank.example",
        "www.bank.example",
        "shop.example",
        "tickets.example",
        "museum.example",
        "www.museum.example",
        "cloud.example",
        "*.cloud.example",
    )


def no_return(authority, real):
    authority.issue_leaf(*names_of(real))


def bank(authority, real):
    return authority.issue_leaf("bank.example", "www.bank.example")


def a_root_of_my_own(authority, real):
    return CertificateAuthority("Attacker Root").issue_leaf(*names_of(real))


def same_name_other_seed(authority, real):
    return CertificateAuthority(authority.name, seed="mine").issue_leaf(*names_of(real))


def copied(authority, real):
    return real


def copied_through_bytes(authority, real):
    from cryptography.hazmat.primitives.serialization import Encoding

    return x509.load_der_x509_certificate(real.public_bytes(Encoding.DER))


def without_the_key(authority, real):
    return authority.issue_leaf(*names_of(real)).certificate


def the_authority(authority, real):
    return authority


def an_intermediate(authority, real):
    return authority.issue_intermediate("Forged CA")


def a_wildcard(authority, real):
    return authority.issue_leaf("*." + names_of(real)[0])


def one_name_more(authority, real):
    return authority.issue_leaf(*names_of(real), "app.bank.example")


def my_own_name(authority, real):
    return authority.issue_leaf("attacker.example")


CIPHER = "it needs a broken cipher"
VALID = "a valid chain means an honest site"
ENCRYPTED = "encrypted is enough"
OWN_SITE = "a certificate is good only for the site it was made for"
ANYTHING = "without the host name check anything passes"
COMPANY = "an added root signs for the company's own sites only"
BELIEVED = "anybody who makes a certificate is believed"
TRUSTED = "any certificate of a trusted CA will do"
EVERY_CA = "everybody has to trust every CA"
FALLS = {
    "trust-all": ["home-made", "shop", "bought"],
    "no-name": ["shop", "bought"],
    "office": ["home-made", "bought"],
    "standard": ["bought"],
    "modern": ["bought"],
    "strict": [],
}


def falls(**changed):
    return FALLS | {app.replace("_", "-"): attackers for app, attackers in changed.items()}


NEVER_TRUSTED = "a CA that goes wrong was never really trusted"
OWN_SITES = "a root in the trust store signs for its own sites only"
FOR_GOOD = "whoever adds a root has won for good"
BY_ITSELF = "the trust store protects by itself"
ALWAYS_WINS = "the man in the middle always wins"


def doors(one="checking", two="a clean trust store", three="neither"):
    return {
        "the app does not check": one,
        "a root was added": two,
        "a trusted CA went wrong": three,
    }


NEVER = "a browser never refuses"
ALWAYS = "refusing everybody is safe"
BOTH = "only a pinned key below an added root gets in"
PIN_FOR_CHAIN = "a chain that is not valid is a matter of pins too"
NO_RETURN = "a function returns its last value by itself"
ALWAYS_COUNTS = "a built-in pin always counts"
ENOUGH = "a valid chain is enough"
NO_CHECK = "what is below an added root needs no check"
MAKES_UP = "a pinned key makes up for a bad chain"
REFUSE_ADDED = "browsers refuse roots that were added"
FOR_ADDED = "pins are there for added roots"
PIN_FIRST = "the pin is looked at first"


def in_steps(chain_is_valid, root_was_added, key_is_pinned):
    if not chain_is_valid:
        return "refused: chain"
    if root_was_added:
        return "accepted"
    if key_is_pinned:
        return "accepted"
    return "refused: pin"


def in_one_line(valid, added, pinned):
    return "refused: chain" if not valid else "accepted" if added or pinned else "refused: pin"


def by_a_table(valid, added, pinned):
    return {
        (1, 0, 0): "refused: pin",
        (1, 0, 1): "accepted",
        (1, 1, 0): "accepted",
        (1, 1, 1): "accepted",
    }.get((valid, added, pinned), "refused: chain")


def the_pin_case_first(valid, added, pinned):
    if valid and not added and not pinned:
        return "refused: pin"
    return "accepted" if valid else "refused: chain"


def by_match(*facts):
    match facts:
        case (False, _, _):
            return "refused: chain"
        case (True, False, False):
            return "refused: pin"
        case _:
            return "accepted"


def pins_always(valid, added, pinned):
    if not valid:
        return "refused: chain"
    return "accepted" if pinned else "refused: pin"


def one_way_without_return(valid, added, pinned):
    if not valid:
        return "refused: chain"
    if added or pinned:
        return "accepted"


def nothing_returned(valid, added, pinned):
    in_steps(valid, added, pinned)


def both_needed(valid, added, pinned):
    if not valid:
        return "refused: chain"
    return "accepted" if added and pinned else "refused: pin"


def chain_only(valid, added, pinned):
    return "accepted" if valid else "refused: chain"


def added_is_free(valid, added, pinned):
    if added:
        return "accepted"
    return pins_always(valid, added, pinned)


def pin_is_free(valid, added, pinned):
    if pinned:
        return "accepted"
    return in_steps(valid, added, pinned)


def added_is_bad(valid, added, pinned):
    if added:
        return "refused: chain"
    return pins_always(valid, added, pinned)


def turned_around(valid, added, pinned):
    if not valid:
        return "refused: chain"
    return "refused: pin" if added and not pinned else "accepted"


def pin_before_chain(valid, added, pinned):
    if not added and not pinned:
        return "refused: pin"
    return "accepted" if valid else "refused: chain"


RIGHT = {
    "05.1": [
        all_names,
        all_names_reversed,
        with_a_loop,
        with_a_fresh_key,
        with_the_same_dates,
        renewed_later,
        put_together_by_hand,
        lambda authority, real: authority.issue_leaf(*names_of(real)),
    ],
    "05.2": [
        FALLS,
        {app: tuple(attackers) for app, attackers in FALLS.items()},
        {app: set(attackers) for app, attackers in FALLS.items()},
        {app: ", ".join(attackers) or "none" for app, attackers in FALLS.items()},
        list(FALLS.items()),
        falls(
            trust_all="all", strict="nobody", standard="Bought", no_name="shop.example and bought"
        ),
        {app.upper(): [name.title() for name in attackers] for app, attackers in FALLS.items()},
        falls(strict=["none"]),
    ],
    "05.3": [
        doors(),
        list(doors().items()),
        {"door one": "checking", "door two": "clean trust store", "door three": "stays open"},
        {key.upper(): word.title() for key, word in doors().items()},
        [("one", "check"), ("two", "trust store"), ("three", "none")],
        dict(reversed(doors().items())),
    ],
    "05.4": [in_steps, in_one_line, by_a_table, the_pin_case_first, by_match],
}

WRONG = {
    "05.1": [
        (first_name, ONE_NAME),
        (common_name, ONE_NAME),
        (bank, ALWAYS_BANK),
        (a_root_of_my_own, MY_CA),
        (same_name_other_seed, MY_CA),
        (copied, COPIED),
        (copied_through_bytes, COPIED),
        (without_the_key, PROVES),
        (the_authority, CA_SHOWN),
        (an_intermediate, CA_SHOWN),
        (my_own_name, OWN_NAME),
        (last_name, ONE_NAME),
        (first_two_names, TWO_NAMES),
        (a_wildcard, STAR),
        (with_every_subdomain, MORE),
        (all_known_names, MORE),
        (no_return, NO_RETURN),
        (one_name_more, MORE),
    ],
    "05.2": [
        (falls(modern=[]), CIPHER),
        (falls(modern="none"), CIPHER),
        (falls(no_name=["shop"], office=["home-made"], standard=[], modern=[]), VALID),
        (falls(standard=[]), VALID),
        (falls(trust_all=[]), ENCRYPTED),
        (falls(trust_all=["bought"]), ENCRYPTED),
        (falls(trust_all=["bought", "home-made"]), ENCRYPTED),
        (falls(no_name=["shop"]), VALID),
        (falls(office=["home-made", "shop", "bought"]), TRUSTED),
        (falls(modern=["bought", "home-made"]), BELIEVED),
        (falls(no_name=["bought"]), OWN_SITE),
        (falls(no_name="all"), ANYTHING),
        (falls(office=["bought"]), COMPANY),
        (
            falls(
                standard=["bought", "home-made"],
                modern=["bought", "home-made"],
                strict=["home-made"],
            ),
            BELIEVED,
        ),
        (falls(standard=["bought", "shop"]), TRUSTED),
        (falls(strict=["bought"]), EVERY_CA),
        (list(falls(strict="bought").items()), EVERY_CA),
    ],
    "05.3": [
        (doors(three="checking"), VALID),
        (doors("checking", "checking", "checking"), VALID),
        (doors(three="a clean trust store"), NEVER_TRUSTED),
        (doors("checking", "a clean trust store", "clean"), NEVER_TRUSTED),
        (doors(two="checking"), OWN_SITES),
        (doors(two="neither"), FOR_GOOD),
        (doors(one="a clean trust store"), BY_ITSELF),
        (doors(one="neither"), ALWAYS_WINS),
        (list(doors(two="checking").items()), OWN_SITES),
    ],
    "05.4": [
        (pins_always, ALWAYS_COUNTS),
        (lambda valid, added, pinned: pins_always(valid, False, pinned), ALWAYS_COUNTS),
        (chain_only, ENOUGH),
        (added_is_free, NO_CHECK),
        (pin_is_free, MAKES_UP),
        (added_is_bad, REFUSE_ADDED),
        (turned_around, FOR_ADDED),
        (pin_before_chain, PIN_FIRST),
        (both_needed, BOTH),
        (lambda valid, added, pinned: "accepted", NEVER),
        (lambda valid, added, pinned: "refused: chain", ALWAYS),
        (lambda valid, added, pinned: "refused: pin" if valid else "refused: chain", ALWAYS),
        (
            lambda valid, added, pinned: (
                in_steps(valid, added, pinned) if valid else "refused: pin"
            ),
            PIN_FOR_CHAIN,
        ),
        (nothing_returned, NO_RETURN),
        (one_way_without_return, NO_RETURN),
    ],
}
