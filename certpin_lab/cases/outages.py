"""Two outages of 2016, replayed as schedules: what is known has its source, and what is invented
says so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..lab.pki import CertificateAuthority, Identity
from ..pinning.pins import Pin
from ..pinning.policy import PinSet
from .fleets import Adoption, Release, Rollout, Served, fraction, simulate

_KEPT = timedelta(days=60)  # https://www.rfc-editor.org/rfc/rfc7469, section 4.1


def smashing_magazine_2016(
    *, returning: float = 0.6, back_on_day: int | None = 4, days: int = 100
) -> Rollout:
    """Day 0 is 21 October 2016: the site serves a key that is not among the three pins that its
    readers' browsers remember.

    From https://www.smashingmagazine.com/be-afraid-of-public-key-pinning/: a header with three pins
    and max-age=31536000, and a site out of reach for most visitors between 21 and 25 October. The
    header asked for a year; Chromium and Firefox kept pins for at most 60 days.
    Invented: that "most" means the fraction `returning`, that all of them heard the header on the
    day before and never again, and that a pinned key served again on `back_on_day` was the end
    (None: nobody does anything).
    """
    start = datetime(2016, 10, 21, tzinfo=UTC)
    authority = CertificateAuthority("Magazine CA", seed="2016")
    pinned, *spare, other = (_leaf_of(authority, start, generation) for generation in (1, 2, 3, 4))
    memory = PinSet(
        [Pin.of(one.certificate) for one in (pinned, *spare)],
        expires=start + _KEPT,
        after_expiry="accept",
    )
    browsers = [Release("remembers the pins", -1, memory), Release("was never here", 0, None)]
    schedule = [Served(-1, pinned), Served(0, other)] + (
        [Served(back_on_day, pinned)] if back_on_day else []
    )
    strangers = Adoption.from_points(
        [(0, 1 - fraction("returning", returning))], name="first visits"
    )
    return simulate(browsers, schedule, strangers, days, start=start)


def barclays_2016(
    adoption: Adoption, *, weeks: int = 4, legacy_certificate: bool = True, days: int = 180
) -> Rollout:
    """Day 0 is 24 November 2016: apps pin an intermediate that their CA no longer issues from.

    From https://archive.cabforum.org/pipermail/public/2016-November/008989.html: an update of the
    apps would take several weeks, so the CA issued one more certificate from a legacy system,
    against the rules. `legacy_certificate=False` shows what it saved them from. Invented: that
    several means `weeks`, that the update pins both intermediates, and how fast it spreads.
    """
    start = datetime(2016, 11, 24, tzinfo=UTC)
    root = CertificateAuthority("Payment Root CA", seed="2016")
    legacy, current = (
        root.issue_intermediate("Legacy Issuing CA"),
        root.issue_intermediate("Current Issuing CA"),
    )
    versions = [
        Release("pins the legacy intermediate", -1, PinSet([Pin.of(legacy.certificate)])),
        Release(
            "pins both",
            7 * weeks,
            PinSet([Pin.of(legacy.certificate), Pin.of(current.certificate)]),
        ),
    ]
    issuer = legacy if legacy_certificate else current
    return simulate(versions, [Served(0, _leaf_of(issuer, start, 1))], adoption, days, start=start)


def _leaf_of(authority: CertificateAuthority, start: datetime, generation: int) -> Identity:
    return authority.issue_leaf(
        "shop.example",
        generation=generation,
        not_before=start - timedelta(days=30),
        not_after=start + timedelta(days=730),
    )
