"""A fleet against a schedule of keys: the same verdicts as a live connection, for fractions that
add up.
"""

import csv
import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from certpin_lab import CertificateAuthority, Identity, Pin, PinMismatchError, PinSet
from certpin_lab.cases.facts import validity_limit
from certpin_lab.cases.fleets import START, Adoption, Release, Served, percent, renewals, simulate
from certpin_lab.cases.outages import barclays_2016, smashing_magazine_2016
from certpin_lab.places import data_dir

ROOT = CertificateAuthority("Root")
ISSUING, SUCCESSOR = ROOT.issue_intermediate("Issuing"), ROOT.issue_intermediate("Successor")
OLD = ISSUING.issue_leaf("bank.example")
NEW = OLD.renewed(same_key=False)
MOVED = SUCCESSOR.issue_leaf("bank.example", key=OLD.private_key)
SHORT = ISSUING.issue_leaf("bank.example", generation=3, not_after=START + timedelta(days=5))
A, B = Pin.of(OLD.certificate), Pin.of(NEW.certificate)
C = Pin.of(SHORT.certificate)
OTHER = Pin.of(ROOT.issue_leaf("other.example").certificate)
HALF = Adoption.from_points([(0, 0.5)], name="half")
AT_ONCE = Adoption.from_points([(0, 1)], name="at once")
ALONE = [Release("1.0", 0, PinSet([A]))]


def only(pins, schedule, *, days=1):
    """The last day of a fleet with one version: everybody has these pins."""
    return simulate([Release("1.0", 0, pins)], schedule, AT_ONCE, days).days[-1]


def what(pins, schedule, *, days=1):
    [share] = only(pins, schedule, days=days).shares
    return share.locked_out, share.exposed


# ---- worlds for the property tests: eight phones, so that every fraction is exact in binary

PHONES, DAYS = 8, 12
IDENTITIES = (OLD, NEW, MOVED, SHORT)
POOL = (A, B, C, Pin.of(ISSUING.certificate), Pin.of(SUCCESSOR.certificate), OTHER)


@st.composite
def pin_sets(draw):
    pins = draw(st.sets(st.sampled_from(POOL), min_size=1, max_size=3))
    banned = draw(st.sets(st.sampled_from(POOL), max_size=1)) - pins
    after = draw(st.sampled_from([None, "refuse", "accept"]))
    hours = draw(st.integers(-24, 24 * DAYS))
    return PinSet(
        pins,
        banned=banned,
        position=draw(st.sampled_from(["any", "any", "leaf", "ca"])),
        expires=START + timedelta(hours=hours) if after else None,
        after_expiry=after,
        enforce=draw(st.sampled_from([True, True, True, False])),
    )


def days_with_the_first_by(day, size):
    """Different days, at least one of which is not after `day`."""
    first, rest = st.integers(-5, day), st.sets(st.integers(-5, DAYS), max_size=size)
    return st.builds(lambda one, more: sorted({one, *more}), first, rest)


@st.composite
def fleets(draw):
    days = draw(days_with_the_first_by(0, 3))
    return [Release(f"1.{n}", day, draw(st.none() | pin_sets())) for n, day in enumerate(days)]


@st.composite
def schedules(draw):
    stolen = st.none() | st.integers(-2, DAYS)
    return [
        Served(day, draw(st.sampled_from(IDENTITIES)), draw(stolen))
        for day in draw(days_with_the_first_by(0, 3))
    ]


counts = st.lists(st.integers(0, PHONES), min_size=1, max_size=DAYS + 6).map(sorted)


def curve(updated):
    return Adoption.from_points([(day, count / PHONES) for day, count in enumerate(updated)])


def accepts(pins, chain, at):
    if pins is None:
        return True
    try:
        pins.check(chain, at=at)
    except PinMismatchError:
        return not pins.enforce
    return True


def key_of(one):
    return one.identity.certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


