"""Pin policies as files, and what is wrong with them: a linter that knows the mistakes which lock users out, or let attackers in.

A policy file is JSON, as in `data/policies/`. What contradicts itself is refused when it is read; what is allowed and unwise is a finding.
Nothing is fetched: whether a policy fits the server is judged from the chain that is given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from .diagnose import never_matches
from .errors import CertPinLabError, PolicyError
from .hostnames import HostPattern, canonical_hostname
from .pins import Pin, PinPolicy, PinSet

SOON = timedelta(days=30)
_HOST_FIELDS = {"pins", "banned", "position", "expires", "after_expiry", "enforce"}
_FIELDS = {"hosts", "unlisted", "comment"}


@dataclass(frozen=True)
class Finding:
    """One thing that is unwise: a short `code` that never changes, the host pattern, what is wrong, and what to do."""

    code: str
    host: str
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{self.host}: {self.problem} {self.advice}"

    __repr__ = __str__


def read_policy(text: str) -> PinPolicy:
    """The policy in a file's text.

    `{"hosts": {pattern: {"pins": [...], "banned": [...], "position": ..., "expires": "2027-03-15", "after_expiry": ..., "enforce": ...}},
    "unlisted": "accept"}`; of a host only `pins` is needed. A date means its beginning in UTC.

    Raises `PolicyError`, with the place, for text that is not such a policy, and for whatever `PinSet` and `PinPolicy` refuse.
    """
    try:
        content = json.loads(text, object_pairs_hook=_no_doubles)
    except json.JSONDecodeError as problem:
        raise PolicyError(f"This is not JSON: {problem.msg}, in line {problem.lineno}.") from problem
    except PolicyError:  # a name that stands there twice
        raise
    except ValueError:  # https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation
        raise PolicyError("This JSON has a number with thousands of digits, and a policy has none.") from None
    except RecursionError:
        raise PolicyError("This JSON is nested too deeply to be a policy.") from None
    hosts = _fields(content, _FIELDS, "The policy").get("hosts")
    if not isinstance(hosts, dict):
        raise PolicyError('A policy has "hosts": an object with a pin set for each host pattern.')
    pin_sets = {pattern: _pin_set(pattern, entry) for pattern, entry in hosts.items()}
    return PinPolicy(pin_sets, unlisted=content.get("unlisted", "accept"))


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise PolicyError(
                f'"{_shown(name)}" stands there twice. Of two entries one would be lost without a word: keep one.'
            )
        found[name] = value
    return found


def _shown(text: str) -> str:
    """Text of the file, safe to show."""
    return "".join(character if character.isprintable() else "?" for character in text)[:80]


def _fields(value: Any, known: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyError(f"{what} is an object in braces, not {type(value).__name__}.")
    if unknown := sorted(set(value) - known):
        raise PolicyError(
            f'{what} has "{_shown(unknown[0])}", which means nothing here. Known are: {", ".join(sorted(known))}.'
        )
    return value


def _pin_set(pattern: str, entry: Any) -> PinSet:
    pattern = _shown(pattern)  # from here on it stands in messages only
    options = dict(_fields(entry, _HOST_FIELDS, f"{pattern}: its entry"))
    if not isinstance(options.get("pins"), list) or not isinstance(options.get("banned", []), list):
        raise PolicyError(f'{pattern}: "pins" (and "banned") is a list of texts.')
    if "expires" in options:
        options["expires"] = _date(pattern, options["expires"])
    try:
        return PinSet(options.pop("pins"), **options)
    except CertPinLabError as problem:
        raise PolicyError(f"{pattern}: {problem}") from problem


def _date(pattern: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise PolicyError(f'{pattern}: "expires" is a date such as "2027-03-15", not {value!r:.80}.') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def lint_policy(
    policy: PinPolicy, *, chains: Mapping[str, Sequence[x509.Certificate]] | None = None, at: datetime | None = None
) -> tuple[Finding, ...]:
    """What is unwise about this policy, host by host.

    chains: for host names, the chain that a client verifies today, leaf first, with its root. Without it nothing is said about the served
        keys.
    at: the moment to judge at, an aware datetime; now by default.

    Raises `HostnameError` for a bad host name. An empty result says that no mistake known here was found, not that pinning is a good idea.
    """
    moment = at or datetime.now(UTC)
    if moment.tzinfo is None:
        raise PolicyError(
            f"at is a datetime with a time zone, such as datetime(2027, 3, 15, tzinfo=UTC), not {moment!r}."
        )
    served = {canonical_hostname(host): tuple(chain) for host, chain in (chains or {}).items()}
    found: list[Finding] = []
    for pattern, pins in policy.pin_sets.items():
        mine = [chain for host, chain in served.items() if HostPattern.parse(pattern).matches(host)]
        found += [Finding(code, pattern, *words) for code, words in _findings(pins, mine, moment)]
    return tuple(found)


Words = tuple[str, str]


def _findings(pins: PinSet, chains: Sequence[Sequence[x509.Certificate]], at: datetime) -> Iterator[tuple[str, Words]]:
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
    effect = "nobody gets through" if pins.after_expiry == "refuse" else "nothing is pinned any more"
    return f"The pins expired on {pins.expires:%Y-%m-%d}: {effect}.", "Ship an update with fresh pins."


def _expires_soon(pins: PinSet, at: datetime) -> Words | None:
    if pins.expires is None or not at < pins.expires <= at + SOON:
        return None
    return f"The pins expire on {pins.expires:%Y-%m-%d}.", "Many users update later than that. Ship fresh pins now."


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
    return "Mismatches are reported and let pass.", "Good for a trial. Set enforce to true once the reports are quiet."


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
    return "A banned key is served today.", "Nobody gets through. Serve another key, or lift the ban."


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
