"""Each error of the support line has the cause that the lesson says it has."""

from certpin_lab import CertificateAuthority, Pin
from certpin_lab.cases import tickets

ISSUING = CertificateAuthority("Honest Root CA").issue_intermediate("Honest Issuing CA")
BANK = ISSUING.issue_leaf("bank.example")
OLD, NEW = Pin.of(BANK.certificate), Pin.of(BANK.renewed(same_key=False).certificate)
USUAL = (Pin.of(ISSUING.certificate), Pin.of(ISSUING.root))


def test_the_first_line_names_the_reason():
    assert {letter: error.kind for letter, error in tickets().items()} == {
        "A": "no pinned key",
        "B": "no pinned key",
        "C": "no pinned key",
        "D": "no verified chain",
        "E": "pins expired",
        "F": "no pinned key",
    }


def test_only_the_key_tells_the_banks_new_certificate_from_a_strangers():
    keys = {letter: [pin for pin, _ in error.presented] for letter, error in tickets().items()}
    names = {letter: [name for _, name in error.presented] for letter, error in tickets().items()}
    assert keys["B"] == [NEW, *USUAL]
    assert keys["F"][1:] == [*USUAL]
    assert keys["F"][0] not in (OLD, NEW)
    assert names["B"] == names["F"]


def test_the_key_that_the_lesson_says_the_bank_named_is_the_banks_new_one():
    assert str(NEW).startswith("sha256/T9p+G3zR")