def phone_by_phone(releases, schedule, updated):
    """The same question, answered the slow way: every phone on every day tries the bank, and every
    thief tries the phone.
    """
    stranger = CertificateAuthority("A CA nobody pinned").issue_leaf("bank.example")
    delays = [
        next((day for day, count in enumerate(updated) if count > phone), None)
        for phone in range(PHONES)
    ]
    answers = []
    for day in range(DAYS):
        at = START + timedelta(days=day)
        bank = max((one for one in schedule if one.day <= day), key=lambda one: one.day).identity
        robbed = {
            key_of(one)
            for one in schedule
            if one.stolen_from is not None and one.stolen_from <= day
        }
        loot = [one.identity for one in schedule if one.day <= day and key_of(one) in robbed]
        locked_out = exposed = both = 0
        for delay in delays:
            app = releases[0]
            for release in releases[1:]:
                if delay is not None and release.day + delay <= day:
                    app = release

            def gets_in(identity, app=app, at=at):
                leaf = identity.certificate
                in_time = leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc
                return in_time and accepts(app.pins, [*identity.chain, identity.issuer.root], at)

            out, open_ = not gets_in(bank), any(map(gets_in, [stranger, *loot]))
            locked_out, exposed, both = locked_out + out, exposed + open_, both + (out and open_)
        answers.append((locked_out / PHONES, exposed / PHONES, both / PHONES))
    return answers


# ---- what must hold for every fleet and every schedule


@given(fleets(), schedules(), counts)
def test_fractions_say_what_single_phones_say(releases, schedule, updated):
    days = simulate(releases, schedule, curve(updated), DAYS).days
    assert [(day.locked_out, day.exposed, day.both) for day in days] == phone_by_phone(
        releases, schedule, updated
    )


@given(fleets(), schedules(), st.lists(st.floats(0, 1), min_size=1, max_size=DAYS).map(sorted))
def test_every_user_is_counted_once_every_day(releases, schedule, shares):
    adoption = Adoption.from_points(enumerate(shares))
    for day in simulate(releases, schedule, adoption, DAYS).days:
        assert math.isclose(math.fsum(share.fraction for share in day.shares), 1, abs_tol=1e-12)
        assert math.isclose(day.served + day.locked_out + day.exposed - day.both, 1, abs_tol=1e-12)
        assert all(0 < share.fraction <= 1 for share in day.shares)
        assert len({share.version for share in day.shares}) == len(day.shares)


def with_more_pins(pins, more):
    if pins is None:
        return None
    return PinSet(
        {*pins.pins, *more} - set(pins.banned),
        banned=pins.banned,
        position=pins.position,
        expires=pins.expires,
        after_expiry=pins.after_expiry,
        enforce=pins.enforce,
    )


@given(fleets(), schedules(), counts, st.sets(st.sampled_from(POOL)))
def test_more_pins_never_lock_out_more_and_never_expose_less(releases, schedule, updated, more):
    richer = [Release(one.name, one.day, with_more_pins(one.pins, more)) for one in releases]
    few = simulate(releases, schedule, curve(updated), DAYS).days
    many = simulate(richer, schedule, curve(updated), DAYS).days
    assert all(rich.locked_out <= poor.locked_out for rich, poor in zip(many, few, strict=True))
    assert all(rich.exposed >= poor.exposed for rich, poor in zip(many, few, strict=True))


def test_more_pins_do_lock_out_fewer():
    schedule = [Served(0, NEW)]
    assert only(PinSet([A]), schedule).locked_out == 1
    assert only(PinSet([A, B]), schedule).locked_out == 0


SAMPLE, ERROR = (
    20_000,
    0.02,
)  # by the Dvoretzky-Kiefer-Wolfowitz inequality, further off once in three million samples


