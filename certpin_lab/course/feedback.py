"""What the course says back to a learner, as plain text and as HTML: sentences, and small tables.

The text says everything; the HTML repeats it with the few tags that JupyterLab keeps in an
untrusted notebook. Neither holds a random id, a path or a time, so the outputs stored in a lesson
stay true on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ..show.tables import Table


@dataclass(frozen=True, repr=False)
class Feedback:
    """A mark and a heading of a few words, then sentences; between them there may be a table."""

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
        return f"<p>{heading}</p>{self.table._repr_html_()}<p>{sentence}</p>"
