"""Who the story is about: the host, the customer's login and transfer, the thief's account."""

from __future__ import annotations

HOST = "bank.example"
LOGIN = {"user": "ada", "password": "tulip-garden-42"}
RENT = {"to": "LANDLORD-4711", "amount": "850"}
THIEF = (
    "THIEF-ACC-666"  # same length as the landlord's account: Content-Length is sent before the body
)
