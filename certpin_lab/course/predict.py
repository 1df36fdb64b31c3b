"""Predict, run, compare: `predict` commits an answer, `verdict` shows it beside what happened.

Nothing here is graded or written to disk: a prediction lives as long as the kernel. Learners who
predict before an experiment learn more from it than those who only watch (Crouch, Fagen, Callan and
Mazur 2004, American Journal of Physics 72:835).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..lab.outcomes import Outcome, Outcomes
from ..show.tables import Table
from . import lessons
from .answers import (
    UnreadableAnswer,
    is_blank,
    one_of,
    plain,
    read_id,
    read_mapping,
    read_word,
    show_id,
)
from .exercise import Prediction
from .feedback import Feedback

_BLANK = "(no prediction)"


@dataclass
class _Commitment:
    answers: dict[str, str]
    observed: bool = False
    changed: bool = False


_commitments: dict[str, _Commitment] = {}


def predict(id: str, answer: object) -> Feedback:
    """Commit a prediction before the experiment is run.

    id: the prediction's id, "00.1". answer: one of its choices; or, where it asks about several
    situations, a dict with one choice each. `...` is left for later.

    Returns what was noted, or what to change; it never raises. Predicting again replaces the
    earlier prediction; if the verdict was shown before, the next verdict says so.
    """
    try:
        asked = lessons.prediction(read_id(id))
        return _commit(asked, _read(asked, answer))
    except (LookupError, UnreadableAnswer) as problem:
        return Feedback(f"? Prediction {show_id(id)} was not noted.", str(problem.args[0]))


def _read(asked: Prediction, answer: object) -> dict[str, str]:
    if is_blank(answer):
        return {}
    if not asked.situations:
        return {"": read_word(plain(answer), asked.choices)}
    read = read_mapping(plain(answer), asked.situations, asked.choices)
    return {situation: word for situation, word in read.items() if word is not ...}


def _commit(asked: Prediction, answers: dict[str, str]) -> Feedback:
    blank = [situation for situation in asked.situations or ("",) if situation not in answers]
    before = _commitments.get(asked.id)
    if not answers:
        _commitments.pop(asked.id, None)
        return Feedback(
            f"○ Prediction {asked.id} is still open.",
            f"Replace each ... with {one_of(asked.choices)}, and run this cell.",
        )
    late = before is not None and (
        before.changed or (before.observed and before.answers != answers)
    )
    _commitments[asked.id] = _Commitment(answers, before is not None and before.observed, late)
    noted = "; ".join(
        f"{situation}: {word}" if situation else word for situation, word in answers.items()
    )
    rest = f" Still open: {'; '.join(blank)}." if blank else ""
    after = (
        " You have seen the result already, so the verdict will say that this came later."
        if late
        else ""
    )
    return Feedback(f"● Prediction {asked.id} noted.", f"{noted}.{rest}{after}")


def verdict(id: str, observed: object) -> Feedback:
    """Show the prediction beside what happened, in words, and ask for the reason where they differ.

    id: the prediction's id. observed: a word; an `Outcome`, which counts by its verdict; or, for
    several situations, `Outcomes` or a dict of words or outcomes.

    Returns a small table and one sentence; the table also when nothing was predicted. Raises
    LookupError for an id that is not declared, and ValueError when `observed` lacks a situation:
    both are faults of the lesson, not of the learner.
    """
    asked = lessons.prediction(id)
    happened = _words(observed)
    situations = asked.situations or ("",)
    if missing := [situation for situation in situations if situation not in happened]:
        raise ValueError(f"`observed` must say what happened in: {'; '.join(missing)}.")
    commitment = _commitments.get(id)
    predicted = commitment.answers if commitment else {}
    rows = [(situation, predicted.get(situation), happened[situation]) for situation in situations]
    if commitment:
        commitment.observed = True
    header = ("", "you predicted", "what happened", "")
    table = Table(
        asked.question,
        header,
        tuple((name or id, said or _BLANK, fact, _same(said, fact)) for name, said, fact in rows),
    )
    return Feedback(f"Verdict {id}.", _comment(id, rows, commitment), table)


def _words(observed: Any) -> dict[str, str]:
    if isinstance(observed, Outcomes):
        return {f"{outcome.client}, {outcome.situation}": outcome.verdict for outcome in observed}
    if isinstance(observed, Mapping):
        return {str(name): _word(value) for name, value in observed.items()}
    return {"": _word(observed)}


def _word(value: Any) -> str:
    return value.verdict if isinstance(value, Outcome) else str(value)


def _same(said: str | None, fact: str) -> str:
    if said is None:
        return "–"
    return "✔ as predicted" if said == fact else "✘ differs"


def _comment(
    id: str, rows: list[tuple[str, str | None, str]], commitment: _Commitment | None
) -> str:
    if commitment is None:
        return (
            f'You did not predict this time. Fill in the cell with predict("{id}", ...), run it,'
            " then run this cell again."
        )
    given = [(said, fact) for _, said, fact in rows if said is not None]
    agreed = sum(said == fact for said, fact in given)
    late = " (The prediction was changed after the result was seen.)" if commitment.changed else ""
    if agreed == len(given):
        return (
            f"As you predicted, {agreed} of {len(given)}. Can you say why, in one sentence?{late}"
        )
    why = "Where they differ, say why in one sentence before you read on: what did you believe?"
    return f"{agreed} of {len(given)} as you predicted. {why}{late}"
