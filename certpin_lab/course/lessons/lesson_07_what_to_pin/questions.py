"""What “What to pin” asks before and between its experiments."""

from __future__ import annotations

from ...exercise import Option, Prediction, Question

CHOICES = (
    "certificate",
    "leaf key",
    "leaf key + backup",
    "intermediate key",
    "root key",
    "root key + leaf key",
)

PREDICTIONS = (
    Prediction(
        "07.1",
        "The bank takes a new key. Which apps still work?",
        choices=("served", "locked out"),
        situations=CHOICES,
    ),
    Prediction(
        "07.2",
        "Somebody gets a certificate for the bank's name from the bank's own CA. Which apps are"
        " safe?",
        choices=("protected", "exposed"),
        situations=CHOICES,
    ),
    Prediction(
        "07.3",
        "The backup key gets its first certificate on the day it is needed, from another CA. Does"
        " the app that pins the key accept it?",
        choices=("yes", "no"),
    ),
    Prediction(
        "07.4",
        "The phone's trust store holds the root and also the intermediate. Does the root pin still"
        " match?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "07.5",
        "The app pins the old root and trusts both. The bank sends the chain to the new root. What"
        " does the app do?",
        choices=("accepted", "refused"),
    ),
)

QUESTIONS = (
    Question(
        "07.q1",
        "The bank renews its certificate with the same key. What changes?",
        (
            Option("The pin", "The pin is the hash of the key with its algorithm: both stayed."),
            Option(
                "The fingerprint",
                "It is the hash of the whole certificate, so it changes every time.",
                right=True,
            ),
            Option(
                "Both",
                "“Inside a certificate”: the pin follows the key, the fingerprint every byte.",
            ),
        ),
    ),
    Question(
        "07.q2",
        "Which door does checking certificates leave open, however well it is done?",
        (
            Option("The app that checks nothing", "Checking closes that one."),
            Option("A certificate for another name", "Checking the host name closes that one."),
            Option(
                "A trusted CA that signs for the wrong person",
                "Every check passes. That is what a pin is for.",
                right=True,
            ),
        ),
    ),
    Question(
        "07.q3",
        "A pin matches. Which other checks may the app leave out?",
        (
            Option("The host name", "Then any site of a pinned CA is accepted."),
            Option(
                "The chain",
                "An attacker can put the pinned key into a chain that nobody verified.",
            ),
            Option("None", "A pin comes on top of the other checks.", right=True),
        ),
    ),
    Question(
        "07.q4",
        "“Pin the root, it is the safest.” What did the matrix say?",
        (
            Option(
                "It is: nobody can forge a root",
                "Nobody has to. Everything that is signed below it is accepted.",
            ),
            Option(
                "It survives most renewals, and lets in whatever is signed below it",
                "Also by a sister CA that you have never heard of.",
                right=True,
            ),
            Option(
                "It locks out the bank at every renewal",
                "That is the certificate's column, at the other end of the table.",
            ),
        ),
    ),
    Question(
        "07.q5",
        "“A backup pin needs a second live certificate.” True?",
        (
            Option(
                "Yes, or there would be nothing to pin",
                "A pin needs a public key, and a key needs no certificate.",
            ),
            Option(
                "No: a key in the safe is enough",
                "The certificate is issued on the day it is needed.",
                right=True,
            ),
            Option(
                "Only with another CA",
                "The CA comes in when the certificate is issued, not before.",
            ),
        ),
    ),
)
