"""Text that a stranger chose, made safe to show."""

from __future__ import annotations


def printable(text: str | bytes, longest: int = 120) -> str:
    """The text on one line: bytes are read as UTF-8, and what cannot be printed becomes "?".

    longest: characters to keep; the rest is cut off. Line breaks, control characters and lone
    surrogates cannot be printed.
    """
    if isinstance(text, bytes):
        text = text[: 4 * longest].decode(
            "utf-8", "replace"
        )  # a character takes at most four bytes
    text = text[:longest]
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)
