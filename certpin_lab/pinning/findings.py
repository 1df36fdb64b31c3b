"""What an examination finds, of a pin policy or of a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    `level`: "ok", a "note" that needs no action, or a "problem". `what`: how it is, in a sentence.
    `advice`: what to do, empty where there is nothing to do. `code`: the kind of finding, in words
    that never change. `where`: the host pattern, or empty.
    """

    level: Level
    what: str
    advice: str = ""
    code: str = ""
    where: str = ""

    def __str__(self) -> str:
        return " ".join(
            filter(None, (f"{self.where}:" if self.where else "", self.what, self.advice))
        )

    __repr__ = __str__