@settings(max_examples=20)
@given(fleets(), schedules(), st.integers(), st.sampled_from(["fast", "typical", "slow", "tail"]))
def test_a_sample_of_phones_agrees_with_the_fractions(releases, schedule, seed, name):
    adoption = Adoption.named(name)
    exact = simulate(releases, schedule, adoption, DAYS).days
    sample = simulate(releases, schedule, adoption.sampled(SAMPLE, seed=seed), DAYS).days
    most = (
        2 * ERROR * math.ceil(len(releases) / 2)
    )  # each stretch of neighbouring versions has two ends
    for one, other in zip(exact, sample, strict=True):
        assert abs(one.locked_out - other.locked_out) <= most
        assert abs(one.exposed - other.exposed) <= most


def test_a_sample_of_another_curve_does_not_agree():
    releases = [*ALONE, Release("1.1", 1, PinSet([B]))]
    exact = simulate(releases, [Served(0, NEW)], Adoption.named("slow"), DAYS)
    sample = simulate(
        releases, [Served(0, NEW)], Adoption.named("fast").sampled(SAMPLE, seed=1), DAYS
    )
    assert abs(exact.days[-1].locked_out - sample.days[-1].locked_out) > 4 * ERROR


def test_a_sample_is_made_of_phones_and_comes_back_with_its_seed():
    curves = [Adoption.named("typical").sampled(50, seed=seed) for seed in (7, 7, 8)]
    one, same, other = ([each.after(day) for day in range(100)] for each in curves)
    assert one == same != other
    assert all(round(share * 50) / 50 == share for share in one)
    whole = Adoption.named("typical").after(2)
    assert round(whole * 50) / 50 != whole


# ---- one truth, asked once


@pytest.fixture
def asked(monkeypatch):
    """Every question that is put to `PinSet.check`."""
    questions = []
    check = PinSet.check

    def counted(self, chain, **options):
        questions.append((self, tuple(chain), options))
        return check(self, chain, **options)

    monkeypatch.setattr(PinSet, "check", counted)
    return questions


def five_years(users, days=5 * 365):
    moments = renewals(START, START + timedelta(days=days), 47)
    identities = [ISSUING.issue_leaf("bank.example", generation=number + 10) for number in range(5)]
    served = [
        Served((moment - START).days, identities[number % 5])
        for number, moment in enumerate((START, *moments))
    ]
    expires = START + timedelta(days=700)
    pins = [
        PinSet([Pin.of(one.certificate), A], expires=expires, after_expiry="refuse")
        for one in identities
    ]
    releases = [Release(f"1.{number}", number * 90, pins[number % 5]) for number in range(8)]
    return simulate(releases, served, Adoption.named("slow"), days, users=users)


def test_a_larger_fleet_asks_no_more_questions(asked):
    small = five_years(10**3)
    first = len(asked)
    large = five_years(10**9)
    assert len(asked) == 2 * first > 0
    assert large.days == small.days
    assert large.user_days_locked_out == pytest.approx(10**6 * small.user_days_locked_out, rel=1e-3)


def test_no_question_is_asked_twice(asked):
    five_years(10**9)
    released, shown = 8, 1 + 38 + 1  # the certificates of five years, and somebody else's
    assert len(asked) <= released * shown * 2
    assert len(five_years(1).days) > len(asked) / 2


def test_a_live_check_and_the_simulation_are_the_same_code(monkeypatch):
    assert what(PinSet([A]), [Served(0, OLD)]) == ("", "")

    def refuse(self, chain, **_):
        raise PinMismatchError("banned key", "the test says so.")

    monkeypatch.setattr(PinSet, "check", refuse)
    assert what(PinSet([A]), [Served(0, OLD)]) == ("banned key", "")


# ---- who, and why


EXPIRING = {"expires": START + timedelta(days=3)}


