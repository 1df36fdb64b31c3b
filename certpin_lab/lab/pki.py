"""A certificate authority for the lab: the same roots, intermediates and leaves everywhere.

Keys are derived from a seed that everyone can read, so whoever reads this file can sign as these
CAs. Every CA therefore carries critical name constraints (RFC 5280, section 4.2.1.10): the reserved
names `example` and `test` (RFC 2606) and no IP address. Installed into a real trust store by
mistake, it still cannot vouch for a real site. For teaching only.
"""

from __future__ import annotations

import copy
import hashlib
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificateIssuerPublicKeyTypes,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..pinning.hostnames import canonical_hostname

DEFAULT_SEED = "certpin-lab"
# A century, so that nothing the course prints ever expires. Real limits are shorter: that is a
# lesson of its own.
NOT_BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2125, 1, 1, tzinfo=UTC)

_P256_ORDER = (
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-5, curve P-256
)
_LAB_NAMES = x509.NameConstraints(
    permitted_subtrees=[x509.DNSName("example"), x509.DNSName("test")],
    excluded_subtrees=[
        x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")),
        x509.IPAddress(ipaddress.ip_network("::/0")),
    ],
)


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


_FOR_CERTIFICATES, _FOR_HANDSHAKES = _key_usage(certificates=True), _key_usage(certificates=False)


def derived_key(label: str, *, seed: str | int = DEFAULT_SEED) -> ec.EllipticCurvePrivateKey:
    """The P-256 private key of (seed, label): the same on every machine, and so no secret."""
    scalar = int.from_bytes(_digest(str(seed), "key", label), "big") % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def _digest(*parts: str) -> bytes:
    return hashlib.sha512(json.dumps(parts).encode()).digest()


@dataclass(frozen=True)
class Identity:
    """What a server needs to prove who it is: a leaf, its private key, and the chain to present.

    `chain` is leaf first, with the intermediates, and leaves the root out: a client already has
    it, or would not trust it anyway. `hostnames` are the names that the certificate was issued for.
    `generation` counts renewals from 1.
    """

    certificate: x509.Certificate
    private_key: CertificateIssuerPrivateKeyTypes
    chain: tuple[x509.Certificate, ...]
    hostnames: tuple[str, ...]
    _issuer: CertificateAuthority | None
    generation: int = 1

    @classmethod
    def of(
        cls, private_key: CertificateIssuerPrivateKeyTypes, *chain: x509.Certificate
    ) -> Identity:
        """An identity put together by hand: a key, and the certificates to present, leaf first.

        Raises ValueError without a certificate, and when the key is not the leaf's. It is not
        checked that the certificates form a chain: servers present whatever they are given.
        """
        if not chain:
            raise ValueError("A server needs a certificate to present: give at least the leaf.")
        if private_key.public_key() != chain[0].public_key():
            raise ValueError(
                "This private key is not the key of the first certificate. The leaf comes first."
            )
        names = [
            each.value
            for each in chain[0].extensions
            if isinstance(each.value, x509.SubjectAlternativeName)
        ]
        hostnames = tuple(names[0].get_values_for_type(x509.DNSName)) if names else ()
        return cls(chain[0], private_key, chain, hostnames, None)

    @property
    def issuer(self) -> CertificateAuthority:
        """The lab's CA that issued it.

        Raises ValueError for an identity put together by hand, which no CA knows.
        """
        if self._issuer is None:
            raise ValueError(
                "This identity was put together by hand, so there is no CA to ask. "
                "Issue it with a CertificateAuthority."
            )
        return self._issuer

    @property
    def issuer_name(self) -> str:
        """The common name of whoever is named as the issuer in the leaf."""
        names = self.certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else "(no name)"

    def renewed(self, *, same_key: bool = True) -> Identity:
        """The next certificate for the same names, dates and issuer: with the same key or not."""
        return self.issuer.issue_leaf(
            *self.hostnames,
            key=self.private_key if same_key else None,
            not_before=self.certificate.not_valid_before_utc,
            not_after=self.certificate.not_valid_after_utc,
            generation=self.generation + 1,
        )

    def __repr__(self) -> str:
        generation = f", generation {self.generation}" if self._issuer else ""
        names = ", ".join(self.hostnames) or "(no host name)"
        return f"<Identity {names}, issued by {self.issuer_name!r}{generation}>"


