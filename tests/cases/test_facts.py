"""The tables in data/ say where each row comes from, and a row that cannot be right is refused with
its line.
"""

import pytest

from certpin_lab.cases.facts import incidents, read_incidents

HEAD = "date,name,kind,what,noticed_by,source\n"
GOOD = "2011-08,DigiNotar,mis-issuance,Forged.,users,https://a.example/x\n"


def test_every_incident_has_a_source_and_a_sentence():
    found = incidents()
    assert len(found) >= 10
    for incident in found:
        assert incident.source.startswith(("https://", "http://"))
        assert incident.what.endswith(".")
    assert [one.date for one in found] == sorted(one.date for one in found)
    assert len({one.name for one in found}) == len(found)


def test_a_kind_chooses_its_own_and_no_other():
    assert {one.kind for one in incidents("outage")} == {"outage"}
    assert len(incidents("outage")) + len(incidents("mis-issuance")) == len(
        incidents("outage", "mis-issuance")
    )
    with pytest.raises(ValueError, match="got 'accident'"):
        incidents("accident")


def test_a_good_row_is_read_as_it_stands():
    [incident] = read_incidents(HEAD + GOOD)
    assert str(incident) == "2011-08 DigiNotar: Forged. Noticed by users."


@pytest.mark.parametrize(("broken", "says"), [
    (GOOD.replace("2011-08", "August 2011"), "the date must be .*; got 'August 2011'"),
    (GOOD.replace("2011-08", "2011-13"), "the date must"),
    (GOOD.replace("mis-issuance", "oops"), "the kind must be .*; got 'oops'"),
    (GOOD.replace("Forged.", ""), "a sentence"),
    (GOOD.replace("https://a.example/x", "a book"), "the source must be an address; got 'a book'"),
    (GOOD.replace(",users", ""), "the source must"),
    (GOOD.replace("DigiNotar", ""), "name must"),
    (GOOD.strip() + ",more\n", "must have the columns"),
])  # fmt: skip
def test_a_row_that_cannot_be_right_is_refused_with_its_line(broken, says):
    with pytest.raises(ValueError, match=rf"Line 3.*{says}"):
        read_incidents(HEAD + GOOD + broken)
