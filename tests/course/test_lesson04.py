"""A pin is refused unless it is made the same way for every kind of key."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certpin_lab import CertificateAuthority, spki_der
from certpin_lab.course import lessons
from certpin_lab.course.check import judge
from certpin_lab.pinning import Pin

BY_HAND = lessons.exercise("04.1")
CERTIFICATES = [case.arguments(None)[0] for case in BY_HAND.cases]


def test_every_kind_of_key_is_another_kind():
    assert len({spki_der(certificate)[:9] for certificate in CERTIFICATES}) == len(CERTIFICATES)
    assert {case.right() for case in BY_HAND.cases} == {str(Pin.of(one)) for one in CERTIFICATES}


def test_the_bank_of_the_scene_has_the_pin_that_the_exercise_knows_by_heart():
    bank = CertificateAuthority("Honest Root CA").issue_intermediate("Honest Issuing CA")
    (idea,) = [one for one in BY_HAND.misconceptions if "one text" in one.name]
    assert idea.says(None) == str(Pin.of(bank.issue_leaf("bank.example").certificate))


@pytest.mark.parametrize("known", [1, 4, 7])
def test_kinds_of_key_learnt_by_heart_are_not_enough(known):
    by_heart = {spki_der(one)[:9] for one in CERTIFICATES[:known]}

    def some_kinds(certificate):
        spki = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        data = spki if spki[:9] in by_heart else certificate.public_bytes(Encoding.DER)
        return "sha256/" + base64.b64encode(hashlib.sha256(data).digest()).decode()

    result = judge(BY_HAND, some_kinds)
    assert result.state == "wrong"
    assert result.case == BY_HAND.cases[known].name
