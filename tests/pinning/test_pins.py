"""Pins as values: what they are, how their text is read, which chains a set accepts, and which
hosts a policy means.
"""

import base64
import sys
import warnings
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certpin_lab import (
    CertificateAuthority,
    HostnameError,
    Pin,
    PinFormatError,
    PinMatch,
    PinMismatchError,
    PinPolicy,
    PinSet,
    PolicyError,
)
from certpin_lab.lab.pki import derived_key

ROOT = CertificateAuthority("Root")
ISSUING = ROOT.issue_intermediate("Issuing")
BANK = ISSUING.issue_leaf("bank.example")
CHAIN = (*BANK.chain, ROOT.certificate)
LEAF, MIDDLE, TOP = map(Pin.of, CHAIN)
OTHER = Pin.of(derived_key("somebody else").public_key())
DATE = datetime(2027, 3, 15, tzinfo=UTC)


# ---- one pin


def test_a_pin_is_the_same_for_the_certificate_and_for_its_key():
    assert Pin.of(BANK.certificate) == Pin.of(BANK.private_key.public_key())
    assert Pin.of(BANK.certificate) != Pin.of(ISSUING.certificate)


def test_same_key_same_pin_and_new_key_new_pin():
    assert Pin.of(BANK.renewed(same_key=True).certificate) == LEAF
    assert BANK.renewed(same_key=True).certificate != BANK.certificate
    assert Pin.of(BANK.renewed(same_key=False).certificate) != LEAF


@given(st.binary(min_size=32, max_size=32))
def test_the_text_of_a_pin_reads_back_as_the_pin(digest):
    pin = Pin(digest)
    assert Pin.parse(str(pin)) == pin
    assert eval(repr(pin)) == pin
    assert len(str(pin)) == len("sha256/") + 44


def test_a_pin_whose_base64_begins_with_a_slash_is_not_taken_for_curls_spelling():
    pin = Pin(b"\xff" * 32)
    assert str(pin).startswith("sha256//")
    assert Pin.parse(str(pin)) == pin


ZEROS = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(("text", "says"), [
    (ZEROS, "does not start with"),
    (f"sha256//{ZEROS}", "two slashes"),
    (f"sha256//{ZEROS[2:]}", "not base64"),
    (f"SHA256/{ZEROS}", "lower case"),
    (f"sha1/{ZEROS}", "SHA-1 is too weak"),
    (f"md5/{ZEROS}", "MD5 is broken"),
    (f"sha256/{'00' * 32}", "hex"),
    (f"sha256/{ZEROS[:-1]}", "padding"),
    (f"sha256/{ZEROS}=", "padding"),
    (f"sha256/-{ZEROS[1:]}", "URL-safe"),
    (f"sha256/{ZEROS[:-2]}B=", "stray bits"),
    (f"sha256/{base64.b64encode(bytes(31)).decode()}", "31 bytes"),
    (f"sha256/{base64.b64encode(bytes(33)).decode()}", "33 bytes"),
    ("sha256/", "0 bytes"),
    (f" sha256/{ZEROS}", "white space"),
    (f"sha256/{ZEROS}\n", "white space"),
    (f"sha256/{ZEROS[:20]} {ZEROS[20:]}", "white space"),
    ("-----BEGIN CERTIFICATE-----", "white space|PEM"),
    ("-----BEGIN", "PEM"),
    (b"sha256/", "not 7 bytes"),
    (None, "NoneType"),
    ("", "does not start with"),
])  # fmt: skip
def test_text_that_is_no_pin_says_what_is_wrong(text, says):
    with pytest.raises(PinFormatError, match=says) as caught:
        Pin.parse(text)
    assert isinstance(caught.value, ValueError)


@given(st.text() | st.text(alphabet="sha256/=+AZaz09-_ \n").map(lambda text: "sha256/" + text))
def test_no_text_makes_the_parser_do_anything_else(text):
    try:
        read = str(Pin.parse(text))
    except PinFormatError as error:
        read, sentence = None, str(error)
    assert read == text or (read is None and 20 < len(sentence) < 400)


@pytest.mark.parametrize("digest", [bytes(31), bytes(33), b"", bytearray(32), "0" * 32, None])
def test_a_digest_is_thirty_two_bytes(digest):
    with pytest.raises(PinFormatError, match="32 bytes"):
        Pin(digest)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (BANK.private_key, "private"),
        (BANK, "got Identity"),
        ("text", "got str"),
        (None, "NoneType"),
    ],
)
def test_a_pin_is_made_of_a_certificate_or_public_key_only(key, says):
    with pytest.raises(TypeError, match=says):
        Pin.of(key)


