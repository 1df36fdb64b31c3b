"""The predictions and retrieval questions of lesson 02."""

from __future__ import annotations

from ....cases import broken_cases
from ...exercise import Option, Prediction, Question

PREDICTIONS = (
    Prediction(
        "02.1",
        "Which check refuses each of these servers?",
        choices=("validity", "chain", "hostname", "accepted"),
        situations=tuple(case.name for case in broken_cases()),
    ),
    Prediction(
        "02.2",
        "An app looks at the name only. "
        "What does it do with the thief's own certificate for bank.example?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "02.3",
        "The museum's CA is in the trust store. It signs for bank.example. What does Ada's app do?",
        choices=("accepted", "refused"),
    ),
    Prediction(
        "02.4",
        "The museum's CA has a name constraint: museum.example. It signs for bank.example. "
        "What does Ben's app do?",
        choices=("accepted", "refused"),
    ),
)

QUESTIONS = (
    Question(
        "02.q1",
        "The careless app of “Who are you talking to?” encrypted everything. "
        "Why did the attacker read the password?",
        (
            Option("Its encryption was weak", "It was TLS 1.3 with a strong cipher."),
            Option(
                "It had agreed on the key with him",
                "Encryption keeps others from reading along. It does not say who is there.",
                right=True,
            ),
            Option("He had the bank's key", "He had a key of his own, and that was enough."),
        ),
    ),
    Question(
        "02.q2",
        "What did somebody learn who only listened on the Wi-Fi?",
        (
            Option("Nothing", "The phone said in the clear whom it wanted to talk to."),
            Option(
                "The name of the host, and how many bytes went each way",
                "And when. What the two said was encrypted.",
                right=True,
            ),
            Option("The certificate of the bank", "In TLS 1.3 it is sent encrypted."),
        ),
    ),
    Question(
        "02.q3",
        "When may a careful app send its first byte of application data?",
        (
            Option(
                "As soon as the two share a key",
                "A key can be shared with anybody. At that point the app does not know with whom.",
            ),
            Option(
                "After it has checked the certificate",
                "The check comes between the server's flight and the first application data.",
                right=True,
            ),
            Option(
                "After the server has read its Finished",
                "It need not wait that long: its data may travel together with its Finished.",
            ),
        ),
    ),
    Question(
        "02.q4",
        "“Self-signed is fine if the name matches.” Why not?",
        (
            Option(
                "Self-signed certificates cannot encrypt",
                "They encrypt as well as any other.",
            ),
            Option(
                "Anybody can write that name into one",
                "So name and encryption say nothing about who is there.",
                right=True,
            ),
            Option("They expire too soon", "Whoever makes one chooses its dates."),
        ),
    ),
    Question(
        "02.q5",
        "Ada added the museum's CA for its Wi-Fi. For whom can that CA sign, in the eyes of an app "
        "that trusts it?",
        (
            Option("For the museum only", "Ada's app accepted its certificate for bank.example."),
            Option(
                "For every name, unless something limits it",
                "A limit may stand in its own certificate, or in the rules of the trust store. "
                "And an app may leave out all CAs that a user has added, as apps on Android do "
                "unless they ask for them [6].",
                right=True,
            ),
            Option(
                "For names in the museum's country",
                "Ada's app checked no country. A trust store may have such a rule for a CA [5], "
                "but hers has none.",
            ),
        ),
    ),
    Question(
        "02.q6",
        "One CA certificate says “for museum.example only”. Another has no such limit. "
        "Which one is the more dangerous to trust?",
        (
            Option(
                "The one with the constraint: it looks odd",
                "A constraint can only take power away. Ben's app obeyed it.",
            ),
            Option("The one without", "It can vouch for every name there is.", right=True),
            Option(
                "Both alike",
                "The thief read 145 bytes of application data from Ada's app, and 0 from Ben's.",
            ),
        ),
    ),
)
