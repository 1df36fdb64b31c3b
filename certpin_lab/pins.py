"""Pins as pure values: what a key's pin is, which pins an app accepts, and for which hosts.

A *pin* is the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469, section 2.4); its text is `sha256/<base64>`.
A *fingerprint* is the SHA-256 of the whole certificate, and never called a pin. Nothing here opens a connection,
verifies a signature or looks at a certificate's dates: `tls` does that first, and hands the verified chain over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from .errors import PinFormatError, PinMismatchError, PolicyError
from .hostnames import HostPattern, canonical_hostname

Position = Literal["any", "leaf", "ca"]
AfterExpiry = Literal["refuse", "accept"]
Unlisted = Literal["accept", "refuse"]

_PREFIX = "sha256/"
_HOW_IT_LOOKS = "A pin is 'sha256/' and the base64 of 32 bytes (44 characters, the last one '=')."


def spki_der(certificate: x509.Certificate) -> bytes:
    """The certificate's SubjectPublicKeyInfo, as the very DER bytes that stand in the certificate.

    The bytes are cut out, not encoded anew: an encoder may spell the same key differently (an EC point compressed or not),
    and a pin is the hash of what the issuer signed.
    """
    tbs = certificate.tbs_certificate_bytes
    _, offset, _ = _der_element(tbs, 0)
    tag, _, end = _der_element(tbs, offset)
    if tag == 0xA0:  # the optional version, RFC 5280 section 4.1
        offset = end
    for _field in ("serialNumber", "signature", "issuer", "validity", "subject"):
        _, _, offset = _der_element(tbs, offset)
    _, _, end = _der_element(tbs, offset)
    return tbs[offset:end]


def _der_element(data: bytes, offset: int) -> tuple[int, int, int]:
    """Tag, start of the content and end of the DER element at `offset`. The data has been parsed before: no checks here."""
    length = data[offset + 1]
    start = offset + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    return data[offset], start, start + length


def certificate_fingerprint(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the whole certificate in DER, 32 bytes. It changes at every renewal; a pin does not if the key stays."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()


@dataclass(frozen=True, order=True)
class Pin:
    """SHA-256 of a SubjectPublicKeyInfo in DER: 32 bytes in `digest`, `sha256/<base64>` as text.

    A pin names a key. It says nothing about host names, dates or who issued the certificate.
    """

    digest: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.digest, bytes) or len(self.digest) != 32:
            raise PinFormatError(f"A pin's digest is 32 bytes, not {_describe(self.digest)}. For text use Pin.parse.")

    @classmethod
    def of(cls, key: x509.Certificate | PublicKeyTypes) -> Pin:
        """The pin of a certificate's key, or of a public key. Raises TypeError for anything else."""
        if isinstance(key, x509.Certificate):
            return _pin_of(key)
        if hasattr(key, "private_bytes"):
            raise TypeError(
                "A pin is made of a public key. Give key.public_key(), and keep the private key where it is."
            )
        if not hasattr(key, "public_bytes"):
            raise TypeError(
                f"A pin is made of a certificate or a public key of `cryptography`, not of {type(key).__name__}."
            )
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(hashlib.sha256(spki).digest())

    @classmethod
    def parse(cls, text: str) -> Pin:
        """Read `sha256/<base64>`, strictly: length, alphabet and padding. Raises `PinFormatError`, which says what is wrong."""
        if not isinstance(text, str):
            raise PinFormatError(f"A pin's text form is a str, not {_describe(text)}.")
        if problem := _problem_with(text):
            raise PinFormatError(f"{text[:80]!r} is not a pin: {problem} {_HOW_IT_LOOKS}")
        return cls(base64.b64decode(text.removeprefix(_PREFIX)))

    def __str__(self) -> str:
        return _PREFIX + base64.b64encode(self.digest).decode("ascii")

    def __repr__(self) -> str:
        return f"Pin.parse('{self}')"


@lru_cache(maxsize=64)  # a client meets the same few certificates at every connection
def _pin_of(certificate: x509.Certificate) -> Pin:
    return Pin(hashlib.sha256(spki_der(certificate)).digest())


def _describe(value: object) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else type(value).__name__


def _problem_with(text: str) -> str:
    """What keeps `text` from being a pin, in one sentence; empty when nothing does."""
    if text != text.strip() or len(text.split()) > 1:
        return "it has white space in it."
    if text.startswith("-----BEGIN"):
        return "it is a PEM file. Pin.of(certificate) computes its pin."
    if re.fullmatch("sha256//.{44}", text):  # one more character than a pin whose base64 happens to begin with a slash
        return "that is curl's spelling, with two slashes. Use one."
    if not text.startswith(_PREFIX):
        algorithm = text.split("/")[0].lower()
        known = {"sha1": "SHA-1 is too weak for a pin.", "md5": "MD5 is broken.", "sha256": "the prefix is lower case."}
        return known.get(algorithm, "it does not start with 'sha256/'.")
    return _problem_with_base64(text.removeprefix(_PREFIX))


