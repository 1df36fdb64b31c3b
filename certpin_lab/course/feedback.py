"""What the course says back to a learner: one sentence, or a small table, as plain text and as HTML.

The text says everything; the HTML repeats it with the few tags that JupyterLab keeps in an untrusted notebook. Neither
holds a random id, a path or a time, so the outputs stored in a lesson stay true on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Row = Sequence[str]


@dataclass(frozen=True, repr=False)
class Table:
    """A caption, one header row and rows of text; the first cell of a row is its name."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        lines = (self.header, *self.rows)
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        )

    def html(self) -> str:
        """The table with a caption and a scope on every header cell, which is what a screen reader needs to read it out."""
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.header)
        body = "".join(
            f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
            for name, *cells in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True, repr=False)
class Feedback:
    """A mark and a heading of a few words, then sentences, with a table between them where there is one."""

    heading: str
    sentence: str
    table: Table | None = None

    def __repr__(self) -> str:
        if self.table is None:
            return f"{self.heading} {self.sentence}"
        return f"{self.heading}\n{self.table}\n{self.sentence}"

    def _repr_html_(self) -> str:
        heading, sentence = f"<strong>{escape(self.heading)}</strong>", escape(self.sentence)
        if self.table is None:
            return f"<p>{heading} {sentence}</p>"
        return f"<p>{heading}</p>{self.table.html()}<p>{sentence}</p>"
