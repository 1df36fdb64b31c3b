"""What “Man in the middle” takes for right is what real handshakes say."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509

from certpin_lab import CertificateAuthority, Client, Situation, client_context, unverified_context
from certpin_lab.course import lessons
from certpin_lab.course.check import judge
from certpin_lab.course.exercise import Exercise
from certpin_lab.lab import trials

HONEST, CARELESS, ATTACKER = map(
    CertificateAuthority, ("Honest Root CA", "Careless Root CA", "Attacker Root")
)
BANK = HONEST.issue_leaf("bank.example")
SHOP = HONEST.issue_leaf("shop.example")
MUSEUM = Situation("honest museum", CARELESS.issue_leaf("museum.example"), host="museum.example")
ATTACKS = [
    Situation("home-made", BANK, ATTACKER),
    Situation("shop", BANK, lambda _host: SHOP),
    Situation("bought", BANK, CARELESS),
]


def nameless(*anchors: CertificateAuthority) -> ssl.SSLContext:
    context = client_context(anchors)
    context.check_hostname = False
    return context


APPS = [
    Client("trust-all", unverified_context()),
    Client("no-name", nameless(HONEST, CARELESS)),
    Client("office", client_context([HONEST, CARELESS, ATTACKER])),
    Client("standard", client_context([HONEST, CARELESS])),
    Client("modern", client_context([HONEST, CARELESS], minimum_version=ssl.TLSVersion.TLSv1_3)),
    Client("strict", client_context([HONEST])),
]


def who_gets_in(apps: list[Client]) -> dict[str, str]:
    return {
        f"{outcome.client}, {outcome.situation}": "gets in"
        if outcome.attacker_read
        else "stays out"
        for outcome in trials.run(apps, ATTACKS)
    }


def declared(id: str) -> dict[str, object]:
    exercise: Exercise = lessons.exercise(id)
    return {case.name: case.right() for case in exercise.cases}


def test_who_gets_into_the_six_apps_is_measured() -> None:
    assert who_gets_in(APPS) == declared("05.2")


def test_an_app_with_another_trust_store_would_be_noticed() -> None:
    apps = [app if app.name != "strict" else Client("strict", APPS[3].context) for app in APPS]
    differs = {pair for pair, word in who_gets_in(apps).items() if declared("05.2")[pair] != word}
    assert differs == {"strict, bought"}


def test_all_six_apps_are_served_by_the_honest_bank() -> None:
    assert all(
        outcome.verdict == "served" for outcome in trials.run(APPS, [Situation("honest", BANK)])
    )


def shuts(
    attack: Situation, *, open: ssl.SSLContext, checking: ssl.SSLContext, clean: ssl.SSLContext
) -> str:
    """Which of the two keeps the attacker out and every honest site served; the door has to be open
    before.
    """

    def outcome(context: ssl.SSLContext) -> set[str]:
        return {
            one.verdict
            for one in trials.run(
                [Client("app", context)], [attack, Situation("bank", BANK), MUSEUM]
            )
        }

    assert "exposed" in outcome(open)
    for name, context in (("checking", checking), ("a clean trust store", clean)):
        if outcome(context) == {"protected", "served"}:
            return name
    return "neither"


def test_which_door_can_be_shut_is_measured() -> None:
    home_made, _, bought = ATTACKS
    factory = client_context([HONEST, CARELESS])  # the roots that the phone came with
    added = client_context([HONEST, CARELESS, ATTACKER])
    assert declared("05.3") == {
        "the app does not check": shuts(
            home_made, open=unverified_context(), checking=factory, clean=factory
        ),
        "a root was added": shuts(home_made, open=added, checking=added, clean=factory),
        "a trusted CA went wrong": shuts(bought, open=factory, checking=factory, clean=factory),
    }


def test_without_the_careless_ca_the_attacker_and_its_honest_customer_are_both_refused() -> None:
    outcomes = trials.run([Client("strict", client_context([HONEST]))], [ATTACKS[2], MUSEUM])
    assert [outcome.verdict for outcome in outcomes] == ["protected", "locked out"]


@pytest.mark.parametrize(
    ("forge", "seen"),
    [
        (lambda authority, real: print(authority), "None"),
        (lambda authority, real: (real, b"key"), "a tuple, not an Identity"),
    ],
)
def test_what_is_no_forgery_is_said(forge: object, seen: str) -> None:
    result = judge(lessons.exercise("05.1"), forge)
    assert result.state == "wrong"
    assert seen in repr(result)


def test_a_list_that_says_nobody_and_somebody_is_asked_about() -> None:
    answer = {app.name: ["nobody", "bought"] for app in APPS}
    result = judge(lessons.exercise("05.2"), answer)
    assert (result.state, result.misconception) == ("unclear", None)
    assert "nobody" in repr(result)


def test_a_forgery_may_repeat_a_name_but_not_leave_one_out() -> None:
    def forged(authority: CertificateAuthority, real: x509.Certificate) -> object:
        names = real.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = names.get_values_for_type(x509.DNSName)
        return authority.issue_leaf(*hosts, hosts[0])

    def without_wildcards(authority: CertificateAuthority, real: x509.Certificate) -> object:
        names = real.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = names.get_values_for_type(x509.DNSName)
        return authority.issue_leaf(*(host for host in hosts if "*" not in host))

    assert judge(lessons.exercise("05.1"), forged).state == "right"
    result = judge(lessons.exercise("05.1"), without_wildcards)
    assert result.state == "wrong"
    assert "*.cloud.example" in (result.case or "")
