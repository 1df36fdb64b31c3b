"""certpin-lab: learn TLS certificate pinning by attacking and defending a small bank on your own machine.

For teaching only: every private key of the lab can be derived by anyone. Start with `certpin-lab start`.
"""

from .attacker import OnPathAttacker
from .clients import Client
from .errors import (
    CertPinLabError,
    HostnameError,
    LabOnlyError,
    PinFormatError,
    PinMismatchError,
    PolicyError,
    WireFormatError,
)
from .gateway import Gateway
from .outcomes import Event, Outcome, Outcomes
from .pins import Pin, PinMatch, PinPolicy, PinSet, certificate_fingerprint, spki_der
from .pki import CertificateAuthority, Identity
from .scene import Scene
from .server import Bank, TLSServer
from .slowmotion import SlowHandshake
from .tls import PinnedContext, client_context, presented_chain, unverified_context, verified_chain
from .trials import Situation

__all__ = [
    "Bank",
    "CertPinLabError",
    "CertificateAuthority",
    "Client",
    "Event",
    "Gateway",
    "HostnameError",
    "Identity",
    "LabOnlyError",
    "OnPathAttacker",
    "Outcome",
    "Outcomes",
    "Pin",
    "PinFormatError",
    "PinMatch",
    "PinMismatchError",
    "PinPolicy",
    "PinSet",
    "PinnedContext",
    "PolicyError",
    "Scene",
    "Situation",
    "SlowHandshake",
    "TLSServer",
    "WireFormatError",
    "certificate_fingerprint",
    "client_context",
    "presented_chain",
    "spki_der",
    "unverified_context",
    "verified_chain",
]
