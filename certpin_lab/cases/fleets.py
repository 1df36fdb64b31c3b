"""A fleet of pinned apps against a schedule of server keys: who is served, locked out or exposed,
day by day.

Users are fractions, never single phones, so simulating a billion phones costs no more than
simulating ten. Whether a version accepts a chain is asked of `PinSet.check`, as in a live
connection. Three things are simpler than in life: a user who is slow is equally slow at every
update, nobody goes back to an older version, and no phone asks whether a certificate was revoked.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import pairwise
from math import fsum
from typing import Protocol, TypeVar

from cryptography import x509

from ..lab.pki import CertificateAuthority, Identity
from ..pinning.pin_mismatch import PinMismatchError
from ..pinning.pins import Pin
from ..pinning.policy import PinSet, aware_utc
from .facts import read_table, validity_limit

START = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Release:
    """A version of the app: its name, the day on which it can be installed, and the pins it ships
    with (None: it pins nothing).

    `day` counts from the start of the simulation, which is day 0; a version that is older than that
    has a negative day.
    """

    name: str
    day: int
    pins: PinSet | None

    def __post_init__(self) -> None:
        _whole("A release's day", self.day)
        if self.pins is not None and not isinstance(self.pins, PinSet):
            raise ValueError(
                f"Release {self.name} must ship a PinSet, or None for no pins; got"
                f" {type(self.pins).__name__}."
            )


@dataclass(frozen=True)
class Served:
    """What the server presents from `day` on, until the next one of the schedule.

    identity: an `Identity` of the lab, or the chain that a client verifies: certificates, leaf
    first, with the root.
    stolen_from: the day from which a thief has a copy of the private key. The thief can then
        present every certificate with this key that the server has shown and that has not expired,
        also long after the server itself has changed its key.
    """

    day: int
    identity: Identity | Sequence[x509.Certificate]
    stolen_from: int | None = None

    def __post_init__(self) -> None:
        _whole("The day of a served certificate", self.day)
        if self.stolen_from is not None:
            _whole("stolen_from", self.stolen_from)
        if not self.chain:
            raise ValueError(
                f"On day {self.day} the server has no certificate. Give an Identity, or a chain,"
                " leaf first."
            )

    @cached_property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The verified chain, leaf first, with the root."""
        if isinstance(self.identity, Identity):
            return (*self.identity.chain, self.identity.issuer.root)
        return tuple(self.identity)

    @cached_property
    def key(self) -> Pin:
        """The pin of the server's key."""
        return Pin.of(self.chain[0])

    def out_of_date(self, at: datetime) -> str:
        """Why the leaf's dates keep every client away at that moment; empty when they do not.

        The CAs' dates are not looked at.
        """
        if at > self.chain[0].not_valid_after_utc:
            return "certificate expired"
        return "certificate not yet valid" if at < self.chain[0].not_valid_before_utc else ""


