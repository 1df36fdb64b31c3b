"""Facts about the world, from the tables in `data/`, each row with its source. Nothing is fetched or newer than the table."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["mis-issuance", "local root", "distrust", "outage", "fail open"]
_PACKAGE = Path(__file__).parent


def data_dir() -> Path:
    """The folder of the tables: inside the package in a wheel, beside it in a clone."""
    inside = _PACKAGE / "_data"
    return inside if inside.is_dir() else _PACKAGE.parent / "data"


@dataclass(frozen=True, repr=False)
class Incident:
    """Something that happened to certificates, or to those who pinned them.

    `date` is ISO text, as exact as the source: a day or a month. `what` is one sentence, `noticed_by` who noticed (empty when the source
    does not say), `source` an address.
    """

    date: str
    name: str
    kind: Kind
    what: str
    noticed_by: str
    source: str

    def __str__(self) -> str:
        noticed = f" Noticed by {self.noticed_by}." if self.noticed_by else ""
        return f"{self.date} {self.name}: {self.what}{noticed}"

    __repr__ = __str__


def incidents(*kinds: Kind) -> tuple[Incident, ...]:
    """The incidents of these kinds, or all of them, oldest first: `data/incidents.csv`.

    Raises ValueError for a kind that does not exist, and for a table with a row that cannot be right.
    """
    if unknown := set(kinds) - set(get_args(Kind)):
        raise ValueError(f"There is no kind {min(unknown)!r}. There are: {', '.join(get_args(Kind))}.")
    found = read_incidents((data_dir() / "incidents.csv").read_text(encoding="utf-8"))
    return tuple(incident for incident in found if not kinds or incident.kind in kinds)


def read_incidents(text: str) -> tuple[Incident, ...]:
    """The rows of such a table, sorted by date. Raises ValueError, with the line, for a row that cannot be right."""
    found = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
        try:
            incident = Incident(**row)  # type: ignore[arg-type]  # the columns are the fields
        except TypeError as problem:
            raise ValueError(
                f"Line {number} has other columns than date, name, kind, what, noticed_by, source."
            ) from problem
        if problem_ := _problem(incident):
            raise ValueError(f"Line {number} ({incident.name}): {problem_}")
        found.append(incident)
    return tuple(sorted(found, key=lambda incident: incident.date))


def _problem(incident: Incident) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?", incident.date or ""):
        return "the date is a day or a month, such as 2011-08-29 or 2011-08."
    if incident.kind not in get_args(Kind):
        return f"the kind is one of {', '.join(get_args(Kind))}."
    if not incident.name or not incident.what:
        return "it needs a name, and a sentence that says what happened."
    if not re.match(r"https?://\S+\.\w+", incident.source or ""):
        return "it needs the address of its source."
    return ""
