"""A chain of certificates, leaf first, and where its pins are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from ..pinning.pins import Pin
from .canvas import BLUE, LARGE, NORMAL, PALE, SMALL, TINTS, Canvas, Picture
from .matrix import sign

_BOX, _GAP, _LEFT, _BROAD = 76, 40, 12, 560


def chain(certificates: Sequence[x509.Certificate], pins: Collection[Pin] = ()) -> Picture:
    """The certificates from the leaf down to the root, with their signatures and pins.

    certificates: leaf first. pins: the ones to mark as pinned.

    A line says "signed by" only where the next key really signed this certificate; dates and
    constraints are not checked. Raises ValueError for an empty chain or more than eight
    certificates.
    """
    certificates = tuple(certificates)
    if not 1 <= len(certificates) <= 8:
        raise ValueError(f"A chain must have 1 to 8 certificates; got {len(certificates)}.")
    canvas = Canvas(len(certificates) * (_BOX + _GAP) - _GAP + 24)
    for number, certificate in enumerate(certificates):
        y = 12 + number * (_BOX + _GAP)
        _certificate(canvas, certificate, _role(certificate), y, Pin.of(certificate) in pins)
        if number + 1 < len(certificates):
            middle = _LEFT + _BROAD / 2
            follows = _signed_by(certificate, certificates[number + 1])
            canvas.arrow(middle, y + _BOX + 4, middle, y + _BOX + _GAP - 4)
            canvas.text(
                middle + 12,
                y + _BOX + _GAP / 2,
                "signed by" if follows else "not signed by",
                size=NORMAL,
                align="left",
            )
    above = (*certificates[1:], None)
    phrases = (
        _phrase(certificate, issuer, pins)
        for certificate, issuer in zip(certificates, above, strict=True)
    )
    return canvas.picture(f"Chain. {'; '.join(phrases)}.")


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (
        InvalidSignature,
        ValueError,
        TypeError,
    ):  # a forged name, another name, a key of another kind
        return False
    return True


def _certificate(
    canvas: Canvas, certificate: x509.Certificate, role: str, y: float, pinned: bool
) -> None:
    fill, edge = (TINTS[BLUE], BLUE) if pinned else ("#f5f5f5", "#bfbfbf")
    canvas.box(_LEFT, y, _BROAD, _BOX, fill=fill, edge=edge)
    canvas.text(_LEFT + 18, y + 16, role, size=SMALL, color=PALE, align="left")
    canvas.text(_LEFT + 18, y + 36, _name(certificate), size=LARGE, bold=True, align="left")
    canvas.text(_LEFT + 18, y + 59, f"{str(Pin.of(certificate))[:23]}…", size=NORMAL, align="left")
    if pinned:
        sign(canvas, "protected", _LEFT + _BROAD - 96, y + _BOX / 2, 14)
        canvas.text(
            _LEFT + _BROAD - 72, y + _BOX / 2, "pinned", size=NORMAL, bold=True, align="left"
        )


def _role(certificate: x509.Certificate) -> str:
    try:
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_ca = False
    if not is_ca:
        return "leaf"
    return "root" if certificate.issuer == certificate.subject else "intermediate"


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(names[0].value) if names else certificate.subject.rfc4514_string()
    return text if len(text) <= 40 else text[:39] + "…"


def _phrase(
    certificate: x509.Certificate, above: x509.Certificate | None, pins: Collection[Pin]
) -> str:
    pinned = ", pinned" if Pin.of(certificate) in pins else ""
    gap = "" if above is None or _signed_by(certificate, above) else ", not signed by the next"
    return f"{_role(certificate)} {_name(certificate)}, {Pin.of(certificate)}{pinned}{gap}"
