"""A prediction is committed before the experiment and shown beside what happened after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from certpin_lab import Outcome, Outcomes
from certpin_lab.course import predict, verdict
from certpin_lab.course.predict import _commitments

HAPPENED = {
    "unpinned, honest Wi-Fi": "served",
    "pinned, honest Wi-Fi": "served",
    "unpinned, hostile Wi-Fi": "exposed",
    "pinned, hostile Wi-Fi": "protected",
}


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    _commitments.clear()
    yield
    _commitments.clear()


def test_a_right_prediction_is_confirmed() -> None:
    assert "pinned, hostile Wi-Fi: protected" in repr(predict("00.1", HAPPENED))
    shown = repr(verdict("00.1", HAPPENED))
    assert shown.count("✔ as predicted") == 4
    assert "As you predicted, 4 of 4." in shown


def test_a_wrong_cell_is_pointed_out_and_the_reason_asked_for() -> None:
    predict("00.1", {**HAPPENED, "pinned, hostile Wi-Fi": "exposed"})
    shown = repr(verdict("00.1", HAPPENED))
    assert shown.count("✔ as predicted") == 3
    assert "pinned, hostile Wi-Fi    exposed        protected      ✘ differs" in shown
    assert "3 of 4 as you predicted. Where they differ, say why" in shown


@pytest.mark.parametrize("blank", [..., None, "", {}, dict.fromkeys(HAPPENED, ...)])
def test_without_a_prediction_the_result_is_shown_and_the_cell_named(blank: object) -> None:
    assert "still open" in repr(predict("00.1", blank))
    shown = repr(verdict("00.1", HAPPENED))
    assert "exposed" in shown
    assert 'predict("00.1", ...)' in shown
    assert "✘" not in shown


def test_a_prediction_may_be_partly_open() -> None:
    shown = repr(predict("00.1", {**HAPPENED, "pinned, honest Wi-Fi": ...}))
    assert "Still open: pinned, honest Wi-Fi." in shown
    assert "As you predicted, 3 of 3." in repr(verdict("00.1", HAPPENED))


def test_case_and_spaces_do_not_matter_and_a_misspelling_gets_a_suggestion() -> None:
    assert "noted" in repr(predict("00.1", {"Pinned,  hostile wi-fi": " Locked-Out"}))
    assert 'Did you mean "protected"?' in repr(
        predict("00.1", {"pinned, hostile Wi-Fi": "protectd"})
    )
    assert 'Did you mean "pinned, hostile Wi-Fi"?' in repr(
        predict("00.1", {"pinned hostile Wifi": "served"})
    )


@pytest.mark.parametrize("answer", ["served", 5, object(), [1, 2], lambda: "served"])
def test_an_answer_of_the_wrong_shape_is_not_noted(answer: object) -> None:
    assert "was not noted" in repr(predict("00.1", answer))
    assert "You did not predict" in repr(verdict("00.1", HAPPENED))


def test_a_change_after_the_verdict_is_allowed_and_said() -> None:
    predict("00.1", {**HAPPENED, "pinned, hostile Wi-Fi": "exposed"})
    verdict("00.1", HAPPENED)
    assert "later" in repr(predict("00.1", HAPPENED))
    assert "changed after the result was seen" in repr(verdict("00.1", HAPPENED))


def test_running_the_same_prediction_again_is_no_change() -> None:
    predict("00.1", HAPPENED)
    first = repr(verdict("00.1", HAPPENED))
    predict("00.1", dict(reversed(HAPPENED.items())))
    assert repr(verdict("00.1", HAPPENED)) == first


def test_outcomes_count_by_their_verdict() -> None:
    rows = tuple(
        Outcome(
            client=name.split(", ")[0],
            situation=name.split(", ")[1],
            hijacked="hostile" in name,
            accepted=word in ("served", "exposed"),
            layer=None if word in ("served", "exposed") else "pin",
            reason="accepted" if word in ("served", "exposed") else "no pinned key",
        )
        for name, word in HAPPENED.items()
    )
    assert repr(verdict("00.1", Outcomes(rows))) == repr(verdict("00.1", HAPPENED))


def test_a_lesson_that_observes_too_little_is_told() -> None:
    with pytest.raises(ValueError, match="pinned, hostile Wi-Fi"):
        verdict(
            "00.1",
            {name: word for name, word in HAPPENED.items() if name != "pinned, hostile Wi-Fi"},
        )
    with pytest.raises(LookupError, match=r"00\.1"):
        verdict("00.11", HAPPENED)


def test_an_unknown_prediction_is_said_and_not_raised() -> None:
    assert 'Did you mean "00.1"?' in repr(predict("00.11", HAPPENED))


def test_the_html_has_a_caption_and_scopes_and_nothing_that_jupyterlab_drops() -> None:
    html = verdict("00.1", HAPPENED)._repr_html_()
    assert "<caption>What becomes of each app" in html
    assert html.count('scope="row"') == 4
    assert not any(word in html for word in ("<script", "<style", " id=", "aria-", "role="))
