"""Predictions and retrieval questions of “Inside a certificate”."""

from __future__ import annotations

from ...exercise import Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "04.1",
        "What is the bank's pin the hash of?",
        choices=("the whole certificate", "the key and its kind", "the bare key"),
    ),
    Prediction(
        "04.2",
        "The bank renews its certificate. What happens to fingerprint and pin?",
        choices=("changes", "stays"),
        situations=(
            "fingerprint, same key",
            "pin, same key",
            "fingerprint, new key",
            "pin, new key",
        ),
    ),
    Prediction(
        "04.3",
        "A certificate for another name, long expired, has the same key. Which pin does it have?",
        choices=("another pin", "the same pin"),
    ),
)

QUESTIONS = (
    Question(
        "04.q1",
        "When does the careful app check the bank's certificate?",
        (
            Option("Before it says hello", "It has not seen a certificate then."),
            Option(
                "After it has received it, and before it sends its own Finished",
                "Until then only the ClientHello has left the phone, and no application data.",
                right=True,
            ),
            Option(
                "After the password was sent",
                "That would be too late: whoever answered would have the password by then.",
            ),
        ),
    ),
    Question(
        "04.q2",
        "A certificate names bank.example, its dates are fine, and it is signed with its own key. "
        "The app does not have it in its trust store. What does a careful app do?",
        (
            Option(
                "It accepts: the name matches",
                "Anybody can write that name into a certificate and sign it with a key of his own.",
            ),
            Option(
                "It refuses: nobody whom it trusts has signed it",
                "A name in a certificate is worth what its signer is worth.",
                right=True,
            ),
            Option("It asks the bank", "Over which connection? This one is the question."),
        ),
    ),
    Question(
        "04.q3",
        "Who can read the bank's certificate in a handshake of TLS 1.3?",
        (
            Option(
                "Everybody on the Wi-Fi",
                "TLS 1.3 encrypts the certificate, as you saw in “Who are you talking to?”.",
            ),
            Option("The phone", "And whoever else has agreed on a key with the phone.", right=True),
            Option("The bank only", "The phone has to see it, or it could not check it."),
        ),
    ),
    Question(
        "04.q4",
        "“A pin is the certificate's fingerprint.” What breaks for an app that believes this?",
        (
            Option("Nothing", "The two hashes differ from the first day on. Compare them above."),
            Option(
                "It refuses its bank at the next renewal, though the key is the same",
                "A fingerprint is the hash of the whole certificate.",
                right=True,
            ),
            Option(
                "It accepts forged certificates",
                "It refuses those as well. What it loses is its own bank.",
            ),
        ),
    ),
    Question(
        "04.q5",
        "The bank renews its certificate every 47 days. How often does the pin change?",
        (
            Option("Every 47 days", "Only if the bank also takes a new key each time."),
            Option(
                "Whenever the bank takes a new key",
                "The pin is the hash of the key and its kind, and of nothing else.",
                right=True,
            ),
            Option(
                "Never",
                "A key can be stolen. Then the bank needs a new one, and the pin changes with it.",
            ),
        ),
    ),
)