@dataclass(frozen=True, repr=False)
class Adoption:
    """How fast users update: `after(days)` is the fraction that has installed a release so many
    days after it came out.

    curve: such a function of whole days, which never falls; `name` is for people. A curve need not
    reach 1: some never update.
    """

    name: str
    curve: Callable[[int], float]

    @classmethod
    def from_points(cls, points: Iterable[tuple[int, float]], *, name: str = "points") -> Adoption:
        """Straight lines between (days since the release, fraction updated), from (0, 0) unless day
        0 is given; level after the last.

        Raises ValueError for no points, fractions outside 0 to 1, and days or fractions that go
        back.
        """
        given = list(points)
        if not given:
            raise ValueError(
                "An adoption curve needs at least one point, such as (30, 0.8): 80 % after 30 days."
            )
        knots = given if given[0][0] == 0 else [(0, 0.0), *given]
        for day, share in knots:
            fraction(f"{name}, day {day}", share)
        for (day, share), (later, more) in pairwise(knots):
            if later <= day or more < share:
                raise ValueError(
                    f"{name}: after ({day}, {share}) comes ({later}, {more}). Days must grow, and"
                    " nobody takes an update back."
                )
        return cls(name, lambda days: _between(knots, days))

    @classmethod
    def named(cls, name: str) -> Adoption:
        """A curve of `data/adoption.csv`: "fast", "typical", "slow", or "tail", where some never
        update. All are invented for teaching.
        """
        curves: dict[str, list[tuple[int, float]]] = {}
        for row in read_table("adoption.csv"):
            curves.setdefault(row["curve"], []).append((int(row["day"]), float(row["share"])))
        if name not in curves:
            raise ValueError(
                f"There is no adoption curve {name!r}. There are: {', '.join(curves)}."
            )
        return cls.from_points(curves[name], name=name)

    @classmethod
    def half_life(cls, days: float, *, never: float = 0.0) -> Adoption:
        """The formula: of those who will ever update, half of the rest does so every `days` days.

        The fraction `never` does not.
        """
        if not days > 0:
            raise ValueError(f"A half-life must be a number of days above 0; got {days}.")
        fraction("never", never)
        return cls(
            f"half-life {days} days, {percent(never)} never",
            lambda d: (1 - never) * (1 - 0.5 ** (d / days)),
        )

    def after(self, days: int) -> float:
        """The fraction that has updated so many whole days after a release: 0 before it.

        Raises ValueError if the curve leaves 0 to 1.
        """
        return fraction(f"{self.name}, day {days}", self.curve(days)) if days >= 0 else 0.0

    def sampled(self, phones: int, *, seed: int | str) -> Adoption:
        """The same curve as a sample of so many phones shows it: each has its own patience, drawn
        by `random.Random(seed)`.
        """
        _whole("The number of phones", phones, least=1)
        draw = random.Random(seed)  # noqa: S311  # a sample that can be repeated, not a secret
        patience = sorted(draw.random() for _ in range(phones))
        return Adoption(
            f"{self.name}, {phones} phones",
            lambda days: bisect_left(patience, self.after(days)) / phones,
        )

    def __repr__(self) -> str:
        steps = ", ".join(
            f"{percent(self.after(days))} after {days} days" for days in (7, 30, 90, 365)
        )
        return f"<Adoption {self.name}: {steps}>"


@dataclass(frozen=True)
class Share:
    """The fraction of users on one version, and what became of them.

    locked_out: why the bank's own server is refused; empty when it is not.
    exposed: why the app would accept somebody else; empty when it would not. Both can be true at
    once: an app whose only pin is a stolen key, after the server has left that key.
    """

    version: str
    fraction: float
    locked_out: str
    exposed: str


@dataclass(frozen=True, repr=False)
class Day:
    """One day of the fleet: its number, its moment, and the shares of the versions in use, which
    add to 1.
    """

    day: int
    at: datetime
    shares: tuple[Share, ...]

    @property
    def served(self) -> float:
        """The fraction that reaches the bank, and only the bank.

        `served + locked_out + exposed - both` is 1.
        """
        return self._sum(lambda share: not share.locked_out and not share.exposed)

    @property
    def locked_out(self) -> float:
        """The fraction that cannot reach the bank, whether or not it is exposed too."""
        return self._sum(lambda share: bool(share.locked_out))

    @property
    def exposed(self) -> float:
        """The fraction that would accept somebody else for the bank, whether or not it reaches the
        bank.
        """
        return self._sum(lambda share: bool(share.exposed))

    @property
    def both(self) -> float:
        """The fraction that is locked out and exposed at once."""
        return self._sum(lambda share: bool(share.locked_out and share.exposed))

    def _sum(self, counts: Callable[[Share], bool]) -> float:
        return fsum(share.fraction for share in self.shares if counts(share))

    def __repr__(self) -> str:
        said = [f"{percent(self.served)} served", f"{percent(self.locked_out)} locked out"]
        said.append(f"{percent(self.exposed)} exposed")
        text = f"day {self.day} ({self.at:%Y-%m-%d}): {', '.join(said)}"
        for share in self.shares:
            pairs = (("locked out", share.locked_out), ("exposed", share.exposed))
            if what := " and ".join(f"{word} ({cause})" for word, cause in pairs if cause):
                text += f"; {share.version}, {percent(share.fraction)}: {what}"
        return text


