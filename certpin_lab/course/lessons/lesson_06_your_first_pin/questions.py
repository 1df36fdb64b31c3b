"""What “Your first pin” asks before and between its experiments."""

from __future__ import annotations

from ...exercise import Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "06.1",
        "The pin does not match. Does the attacker have the password by then?",
        choices=("already there", "never sent"),
    ),
    Prediction(
        "06.2",
        "The app pins the bank's CA and verifies no chain. The attacker names that CA in a"
        " certificate of his own. What does the app do?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "06.3",
        "The app pins the bank's CA and does not check the host name. The attacker owns"
        " shop.example and has a certificate for it from the same CA. What does the app do?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "06.4",
        "The finished app, at home and in the café",
        choices=("served", "locked out", "exposed", "protected"),
        situations=("pinned, honest Wi-Fi", "pinned, hostile Wi-Fi"),
    ),
)

QUESTIONS = (
    Question(
        "06.q1",
        "Of the three doors in “Man in the middle”, which one can certificate checking not close?",
        (
            Option("The app that checks nothing", "Checking closes that one."),
            Option("A root that somebody installed", "It is closed as soon as that root is gone."),
            Option(
                "A trusted CA that signs for the attacker",
                "Every check passes, because somebody trusted did vouch for the name.",
                right=True,
            ),
        ),
    ),
    Question(
        "06.q2",
        "What is a pin made of?",
        (
            Option(
                "The whole certificate",
                "That is the fingerprint. It changes at every renewal.",
            ),
            Option(
                "The SubjectPublicKeyInfo: the key with its algorithm",
                "Hashed with SHA-256, written in base64.",
                right=True,
            ),
            Option("The host name and the key", "A pin holds no name."),
        ),
    ),
    Question(
        "06.q3",
        "When does the careful app check the chain and the host name?",
        (
            Option(
                "Before its own Finished, and so before any application data",
                "A pin is checked a moment later: after Finished, still before any data.",
                right=True,
            ),
            Option("With the first answer", "By then the password has left."),
            Option("After the login", "By then the password has left."),
        ),
    ),
    Question(
        "06.q4",
        "“We pin the CA's key, so we can leave out the other checks.” What happens?",
        (
            Option(
                "Nothing: the CA's key cannot be forged",
                "It need not be. Where nobody verifies a signature, the CA's public certificate is"
                " enough.",
            ),
            Option(
                "Any certificate that names this CA, or that it signed for anybody, is accepted",
                "You have seen both above.",
                right=True,
            ),
            Option("The app refuses everybody", "It accepts more than before, not less."),
        ),
    ),
    Question(
        "06.q5",
        "“When the pin fails, the password is gone anyway.” True?",
        (
            Option(
                "Yes: the handshake is complete by then",
                "A completed handshake has carried no application data yet.",
            ),
            Option(
                "No, if the check comes before the first byte of data",
                "Then the attacker has a completed handshake and 0 bytes of data.",
                right=True,
            ),
            Option(
                "No, because the password is encrypted",
                "Encrypted for whom? The attacker holds the key.",
            ),
        ),
    ),
)
