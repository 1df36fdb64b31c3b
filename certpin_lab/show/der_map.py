"""The map of a certificate's bytes: every field with its place, and what a pin is made of."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..pinning.certificate import SPKI, Field, certificate_fields
from ..pinning.pins import Pin
from .canvas import BLUE, INK, NORMAL, PALE, SMALL, TINTS, WIDTH, Canvas, Picture, text_width

_STRIP, _ROW, _PIN_ROW, _MARGIN = 74, 24, 40, 12
_OFFSET, _NAME, _MEANING = 56, 68, 318
_MOST_ROWS = 40


def der_map(certificate: x509.Certificate) -> Picture:
    """The certificate as a strip of bytes and as a list of its fields.

    The SubjectPublicKeyInfo is framed, with its pin below it. The number in front of a field is the
    byte it begins at. Raises ValueError for a certificate with more than 40 fields.
    """
    fields = certificate_fields(certificate.public_bytes(Encoding.DER))
    if len(fields) > _MOST_ROWS:
        raise ValueError(
            f"The certificate must have at most {_MOST_ROWS} fields; got {len(fields)}."
        )
    pin = Pin.of(certificate)
    spki = next(field for field in fields if field.name == SPKI)
    framed = [field for field in fields if field is spki or _within(field, spki)]
    canvas = Canvas(_STRIP + len(fields) * _ROW + _PIN_ROW + _MARGIN)
    _strip(canvas, fields)
    top = _STRIP + fields.index(spki) * _ROW
    canvas.box(
        _MARGIN,
        top,
        WIDTH - 2 * _MARGIN,
        len(framed) * _ROW + _PIN_ROW,
        fill=TINTS[BLUE],
        edge=BLUE,
    )
    below = top + len(framed) * _ROW
    _pin_line(canvas, spki, pin, below)
    for number, field in enumerate(fields):
        y = _STRIP + number * _ROW
        _row(canvas, field, y + (_PIN_ROW if y >= below else 0))
    return canvas.picture(_sentence(fields, spki, pin))


def _within(one: Field, other: Field) -> bool:
    return one is not other and other.offset <= one.offset < other.offset + other.length


def _strip(canvas: Canvas, fields: Sequence[Field]) -> None:
    """All bytes from left to right, in their true proportions."""
    scale = (WIDTH - 2 * _MARGIN) / fields[0].length
    parts = [
        field
        for field in fields
        if field.depth == 2 or (field.depth == 1 and field.name != "tbsCertificate")
    ]
    canvas.box(_MARGIN, 10, fields[0].length * scale, 26, fill="#e4e4e4", radius=0)
    for number, field in enumerate(parts):
        fill = BLUE if field.name == SPKI else ("#cfcfcf", "#e4e4e4")[number % 2]
        canvas.box(
            _MARGIN + field.offset * scale, 10, field.length * scale, 26, fill=fill, radius=0
        )
        if field.name == SPKI:
            middle = _MARGIN + (field.offset + field.length / 2) * scale
            canvas.text(
                middle,
                48,
                f"SubjectPublicKeyInfo, {field.length} bytes",
                size=SMALL,
                bold=True,
                color=BLUE,
            )
    canvas.text(_MARGIN, 48, "byte 0", size=SMALL, color=PALE, align="left")
    canvas.text(
        WIDTH - _MARGIN, 48, f"{fields[0].length} bytes", size=SMALL, color=PALE, align="right"
    )


def _row(canvas: Canvas, field: Field, y: float) -> None:
    middle, name_x = y + _ROW / 2, _NAME + 18 * field.depth
    canvas.text(_OFFSET, middle, str(field.offset), size=SMALL, color=PALE, align="right")
    canvas.text(name_x, middle, field.name, size=NORMAL, bold=field.name == SPKI, align="left")
    canvas.text(
        _MEANING,
        middle,
        _cut(field.meaning, WIDTH - _MARGIN - 8 - _MEANING),
        size=SMALL,
        align="left",
    )


def _cut(text: str, width: float) -> str:
    """The text, with an ellipsis for what does not fit."""
    text = text[:120]
    while text_width(text, size=SMALL) > width:
        text = text[:-2].rstrip() + "…" if text.endswith("…") else text[:-1] + "…"
    return text


def _pin_line(canvas: Canvas, spki: Field, pin: Pin, y: float) -> None:
    x = _NAME + 18 * spki.depth + 6
    canvas.arrow(x, y + 2, x, y + _PIN_ROW - 8, color=BLUE)
    canvas.text(
        x + 14, y + _PIN_ROW / 2 - 4, "SHA-256, base64", size=SMALL, color=INK, align="left"
    )
    canvas.text(
        x + 126, y + _PIN_ROW / 2 - 4, str(pin), size=SMALL, bold=True, color=BLUE, align="left"
    )


def _sentence(fields: Sequence[Field], spki: Field, pin: Pin) -> str:
    named = "; ".join(
        f"{field.name} at byte {field.offset}, {field.length} long" for field in fields
    )
    hashed = f"The pin {pin} is the hash of the {spki.length} bytes from {spki.offset}."
    return f"Map of a certificate of {fields[0].length} bytes. {named}. {hashed}"
