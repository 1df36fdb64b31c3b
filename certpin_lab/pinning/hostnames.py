"""Host names in one spelling, and the patterns that match them.

Pure text: nothing is looked up in DNS.

A pin that is filed under one spelling and looked up under another is a pin that is skipped, so
there is one door: `canonical_hostname`. The patterns follow OkHttp's `CertificatePinner`: `*.` is
exactly one label, `**.` any number of labels including none, and the asterisks stand only leftmost.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from .errors import HostnameError

_BRACKETS = "has a port or brackets. Give only the host name, without them."
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def canonical_hostname(hostname: str) -> str:
    """The one spelling under which `hostname` is filed and looked up.

    Lower case; international names in their ASCII form (IDNA, `xn--...`); one trailing dot dropped;
    IP addresses in their shortest form. Raises `HostnameError` for a URL, a port, userinfo, an IPv6
    zone, an empty name, and for an international name that IDNA 2003 and IDNA 2008 encode
    differently: Python's `ssl` would connect to one host and the policy protect another. Does not
    check that the host exists.
    """
    if not isinstance(hostname, str):
        raise HostnameError(
            f"A host name is text, such as 'bank.example', not {type(hostname).__name__}."
        )
    return _canonical(hostname)


@lru_cache(maxsize=256)  # an app asks for few hosts, and for each of them at every connection
def _canonical(hostname: str) -> str:
    _refuse_what_is_not_a_host(hostname)
    if address := _ip_address(hostname):
        return address
    name = hostname.removesuffix(".")
    ascii_name = name.lower() if name.isascii() else _idna(name)
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise HostnameError(
            f"{hostname[:80]!r} is not a host name: labels of a-z, 0-9, '-' and '_', joined by "
            "single dots."
        )
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise HostnameError(
            f"{hostname[:80]!r} reads as an unusual spelling of an IP address. "
            "Write it as 127.0.0.1."
        )
    return ascii_name


_NOT_A_HOST = {
    "[/?#]": "is a URL or a path. Give only its host name.",
    "@": "has userinfo ('@'). Give only the host name after it.",
    "%": "has a zone or an escape ('%'). Give the name or address alone, without it.",
    r"^\[": _BRACKETS,
    r"^\.*$": "is empty.",
}


def _refuse_what_is_not_a_host(text: str) -> None:
    for pattern, problem in _NOT_A_HOST.items():
        if re.search(pattern, text):
            raise HostnameError(f"{text[:80]!r} {problem}")
    if ":" in text and not _ip_address(text):
        raise HostnameError(f"{text[:80]!r} {_BRACKETS}")


def _ip_address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text.removesuffix("."))
    except ValueError:
        return None
    # A mapped IPv4 address is written with dots (RFC 5952, section 5); Python itself does so from
    # 3.13 on.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return f"::ffff:{mapped}" if mapped else address.compressed


def _idna(name: str) -> str:
    import idna  # its tables are large, and few names need them

    try:
        modern = idna.encode(name, uts46=True).decode("ascii")
        legacy = name.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise HostnameError(
            f"{name[:80]!r} is not a valid international host name: {str(error)[:200]}."
        ) from error
    if modern != legacy:
        raise HostnameError(
            f"{name[:80]!r} means {modern!r} under IDNA 2008 and {legacy!r} under IDNA 2003. "
            "Write the one you mean in its ASCII form."
        )
    return modern


@dataclass(frozen=True)
class HostPattern:
    """A host, or a family of hosts: `bank.example`, `*.bank.example` or `**.bank.example`.

    Build it with `parse`.
    """

    wildcard: str  # "", "*" or "**"
    base: str  # canonical host name

    @classmethod
    def parse(cls, text: str) -> HostPattern:
        """Read a pattern.

        Raises `HostnameError` when the asterisks are anywhere but in the leftmost label.
        """
        if not isinstance(text, str):
            raise HostnameError(
                f"A host pattern is text, such as '*.bank.example', not {type(text).__name__}."
            )
        wildcard = next((stars for stars in ("**", "*") if text.startswith(f"{stars}.")), "")
        base = text[len(wildcard) + 1 :] if wildcard else text
        if "*" in base:
            raise HostnameError(
                f"{text[:80]!r}: asterisks stand only in front, as '*.host' (one label) or "
                "'**.host' (any number)."
            )
        pattern = cls(wildcard, canonical_hostname(base))
        if wildcard and _ip_address(pattern.base):
            raise HostnameError(
                f"{text[:80]!r}: an IP address has no subdomains. Write the address alone."
            )
        return pattern

    def matches(self, hostname: str) -> bool:
        """Does the canonical `hostname` belong to this family?"""
        return str(self) in families(hostname)

    def __str__(self) -> str:
        return f"{self.wildcard}.{self.base}" if self.wildcard else self.base


def families(hostname: str) -> list[str]:
    """The text of every pattern that matches this canonical host name, the widest first."""
    labels = hostname.split(".")
    suffixes = [".".join(labels[start:]) for start in range(len(labels))]
    return [
        *(f"**.{suffix}" for suffix in reversed(suffixes)),
        *(f"*.{suffix}" for suffix in suffixes[1:2]),
        hostname,
    ]
