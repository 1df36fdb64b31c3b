"""A linter for pin policies: it knows mistakes that lock users out, or let attackers in.

Nothing is fetched: whether a policy fits the server is judged from the chain that is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from .findings import Finding
from .hostnames import HostPattern, canonical_hostname
from .pin_doctor import diagnose
from .pins import Pin
from .policy import PinPolicy, PinSet, aware_utc
from .recipes import is_self_issued, never_matches

# How long before its date a set is called stale. After "refuse" every old app is locked out, and
# many users take months to update.
SOON = {"refuse": timedelta(days=90), "accept": timedelta(days=30)}
# Some of the public suffixes (https://publicsuffix.org): every single label, and a few longer ones.
_PUBLIC_SUFFIXES = re.compile(
    r"[^.]+|(ac|co|gov|org)\.uk|(com|net|org)\.au|co\.(in|jp|kr|nz|za)|com\.(ar|br|cn|mx|sg|tr)"
    r"|github\.io|herokuapp\.com|netlify\.app|pages\.dev|web\.app"
)


def lint_policy(
    policy: PinPolicy,
    *,
    chains: Mapping[str, Sequence[x509.Certificate]] | None = None,
    at: datetime | None = None,
) -> tuple[Finding, ...]:
    """What is unwise about this policy, pattern by pattern.

    chains: for host names, the chain that a client verifies today, leaf first, with its root.
        Without it nothing is said about the served keys.
    at: the moment to judge at, an aware datetime; now by default.

    Raises `HostnameError` for a bad host name. An empty result says that no mistake known here was
    found, not that pinning is a good idea. Of public suffixes only some are known.
    """
    moment = aware_utc("at", at) if at else datetime.now(UTC)
    waiting = {canonical_hostname(host): tuple(chain) for host, chain in (chains or {}).items()}
    found: list[Finding] = []
    for pattern, own in policy.pin_sets.items():
        family = HostPattern.parse(pattern)
        # A host is judged once, under the first pattern that matches it.
        mine = {host: waiting.pop(host) for host in list(waiting) if family.matches(host)}
        cases = [
            _Case(family, own, policy.pins_for(host) or own, moment, chain)
            for host, chain in (dict.fromkeys(_samples(family), ()) | mine).items()
        ]
        found += _findings(cases, pattern)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class _Case:
    """What a rule looks at: a pattern with its own set, and what counts for one of its hosts.

    `pooled`: with the pins of all patterns that match the host. `chain`: what the host serves,
    empty if not known.
    """

    pattern: HostPattern
    own: PinSet
    pooled: PinSet
    at: datetime
    chain: tuple[x509.Certificate, ...]

    @property
    def pins(self) -> set[Pin]:
        return set(self.pooled.pins)

    @property
    def served(self) -> list[Pin]:
        return [Pin.of(certificate) for certificate in self.chain]

    @property
    def matching(self) -> list[int]:
        """Where in the chain a pinned key is, whether it counts there or not."""
        return [position for position, pin in enumerate(self.served) if pin in self.pins]

    @property
    def counting(self) -> list[int]:
        allowed = {"any": (True, True), "leaf": (True, False), "ca": (False, True)}
        return [each for each in self.matching if allowed[self.own.position][each > 0]]

    @property
    def lockout(self) -> str:
        if self.own.enforce:
            return "Everybody is locked out."
        return "Everybody will be locked out once this is enforced."


def _samples(family: HostPattern) -> list[str]:
    """A host for each way in which the pattern can match."""
    inside = [f"any-host.{family.base}", f"any-host.any-host.{family.base}"]
    return {"": [family.base], "*": inside[:1], "**": [family.base, *inside]}[family.wildcard]


def _findings(cases: Sequence[_Case], pattern: str) -> Iterator[Finding]:
    for code, rule in _RULES.items():
        for case in cases:
            for words in rule(case):
                yield Finding("problem", *words, code, pattern)


_Words = tuple[str, str]  # how it is, and what to do


def _one_pin(case: _Case) -> Iterator[_Words]:
    if len(case.pins) == 1:
        yield (
            "There is one pin.",
            "On the day it changes, every app is locked out. Add the pin of a key kept offline.",
        )


def _known_bad(case: _Case) -> Iterator[_Words]:
    for pin in case.own.pins:
        if why := never_matches(pin):
            yield (
                f"{pin} can never match: {why}.",
                "Replace it with the pin of a key that is in use or held in reserve.",
            )


def _public_suffix(case: _Case) -> Iterator[_Words]:
    base = case.pattern.base
    if case.pattern.wildcard and _PUBLIC_SUFFIXES.fullmatch(base):
        yield (
            f"This covers every host under {base}, and those of other owners are refused.",
            "Name your own domain, such as **.bank.example.",
        )


def _expired(case: _Case) -> Iterator[_Words]:
    if case.own.expires is not None and case.own.expires <= case.at:
        refused = case.own.after_expiry == "refuse"
        effect = case.lockout if refused else "Nothing is pinned any more."
        yield (
            f"The pins expired on {case.own.expires:%Y-%m-%d}. {effect}",
            "Ship an update with fresh pins.",
        )


def _expires_soon(case: _Case) -> Iterator[_Words]:
    if case.own.expires is None or case.own.after_expiry is None:
        return
    if case.at < case.own.expires <= case.at + SOON[case.own.after_expiry]:
        refused = "every app that is not updated by then is locked out"
        effect = refused if case.own.after_expiry == "refuse" else "nothing is pinned after that"
        yield (
            f"The pins expire on {case.own.expires:%Y-%m-%d}, and {effect}.",
            "Many users update months late. Ship fresh pins now.",
        )


def _fails_open(case: _Case) -> Iterator[_Words]:
    if case.own.after_expiry == "accept":
        yield (
            "After its date this set lets everybody in.",
            "An old app is then unpinned, and nobody notices. Decide whether you want that.",
        )


def _report_only(case: _Case) -> Iterator[_Words]:
    if not case.own.enforce:
        yield (
            "Mismatches are reported and let pass.",
            "Good for a trial. Set enforce to true once the reports are quiet.",
        )


def _nothing_matches(case: _Case) -> Iterator[_Words]:
    if case.chain and not case.matching:
        yield (
            "No pin matches a key that is served today.",
            "Ask the pin doctor how each pin was made, before an app ships with them.",
        )


def _wrong_position(case: _Case) -> Iterator[_Words]:
    if case.matching and not case.counting:
        pinned = "keys above the leaf are" if case.matching[0] else "the leaf's key is"
        yield (
            f"Only {pinned} pinned, and position is {case.own.position!r}. {case.lockout}",
            "Set position to 'any', or pin a key where a match counts.",
        )


def _wrong_recipe(case: _Case) -> Iterator[_Words]:
    for pin in sorted(case.pins.difference(case.served)) if case.chain else ():
        diagnosis = diagnose(pin, case.chain)
        if diagnosis.position is not None:
            yield (
                f"{pin} matches nothing. {diagnosis.finding}",
                f"Replace it. {diagnosis.advice}.",
            )


def _no_backup(case: _Case) -> Iterator[_Words]:
    if len(case.pins) > 1 and case.pins <= set(case.served):
        yield (
            "Every pin is of a key in the served chain.",
            "If the CA is left, all are gone at once. Add a key that is kept offline.",
        )


def _root_only(case: _Case) -> Iterator[_Words]:
    last = len(case.chain) - 1
    if last > 0 and case.counting == [last] and is_self_issued(case.chain[last]):
        yield (
            "Only the root matches.",
            "Any certificate issued anywhere below that root will be accepted. Pin a lower key.",
        )


def _banned_in_use(case: _Case) -> Iterator[_Words]:
    if set(case.pooled.banned).intersection(case.served):
        yield (
            f"A banned key is served today. {case.lockout}",
            "Serve another key, or lift the ban.",
        )


_RULES: dict[str, Callable[[_Case], Iterator[_Words]]] = {
    "one pin": _one_pin,
    "known bad pin": _known_bad,
    "public suffix": _public_suffix,
    "expired": _expired,
    "expires soon": _expires_soon,
    "fails open": _fails_open,
    "report only": _report_only,
    "nothing matches": _nothing_matches,
    "wrong position": _wrong_position,
    "wrong recipe": _wrong_recipe,
    "no backup": _no_backup,
    "root only": _root_only,
    "banned key in use": _banned_in_use,
}