# ---- a set of pins


@pytest.mark.parametrize(("pin", "position"), [(LEAF, 0), (MIDDLE, 1), (TOP, 2)])
def test_any_certificate_of_the_chain_may_match(pin, position):
    assert PinSet([OTHER, pin]).check(CHAIN) == PinMatch(pin, CHAIN[position], position)
    with pytest.raises(PinMismatchError):
        PinSet([OTHER]).check(CHAIN)


def other_case(pin: Pin) -> Pin:
    """Another pin, whose text is the same but for upper and lower case."""
    return Pin(base64.b64decode(str(pin).removeprefix("sha256/")[:-4].swapcase() + str(pin)[-4:]))


@pytest.mark.parametrize("nearly", [
    [Pin(LEAF.digest[:-1] + bytes([LEAF.digest[-1] ^ 1]))],
    [Pin(bytes([LEAF.digest[0] ^ 1]) + LEAF.digest[1:])],
    [Pin(bytes(16) + LEAF.digest[:16]), Pin(LEAF.digest[16:] + bytes(16))],  # one after the other they contain it
    [other_case(LEAF)],
])  # fmt: skip
def test_no_pin_that_only_resembles_the_keys_matches(nearly):
    with pytest.raises(PinMismatchError):
        PinSet(nearly).check(CHAIN[:1])
    assert PinSet([*nearly, LEAF]).check(CHAIN[:1]).pin == LEAF


def test_a_set_takes_pins_and_their_text():
    assert PinSet([str(LEAF)]) == PinSet([LEAF]) == PinSet({LEAF, LEAF})
    assert PinSet([LEAF, OTHER]) == PinSet([OTHER, LEAF])
    assert PinSet([LEAF]) != PinSet([OTHER])


@pytest.mark.parametrize(
    ("position", "accepted"),
    [("any", {LEAF, MIDDLE, TOP}), ("leaf", {LEAF}), ("ca", {MIDDLE, TOP})],
)
def test_the_position_says_where_a_pin_counts(position, accepted):
    for pin in (LEAF, MIDDLE, TOP):
        if pin in accepted:
            assert PinSet([pin], position=position).check(CHAIN).pin == pin
        else:
            with pytest.raises(PinMismatchError):
                PinSet([pin], position=position).check(CHAIN)


@pytest.mark.parametrize("banned", [LEAF, MIDDLE, TOP])
def test_a_banned_key_refuses_a_chain_that_would_match(banned):
    pins = [pin for pin in (LEAF, MIDDLE, TOP) if pin != banned]
    assert PinSet(pins, banned=[OTHER]).check(CHAIN)
    with pytest.raises(PinMismatchError) as caught:
        PinSet(pins, banned=[banned]).check(CHAIN)
    assert caught.value.kind == "banned key"


def test_a_ban_does_not_expire():
    pins = PinSet([OTHER], banned=[LEAF], expires=DATE, after_expiry="accept")
    with pytest.raises(PinMismatchError, match="banned"):
        pins.check(CHAIN, at=DATE)
    assert PinSet([OTHER], expires=DATE, after_expiry="accept").check(CHAIN, at=DATE) == PinMatch()


def test_an_empty_chain_is_refused_by_every_set():
    for pins in (
        PinSet([LEAF]),
        PinSet([LEAF], expires=DATE, after_expiry="accept"),
        PinSet([LEAF], enforce=False),
    ):
        with pytest.raises(PinMismatchError) as caught:
            pins.check([])
        assert caught.value.kind == "no verified chain"


@pytest.mark.parametrize(("moment", "counts"), [
    (DATE - timedelta(seconds=1), True), (DATE, False), (DATE + timedelta(days=1), False),
    (datetime(2027, 3, 15, 1, tzinfo=timezone(timedelta(hours=2))), True),  # still the 14th in UTC
])  # fmt: skip
def test_expiry_begins_on_the_second(moment, counts):
    refusing = PinSet([LEAF], expires=DATE, after_expiry="refuse")
    opening = PinSet([OTHER], expires=DATE, after_expiry="accept")
    if counts:
        assert refusing.check(CHAIN, at=moment).pin == LEAF
        with pytest.raises(PinMismatchError):
            opening.check(CHAIN, at=moment)
    else:
        with pytest.raises(PinMismatchError, match="2027-03-15"):
            refusing.check(CHAIN, at=moment)
        assert opening.check(CHAIN, at=moment) == PinMatch()