@dataclass(frozen=True, repr=False)
class Rollout:
    """What a plan leads to: `days[n]` is day n, for a fleet of `users`."""

    days: tuple[Day, ...]
    users: int

    @property
    def worst(self) -> Day:
        """The first of the days with the most users locked out."""
        return max(self.days, key=lambda day: day.locked_out)

    @property
    def most_exposed(self) -> Day:
        """The first of the days with the most users exposed."""
        return max(self.days, key=lambda day: day.exposed)

    @property
    def user_days_locked_out(self) -> int:
        """Users locked out, added up over all days: one for each user and day."""
        return round(self.users * fsum(day.locked_out for day in self.days))

    @property
    def user_days_exposed(self) -> int:
        """Users exposed, added up over all days: one for each user and day."""
        return round(self.users * fsum(day.exposed for day in self.days))

    def __str__(self) -> str:
        def most(day: Day, share: float, word: str) -> str:
            return f"at most {percent(share)} {word} (day {day.day})" if share else f"nobody {word}"

        locked_out = most(self.worst, self.worst.locked_out, "locked out")
        return f"{locked_out}, {most(self.most_exposed, self.most_exposed.exposed, 'exposed')}"

    def __repr__(self) -> str:
        return f"<Rollout over {len(self.days)} days: {self}>"


def percent(share: float) -> str:
    """A share as text, which never says 0 % of somebody, nor 100 % when somebody is missing."""
    rounded = round(share, 9)
    if 0 < rounded < 0.001:
        return "under 0.1 %"
    if 0.999 < rounded < 1:
        return "over 99.9 %"
    return f"{rounded:.0%}".replace("%", " %") if rounded in (0, 1) else f"{100 * rounded:.1f} %"


def simulate(
    releases: Iterable[Release],
    served: Iterable[Served],
    adoption: Adoption,
    days: int,
    *,
    start: datetime = START,
    users: int = 1_000_000,
) -> Rollout:
    """Every day from 0 to `days - 1`: which versions are in use, and what each of them makes of the
    server and of a thief.

    releases: versions with their pins. The oldest is what everybody has; the others spread as
    `adoption` says.
    served: what the server presents, and whose key is stolen. Releases and certificates may come in
    any order, at most one of each a day.
    start: the moment of day 0, an aware datetime; each day is judged at that time of day.

    A version is exposed when it accepts a certificate for the bank's name from another CA (it does
    not pin, or no longer), or a stolen key. Raises ValueError for an empty schedule, a day 0
    without a version or a certificate, and a curve that falls or leaves 0 to 1. Only the leaf's
    dates are checked: the rest of the chain is assumed to be valid.
    """
    aware_utc("start", start)
    _whole("The number of days", days, least=1)
    _whole("The number of users", users, least=1)
    versions, schedule = _in_order(releases, "release"), _in_order(served, "served certificate")
    if len({release.name for release in versions}) < len(versions):
        raise ValueError("Two releases have the same name. Give each version its own.")
    updated = _updated(adoption, days - versions[0].day)
    judge = _Judge(schedule)
    rows = []
    for day in range(days):
        at = start + timedelta(days=day)
        parts = [
            (release, fraction) for release, fraction in _in_use(versions, updated, day) if fraction
        ]
        rows.append(
            Day(
                day,
                at,
                tuple(Share(one.name, part, *judge.causes(one, day, at)) for one, part in parts),
            )
        )
    return Rollout(tuple(rows), users)


def _in_use(
    versions: Sequence[Release], updated: Sequence[float], day: int
) -> Iterator[tuple[Release, float]]:
    """Each version and the fraction that uses it, newest first.

    Users who have updated to a version have left all older ones.
    """
    newer = 0.0
    for release in reversed(versions[1:]):
        reached = updated[day - release.day] if day >= release.day else 0.0
        yield release, reached - newer
        newer = reached
    yield versions[0], 1.0 - newer


def _updated(adoption: Adoption, days: int) -> list[float]:
    updated = [adoption.after(day) for day in range(days)]
    for day, (before, after) in enumerate(pairwise(updated), 1):
        if after < before:
            raise ValueError(
                f"{adoption.name}: the fraction falls on day {day}. Nobody takes an update back."
            )
    return updated