@pytest.mark.parametrize(("pins", "served", "locked_out"), [
    (PinSet([A]), OLD, ""),
    (PinSet([A]), NEW, "no pinned key"),
    (PinSet([A, B]), NEW, ""),
    (PinSet([A], banned=[B]), NEW, "banned key"),
    (PinSet([Pin.of(ISSUING.certificate)]), NEW, ""),
    (PinSet([Pin.of(ISSUING.certificate)]), MOVED, "no pinned key"),
    (PinSet([A], **EXPIRING, after_expiry="refuse"), OLD, "pins expired"),
    (PinSet([A], **EXPIRING, after_expiry="accept"), NEW, ""),
    (PinSet([A], enforce=False), NEW, ""),
    (None, NEW, ""),
    (PinSet([C]), SHORT, "certificate expired"),
    (None, SHORT, "certificate expired"),
])  # fmt: skip
def test_a_refusal_has_its_cause(pins, served, locked_out):
    assert what(pins, [Served(0, served)], days=10)[0] == locked_out


@pytest.mark.parametrize(("pins", "exposed"), [
    (PinSet([A]), ""),
    (None, "no pins"),
    (PinSet([A], enforce=False), "pins not enforced"),
    (PinSet([A], **EXPIRING, after_expiry="accept"), "pins expired, fails open"),
    (PinSet([A], **EXPIRING, after_expiry="refuse"), ""),
])  # fmt: skip
def test_whoever_accepts_a_stranger_is_exposed(pins, exposed):
    assert what(pins, [Served(0, OLD)], days=10)[1] == exposed


def test_pins_protect_until_the_day_on_which_they_expire():
    pins = PinSet([A], **EXPIRING, after_expiry="accept")
    days = simulate([Release("1.0", 0, pins)], [Served(0, OLD)], AT_ONCE, 5).days
    assert [day.exposed for day in days] == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(("pins", "expected"), [
    (PinSet([A]), ("no pinned key", "stolen key")),
    (PinSet([A, B]), ("", "stolen key")),
    (PinSet([B]), ("", "")),
    (PinSet([Pin.of(ISSUING.certificate)]), ("", "stolen key")),
    (PinSet([Pin.of(ISSUING.certificate)], banned=[A]), ("", "")),
])  # fmt: skip
def test_a_stolen_key_works_after_the_server_has_left_it(pins, expected):
    assert what(pins, [Served(0, OLD, stolen_from=1), Served(2, NEW)], days=4) == expected


def test_a_thief_waits_for_the_day_of_the_theft_and_for_a_certificate():
    days = simulate(ALONE, [Served(0, OLD, stolen_from=2)], AT_ONCE, 4).days
    assert [day.exposed for day in days] == [0, 0, 1, 1]
    spare = [Release("1.0", 0, PinSet([A, B]))]
    days = simulate(spare, [Served(0, OLD), Served(2, NEW, stolen_from=0)], AT_ONCE, 4).days
    assert [day.exposed for day in days] == [0, 0, 1, 1]


def test_a_stolen_key_outlives_its_certificate_only_if_it_is_certified_again():
    pins = PinSet([C, B])
    again = ISSUING.issue_leaf("bank.example", key=SHORT.private_key)
    assert what(pins, [Served(0, SHORT, stolen_from=0), Served(2, NEW)], days=6)[1] == "stolen key"
    assert what(pins, [Served(0, SHORT, stolen_from=0), Served(2, NEW)], days=7)[1] == ""
    assert (
        what(pins, [Served(0, SHORT, stolen_from=0), Served(1, again), Served(2, NEW)], days=7)[1]
        == "stolen key"
    )


def test_a_leaf_counts_from_its_first_day_to_its_last():
    late = ISSUING.issue_leaf(
        "bank.example",
        key=OLD.private_key,
        not_before=START + timedelta(days=1),
        not_after=START + timedelta(days=2),
    )
    [first, *between, last] = simulate(ALONE, [Served(0, late)], AT_ONCE, 4).days
    assert first.shares[0].locked_out == "certificate not yet valid"
    assert [day.locked_out for day in between] == [0, 0]
    assert last.shares[0].locked_out == "certificate expired"