@pytest.mark.parametrize(("options", "says"), [
    ({"pins": []}, "empty"),
    ({"pins": LEAF}, "brackets"),
    ({"pins": str(LEAF)}, "brackets"),
    ({"pins": [LEAF], "banned": [LEAF]}, "both pinned and banned"),
    ({"pins": [LEAF], "position": "root"}, "'any', 'leaf', 'ca'"),
    ({"pins": [LEAF], "expires": DATE}, "fails open"),
    ({"pins": [LEAF], "after_expiry": "refuse"}, "fails open"),
    ({"pins": [LEAF], "expires": DATE, "after_expiry": "maybe"}, "'refuse', 'accept'"),
    ({"pins": [LEAF], "expires": datetime(2027, 3, 15), "after_expiry": "refuse"}, "time zone"),  # noqa: DTZ001
    ({"pins": [LEAF], "expires": "2027-03-15", "after_expiry": "refuse"}, "time zone"),
    ({"pins": [LEAF], "enforce": "no"}, "True or False"),
])  # fmt: skip
def test_a_set_that_contradicts_itself_is_refused_at_once(options, says):
    with pytest.raises(PolicyError, match=says):
        PinSet(**options)


def test_a_naive_moment_is_refused():
    with pytest.raises(PolicyError, match="time zone"):
        PinSet([LEAF], expires=DATE, after_expiry="refuse").check(CHAIN, at=datetime(2027, 3, 15))  # noqa: DTZ001


# ---- a policy


def test_all_patterns_that_match_pool_their_pins():
    policy = PinPolicy(
        {"*.bank.example": PinSet([MIDDLE]), "app.bank.example": PinSet([LEAF], banned=[OTHER])}
    )
    assert policy.pins_for("app.bank.example") == PinSet([LEAF, MIDDLE], banned=[OTHER])
    assert policy.pins_for("www.bank.example") == PinSet([MIDDLE])
    assert policy.pins_for("bank.example") is None


def calls(work) -> int:
    """How many Python functions are called: a count that no slow machine changes."""
    counted = 0

    def count(_frame, event, _argument):
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("pattern", ["h{}.example", "*.h{}.example", "h{}.bank.example"])
def test_the_work_of_a_policy_grows_with_its_hosts_and_not_with_their_pairs(pattern):
    def listed(count):
        hosts = {pattern.format(number): PinSet([LEAF]) for number in range(count)}
        return lambda: PinPolicy({"**.bank.example": PinSet([LEAF]), **hosts})

    assert calls(listed(400)) < 2.2 * calls(listed(200))


@pytest.mark.parametrize("second", ["BANK.example.", "bank.example"])
def test_a_pattern_in_two_spellings_loses_no_pin(second):
    first = {"bank.example", "BANK.example."} - {second}
    policy = PinPolicy({first.pop(): PinSet([LEAF]), second: PinSet([MIDDLE])})
    assert policy.pin_sets == {"bank.example": PinSet([LEAF, MIDDLE])}
    assert policy.pins_for("bank.example") == PinSet([LEAF, MIDDLE])


@pytest.mark.parametrize("difference", [
    {"position": "leaf"}, {"enforce": False}, {"expires": DATE, "after_expiry": "accept"},
])  # fmt: skip
def test_sets_that_share_hosts_must_agree(difference):
    with pytest.raises(PolicyError, match=r"\*\.bank\.example and app\.bank\.example share hosts"):
        PinPolicy(
            {"*.bank.example": PinSet([LEAF]), "app.bank.example": PinSet([LEAF], **difference)}
        )
    assert PinPolicy(
        {"*.bank.example": PinSet([LEAF]), "bank.example": PinSet([LEAF], **difference)}
    )


@pytest.mark.parametrize(
    "spelling", ["bank.example", "BANK.EXAMPLE", "bank.example.", "Bank.Example."]
)
def test_no_spelling_of_a_listed_host_skips_its_pins(spelling):
    policy = PinPolicy({"Bank.Example.": PinSet([OTHER])})
    with pytest.raises(PinMismatchError):
        policy.check(spelling, CHAIN)


@pytest.mark.parametrize(
    "text",
    ["bank.example:443", "ada@bank.example", "https://bank.example", "bank.example/login", ""],
)
def test_a_host_with_more_than_its_name_is_an_error_and_not_an_unlisted_host(text):
    policy = PinPolicy({"bank.example": PinSet([OTHER])})
    with pytest.raises(HostnameError):
        policy.check(text, CHAIN)
    assert policy.check("shop.example", CHAIN) == PinMatch()