def _problem_with_base64(encoded: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", encoded):
        return "the digest is in hex, not in base64."
    if re.search(r"[-_]", encoded):
        return "the digest is in URL-safe base64 ('-' and '_'); a pin uses '+' and '/'."
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return "the part after 'sha256/' is not base64 (alphabet or '=' padding)."
    if len(digest) != 32:
        return f"it holds {len(digest)} bytes."
    if base64.b64encode(digest).decode("ascii") != encoded:
        return "its last character before the padding has stray bits, so it was not written by a base64 encoder."
    return ""


@dataclass(frozen=True)
class PinMatch:
    """What made a chain acceptable: the pin, the certificate that has it, and its position (0 is the leaf).

    All three are None when nothing matched and the set let the connection pass all the same: it had expired and says
    `after_expiry="accept"`, or it says `enforce=False`.
    """

    pin: Pin | None = None
    certificate: x509.Certificate | None = None
    position: int | None = None


@dataclass(frozen=True, init=False)
class PinSet:
    """The keys an app accepts for a host. Never empty; any one match is enough, and no banned key may appear.

    pins: `Pin`s or their text. A second one, of a key kept offline, is the way out when the first must change.
    banned: keys that are refused wherever they stand in the chain, also after `expires`.
    position: where a pin may match: "any", only the "leaf", or only a "ca" (everything above the leaf).
    expires: aware datetime from which the pins no longer count. `after_expiry` then must be said: "refuse" locks users
        out, "accept" fails open as Android does.
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
        good, bad = _pins(pins, "pins"), _pins(banned, "banned")
        if not good:
            raise PolicyError(
                "An empty pin set would accept nobody or, with a careless check, everybody. Give at least one pin."
            )
        if both := set(good) & set(bad):
            raise PolicyError(f"Pinned and banned at once: {', '.join(map(str, sorted(both)[:8]))}. Decide for one.")
        _one_of("position", position, ("any", "leaf", "ca"))
        if not isinstance(enforce, bool):
            raise PolicyError(f"enforce is True or False, not {enforce!r:.80}.")
        if (expires is None) != (after_expiry is None):
            raise PolicyError(
                "Give expires and after_expiry together: after the date, 'refuse' locks users out, 'accept' fails open."
            )
        if expires is not None:
            _one_of("after_expiry", after_expiry, ("refuse", "accept"))
            expires = _aware("expires", expires)
        for name, value in (("pins", good), ("banned", bad), ("position", position), ("enforce", enforce)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "expires", expires)
        object.__setattr__(self, "after_expiry", after_expiry)

    def check(
        self,
        verified_chain: Sequence[x509.Certificate],
        *,
        at: datetime | None = None,
        server_hostname: str | None = None,
    ) -> PinMatch:
        """The match that makes this chain acceptable, or `PinMismatchError`. Never a bool.

        verified_chain: the certificates that the client verified up to a trust anchor, leaf first. A chain that the peer
            merely presented must not be given: its sender chooses what is in it (CVE-2016-2402).
        at: the moment to judge at, an aware datetime; now by default.
        server_hostname: only for the error's text.

        Does not verify signatures, dates or host names, and does not know whether the chain was verified.
        """
        chain = tuple(verified_chain)

        def mismatch(kind: str, problem: str) -> PinMismatchError:
            presented = [(Pin.of(certificate), subject_text(certificate)) for certificate in chain]
            return PinMismatchError(
                kind, problem, server_hostname=server_hostname, expected=self.pins, presented=presented
            )

        if not chain:
            raise mismatch(
                "no verified chain", "there is no verified chain (a resumed session has none). Make a full handshake."
            )
        for certificate in chain if self.banned else ():
            if Pin.of(certificate) in self.banned:
                raise mismatch("banned key", f"the key of {subject_text(certificate)} is banned.")
        if self._expired(at):
            if self.after_expiry == "accept":
                return PinMatch()
            raise mismatch(
                "pins expired", f"the pins expired on {self.expires:%Y-%m-%d}, and this set refuses after that."
            )
        for position, certificate in enumerate(chain):
            pin = Pin.of(certificate)
            if pin in self.pins and self.position in ("any", "leaf" if position == 0 else "ca"):
                return PinMatch(pin, certificate, position)
        where = {
            "any": "no key of the verified chain",
            "leaf": "another key than the leaf's, or none,",
            "ca": "no key above the leaf",
        }
        raise mismatch("no pinned key", f"{where[self.position]} is pinned.")

    def _expired(self, at: datetime | None) -> bool:
        moment = at and _aware("at", at)
        return self.expires is not None and (moment or datetime.now(UTC)) >= self.expires


class PinPolicy:
    """Which pins count for which hosts, and what happens to a host that is not listed.

    pin_sets: host patterns (`bank.example`, `*.bank.example`, `**.bank.example`) and the `PinSet` of each. All patterns that
        match a host pool their pins, as in OkHttp; sets that can meet must agree in every other option.
    unlisted: "accept" a host without pins after the usual certificate checks, or "refuse" it.
    report: called with every `PinMismatchError`, also where `enforce=False` lets the connection pass.

    Raises `PolicyError` for an empty policy or sets that contradict each other, `HostnameError` for a bad pattern.
    """

    def __init__(
        self,
        pin_sets: Mapping[str, PinSet],
        *,
        unlisted: Unlisted = "accept",
        report: Callable[[PinMismatchError], object] | None = None,
    ) -> None:
        if not isinstance(pin_sets, Mapping) or not all(isinstance(pins, PinSet) for pins in pin_sets.values()):
            raise PolicyError(
                "A policy maps host patterns to PinSets, as in {'bank.example': PinSet([pin, backup_pin])}."
            )
        if not pin_sets and unlisted == "accept":
            raise PolicyError("An empty policy pins nothing. List at least one host, or say unlisted='refuse'.")
        _one_of("unlisted", unlisted, ("accept", "refuse"))
        if report is not None and not callable(report):
            raise PolicyError("report is a function that takes the PinMismatchError.")
        self._entries = tuple((HostPattern.parse(pattern), pins) for pattern, pins in pin_sets.items())
        self._unlisted = unlisted
        self._report = report
        for (one, its_pins), (other, other_pins) in combinations(self._entries, 2):
            if one.overlaps(other):
                _pool([its_pins, other_pins], f"{one} and {other}")

    @property
    def unlisted(self) -> Unlisted:
        """What happens to a host that no pattern matches."""
        return self._unlisted

    @property
    def pin_sets(self) -> dict[str, PinSet]:
        """The pin set of each host pattern, as they were given: not pooled."""
        return {str(pattern): pins for pattern, pins in self._entries}

    def pins_for(self, hostname: str) -> PinSet | None:
        """The pooled pins of every pattern that matches, or None for a host that is not listed.

        The host name may be spelt in any way that `canonical_hostname` accepts; others raise `HostnameError`.
        """
        canonical = canonical_hostname(hostname)
        matching = [pins for pattern, pins in self._entries if pattern.matches(canonical)]
        return _pool(matching, canonical) if matching else None

    def check(
        self, hostname: str, verified_chain: Sequence[x509.Certificate], *, at: datetime | None = None
    ) -> PinMatch:
        """`PinSet.check` with the pins for this host. Raises `PinMismatchError`; see there for what is not checked.

        A listed host whose set says `enforce=False`, and an unlisted host under `unlisted="accept"`, pass with an empty match.
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
        except Exception as error:  # noqa: BLE001  # a reporter that fails must neither open nor close the connection
            warnings.warn(f"The pin report could not be delivered: {error!r}", RuntimeWarning, stacklevel=2)

    def __repr__(self) -> str:
        return f"PinPolicy({', '.join(str(pattern) for pattern, _ in self._entries)}; unlisted: {self._unlisted})"


def _pool(pin_sets: Collection[PinSet], where: str) -> PinSet:
    """One set that accepts what any of these accepts and bans what any of them bans."""
    first, *others = pin_sets
    if not others:
        return first
    for other in others:
        for option in ("position", "expires", "after_expiry", "enforce"):
            if getattr(first, option) != getattr(other, option):
                raise PolicyError(
                    f"{where} share hosts, so their pins are pooled, but {option} differs. Give both the same."
                )
    return PinSet(
        [pin for pins in pin_sets for pin in pins.pins],
        banned=[pin for pins in pin_sets for pin in pins.banned],
        position=first.position,
        expires=first.expires,
        after_expiry=first.after_expiry,
        enforce=first.enforce,
    )


_T = TypeVar("_T")


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise PolicyError(f"{name} is one of {', '.join(map(repr, allowed))}, not {value!r:.80}.")


def _aware(name: str, moment: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise PolicyError(
            f"{name} is a datetime with a time zone, such as datetime(2027, 3, 15, tzinfo=UTC), not {moment!r:.80}."
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first and the last day of the calendar have no UTC in some zones
        raise PolicyError(f"{name} is outside the years 1 to 9999 in UTC.") from None


def _pins(pins: Iterable[Pin | str], name: str) -> tuple[Pin, ...]:
    if isinstance(pins, str | bytes | Pin):
        raise PolicyError(f"{name} is a list of pins, not a single one. Put it in brackets.")
    return tuple(sorted({pin if isinstance(pin, Pin) else Pin.parse(pin) for pin in pins}))


def subject_text(certificate: x509.Certificate) -> str:
    """The certificate's subject (RFC 4514), safe to show: whoever made the certificate chose this text.

    Line breaks and control characters become "?", and what is beyond 120 characters is cut off.
    """
    try:
        text = certificate.subject.rfc4514_string() or "(no subject)"
    except (ValueError, TypeError):  # `cryptography` reads a name only when it is asked for, and some not at all
        return "(unreadable subject)"
    if not text.isprintable():
        text = "".join(character if character.isprintable() else "?" for character in text)
    return text[:120]