def test_a_chain_is_served_as_an_identity_is():
    chain = (*OLD.chain, ROOT.certificate)
    assert simulate(ALONE, [Served(0, chain)], HALF, 3) == simulate(
        ALONE, [Served(0, OLD)], HALF, 3
    )


# ---- who has which version


def test_users_leave_the_old_versions_and_never_come_back():
    releases = [
        Release("1", 0, PinSet([A])),
        Release("2", 2, PinSet([A])),
        Release("3", 4, PinSet([A])),
    ]
    adoption = Adoption.from_points([(0, 0.25), (2, 0.75)])
    days = simulate(releases, [Served(0, OLD)], adoption, 6).days
    assert {share.version: share.fraction for share in days[1].shares} == {"1": 1}
    assert {share.version: share.fraction for share in days[2].shares} == {"1": 0.75, "2": 0.25}
    assert {share.version: share.fraction for share in days[4].shares} == {
        "1": 0.25,
        "2": 0.5,
        "3": 0.25,
    }
    assert {share.version: share.fraction for share in days[5].shares} == {
        "1": 0.25,
        "2": 0.25,
        "3": 0.5,
    }


def test_the_order_in_which_things_are_given_does_not_matter():
    releases = [*ALONE, Release("1.1", 2, PinSet([A, B]))]
    schedule = [Served(0, OLD), Served(4, NEW)]
    assert simulate(releases[::-1], schedule[::-1], HALF, 6) == simulate(
        releases, schedule, HALF, 6
    )


def test_a_curve_goes_through_its_points_and_stays_at_the_last():
    adoption = Adoption.from_points([(10, 0.5), (20, 0.9)])
    assert [adoption.after(day) for day in (-1, 0, 5, 10, 15, 20, 1000)] == [
        0,
        0,
        0.25,
        0.5,
        0.7,
        0.9,
        0.9,
    ]
    assert Adoption.from_points([(0, 0.5), (10, 1)]).after(5) == 0.75


def test_half_of_the_rest_updates_in_every_half_life():
    adoption = Adoption.half_life(10, never=0.2)
    assert [adoption.after(day) for day in (0, 10, 20)] == pytest.approx([0, 0.4, 0.6])
    assert adoption.after(10_000) == pytest.approx(0.8)


# ---- the text


def test_a_day_and_a_rollout_say_what_happened_and_why():
    releases = [Release("1.0", 0, PinSet([A])), Release("1.1", 100, PinSet([A, B]))]
    rollout = simulate(releases, [Served(0, OLD, stolen_from=119), Served(120, NEW)], HALF, 365)
    assert (
        repr(rollout)
        == "<Rollout over 365 days: at most 50.0 % locked out (day 120), at most 100 % exposed (day 119)>"
    )
    assert (
        repr(rollout.days[118]) == "day 118 (2027-04-29): 100 % served, 0 % locked out, 0 % exposed"
    )
    assert repr(rollout.worst) == (
        "day 120 (2027-05-01): 0 % served, 50.0 % locked out, 100 % exposed; 1.1, 50.0 %: exposed (stolen key); "
        "1.0, 50.0 %: locked out (no pinned key) and exposed (stolen key)"
    )
    assert rollout.user_days_locked_out == 500_000 * (365 - 120)
    assert rollout.user_days_exposed == 1_000_000 * (365 - 119)
    assert (
        repr(HALF)
        == "<Adoption half: 50.0 % after 7 days, 50.0 % after 30 days, 50.0 % after 90 days, 50.0 % after 365 days>"
    )


@pytest.mark.parametrize(("share", "text"), [
    (0, "0 %"), (1e-12, "0 %"), (0.00099, "under 0.1 %"), (0.001, "0.1 %"), (0.5, "50.0 %"), (0.999, "99.9 %"),
    (0.9991, "over 99.9 %"), (1 - 1e-12, "100 %"), (1, "100 %"),
])  # fmt: skip
def test_a_share_never_hides_a_few_users(share, text):
    assert percent(share) == text


