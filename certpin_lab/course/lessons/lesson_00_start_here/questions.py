"""The prediction of lesson 00. Its retrieval questions come with the next lesson."""

from __future__ import annotations

from ...exercise import Prediction, Question

PREDICTIONS = (
    Prediction(
        "00.1",
        "What becomes of each app on each Wi-Fi?",
        choices=("served", "locked out", "exposed", "protected"),
        situations=(
            "unpinned, honest Wi-Fi",
            "pinned, honest Wi-Fi",
            "unpinned, hostile Wi-Fi",
            "pinned, hostile Wi-Fi",
        ),
    ),
)

QUESTIONS: tuple[Question, ...] = ()
