"""certpin-lab: learn TLS certificate pinning by attacking and defending a small bank on your own
machine.

For teaching only: every private key of the lab can be derived by anyone. Start with `certpin-lab
start`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lab import (
        Bank,
        CertificateAuthority,
        Client,
        Event,
        Gateway,
        Identity,
        LabOnlyError,
        OnPathAttacker,
        Outcome,
        Outcomes,
        Scene,
        Situation,
        SlowHandshake,
        TLSServer,
        trials,
        unverified_context,
    )
    from .pinning import (
        CertPinLabError,
        HostnameError,
        Pin,
        PinFormatError,
        PinMatch,
        PinMismatchError,
        PinnedContext,
        PinPolicy,
        PinSet,
        PolicyError,
        WireFormatError,
        certificate_fingerprint,
        client_context,
        presented_chain,
        spki_der,
        verified_chain,
    )

# A name costs what its own folder needs: whoever wants a `Pin` does not wait for servers (PEP 562).
_HOMES = {
    "lab": (
        "Bank",
        "CertificateAuthority",
        "Client",
        "Event",
        "Gateway",
        "Identity",
        "LabOnlyError",
        "OnPathAttacker",
        "Outcome",
        "Outcomes",
        "Scene",
        "Situation",
        "SlowHandshake",
        "TLSServer",
        "trials",
        "unverified_context",
    ),
    "pinning": (
        "CertPinLabError",
        "HostnameError",
        "Pin",
        "PinFormatError",
        "PinMatch",
        "PinMismatchError",
        "PinPolicy",
        "PinSet",
        "PinnedContext",
        "PolicyError",
        "WireFormatError",
        "certificate_fingerprint",
        "client_context",
        "presented_chain",
        "spki_der",
        "verified_chain",
    ),
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
    "trials",
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