# ---- what makes no sense


@pytest.mark.parametrize(("change", "says"), [
    ({"releases": []}, "at least one release"),
    ({"served": []}, "at least one served certificate"),
    ({"releases": [Release("1.0", 3, None)]}, "no release on day 0.*day 3"),
    ({"served": [Served(1, OLD)]}, "no served certificate on day 0"),
    ({"releases": [*ALONE, Release("1.1", 0, None)]}, "two on day 0"),
    ({"releases": [*ALONE, Release("1.0", 5, None)]}, "same name"),
    ({"served": [Served(0, OLD), Served(0, NEW)]}, "two on day 0"),
    ({"start": datetime(2027, 1, 1)}, "time zone"),  # noqa: DTZ001
    ({"days": 0}, "number of days"),
    ({"days": 2.5}, "number of days"),
    ({"users": 0}, "number of users"),
    ({"adoption": Adoption("falls", lambda days: 1 / (1 + days))}, "falls on day 1"),
    ({"adoption": Adoption("over", lambda days: days)}, "between 0 and 1; got 2"),
])  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused_with_the_reason(change, says):
    plan = {"releases": ALONE, "served": [Served(0, OLD)], "adoption": HALF, "days": 3}
    assert simulate(**plan).days
    with pytest.raises(ValueError, match=says):
        simulate(**plan | change)


@pytest.mark.parametrize(("points", "says"), [
    ([], "at least one point"),
    ([(1, 1.5)], "between 0 and 1; got 1.5"),
    ([(1, -0.1)], "between 0 and 1"),
    ([(1, math.nan)], "between 0 and 1"),
    ([(1, 0.5), (1, 0.6)], "Days must grow"),
    ([(-1, 0.5)], "Days must grow"),
    ([(1, 0.5), (2, 0.4)], "takes an update back"),
])  # fmt: skip
def test_points_that_are_no_adoption_curve_are_refused(points, says):
    with pytest.raises(ValueError, match=says):
        Adoption.from_points(points)


@pytest.mark.parametrize(("make", "says"), [
    (lambda: Release("1.0", 1.5, None), "whole number; got 1.5"),
    (lambda: Release("1.0", True, None), "whole number; got True"),
    (lambda: Release("1.0", 0, [A]), "PinSet, or None for no pins; got list"),
    (lambda: Served("0", OLD), "whole number; got '0'"),
    (lambda: Served(0, OLD, stolen_from=START), "stolen_from must be a whole number"),
    (lambda: Served(0, ()), "no certificate"),
    (lambda: Served(0, Identity.of(OLD.private_key, *OLD.chain)), "by hand"),
    (lambda: Adoption.named("quick"), "There are: fast, typical, slow, tail"),
    (lambda: Adoption.half_life(0), "above 0"),
    (lambda: Adoption.half_life(5, never=2), "between 0 and 1"),
    (lambda: HALF.sampled(0, seed=1), "1 or more"),
    (lambda: renewals(datetime(2027, 1, 1), START), "start must be a datetime with a time zone"),  # noqa: DTZ001
    (lambda: renewals(START, datetime(2028, 1, 1)), "end must be a datetime with a time zone"),  # noqa: DTZ001
    (lambda: renewals(START, START, 0), "1 or more"),
    (lambda: validity_limit(datetime(2026, 3, 14, tzinfo=UTC)), "must not be before 2026-03-15"),
])  # fmt: skip
def test_other_input_that_makes_no_sense_is_refused_with_the_reason(make, says):
    with pytest.raises(ValueError, match=says):
        make()


# ---- certificate lifetimes


