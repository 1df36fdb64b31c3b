"""certpin-lab: learn TLS certificate pinning by attacking and defending a small bank on your own machine.

For teaching only: every private key of the lab can be derived by anyone. Start with `certpin-lab start`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# A name costs what its own module needs: whoever wants a `Pin` does not wait for servers (PEP 562).
_HOMES = {
    "attacker": ("OnPathAttacker",),
    "clients": ("Client",),
    "errors": (
        "CertPinLabError",
        "HostnameError",
        "LabOnlyError",
        "PinFormatError",
        "PinMismatchError",
        "PolicyError",
        "WireFormatError",
    ),
    "gateway": ("Gateway",),
    "outcomes": ("Event", "Outcome", "Outcomes"),
    "pins": ("Pin", "PinMatch", "PinPolicy", "PinSet", "certificate_fingerprint", "spki_der"),
    "pki": ("CertificateAuthority", "Identity"),
    "scene": ("Scene",),
    "server": ("Bank", "TLSServer"),
    "slowmotion": ("SlowHandshake",),
    "tls": ("PinnedContext", "client_context", "presented_chain", "unverified_context", "verified_chain"),
    "trials": ("Situation",),
}
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


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