class CertificateAuthority:
    """A CA of the lab.

    `CertificateAuthority("Lab Root")` is a root; `issue_intermediate` makes the others.

    name: the common name in its certificate, and with `seed` what its key is derived from: the same
        two give the same CA, byte for byte.
    path_length: how many further CAs may stand below it, None for any number (RFC 5280, section
    4.2.1.9).
    """

    def __init__(
        self,
        name: str,
        *,
        seed: str | int = DEFAULT_SEED,
        path_length: int | None = None,
        _parent: CertificateAuthority | None = None,
    ) -> None:
        if not isinstance(name, str) or not 1 <= len(name) <= 64:
            raise ValueError(
                "A CA's name is a text of 1 to 64 characters (the limit of an X.509 common name)."
            )
        self.name = name
        self.seed = seed
        self._label: str = f"{_parent._label}/{name}" if _parent else name
        self._private_key = derived_key(f"ca: {self._label}", seed=seed)
        self._key_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self._private_key.public_key()
        )
        self._parent = _parent
        issuer = _parent or self
        self.certificate = issuer._sign(
            _subject(name),
            self._private_key.public_key(),
            serial_label=f"ca: {self._label}",
            validity=(NOT_BEFORE, NOT_AFTER),
            extensions=[
                (x509.BasicConstraints(ca=True, path_length=path_length), True),
                (_FOR_CERTIFICATES, True),
                (_LAB_NAMES, True),
            ],
        )

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """What a server presents above its leaf: this CA and those above it, without the root.

        Empty for a root.
        """
        return (self.certificate, *self._parent.chain) if self._parent else ()

    @property
    def root(self) -> x509.Certificate:
        """The root's certificate: what a client that trusts this CA has in its trust store."""
        return self._parent.root if self._parent else self.certificate

    def issue_intermediate(self, name: str, *, path_length: int | None = 0) -> CertificateAuthority:
        """A CA below this one, allowed by default to sign leaves only (`path_length=0`)."""
        return CertificateAuthority(name, seed=self.seed, path_length=path_length, _parent=self)

    def cross_signed_by(self, other: CertificateAuthority) -> CertificateAuthority:
        """The same CA, with the same name and key, signed by another CA.

        What it issues has two valid chains from now on.

        What the result issues is byte for byte what this CA issues; only the chain above differs.
        """
        twin = copy.copy(self)
        twin._parent = other
        twin.certificate = other._sign(
            _subject(self.name),
            self._private_key.public_key(),
            serial_label=f"cross: {self._label}",
            validity=(NOT_BEFORE, NOT_AFTER),
            extensions=[
                (extension.value, extension.critical)
                for extension in self.certificate.extensions
                if isinstance(
                    extension.value, x509.BasicConstraints | x509.KeyUsage | x509.NameConstraints
                )
            ],
        )
        return twin

    def issue_leaf(
        self,
        *hostnames: str,
        key: CertificateIssuerPrivateKeyTypes | None = None,
        not_before: datetime = NOT_BEFORE,
        not_after: datetime = NOT_AFTER,
        generation: int = 1,
    ) -> Identity:
        """A server certificate for these names, with its key and chain.

        The same arguments give the same bytes.

        hostnames: DNS names, `*.` in front for a wildcard; they become the SubjectAltName, the
            first one also the common name.
        key: the server's private key; by default one derived from the CA, the names and
            `generation`. Give the old key to renew with the same key.
        not_before, not_after: aware datetimes, in any order of past and future: an expired leaf is
            a fine teaching aid.

        Raises ValueError without a name, `HostnameError` for a bad one. Does not ask whether the
        names are the lab's: for others it signs a certificate that name constraints make worthless.
        """
        if not hostnames:
            raise ValueError("A leaf certificate needs at least one host name.")
        names = tuple(_dns_name(hostname) for hostname in hostnames)
        label = json.dumps([self._label, names, generation])
        key = key or derived_key(f"leaf: {label}", seed=self.seed)
        certificate = self._sign(
            _subject(names[0]),
            key.public_key(),
            serial_label=f"leaf: {label} {not_before.isoformat()} {not_after.isoformat()}",
            validity=(not_before, not_after),
            extensions=[
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (_FOR_HANDSHAKES, True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
                (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False),
            ],
        )
        return Identity(certificate, key, (certificate, *self.chain), names, self, generation)

    def _sign(
        self,
        subject: x509.Name,
        public_key: CertificateIssuerPublicKeyTypes,
        *,
        serial_label: str,
        validity: tuple[datetime, datetime],
        extensions: Sequence[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        """A certificate signed by this CA.

        The signature is deterministic ECDSA (RFC 6979): no randomness anywhere.
        """
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_subject(self.name))
            .public_key(public_key)
            .serial_number(
                int.from_bytes(_digest(str(self.seed), "serial", serial_label)[:16], "big") | 1
            )
            .not_valid_before(validity[0])
            .not_valid_after(validity[1])
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(self._key_identifier, critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._private_key, hashes.SHA256(), ecdsa_deterministic=True)

    def __repr__(self) -> str:
        kind = f"intermediate under {self._parent.name!r}" if self._parent else "root"
        return f"<CertificateAuthority {self.name!r}, {kind}>"


def _dns_name(hostname: str) -> str:
    wildcard = "*." if isinstance(hostname, str) and hostname.startswith("*.") else ""
    return wildcard + canonical_hostname(hostname.removeprefix(wildcard))


@lru_cache(maxsize=64)  # the name of a CA is also the issuer in all that it signs
def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "certpin-lab"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