@pytest.mark.parametrize(
    ("issued", "days"),
    [
        ((2026, 3, 15), 200),
        ((2027, 3, 14), 200),
        ((2027, 3, 15), 100),
        ((2029, 3, 14), 100),
        ((2029, 3, 15), 47),
    ],
)
def test_the_longest_lifetime_depends_on_the_day_of_issue(issued, days):
    assert validity_limit(datetime(*issued, tzinfo=UTC)) == days


def test_certificates_are_renewed_when_they_end():
    due = renewals(START, START + timedelta(days=200), 47)
    assert [(moment - START).days for moment in due] == [47, 94, 141, 188]
    assert renewals(START, START + timedelta(days=47), 47) == ()


def test_without_a_limit_each_certificate_lives_as_long_as_is_allowed():
    start, end = datetime(2026, 6, 1, tzinfo=UTC), datetime(2029, 12, 31, tzinfo=UTC)
    lives = [(later - moment).days for moment, later in pairwise((start, *renewals(start, end)))]
    assert lives == sorted(lives, reverse=True)
    assert set(lives) == {200, 100, 47}
    assert (
        lives.index(100) == 2
    )  # of the 200-day certificates, the second was issued before March 2027


def test_a_key_pin_survives_renewals_that_keep_the_key_and_no_others():
    moments = renewals(START, START + timedelta(days=365), 47)

    def served(*, same_key):
        identity, schedule = OLD, [Served(0, OLD)]
        for moment in moments:
            identity = identity.renewed(same_key=same_key)
            schedule.append(Served((moment - START).days, identity))
        return schedule

    assert simulate(ALONE, served(same_key=True), HALF, 365).worst.locked_out == 0
    assert simulate(ALONE, served(same_key=False), HALF, 365).worst.day == 47


# ---- the two outages


def test_smashing_magazine_was_gone_for_most_readers_for_four_days():
    rollout = smashing_magazine_2016()
    assert [day.locked_out > 0.5 for day in rollout.days[:6]] == [True] * 4 + [False] * 2
    assert (f"{rollout.days[0].at:%Y-%m-%d}", f"{rollout.days[4].at:%Y-%m-%d}") == (
        "2016-10-21",
        "2016-10-25",
    )
    assert rollout.worst.shares[-1].locked_out == "no pinned key"
    assert rollout.days[0].served + rollout.days[0].exposed == pytest.approx(
        0.4
    )  # who had never been there got in


def test_left_alone_it_would_have_lasted_as_long_as_browsers_keep_pins():
    out = [day.locked_out > 0.5 for day in smashing_magazine_2016(back_on_day=None).days]
    assert out == [True] * 60 + [False] * 40


def test_barclays_had_an_update_to_wait_for_and_the_legacy_certificate_saved_it():
    adoption = Adoption.named("fast")
    without = barclays_2016(adoption, weeks=4, legacy_certificate=False)
    assert [day.locked_out for day in without.days[:28]] == [1.0] * 28
    assert f"{without.worst.at:%Y-%m-%d}" == "2016-11-24"
    assert without.worst.shares[0].locked_out == "no pinned key"
    assert without.days[29].locked_out < 1
    assert without.days[-1].locked_out == 0
    assert barclays_2016(adoption, weeks=4).worst.locked_out == 0


# ---- the tables


def table(name):
    return list(csv.DictReader((data_dir() / name).read_text(encoding="utf-8").splitlines()))


def test_every_adoption_curve_says_that_it_is_invented():
    rows = table("adoption.csv")
    assert {row["source"] for row in rows} == {"invented for teaching"}
    for name in {row["curve"] for row in rows}:
        last = max(int(row["day"]) for row in rows if row["curve"] == name)
        assert (Adoption.named(name).after(last) < 1) == (name == "tail")


def test_every_validity_limit_has_the_address_of_its_source():
    rows = table("validity_limits.csv")
    assert [int(row["max_days"]) for row in rows] == [200, 100, 47]
    assert all(row["source"].startswith("https://postquantum.com/") for row in rows)
