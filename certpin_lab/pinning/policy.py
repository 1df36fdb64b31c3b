"""Which pins an app accepts, for which hosts, and until when.

Pure values: nothing here opens a connection, verifies a signature or looks at a certificate's
dates. `context` does that first, and hands the verified chain over.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Literal

from cryptography import x509

from .certificate import subject_text
from .errors import PolicyError
from .hostnames import HostPattern, canonical_hostname, families
from .pin_mismatch import PinMismatchError
from .pins import Pin

Position = Literal["any", "leaf", "ca"]
AfterExpiry = Literal["refuse", "accept"]
Unlisted = Literal["accept", "refuse"]


@dataclass(frozen=True)
class PinMatch:
    """What made a chain acceptable: the pin, its certificate, and its position (0 is the leaf).

    All three are None when nothing matched and the set let the connection pass all the same: it had
    expired and says `after_expiry="accept"`, or it says `enforce=False`.
    """

    pin: Pin | None = None
    certificate: x509.Certificate | None = None
    position: int | None = None


@dataclass(frozen=True, init=False)
class PinSet:
    """The keys an app accepts for a host.

    It is never empty, any one match is enough, and no banned key may appear.

    pins: `Pin`s or their text. A second one, of a key kept offline, is the way out when the first
    must change.
    banned: keys that are refused wherever they stand in the chain, also after `expires`.
    position: where a pin may match: "any", only the "leaf", or only a "ca" (everything above the
    leaf).
    expires: aware datetime from which the pins no longer count. `after_expiry` then must be said:
        "refuse" locks users out, "accept" fails open as Android does.
    enforce: False reports mismatches and lets them pass. Only `PinPolicy.check` looks at it.

    Raises `PolicyError` for contradictions and `PinFormatError` for text that is not a pin.
    """

    pins: tuple[Pin, ...]
    banned: tuple[Pin, ...]
    position: Position
    expires: datetime | None
    after_expiry: AfterExpiry | None
    enforce: bool

    def __init__(
        self,
        pins: Iterable[Pin | str],
        *,
        banned: Iterable[Pin | str] = (),
        position: Position = "any",
        expires: datetime | None = None,
        after_expiry: AfterExpiry | None = None,
        enforce: bool = True,
    ) -> None:
        values = {
            "pins": _pins(pins, "pins"),
            "banned": _pins(banned, "banned"),
            "position": position,
            "expires": None if expires is None else aware_utc("expires", expires),
            "after_expiry": after_expiry,
            "enforce": enforce,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        if not self.pins:
            raise PolicyError(
                "An empty pin set would accept nobody or, with a careless check, everybody. "
                "Give at least one pin."
            )
        if both := ", ".join(str(pin) for pin in self.pins if pin in self.banned):
            raise PolicyError(
                f"These keys are both pinned and banned: {both:.400}. "
                "Take each out of one of the two lists."
            )
        _one_of("position", self.position, ("any", "leaf", "ca"))
        if not isinstance(self.enforce, bool):
            raise PolicyError(f"enforce must be True or False; got {self.enforce!r:.80}.")
        if (self.expires is None) != (self.after_expiry is None):
            raise PolicyError(
                "Give expires and after_expiry together: after the date, 'refuse' locks users out, "
                "'accept' fails open."
            )
        if self.expires is not None:
            _one_of("after_expiry", self.after_expiry, ("refuse", "accept"))

    def check(
        self,
        verified_chain: Sequence[x509.Certificate],
        *,
        at: datetime | None = None,
        server_hostname: str | None = None,
    ) -> PinMatch:
        """The match that makes this chain acceptable, or `PinMismatchError`. Never a bool.

        verified_chain: the certificates that the client verified up to a trust anchor, leaf first.
            A chain that the peer merely presented must not be given: its sender chooses what is in
            it (CVE-2016-2402).
        at: the moment to judge at, an aware datetime; now by default.
        server_hostname: only for the error's text.

        Does not verify signatures, dates or host names, and does not know whether the chain was
        verified.
        """
        chain = tuple(verified_chain)
        mismatch = partial(self._mismatch, chain, server_hostname)
        if not chain:
            raise mismatch(
                "no verified chain",
                "there is no verified chain (a resumed session has none). Make a full handshake.",
            )
        for certificate in chain if self.banned else ():
            if Pin.of(certificate) in self.banned:
                raise mismatch("banned key", f"the key of {subject_text(certificate)} is banned.")
        if self._expired(at):
            if self.after_expiry == "accept":
                return PinMatch()
            raise mismatch(
                "pins expired",
                f"the pins expired on {self.expires:%Y-%m-%d}, and this set refuses after that.",
            )
        for position, certificate in enumerate(chain):
            pin = Pin.of(certificate)
            if pin in self.pins and self.position in ("any", "leaf" if position == 0 else "ca"):
                return PinMatch(pin, certificate, position)
        where = {
            "any": "no key of the verified chain is pinned.",
            "leaf": "the leaf's key is not pinned, and this set matches leaves only.",
            "ca": "no key above the leaf is pinned.",
        }
        raise mismatch("no pinned key", where[self.position])

    def _mismatch(
        self, chain: Sequence[x509.Certificate], host: str | None, kind: str, problem: str
    ) -> PinMismatchError:
        presented = [(Pin.of(certificate), subject_text(certificate)) for certificate in chain]
        return PinMismatchError(
            kind, problem, server_hostname=host, expected=self.pins, presented=presented
        )

    def _expired(self, at: datetime | None) -> bool:
        moment = at and aware_utc("at", at)
        return self.expires is not None and (moment or datetime.now(UTC)) >= self.expires


class PinPolicy:
    """Which pins count for which hosts, and what happens to a host that is not listed.

    pin_sets: host patterns (`bank.example`, `*.bank.example`, `**.bank.example`) and the `PinSet`
        of each. All patterns that match a host pool their pins, as in OkHttp; sets that can meet
        must agree in every other option.
    unlisted: "accept" a host without pins after the usual certificate checks, or "refuse" it.
    report: called with every `PinMismatchError`, also where `enforce=False` lets the connection
    pass.

    Raises `PolicyError` for an empty policy or sets that contradict each other, `HostnameError` for
    a bad pattern.
    """

    def __init__(
        self,
        pin_sets: Mapping[str, PinSet],
        *,
        unlisted: Unlisted = "accept",
        report: Callable[[PinMismatchError], object] | None = None,
    ) -> None:
        if not isinstance(pin_sets, Mapping) or not all(
            isinstance(pins, PinSet) for pins in pin_sets.values()
        ):
            raise PolicyError(
                "A policy must map host patterns to PinSets, as in "
                "{'bank.example': PinSet([pin, backup_pin])}."
            )
        if not pin_sets and unlisted == "accept":
            raise PolicyError(
                "An empty policy pins nothing. List at least one host, or say unlisted='refuse'."
            )
        _one_of("unlisted", unlisted, ("accept", "refuse"))
        if report is not None and not callable(report):
            raise PolicyError("report must be a function that takes the PinMismatchError.")
        self._unlisted = unlisted
        self._report = report
        self._pin_sets: dict[str, PinSet] = {}
        for text, pins in pin_sets.items():
            name = str(HostPattern.parse(text))
            before = [(name, self._pin_sets[name])] if name in self._pin_sets else []
            self._pin_sets[name] = _pool([*before, (text, pins)])
        for name in self._pin_sets:
            base = name.lstrip("*.")
            # Two families that share a host share one of these: what is compared grows with the
            # policy and not with its square.
            for host in (base, f"x.{base}"):
                _refuse_differences(self._matching(host))

    @property
    def unlisted(self) -> Unlisted:
        """What happens to a host that no pattern matches."""
        return self._unlisted

    @property
    def pin_sets(self) -> dict[str, PinSet]:
        """The pin set of each host pattern: pooled only where a pattern was given twice."""
        return dict(self._pin_sets)

    def pins_for(self, hostname: str) -> PinSet | None:
        """The pooled pins of every pattern that matches, or None for a host that is not listed.

        The host name may be spelt in any way that `canonical_hostname` accepts; others raise
        `HostnameError`.
        """
        canonical = canonical_hostname(hostname)
        matching = self._matching(canonical)
        return _pool(matching) if matching else None

    def _matching(self, hostname: str) -> list[tuple[str, PinSet]]:
        names = [name for name in families(hostname) if name in self._pin_sets]
        return [(name, self._pin_sets[name]) for name in names]

    def check(
        self,
        hostname: str,
        verified_chain: Sequence[x509.Certificate],
        *,
        at: datetime | None = None,
    ) -> PinMatch:
        """`PinSet.check` with the pins for this host.

        Raises `PinMismatchError`. See there for what is not checked.

        A listed host whose set says `enforce=False`, and an unlisted host under
        `unlisted="accept"`, pass with an empty match.
        """
        pins = self.pins_for(hostname)
        if pins is None and self._unlisted == "accept":
            return PinMatch()
        try:
            if pins is None:
                raise PinMismatchError(
                    "host not listed",
                    "this host is not listed, and the policy refuses such hosts.",
                    server_hostname=hostname,
                )
            return pins.check(verified_chain, at=at, server_hostname=hostname)
        except PinMismatchError as mismatch:
            self._send_report(mismatch)
            if pins is None or pins.enforce:
                raise
            return PinMatch()

    def _send_report(self, mismatch: PinMismatchError) -> None:
        try:
            if self._report is not None:
                self._report(mismatch)
        # A reporter that fails must neither open nor close the connection.
        except Exception as error:  # noqa: BLE001
            warnings.warn(
                f"The pin report could not be delivered: {error!r}", RuntimeWarning, stacklevel=2
            )

    def __repr__(self) -> str:
        return f"PinPolicy({', '.join(self._pin_sets)}; unlisted: {self._unlisted})"


_OPTIONS = ("position", "expires", "after_expiry", "enforce")


def _refuse_differences(matching: Sequence[tuple[str, PinSet]]) -> None:
    for (one, its), (other, others) in pairwise(matching):
        for option in _OPTIONS:
            if getattr(its, option) != getattr(others, option):
                raise PolicyError(
                    f"{one} and {other} share hosts, so their pins are pooled, but {option} "
                    "differs. Give both the same."
                )


def _pool(matching: Sequence[tuple[str, PinSet]]) -> PinSet:
    """One set that accepts what any of these accepts and bans what any of them bans."""
    _refuse_differences(matching)
    pin_sets = [pins for _, pins in matching]
    first, *others = pin_sets
    if not others:
        return first
    return PinSet(
        [pin for pins in pin_sets for pin in pins.pins],
        banned=[pin for pins in pin_sets for pin in pins.banned],
        **{option: getattr(first, option) for option in _OPTIONS},
    )


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        choices = ", ".join(map(repr, allowed))
        raise PolicyError(f"{name} must be one of {choices}; got {value!r:.80}.")


def aware_utc(name: str, moment: datetime) -> datetime:
    """The moment in UTC.

    Raises `PolicyError`, with the argument's `name`, for a datetime without a time zone or outside
    the calendar.
    """
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise PolicyError(
            f"{name} must be a datetime with a time zone, for example "
            f"datetime(2027, 3, 15, tzinfo=UTC); got {moment!r:.80}."
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first and the last day of the calendar have no UTC in some zones
        raise PolicyError(f"{name} is outside the years 1 to 9999 in UTC.") from None


def _pins(pins: Iterable[Pin | str], name: str) -> tuple[Pin, ...]:
    if isinstance(pins, str | bytes | Pin):
        raise PolicyError(f"{name} must be a list of pins; got a single one. Put it in brackets.")
    return tuple(sorted({pin if isinstance(pin, Pin) else Pin.parse(pin) for pin in pins}))