class _Judge:
    """What a version makes of the server and of a thief.

    Each question is put to `PinSet.check` once, however many days ask it.
    """

    def __init__(self, schedule: Sequence[Served]) -> None:
        self._schedule = schedule
        self._anybody = Served(schedule[0].day, _somebody_else())
        self._stolen: dict[Pin, int] = {}
        for one in schedule:
            if one.stolen_from is not None:
                self._stolen[one.key] = min(
                    one.stolen_from, self._stolen.get(one.key, one.stolen_from)
                )
        self._answers: dict[tuple[str, int, bool], str] = {}

    def causes(self, release: Release, day: int, at: datetime) -> tuple[str, str]:
        """Why this version is locked out and why it is exposed on that day, each empty when it is
        not.
        """
        shown = [one for one in self._schedule if one.day <= day]
        locked_out = shown[-1].out_of_date(at) or self._refusal(release, shown[-1], at)
        return locked_out, self._exposure(release, shown, day, at)

    def _exposure(self, release: Release, shown: Sequence[Served], day: int, at: datetime) -> str:
        if not self._refusal(release, self._anybody, at):
            if release.pins is None:
                return "no pins"
            return "pins expired, fails open" if release.pins.enforce else "pins not enforced"
        for one in shown:
            stolen = self._stolen.get(one.key, day + 1) <= day
            if stolen and not one.out_of_date(at) and not self._refusal(release, one, at):
                return "stolen key"
        return ""

    def _refusal(self, release: Release, one: Served, at: datetime) -> str:
        if release.pins is None:
            return ""
        # Of all that `at` can change, the check knows only this: before the pins expire, and after.
        expired = release.pins.expires is not None and at >= release.pins.expires
        question = (release.name, id(one), expired)
        if question not in self._answers:
            self._answers[question] = _refusal(release.pins, one.chain, at)
        return self._answers[question]


def _refusal(pins: PinSet, chain: Sequence[x509.Certificate], at: datetime) -> str:
    try:
        pins.check(chain, at=at)
    except PinMismatchError as mismatch:
        return mismatch.kind if pins.enforce else ""
    return ""


@cache
def _somebody_else() -> tuple[x509.Certificate, ...]:
    """A certificate for the bank's name from a CA that has nothing to do with the bank's."""
    authority = CertificateAuthority("Somebody Else's CA", seed="rollout")
    return (*authority.issue_leaf("bank.example").chain, authority.root)


# ---- certificate lifetimes


def renewals(start: datetime, end: datetime, limit: int | None = None) -> tuple[datetime, ...]:
    """The moments, after `start` and before `end`, at which the last certificate has come to its
    end and the next is due.

    The first certificate is issued at `start`, and each is valid `limit` days; None means the
    longest that was allowed when it was issued. Raises ValueError for naive datetimes and a limit
    below 1. A careful server renews earlier: give a shorter limit.
    """
    moment, end = aware_utc("start", start), aware_utc("end", end)
    if limit is not None:
        _whole("limit", limit, least=1)
    due = []
    while (moment := moment + timedelta(days=limit or validity_limit(moment))) < end:
        due.append(moment)
    return tuple(due)


# ---- small checks


class _Dated(Protocol):
    @property
    def day(self) -> int: ...


_D = TypeVar("_D", bound=_Dated)


def _in_order(given: Iterable[_D], what: str) -> list[_D]:
    """By day, and with something for day 0."""
    ordered = sorted(given, key=lambda one: one.day)
    if not ordered:
        raise ValueError(f"The schedule is empty: give at least one {what}, for day 0.")
    if ordered[0].day > 0:
        raise ValueError(
            f"There is no {what} on day 0: the first one comes on day {ordered[0].day}."
        )
    for one, other in pairwise(ordered):
        if one.day == other.day:
            raise ValueError(
                f"There are two on day {one.day}, and each {what} needs a day of its own."
            )
    return ordered


def _between(knots: Sequence[tuple[int, float]], days: int) -> float:
    place = bisect_left(knots, days, key=lambda knot: knot[0])
    if place == len(knots):
        return knots[-1][1]
    if knots[place][0] == days:
        return knots[place][1]
    (before, low), (after, high) = knots[place - 1 : place + 1]
    return low + (high - low) * (days - before) / (after - before)


def fraction(name: str, value: float) -> float:
    """The value itself. Raises ValueError, with its name, when it is not between 0 and 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name}: a fraction of the users must be between 0 and 1; got {value}.")
    return value


def _whole(name: str, value: object, *, least: int | None = None) -> None:
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or (least is not None and value < least)
    ):
        raise ValueError(
            f"{name} must be a whole number{'' if least is None else f', {least} or more'}; got"
            f" {value!r}."
        )
