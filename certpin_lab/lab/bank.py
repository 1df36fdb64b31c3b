"""The bank that lives on the server: one customer, a balance, transfers."""

from __future__ import annotations

import threading

from .server import Request, Response


class Bank:
    """A small bank: one customer, a balance, transfers. An app for `TLSServer`.

    POST /balance and POST /transfer take the form fields `user` and `password`; a transfer also
    `to` and `amount` (whole euros). `transfers` lists what was really carried out, oldest first, as
    (account, amount).
    """

    def __init__(self, user: str, password: str, *, balance: int = 2400) -> None:
        self._user, self._password, self._balance = user, password, balance
        self._lock = threading.Lock()
        self.transfers: list[tuple[str, int]] = []

    def __call__(self, request: Request) -> Response:
        form = request.form
        if (form.get("user"), form.get("password")) != (self._user, self._password):
            return Response(403, "Wrong user or password.")
        if request.path == "/balance":
            return Response(200, f"Balance: {self._balance} euros.")
        if request.path == "/transfer":
            return self._transfer(form.get("to", ""), form.get("amount", ""))
        return Response(404, "The bank has no such page.")

    def _transfer(self, account: str, amount: str) -> Response:
        with self._lock:
            if not account or not amount.isdecimal() or not 0 < int(amount) <= self._balance:
                return Response(400, "No transfer: account or amount is not valid.")
            self._balance -= int(amount)
            self.transfers.append((account, int(amount)))
            return Response(200, f"Sent {amount} euros to {account}.")
