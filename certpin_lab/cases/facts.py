"""Facts about the world, from the tables in `data/`, each row with its source.

Nothing is fetched: the facts are as old as the table.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from ..pinning.policy import aware_utc
from ..places import data_dir

Kind = Literal["mis-issuance", "local root", "distrust", "outage", "fail open"]


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a table in `data/`, such as "adoption.csv", each by the names of its columns.

    Nothing is checked here.
    """
    return read_rows(_text(name))


def read_rows(text: str) -> list[dict[str, str]]:
    """The rows of a table in CSV, each by the names of its columns."""
    return list(csv.DictReader(text.splitlines()))


def _text(name: str) -> str:
    return (data_dir() / name).read_text(encoding="utf-8")


@dataclass(frozen=True, repr=False)
class Incident:
    """Something that happened to certificates, or to those who pinned them.

    date: ISO text, as exact as the source: a day or a month.
    what: one sentence.
    noticed_by: who noticed; empty when the source does not say.
    source: the address of a page; `data/sources.csv` has when it was read, and what it says.
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

    Raises ValueError for a kind that does not exist, and for a table with a row that cannot be
    right.
    """
    if unknown := set(kinds) - set(get_args(Kind)):
        raise ValueError(
            f"Each kind must be one of {', '.join(get_args(Kind))}; got {min(unknown)!r}."
        )
    found = read_incidents(_text("incidents.csv"))
    return tuple(incident for incident in found if not kinds or incident.kind in kinds)


def read_incidents(text: str) -> tuple[Incident, ...]:
    """The rows of such a table, sorted by date.

    Raises ValueError, with the line, for a row that cannot be right.
    """
    found = []
    for number, row in enumerate(read_rows(text), 2):
        try:
            incident = Incident(**row)  # type: ignore[arg-type]  # the columns are the fields
        except TypeError as problem:
            raise ValueError(
                f"Line {number} must have the columns date, name, kind, what, noticed_by, source."
            ) from problem
        if problem_ := _problem(incident):
            raise ValueError(f"Line {number} ({incident.name}): {problem_}")
        found.append(incident)
    return tuple(sorted(found, key=lambda incident: incident.date))


def _problem(incident: Incident) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?", incident.date or ""):
        return f"the date must be a day or a month, such as 2011-08-29; got {incident.date!r}."
    if incident.kind not in get_args(Kind):
        return f"the kind must be one of {', '.join(get_args(Kind))}; got {incident.kind!r}."
    if not incident.name or not incident.what:
        return "name must not be empty, and what must be a sentence that says what happened."
    if not re.match(r"https?://\S+\.\w+", incident.source or ""):
        return f"the source must be an address; got {incident.source!r}."
    return ""


def validity_limit(issued: datetime) -> int:
    """The most days that a public certificate issued at that moment may be valid:
    `data/validity_limits.csv`.

    Raises ValueError for a naive datetime, and for one before the table begins.
    """
    rows = read_table("validity_limits.csv")
    limits = sorted((date.fromisoformat(row["date"]), int(row["max_days"])) for row in rows)
    known = [days for since, days in limits if since <= aware_utc("issued", issued).date()]
    if not known:
        raise ValueError(
            f"issued must not be before {limits[0][0]}, where the table of validity limits begins;"
            f" got {issued.date()}. Before that, give the limit in days."
        )
    return known[-1]