def test_an_international_host_is_listed_in_either_spelling():
    assert PinPolicy({"bücher.example": PinSet([LEAF])}).pins_for(
        "xn--bcher-kva.example"
    ) == PinSet([LEAF])
    assert PinPolicy({"xn--bcher-kva.example": PinSet([LEAF])}).pins_for(
        "BÜCHER.example"
    ) == PinSet([LEAF])


def test_an_unlisted_host_passes_or_is_refused():
    assert PinPolicy({"bank.example": PinSet([LEAF])}).check("shop.example", CHAIN) == PinMatch()
    with pytest.raises(PinMismatchError) as caught:
        PinPolicy({"bank.example": PinSet([LEAF])}, unlisted="refuse").check("shop.example", CHAIN)
    assert (caught.value.kind, caught.value.server_hostname) == ("host not listed", "shop.example")


@pytest.mark.parametrize("enforce", [True, False])
def test_every_mismatch_is_reported_once(enforce):
    reports = []
    policy = PinPolicy({"bank.example": PinSet([OTHER], enforce=enforce)}, report=reports.append)
    if enforce:
        with pytest.raises(PinMismatchError):
            policy.check("bank.example", CHAIN)
    else:
        assert policy.check("bank.example", CHAIN) == PinMatch()
    assert [(report.kind, report.server_hostname) for report in reports] == [
        ("no pinned key", "bank.example")
    ]
    assert (
        PinPolicy({"bank.example": PinSet([LEAF])}, report=reports.append)
        .check("bank.example", CHAIN)
        .pin
        == LEAF
    )
    assert len(reports) == 1


@pytest.mark.parametrize("enforce", [True, False])
def test_a_reporter_that_fails_neither_opens_nor_closes(enforce):
    def broken(_mismatch):
        raise ConnectionError("no network")

    policy = PinPolicy({"bank.example": PinSet([OTHER], enforce=enforce)}, report=broken)

    def attempt():
        try:
            return policy.check("bank.example", CHAIN)
        except PinMismatchError:
            return "refused"

    with pytest.warns(RuntimeWarning, match="no network"):
        outcome = attempt()
    assert outcome == ("refused" if enforce else PinMatch())


@pytest.mark.parametrize(("arguments", "says"), [
    (({},), "pins nothing"),
    (({"bank.example": [LEAF]},), "PinSets"),
    (([("bank.example", PinSet([LEAF]))],), "PinSets"),
    (({"bank.example": PinSet([LEAF])}, "deny"), "'accept', 'refuse'"),
])  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(arguments, says):
    pin_sets, *unlisted = arguments
    with pytest.raises(PolicyError, match=says):
        PinPolicy(pin_sets, **({"unlisted": unlisted[0]} if unlisted else {}))


def test_an_empty_policy_may_refuse_everybody():
    with pytest.raises(PinMismatchError):
        PinPolicy({}, unlisted="refuse").check("bank.example", CHAIN)


# ---- the error


def test_the_error_lists_both_sides_and_says_what_to_do():
    with pytest.raises(PinMismatchError) as caught:
        PinPolicy({"bank.example": PinSet([OTHER])}).check("bank.example", CHAIN)
    message = str(caught.value)
    assert [message.index(str(pin)) for pin in (LEAF, MIDDLE, TOP, OTHER)] == sorted(
        message.index(str(pin)) for pin in (LEAF, MIDDLE, TOP, OTHER)
    )
    assert "CN=bank.example" in message
    assert "send nothing" in message
    assert caught.value.expected == (OTHER,)
    assert [pin for pin, _ in caught.value.presented] == [LEAF, MIDDLE, TOP]


def test_the_error_survives_a_trip_between_processes():
    import pickle

    with pytest.raises(PinMismatchError) as caught:
        PinSet([OTHER]).check(CHAIN, server_hostname="bank.example")
    back = pickle.loads(pickle.dumps(caught.value))
    assert (str(back), back.kind, back.expected, back.presented) == (
        str(caught.value), caught.value.kind, caught.value.expected, caught.value.presented,
    )  # fmt: skip


def test_a_subject_cannot_write_on_the_readers_screen():
    from certpin_lab.pinning.certificate import subject_text

    evil = CertificateAuthority("nice\n\x1b[2Jname").certificate
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = subject_text(evil)
    assert text.isprintable()
    assert "name" in text
