"""Answers to the exercises of “What to pin”: right ones in many shapes, wrong ones with the
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
NEXT, AFTER_IT = (
    Pin.of(ISSUING.issue_leaf("bank.example", generation=generation).certificate)
    for generation in (2, 3)
)
OTHER = Pin.of(CertificateAuthority("Elsewhere").certificate)
STORES = {
    "root pin, root in the store": "accepted",
    "root pin, root and intermediate in the store": "refused",
    "intermediate pin, root and intermediate in the store": "accepted",
    "leaf pin, root and intermediate in the store": "accepted",
}
SEEN = "the chain I see is the only one"
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
        ({**ADVICE, "the bank": "root key + leaf key"}, "pin the root, it is the safest"),
        ({**ADVICE, "the bank": "intermediate key"}, "the bank's CA signs for the bank only"),
        ({**ADVICE, "the bank": "leaf key"}, "one pin is enough"),
        *(
            ({**ADVICE, name: "certificate"}, "the certificate is the most exact pin, so the best")
            for name in ADVICE
        ),
        *(
            ({**ADVICE, name: choice}, "the key that is served is ours to keep")
            for name in ("the shop", "the group")
            for choice in ("leaf key", "leaf key + backup")
        ),
        *(
            ({**ADVICE, name: "no pin"}, "without a pin an app is still safe from other CAs")
            for name in ("the bank", "the shop", "the group")
        ),
        (
            dict.fromkeys(ADVICE, "certificate"),
            "the certificate is the most exact pin, so the best",
        ),
        (dict.fromkeys(ADVICE, "leaf key"), "one pin is enough"),
        ({**ADVICE, "the shop": "root key"}, "one CA of the family is as good as another"),
        (
            {**ADVICE, "the shop": "root key + leaf key"},
            "one CA of the family is as good as another",
        ),
        ({**ADVICE, "the group": "intermediate key"}, "an intermediate stays"),
        (dict.fromkeys(ADVICE, "no pin"), "without a pin an app is still safe from other CAs"),
        ({**ADVICE, "the radio": "leaf key"}, "everybody should pin"),
        ({**ADVICE, "the radio": "leaf key + backup"}, "everybody should pin"),
        ({**ADVICE, "the radio": "root key"}, "a root is for ever"),
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
        ([LEAF, NEXT], "some certificate is the last one"),
        ([LEAF, NEXT, AFTER_IT], "some certificate is the last one"),
        ([OTHER], "any pin of the bank will do"),
        ([LEAF, OLD_PIN], SEEN),
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
            {**STORES, "intermediate pin, root and intermediate in the store": "refused"},
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
