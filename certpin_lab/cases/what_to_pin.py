"""What to pin: the ten events that put a choice to the test, and the six usual choices.

Both are plain lists for `trials.run`, so every cell of the table is a real handshake. The world is
the lab's: a bank with a root, an intermediate and a leaf, and a phone that trusts three roots. The
lesson makes the six choices itself; `apps` makes them for exercises, tests and benchmarks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509

from ..lab.clients import Client
from ..lab.outcomes import Outcomes, Verdict
from ..lab.pki import DEFAULT_SEED, CertificateAuthority, Identity
from ..lab.story import HOST
from ..lab.trials import Situation
from ..pinning.certificate import certificate_fingerprint, subject_text
from ..pinning.context import client_context
from ..pinning.pin_mismatch import PinMismatchError
from ..pinning.pins import Pin
from ..pinning.policy import PinMatch, PinPolicy, PinSet

RENEWALS = (
    "renewal, same key",
    "renewal, new key",
    "renewal, prepared key",
    "new intermediate",
    "new CA",
)
ATTACKS = (
    "root installed on the phone",
    "certificate from another CA",
    "certificate from the same CA",
    "certificate from a sister CA",
    "stolen key",
)


class FingerprintPolicy(PinPolicy):
    """Accepts one certificate for a host, compared whole. Here to be measured against pins.

    hostname: the only host it lists; other hosts pass unpinned.
    """

    def __init__(self, hostname: str, certificate: x509.Certificate) -> None:
        super().__init__({hostname: PinSet([Pin.of(certificate)], position="leaf")})
        self._fingerprint = certificate_fingerprint(certificate)

    def check(
        self,
        hostname: str,
        verified_chain: Sequence[x509.Certificate],
        *,
        at: datetime | None = None,
    ) -> PinMatch:
        """The pins' own check, and then the leaf's fingerprint: both must be the known ones."""
        match = super().check(hostname, verified_chain, at=at)
        if (
            match.certificate is not None
            and certificate_fingerprint(verified_chain[0]) != self._fingerprint
        ):
            raise PinMismatchError(
                "no pinned key",
                "the leaf is another certificate than the one that is known.",
                server_hostname=hostname,
                expected=self.pins_for(hostname).pins,  # type: ignore[union-attr]
                presented=[(Pin.of(each), subject_text(each)) for each in verified_chain],
            )
        return match


class PinningWorld:
    """A bank before anything happened to it, and everything that could happen.

    seed: as in `CertificateAuthority`. `.bank` is today's identity, `.spare_key` the prepared key,
    `.anchors` the three roots that the phone trusts: the bank's CA, another public CA, and a root
    that somebody installed on this phone.
    """

    def __init__(self, seed: str | int = DEFAULT_SEED) -> None:
        self.root = CertificateAuthority("Honest Root CA", seed=seed)
        self.other_ca = CertificateAuthority("Careless Root CA", seed=seed)
        self.installed = CertificateAuthority("Installed Root", seed=seed)
        self.anchors = (self.root, self.other_ca, self.installed)
        self.issuing = self.root.issue_intermediate("Honest Issuing CA")
        self.sister = self.root.issue_intermediate("Sister Issuing CA")
        self.successor = self.root.issue_intermediate("Honest Issuing CA 2")
        self.bank = self.issuing.issue_leaf(HOST)
        self._spare = self.issuing.issue_leaf(HOST, generation=100)
        self.spare_key = self._spare.private_key

    @property
    def events(self) -> tuple[Situation, ...]:
        """Five renewals, in which the bank is the bank, and five attacks, in which somebody else
        presents a certificate.
        """
        key = self.bank.private_key
        renewals = (
            self.bank.renewed(same_key=True),
            self.bank.renewed(same_key=False),
            self._spare,
            self.successor.issue_leaf(HOST, key=key),
            self.other_ca.issue_intermediate("Other Issuing CA").issue_leaf(HOST, key=key),
        )
        attacks: tuple[CertificateAuthority | Callable[[str], Identity], ...] = (
            self.installed,
            self.other_ca,
            lambda host: self.issuing.issue_leaf(host, generation=66),
            self.sister,
            lambda _host: self.bank,
        )
        return (
            *(Situation(name, identity) for name, identity in zip(RENEWALS, renewals, strict=True)),
            *(
                Situation(name, self.bank, attacker)
                for name, attacker in zip(ATTACKS, attacks, strict=True)
            ),
        )


def apps(world: PinningWorld) -> tuple[Client, ...]:
    """The six choices as apps on this world's phone, and last an app that pins nothing.

    The lesson makes the same six in the open.
    """
    leaf, intermediate, root = (
        Pin.of(each) for each in (*world.bank.chain, world.root.certificate)
    )
    backup = Pin.of(world.spare_key.public_key())
    policies = {
        "certificate": FingerprintPolicy(HOST, world.bank.certificate),
        "leaf key": _pinned(leaf),
        "leaf key + backup": _pinned(leaf, backup),
        "intermediate key": _pinned(intermediate),
        "root key": _pinned(root),
        "root key + leaf key": _pinned(root, leaf),
        "no pin": None,
    }
    return tuple(
        Client(name, client_context(world.anchors, policy)) for name, policy in policies.items()
    )


def _pinned(*pins: Pin) -> PinPolicy:
    return PinPolicy({HOST: PinSet(pins)})


def score(outcomes: Outcomes, client: str) -> tuple[int, int]:
    """How many attacks this client stopped, and how many renewals it survived."""

    def count(verdict: Verdict, situations: Sequence[str]) -> int:
        return sum(outcomes[client, situation].verdict == verdict for situation in situations)

    return count("protected", ATTACKS), count("served", RENEWALS)
