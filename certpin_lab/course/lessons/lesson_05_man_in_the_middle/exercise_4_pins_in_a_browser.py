"""Exercise 05.4, why the browser's pins did not stop Superfish: pins as Chromium has them."""

from __future__ import annotations

from ...exercise import Case, Exercise, Misconception


def _by_the_book(chain_is_valid: bool, root_was_added: bool, key_is_pinned: bool) -> str:
    if not chain_is_valid:
        return "refused: chain"
    return "accepted" if root_was_added or key_is_pinned else "refused: pin"


def _case(name: str, *, valid: bool, added: bool, pinned: bool) -> Case:
    return Case(name, _by_the_book(valid, added, pinned), (valid, added, pinned))


EXERCISE = Exercise(
    "05.4",
    "Why did the browser's pins not stop Superfish?",
    points=2,
    why="Superfish had put its root into the trust store, and for such a root the built-in pins do "
    "not count. Whoever can add a root to a computer can change the browser on it too, say its "
    "makers, so they let such roots pass [8]. An app of your own may decide otherwise.",
    cases=(
        _case("the site's own certificate", valid=True, added=False, pinned=True),
        _case(
            "DigiNotar: a root that came with the system, another key",
            valid=True,
            added=False,
            pinned=False,
        ),
        _case(
            "Superfish: a root that was added, another key", valid=True, added=True, pinned=False
        ),
        _case(
            "a root that was added, and a pinned key in the chain",
            valid=True,
            added=True,
            pinned=True,
        ),
        _case("an expired certificate with a pinned key", valid=False, added=False, pinned=True),
        _case("an expired certificate with another key", valid=False, added=False, pinned=False),
        _case(
            "an expired certificate below a root that was added",
            valid=False,
            added=True,
            pinned=False,
        ),
        _case(
            "an expired certificate below a root that was added, with a pinned key",
            valid=False,
            added=True,
            pinned=True,
        ),
    ),
    misconceptions=(
        Misconception(
            "a built-in pin always counts",
            "It counts for roots that came with the browser or the system. Superfish's root had "
            "been added on the machine [8].",
            lambda valid, added, pinned: _by_the_book(valid, False, pinned),
        ),
        Misconception(
            "a valid chain is enough",
            "For a root that came with the system the pins do count. They stopped DigiNotar's "
            "certificate [5].",
            lambda valid, added, pinned: _by_the_book(valid, added, True),
        ),
        Misconception(
            "what is below an added root needs no check",
            "An added root is spared the pins, and nothing else. An expired certificate stays "
            "expired.",
            lambda valid, added, pinned: (
                "accepted" if added else _by_the_book(valid, added, pinned)
            ),
        ),
        Misconception(
            "a pinned key makes up for a bad chain",
            "A pin comes on top of the usual checks. It never replaces them.",
            lambda valid, added, pinned: (
                "accepted" if pinned else _by_the_book(valid, added, pinned)
            ),
        ),
        Misconception(
            "browsers refuse roots that were added",
            "Then no company proxy would work. This browser trusts a root in the trust store, "
            "whoever put it there.",
            lambda valid, added, pinned: (
                "refused: chain" if added else _by_the_book(valid, added, pinned)
            ),
        ),
        Misconception(
            "pins are there for added roots",
            "It is the other way round: the roots that were added are the ones that are spared.",
            lambda valid, added, pinned: _by_the_book(valid, not added, pinned),
        ),
        Misconception(
            "only a pinned key below an added root gets in",
            "One of the two is enough: a root that was added, or a pinned key.",
            lambda valid, added, pinned: _by_the_book(valid, added and pinned, added and pinned),
        ),
        Misconception(
            "the pin is looked at first",
            "First the chain, then the pin: a pin in a chain that nobody has verified says "
            "nothing.",
            lambda valid, added, pinned: (
                "refused: pin" if not (added or pinned) else _by_the_book(valid, added, pinned)
            ),
        ),
        Misconception(
            "a chain that is not valid is a matter of pins too",
            "It is refused, but for its chain: the support line has to know which of the two it "
            "was.",
            lambda valid, added, pinned: (
                _by_the_book(valid, added, pinned) if valid else "refused: pin"
            ),
        ),
        Misconception(
            "a browser never refuses",
            "Your browser accepts everything, an expired certificate too.",
            lambda valid, added, pinned: "accepted",
        ),
        Misconception(
            "refusing everybody is safe",
            "Your browser refuses the site's own certificate as well. Then nobody uses it.",
            lambda valid, added, pinned: "refused: chain" if not valid else "refused: pin",
        ),
        Misconception(
            "refusing everybody is safe",
            "Your browser refuses the site's own certificate as well. Then nobody uses it.",
            lambda valid, added, pinned: "refused: chain",
        ),
    ),
)
