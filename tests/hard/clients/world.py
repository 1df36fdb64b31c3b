"""The bank, an attacker whose certificate comes from a careless CA, and a client's context.

The client trusts both CAs.
"""

from __future__ import annotations

import ssl

from certpin_lab import CertificateAuthority, Identity, Pin, PinPolicy, PinSet, client_context

HOST = "bank.example"
LAB, CARELESS = CertificateAuthority("Lab Root CA"), CertificateAuthority("Careless Root CA")


def bank() -> Identity:
    """The honest server's certificate and key."""
    return LAB.issue_leaf(HOST)


def forged() -> Identity:
    """The attacker's: another key, and a certificate for the same name that the client believes."""
    return CARELESS.issue_leaf(HOST)


def context(pinned: bool) -> ssl.SSLContext:
    """The client's context, with the pin of the bank's key or without any."""
    policy = PinPolicy({HOST: PinSet([Pin.of(bank().certificate)])}) if pinned else None
    return client_context([LAB, CARELESS], policy)
