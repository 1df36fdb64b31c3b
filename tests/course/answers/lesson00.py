"""Answers to the exercises of lesson 00: right ones in many shapes, wrong ones with the
misconception they come from.
"""

NAME = "a pin follows the bank's name"
LEARN = "every app must learn each new certificate"
SPARES = "pinning spares an app the trouble of a renewal"
REFUSES = "a pin that refuses always protects"
EXPOSED = "without a pin an app is always exposed"
ATTACK = "a change at the bank is an attack"
GUARDS = "a pin guards the app that has none"

RIGHT = {
    "00.2": [
        {"unpinned": "served", "pinned": "locked out"},
        {"pinned": "locked out", "unpinned": "served"},
        {"Unpinned": " SERVED ", "Pinned app": "Locked-Out."},
        {"unpinned": "works", "pinned": "stops working"},
        {"unpinned": "keeps working", "pinned": "refuses its own bank"},
        ["served", "locked out"],
        ("Served", False),
        {"unpinned": True, "pinned": False},
        [("unpinned", "served"), ("pinned", "locked_out")],
        "unpinned",
        "the unpinned app",
        ["unpinned"],
        {"unpinned"},
    ]
}

WRONG = {
    "00.2": [
        ({"unpinned": "served", "pinned": "served"}, NAME),
        ({"unpinned": True, "pinned": True}, NAME),
        (["served", "served"], NAME),
        ("both", NAME),
        (["pinned", "unpinned"], NAME),
        ({"unpinned": "locked out", "pinned": "locked out"}, LEARN),
        ("neither", LEARN),
        (["locked out", "locked out"], LEARN),
        ([], LEARN),
        ({"unpinned": "locked out", "pinned": "served"}, SPARES),
        ("pinned", SPARES),
        (["locked out", "served"], SPARES),
        ({"unpinned": "served", "pinned": "protected"}, REFUSES),
        ({"unpinned": "locked out", "pinned": "protected"}, REFUSES),
        (["served", "protected"], REFUSES),
        ({"unpinned": "exposed", "pinned": "locked out"}, EXPOSED),
        ({"unpinned": "exposed", "pinned": "protected"}, REFUSES),
        ({"unpinned": "exposed", "pinned": "served"}, EXPOSED),
        ({"unpinned": "exposed", "pinned": "exposed"}, EXPOSED),
        ({"unpinned": "served", "pinned": "exposed"}, ATTACK),
        ({"unpinned": "locked out", "pinned": "exposed"}, ATTACK),
        ({"unpinned": "protected", "pinned": "locked out"}, GUARDS),
        ({"unpinned": "protected", "pinned": "served"}, GUARDS),
    ]
}
