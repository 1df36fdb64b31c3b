"""Predictions and retrieval questions of “Man in the middle”."""

from __future__ import annotations

from ...exercise import Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "05.1",
        "What does it take to read the password out of this app's connection?",
        choices=("break the encryption", "steal the bank's key", "neither"),
    ),
    Prediction(
        "05.2",
        "Which app falls for which certificate?",
        choices=("exposed", "protected"),
        situations=(
            "nameless, home-made certificate",
            "nameless, certificate of shop.example",
            "careful, home-made certificate",
            "careful, certificate of shop.example",
        ),
    ),
    Prediction(
        "05.3",
        "The phone trusts the honest CA and your root. The bank is the honest CA's customer. "
        "What becomes of the app?",
        choices=("exposed", "protected"),
    ),
    Prediction(
        "05.4",
        "The app checks everything. Which check refuses the certificate from the careless CA?",
        choices=("validity", "chain", "hostname", "no check"),
    ),
    Prediction(
        "05.5",
        "The careless CA is taken out of the trust store. What happens?",
        choices=("served", "locked out", "exposed", "protected"),
        situations=("bank.example, attacked", "museum.example, honest"),
    ),
)

QUESTIONS = (
    Question(
        "05.q1",
        "“Who are you talking to?”: how does somebody on the Wi-Fi know for which host he has to "
        "forge a certificate?",
        (
            Option(
                "He reads it in the certificate",
                "In TLS 1.3 the certificate is encrypted, and it comes later.",
            ),
            Option("He cannot know", "He can: this phone says it before there is any key."),
            Option(
                "The phone says it in its first message, in the clear",
                "The ClientHello carries the server name, because one server may have many names. "
                "Encrypted Client Hello hides it, where phone and server both use it [1].",
                right=True,
            ),
        ),
    ),
    Question(
        "05.q2",
        "“Build a certificate authority”: a certificate for shop.example, signed by a CA that the "
        "phone trusts, is shown to an app that wants bank.example. Which check refuses it?",
        (
            Option("The chain", "The chain is in order: a trusted CA has signed it."),
            Option("The host name", "Chain and dates pass. Only the name is wrong.", right=True),
            Option(
                "None",
                "An app that checks everything compares the name too. Whether every app does is "
                "today's subject.",
            ),
        ),
    ),
    Question(
        "05.q3",
        "“Inside a certificate”: the bank renews its certificate and keeps its key. What stays the "
        "same?",
        (
            Option(
                "The fingerprint",
                "It is the hash of the whole certificate, and that has changed.",
            ),
            Option(
                "The pin", "It is the hash of the public key, and the key is the same.", right=True
            ),
            Option("Both", "The certificate has new bytes, so its fingerprint is a new one."),
        ),
    ),
    Question(
        "05.q4",
        "“The attacker must have broken the encryption.” What did you break today?",
        (
            Option(
                "A weak cipher",
                "It was TLS 1.3 with a strong cipher, in every attack of this lesson.",
            ),
            Option(
                "The bank's private key",
                "It never left the bank. You used a key of your own each time.",
            ),
            Option(
                "Nothing: the app agreed on a key with me",
                "Whoever is accepted as the bank has agreed on the key with the app.",
                right=True,
            ),
        ),
    ),
    Question(
        "05.q5",
        "The chain is valid and ends in a root that came with the phone. The name is right. What "
        "do you know?",
        (
            Option("The site is honest", "Door three had such a chain, and you were behind it."),
            Option(
                "The site is who it says it is", "That would be so if no CA ever made a mistake."
            ),
            Option(
                "Some CA that the phone trusts has vouched for this key and this name",
                "That, and no more. Any of them can be tricked, and one is enough.",
                right=True,
            ),
        ),
    ),
)
