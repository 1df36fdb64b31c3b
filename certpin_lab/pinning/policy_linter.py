"""What is unwise about a pin policy: a linter that knows the mistakes which lock users out, or let
attackers in.

Nothing is fetched: whether a policy fits the server is judged from the chain that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509

from .findings import Finding
from .hostnames import HostPattern, canonical_hostname
from .pins import Pin
from .policy import PinPolicy, PinSet, aware_utc
from .recipes import never_matches

SOON = timedelta(days=30)


def lint_policy(
    policy: PinPolicy,
    *,
    chains: Mapping[str, Sequence[x509.Certificate]] | None = None,
    at: datetime | None = None,
) -> tuple[Finding, ...]:
    """What is unwise about this policy, host by host.

    chains: for host names, the chain that a client verifies today, leaf first, with its root.
        Without it nothing is said about the served keys.
    at: the moment to judge at, an aware datetime; now by default.

    Raises `HostnameError` for a bad host name. An empty result says that no mistake known here was
    found, not that pinning is a good idea.
    """
    moment = aware_utc("at", at) if at else datetime.now(UTC)
    served = {canonical_hostname(host): tuple(chain) for host, chain in (chains or {}).items()}
    found: list[Finding] = []
    for pattern, pins in policy.pin_sets.items():
        mine = [chain for host, chain in served.items() if HostPattern.parse(pattern).matches(host)]
        found += [
            Finding("problem", *words, code, pattern)
            for code, words in _findings(pins, mine, moment)
        ]
    return tuple(found)


Words = tuple[str, str]


def _findings(
    pins: PinSet, chains: Sequence[Sequence[x509.Certificate]], at: datetime
) -> Iterator[tuple[str, Words]]:
    for code, rule in _RULES.items():
        if words := rule(pins, at):
            yield code, words
    for chain in chains:
        for code, with_chain in _CHAIN_RULES.items():
            if words := with_chain(pins, [Pin.of(certificate) for certificate in chain]):
                yield code, words


def _one_pin(pins: PinSet, _at: datetime) -> Words | None:
    if len(pins.pins) > 1:
        return None
    return (
        "There is one pin.",
        "On the day this key has to change, every app is locked out. Add the pin of a key kept offline.",
    )


def _known_bad(pins: PinSet, _at: datetime) -> Words | None:
    bad = [(pin, why) for pin in pins.pins if (why := never_matches(pin))]
    if not bad:
        return None
    return (
        f"{bad[0][0]} can never match: {bad[0][1]}.",
        "Replace it by the pin of a key that is in use, or kept for later.",
    )


def _expired(pins: PinSet, at: datetime) -> Words | None:
    if pins.expires is None or pins.expires > at:
        return None
    effect = (
        "nobody gets through" if pins.after_expiry == "refuse" else "nothing is pinned any more"
    )
    return (
        f"The pins expired on {pins.expires:%Y-%m-%d}: {effect}.",
        "Ship an update with fresh pins.",
    )


def _expires_soon(pins: PinSet, at: datetime) -> Words | None:
    if pins.expires is None or not at < pins.expires <= at + SOON:
        return None
    return (
        f"The pins expire on {pins.expires:%Y-%m-%d}.",
        "Many users update later than that. Ship fresh pins now.",
    )


def _fails_open(pins: PinSet, _at: datetime) -> Words | None:
    if pins.after_expiry != "accept":
        return None
    return (
        "After its date this set lets everybody in.",
        "An old app is then unpinned, and nobody notices. Decide whether you want that.",
    )


def _report_only(pins: PinSet, _at: datetime) -> Words | None:
    if pins.enforce:
        return None
    return (
        "Mismatches are reported and let pass.",
        "Good for a trial. Set enforce to true once the reports are quiet.",
    )


def _nothing_matches(pins: PinSet, chain: Sequence[Pin]) -> Words | None:
    if set(pins.pins) & set(chain):
        return None
    return (
        "No pin matches a key that is served today.",
        "Ask the pin doctor how each pin was made, before an app ships with them.",
    )


def _no_backup(pins: PinSet, chain: Sequence[Pin]) -> Words | None:
    if len(pins.pins) == 1 or not set(pins.pins) <= set(chain):
        return None
    return (
        "Every pin is of a key in the served chain.",
        "If the CA is left, all are gone at once. Add a key that is kept offline.",
    )


def _root_only(pins: PinSet, chain: Sequence[Pin]) -> Words | None:
    matching = [position for position, pin in enumerate(chain) if pin in pins.pins]
    if len(chain) < 2 or not matching or min(matching) < len(chain) - 1:
        return None
    return (
        "Only the root matches.",
        "Whatever any CA below it signs, passes. Pin a key that is yours, or an intermediate.",
    )


def _banned_in_use(pins: PinSet, chain: Sequence[Pin]) -> Words | None:
    if not set(pins.banned) & set(chain):
        return None
    return (
        "A banned key is served today.",
        "Nobody gets through. Serve another key, or lift the ban.",
    )


_RULES: dict[str, Callable[[PinSet, datetime], Words | None]] = {
    "one pin": _one_pin,
    "known bad pin": _known_bad,
    "expired": _expired,
    "expires soon": _expires_soon,
    "fails open": _fails_open,
    "report only": _report_only,
}
_CHAIN_RULES: dict[str, Callable[[PinSet, Sequence[Pin]], Words | None]] = {
    "nothing matches": _nothing_matches,
    "no backup": _no_backup,
    "root only": _root_only,
    "banned key in use": _banned_in_use,
}
