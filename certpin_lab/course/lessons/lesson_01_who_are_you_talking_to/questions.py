"""The predictions and retrieval questions of lesson 01."""

from __future__ import annotations

from ...exercise import Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "01.1",
        "What can somebody read who copies every byte on the Wi-Fi?",
        choices=("visible", "hidden"),
        situations=("the bank's name", "the password", "the balance", "the bank's certificate"),
    ),
    Prediction(
        "01.2",
        "The app encrypts and does not check the certificate. "
        "What does the attacker in the middle read?",
        choices=("nothing", "everything"),
    ),
    Prediction(
        "01.3",
        "An app that checks everything meets the thief's own site. Does it connect?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "01.4",
        "After which flight may the phone send the password?",
        choices=("after flight 1", "after flight 2", "after flight 3"),
    ),
)

QUESTIONS = (
    Question(
        "01.q1",
        "In “Start here” the pinned app met the attacker. "
        "How many bytes of application data did he read?",
        (
            Option(
                "174, as from the unpinned app",
                "That was the unpinned app. The pinned one closed the connection before it sent "
                "any application data.",
            ),
            Option(
                "0",
                "His handshake was completed, and no application data came after it.",
                right=True,
            ),
            Option(
                "Only the password",
                "The password would have been sent with the request, and no request was sent.",
            ),
        ),
    ),
    Question(
        "01.q2",
        "Why did the unpinned app accept the attacker's certificate?",
        (
            Option(
                "He broke the encryption",
                "Nobody broke anything: the connection to him was encrypted as it should be.",
            ),
            Option(
                "The app did not check it",
                "It did, and the certificate passed: the phone trusts the CA that signed it.",
            ),
            Option(
                "A CA that the phone trusts had signed it",
                "One careless CA among all the trusted ones was enough.",
                right=True,
            ),
        ),
    ),
    Question(
        "01.q3",
        "The bank changes its key, and nobody tells the apps. Which one stops working?",
        (
            Option(
                "The pinned one",
                "It knows one key, and that key is gone. This is the price of pinning.",
                right=True,
            ),
            Option(
                "The unpinned one",
                "It trusts the CA, and the CA has signed the new certificate too.",
            ),
            Option("Both", "The unpinned app has never known the key, so it does not miss it."),
        ),
    ),
    Question(
        "01.q4",
        "“The connection is encrypted, so I talk to the right server.” What is wrong with that?",
        (
            Option(
                "Nothing",
                "The careless app had TLS 1.3 and a strong cipher, and it had them with the "
                "attacker.",
            ),
            Option(
                "Encryption can be broken",
                "Nobody broke it. The key was agreed with the wrong partner.",
            ),
            Option(
                "You can agree on a key with anybody; "
                "only the certificate check tells you with whom",
                "Encryption answers “can others read this?”, not “who is there?”.",
                right=True,
            ),
        ),
    ),
    Question(
        "01.q5",
        "A browser accepts the certificate of bank-secure.example. What do you know?",
        (
            Option(
                "The site belongs to a bank",
                "The CA checked who controls the name, not what the owner is.",
            ),
            Option(
                "A CA that the browser trusts says that the other end controls this name",
                "That, and no more. Whether it is the name you wanted is for you to see.",
                right=True,
            ),
            Option(
                "The owner is honest",
                "A thief can own a name, and get a certificate for it, like anybody else.",
            ),
        ),
    ),
)
