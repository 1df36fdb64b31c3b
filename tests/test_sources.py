"""`data/sources.csv` has a row for every address that the project points to, and no other: when it
was read, and in our own words what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from certpin_lab.authoring import build, lint, sources
from certpin_lab.cases.facts import read_rows, read_table

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TABLES = sorted({path.name for path in (ROOT / "data").glob("*.csv")} - {"sources.csv"})


def backgrounds() -> dict[str, str]:
    return {
        path.name: lint._section(build.read(path), "Background")
        for path in build.masters(ROOT / "notebooks")
    }


def cited() -> dict[str, str]:
    """Every address that needs a row, and where it stands."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in PAGES}
    tables = {name: "\n".join(map(str, map(dict.values, read_table(name)))) for name in TABLES}
    return {
        address: name
        for name, text in (texts | tables | backgrounds()).items()
        for address in sources.addresses(text)
    }


def problems(table: str, today: date) -> Iterator[str]:
    """What is wrong with a table of sources."""
    if not table.startswith("address,read,says\n"):
        yield "the columns are address,read,says"
        return
    listed = [row["address"] for row in read_rows(table)]
    if listed != sorted(set(listed)):
        yield "addresses are sorted, one row each"
    for row in read_rows(table):
        if None in row or not re.fullmatch(r"\S.{20,}\.", row["says"] or ""):
            yield f"{row['address']}: says is a sentence"
        if [row["address"]] != sources.addresses(row["address"]):
            yield f"{row['address']}: is no address"
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", row["read"] or ""):
            yield f"{row['address']}: read is a day such as 2026-11-24"
        elif date.fromisoformat(row["read"]) > today:
            yield f"{row['address']}: read in the future"


TODAY = datetime.now(UTC).date()
TABLE = (ROOT / "data" / "sources.csv").read_text(encoding="utf-8")
KNOWN = {row["address"] for row in read_table("sources.csv")}
GOOD = """address,read,says
https://a.example/,2026-01-31,"It says that pins are hashes, and of what."
https://b.example/x,2026-01-31,It says what else there is to say.
"""


def test_the_table_of_sources_is_in_order():
    assert list(problems(TABLE, TODAY)) == []


def test_every_address_that_the_project_points_to_has_been_read():
    assert {address: where for address, where in cited().items() if address not in KNOWN} == {}


def test_no_row_of_the_table_is_left_over():
    unconverted = {found for text in backgrounds().values() for found in sources.addresses(text)}
    assert KNOWN - set(cited()) - unconverted == set()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("address,read", "read,address", "columns"),
        ("//b.", "//0.", "sorted"),
        ("//b.example/x", "//a.example/", "one row each"),
        ("It says what else there is to say.", "tbd", "b.example/x: says is a sentence"),
        ('"It says that pins are hashes, and of what."', "It says, that, x.", "is a sentence"),
        ("It says what else there is to say.", "It says what else there is", "is a sentence"),
        ("https://b.example/x", "section 4.1", "no address"),
        (",2026-01-31,It", ",31 January,It", "read is a day"),
        (",2026-01-31,It", ",2026-02-02,It", "future"),
    ],
)
def test_a_faulty_table_is_seen(old, new, says):
    today = date(2026, 2, 1)
    assert list(problems(GOOD, today)) == []
    assert old in GOOD
    assert any(says in problem for problem in problems(GOOD.replace(old, new), today))


def test_an_address_read_today_is_not_in_the_future():
    assert list(problems(GOOD, date(2026, 1, 31))) == []
    assert len(list(problems(GOOD, date(2026, 1, 31) - timedelta(days=1)))) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "[RFC](https://a.example/rfc#section-2), and <http://b.example/x>.",
            ["a/rfc#section-2", "b/x"],
        ),
        ("See https://a.example/x.", ["a/x"]),
        ("['https://a.example/x_(y)', '']", ["a/x_(y)"]),
        ('"https://a.example/x"', ["a/x"]),
        ("nothing at example.org", []),
    ],
)
def test_addresses_are_found_in_markdown_and_tables(text, found):
    assert [
        re.sub(r"https?://(.)\.example", r"\1", one) for one in sources.addresses(text)
    ] == found
