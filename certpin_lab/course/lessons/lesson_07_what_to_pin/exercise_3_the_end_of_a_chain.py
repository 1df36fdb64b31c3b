"""Exercise 07.3, where does the chain end? What a trust store does to a pin."""

from __future__ import annotations

from ...answers import read_mapping
from ...exercise import Case, Exercise, Misconception

_ROOT = "root pin, root in the store"
_ROOT_IN_BOTH = "root pin, root and intermediate in the store"
_INTERMEDIATE = "intermediate pin, root and intermediate in the store"
_LEAF = "leaf pin, root and intermediate in the store"
_STORES = (_ROOT, _ROOT_IN_BOTH, _INTERMEDIATE, _LEAF)
_YES_NO = {"accepted": (True, "yes", "matches"), "refused": (False, "no", "does not match")}

EXERCISE = Exercise(
    "07.3",
    "Where does the chain end?",
    points=1,
    why="This chain ends at the first trusted certificate. What is above it is not in the chain,"
    " and cannot match.",
    read=lambda value: read_mapping(value, _STORES, _YES_NO),
    cases=(
        Case(_ROOT, "accepted"),
        Case(_ROOT_IN_BOTH, "refused"),
        Case(_INTERMEDIATE, "accepted"),
        Case(_LEAF, "accepted"),
    ),
    misconceptions=(
        Misconception(
            "the root is always in the verified chain",
            "The client stops at the first certificate that it trusts, and here that is the"
            " intermediate.",
            {_ROOT_IN_BOTH: "accepted"},
        ),
        *(
            Misconception(
                "a trusted certificate is not in the chain",
                "The trusted certificate at which the chain ends is its last one, and it can"
                " match.",
                says,
            )
            for says in (
                {_ROOT: "refused"},
                {_INTERMEDIATE: "refused"},
                {_ROOT: "refused", _INTERMEDIATE: "refused"},
            )
        ),
        Misconception(
            "trusting the intermediate replaces the leaf",
            "The leaf is what the server proves to be its own. Every chain begins with it.",
            {_LEAF: "refused"},
        ),
        Misconception(
            "more trust makes every pin fail",
            "The chain becomes shorter, not empty. What is left of it can match.",
            {_INTERMEDIATE: "refused", _LEAF: "refused"},
        ),
        Misconception(
            "a pin replaces the trust store",
            "Both are needed: the store ends the chain, and the pin is looked for in it. Here three"
            " of the four match.",
            dict.fromkeys(_STORES, "refused"),
        ),
    ),
)
