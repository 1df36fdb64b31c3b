"""What can go wrong: input that makes no sense, and apart from it a peer that was refused.

CertPinLabError                 never raised itself
├── PinFormatError              (ValueError) text that is not a pin
├── HostnameError               (ValueError) text that is not a host name or host pattern
├── PolicyError                 (ValueError) pins and options that contradict each other
├── WireFormatError             (ValueError) bytes that are not the TLS or the certificate they
should be
└── PinMismatchError            (ssl.SSLError) a peer whose keys are not the pinned ones: see
`pin_mismatch`
"""

from __future__ import annotations


class CertPinLabError(Exception):
    """Base of every error of this package."""


class PinFormatError(CertPinLabError, ValueError):
    """The text or bytes given are not a pin."""


class HostnameError(CertPinLabError, ValueError):
    """The text given is not a host name, or not a host pattern."""


class PolicyError(CertPinLabError, ValueError):
    """Pins and options that contradict each other, or a set that pins nothing."""


class WireFormatError(CertPinLabError, ValueError):
    """Bytes that are not the TLS record, handshake message or certificate that they should be."""
