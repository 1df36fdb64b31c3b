"""Tables as plain text and as HTML of the few tags that JupyterLab keeps in an untrusted notebook.

Needs no matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ..lab.outcomes import Outcomes


@dataclass(frozen=True, repr=False)
class Table:
    """A caption, one header row and rows of text; the first cell of a row is its name."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        lines = (self.header, *self.rows)
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        text = (
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )
        return "\n".join((self.caption, *text))

    def _repr_html_(self) -> str:
        # The caption and the scopes are what a screen reader needs to read a table out. JupyterLab
        # would align text to the right.
        left = 'style="text-align: left"'
        head = "".join(f'<th scope="col" {left}>{escape(cell)}</th>' for cell in self.header)
        body = "".join(
            f'<tr><th scope="row" {left}>{escape(name)}</th>'
            + "".join(f"<td {left}>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def case_table(rows: Sequence[Sequence[object]], *, caption: str, columns: Sequence[str]) -> Table:
    """A table of cases.

    rows: the cells of each, shown as text. Raises ValueError when there are no rows, or a row does
    not have one cell for each column.
    """
    cells = tuple(tuple(map(str, row)) for row in rows)
    if not cells or any(len(row) != len(columns) for row in cells):
        raise ValueError(
            "`rows` must have at least one row, and each row a cell for each column:"
            f" {', '.join(columns)}."
        )
    return Table(caption, tuple(columns), cells)


def outcome_table(outcomes: Outcomes, *, caption: str = "Outcomes") -> Table:
    """A row for every outcome, with its verdict, its reason, and what the attacker read."""
    rows = [
        (
            outcome.client,
            outcome.situation,
            outcome.verdict,
            f"{outcome.layer}: {outcome.reason}" if outcome.layer else outcome.reason,
            f"{outcome.attacker_read} bytes" if outcome.hijacked else "",
        )
        for outcome in outcomes
    ]
    return case_table(
        rows, caption=caption, columns=("client", "situation", "verdict", "why", "attacker read")
    )
