"""Answers to the exercises of lesson 07: right ones in many shapes, wrong ones with the
misconception they come from.
"""

from certpin_lab import CertificateAuthority, Pin

ADVICE = {
    "the bank": "leaf key + backup",
    "the shop": "intermediate key",
    "the group": "root key",
    "the radio": "no pin",
}
OLD, NEW = CertificateAuthority("Old Root"), CertificateAuthority("New Root")
ISSUING = OLD.issue_intermediate("Issuing CA")
INTERMEDIATE, OLD_PIN, NEW_PIN = (
    Pin.of(ISSUING.certificate),
    Pin.of(OLD.certificate),
    Pin.of(NEW.certificate),
)
LEAF = Pin.of(ISSUING.issue_leaf("bank.example").certificate)
OTHER = Pin.of(CertificateAuthority("Elsewhere").certificate)
STORES = {
    "root pin, root in the store": "accepted",
    "root pin, root and intermediate in the store": "refused",
    "intermediate pin, root and intermediate in the store": "accepted",
    "leaf pin, root and intermediate in the store": "accepted",
}
SEEN = "the chain I see is the chain there is"
NEWER = "the newer chain is the one that counts"
EVERY = "pin every root, then nothing is missed"

RIGHT = {
    "07.1": [
        ADVICE,
        list(ADVICE.items()),
        {name.upper(): choice.title() for name, choice in ADVICE.items()},
        {**ADVICE, "the group": "root key + leaf key"},
        {**ADVICE, "the radio": "do not pin"},
    ],
    "07.2": [
        [INTERMEDIATE],
        [str(INTERMEDIATE)],
        (INTERMEDIATE, LEAF),
        {str(INTERMEDIATE), str(LEAF)},
        str(INTERMEDIATE),
        INTERMEDIATE,
        [INTERMEDIATE, OTHER],
    ],
    "07.3": [
        STORES,
        list(STORES.items()),
        {name: word == "accepted" for name, word in STORES.items()},
        {name.upper(): "yes" if word == "accepted" else "no" for name, word in STORES.items()},
        dict(reversed(STORES.items())),
    ],
}

WRONG = {
    "07.1": [
        ({**ADVICE, "the bank": "root key"}, "pin the root, it is the safest"),
        ({**ADVICE, "the bank": "leaf key"}, "one pin is enough"),
        (
            dict.fromkeys(ADVICE, "certificate"),
            "the certificate is the most exact pin, so the best",
        ),
        ({**ADVICE, "the shop": "leaf key + backup"}, "the key that is served is ours to keep"),
        (dict.fromkeys(ADVICE, "leaf key"), "the key that is served is ours to keep"),
        ({**ADVICE, "the shop": "root key"}, "one CA of the family is as good as another"),
        ({**ADVICE, "the group": "intermediate key"}, "an intermediate stays"),
        (dict.fromkeys(ADVICE, "no pin"), "without a pin one is still safe from other CAs"),
        ({**ADVICE, "the radio": "leaf key + backup"}, "everybody should pin"),
        ({**ADVICE, "the radio": "root key"}, "an intermediate or a root is forever"),
        ({**ADVICE, "the radio": "intermediate key"}, "a CA never changes its intermediates"),
        ({**ADVICE, "the radio": "root key + leaf key"}, "two pins survive everything"),
    ],
    "07.2": [
        ([OLD_PIN], SEEN),
        ([str(OLD_PIN)], SEEN),
        ([NEW_PIN], NEWER),
        ([OLD_PIN, NEW_PIN], EVERY),
        ([OLD_PIN, NEW_PIN, INTERMEDIATE, LEAF], EVERY),
        ([INTERMEDIATE, OLD_PIN], "the old root does no harm"),
        ((INTERMEDIATE, NEW_PIN), "the new root does no harm"),
        ([LEAF], "the leaf is in both chains"),
        (str(LEAF), "the leaf is in both chains"),
    ],
    "07.3": [
        (
            {**STORES, "root pin, root and intermediate in the store": "accepted"},
            "the root is always in the verified chain",
        ),
        (dict.fromkeys(STORES, True), "the root is always in the verified chain"),
        (dict.fromkeys(STORES, "accepted"), "the root is always in the verified chain"),
        (
            {**STORES, "root pin, root in the store": "refused"},
            "a trusted certificate is not in the chain",
        ),
        (
            {
                **STORES,
                "root pin, root in the store": "refused",
                "intermediate pin, root and intermediate in the store": "refused",
            },
            "a trusted certificate is not in the chain",
        ),
        (
            {**STORES, "leaf pin, root and intermediate in the store": "refused"},
            "trusting the intermediate replaces the leaf",
        ),
        (
            {
                **STORES,
                "intermediate pin, root and intermediate in the store": "refused",
                "leaf pin, root and intermediate in the store": "refused",
            },
            "more trust makes every pin fail",
        ),
        (dict.fromkeys(STORES, "refused"), "a pin replaces the trust store"),
        (list(dict.fromkeys(STORES, False).items()), "a pin replaces the trust store"),
    ],
}
