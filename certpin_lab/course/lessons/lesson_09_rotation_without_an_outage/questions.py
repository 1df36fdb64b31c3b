"""What “Rotation without an outage” asks before and between its experiments."""

from __future__ import annotations

from ...exercise import Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "09.1",
        "On Friday night the bank takes its spare key. Which versions of the app still work?",
        choices=("served", "locked out"),
        situations=(
            "version 1: one pin",
            "version 2: pin and backup",
            "version 3: only the new key",
        ),
    ),
    Prediction(
        "09.2",
        "Version 2 is released today, and the key changes in 100 days. How many users are locked"
        " out then?",
        choices=("nobody", "one in ten", "more than one in three"),
    ),
    Prediction(
        "09.3",
        "The pins have expired. What does an app do that follows Android's rule [1]?",
        choices=("it refuses everybody", "it trusts the CAs alone"),
    ),
    Prediction(
        "09.4",
        "Certificates are valid for 47 days, and the bank keeps its key. How many of a year's"
        " renewals lock out an app that pins the key?",
        choices=("none", "one", "all"),
    ),
)

QUESTIONS = (
    Question(
        "09.q1",
        "Which choice of a pin survives a renewal with a prepared key, and stops a certificate from"
        " the same CA?",
        (
            Option(
                "Leaf key + backup", "It names both keys, and nobody else has them.", right=True
            ),
            Option(
                "Intermediate key",
                "It survives the renewal, and lets in whatever that CA signs.",
            ),
            Option("Leaf key", "It stops the attack, and refuses the prepared key."),
        ),
    ),
    Question(
        "09.q2",
        "What does a backup pin need?",
        (
            Option(
                "A second certificate that is live",
                "A pin is made of a key. The certificate can wait.",
            ),
            Option(
                "A key pair that is kept offline",
                "Its public half is pinned long before it is used.",
                right=True,
            ),
            Option("A second CA", "Only on the day on which a certificate is issued for it."),
        ),
    ),
    Question(
        "09.q3",
        "A renewal with the same key: what breaks?",
        (
            Option("Apps that pin the key", "The key stayed, so the pin stayed."),
            Option("Apps that pin the certificate", "Its fingerprint has changed.", right=True),
            Option("Nothing", "An app that compares the whole certificate is locked out."),
        ),
    ),
    Question(
        "09.q4",
        "“Short-lived certificates make pinning impossible.” What did you see?",
        (
            Option(
                "They end pins on certificates, not pins on keys",
                "As long as the key is kept from one renewal to the next.",
                right=True,
            ),
            Option(
                "They make every pin impossible",
                "A year of renewals with the same key locked nobody out.",
            ),
            Option(
                "They change nothing",
                "An app that pins the certificate would be locked out seven times a year.",
            ),
        ),
    ),
    Question(
        "09.q5",
        "“When a pin set expires, the app refuses.” Is that so?",
        (
            Option(
                "Yes, always",
                "Android and TrustKit do the opposite: after the date nothing is pinned [1] [2].",
            ),
            Option("No, never", "In this package it is a decision: refuse or accept."),
            Option(
                "It depends on who decided, and Android decided to accept",
                "So an old app may be unpinned, and nobody notices [1].",
                right=True,
            ),
        ),
    ),
)
