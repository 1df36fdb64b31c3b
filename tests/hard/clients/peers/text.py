"""Protocols of lines: mail, files, chat, cache. Greet, then answer each command from a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.hard.clients.peers.line import Dialogue, Line

Answers = Mapping[bytes, bytes]
LAST = (b"QUIT", b"LOGOUT")  # after its answer the server hangs up


def speak(
    greeting: bytes, answers: Answers, *, at: int = 0, turn: bytes = b""
) -> Callable[[Line], None]:
    """Say the greeting, then answer every line by its word number `at`, in upper case.

    An unknown word gets the answer to b"". TAG in an answer becomes the line's first word. It ends
    after one of LAST, and after `turn`, where TLS begins.
    """

    def talk(line: Line) -> None:
        line.say(greeting)
        while True:
            words = [*line.until(b"\n").split(), b"", b""]
            word = words[at].upper()
            line.say(answers.get(word, answers[b""]).replace(b"TAG", words[0]))
            if word in (turn, *LAST):
                return

    return talk


def _both(
    greeting: bytes, answers: Answers, turn: bytes, *, at: int = 0
) -> tuple[Dialogue, Dialogue]:
    """The protocol in TLS from the first byte, and the same that turns to TLS."""
    before = speak(greeting, answers, at=at, turn=turn)
    return Dialogue(speak(greeting, answers, at=at)), Dialogue(speak(b"", answers, at=at), before)


_SMTP = {
    b"EHLO": b"250-bank.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
    b"STARTTLS": b"220 go ahead\r\n",
    b"AUTH": b"235 welcome\r\n",
    b"QUIT": b"221 bye\r\n",
    b"": b"250 OK\r\n",
}
_IMAP = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n",
    b"LOGOUT": b"* BYE\r\nTAG OK done\r\n",
    b"": b"TAG OK done\r\n",
}
_POP3 = {b"CAPA": b"+OK\r\nSTLS\r\n.\r\n", b"": b"+OK\r\n"}
_FTP = {
    b"AUTH": b"234 go ahead\r\n",
    b"USER": b"331 password?\r\n",
    b"PASS": b"230 welcome\r\n",
    b"PWD": b'257 "/"\r\n',
    b"QUIT": b"221 bye\r\n",
    b"": b"200 OK\r\n",
}
_IRC = {b"NICK": b":bank.example 001 customer :welcome\r\n", b"": b""}
_MEMCACHED = {b"GET": b"VALUE greeting 0 5\r\nhello\r\nEND\r\n", b"": b"ERROR\r\n"}
_NATS = {b"PING": b"PONG\r\n", b"": b""}

smtp, smtp_starttls = _both(b"220 bank.example\r\n", _SMTP, b"STARTTLS")
imap, imap_starttls = _both(b"* OK ready\r\n", _IMAP, b"STARTTLS", at=1)
pop3, pop3_stls = _both(b"+OK ready\r\n", _POP3, b"STLS")
ftp, ftp_auth_tls = _both(b"220 ready\r\n", _FTP, b"AUTH")
irc = Dialogue(speak(b"", _IRC))
memcached = Dialogue(speak(b"", _MEMCACHED))


def _nats_info(line: Line) -> None:
    line.say(b'INFO {"version": "2.10.0", "tls_required": true, "max_payload": 1024}\r\n')


nats = Dialogue(speak(b"", _NATS), _nats_info)
