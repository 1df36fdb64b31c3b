"""`pinning` works with the rest of the package deleted: copied out, it pins a connection."""

import base64
import hashlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FOLDER = Path(__file__).parents[2] / "certpin_lab" / "pinning"

CLIENT = """
import socket, sys
from cryptography import x509
from pinning import Pin, PinMismatchError, PinPolicy, PinSet, client_context

port, anchor, pin = int(sys.argv[1]), sys.argv[2], sys.argv[3]
anchors = [x509.load_pem_x509_certificate(open(anchor, "rb").read())]
context = client_context(anchors, PinPolicy({"bank.example": PinSet([pin])}))
with socket.create_connection(("127.0.0.1", port), timeout=60) as tcp:
    try:
        with context.wrap_socket(tcp, server_hostname="bank.example") as tls:
            tls.sendall(b"password")
            print(tls.recv(100).decode())
    except PinMismatchError as refusal:
        print(refusal.kind)
print(sorted(name for name in sys.modules if name.startswith("certpin_lab")))
"""


@contextmanager
def server(identity, received):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.configure_cert(context)

    def serve():
        connection, _ = listening.accept()
        try:
            connection.settimeout(60)
            with context.wrap_socket(connection, server_side=True) as tls:
                received.append(tls.recv(100))
                tls.sendall(b"served")
        except OSError:  # a client that refuses hangs up
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join()


@pytest.mark.parametrize(("pinned", "said"), [(True, "served"), (False, "no pinned key")])
def test_copied_out_it_pins_a_connection(tmp_path, pinned, said):
    shutil.copytree(FOLDER, tmp_path / "pinning", ignore=shutil.ignore_patterns("__pycache__"))
    authority, received = trustme.CA(), []
    identity = authority.issue_cert("bank.example")
    authority.cert_pem.write_to_path(tmp_path / "anchor.pem")
    pin = pin_by_hand(identity if pinned else authority.issue_cert("bank.example"))
    with server(identity, received) as port:
        done = subprocess.run(
            [sys.executable, "-P", "-c", CLIENT, str(port), str(tmp_path / "anchor.pem"), pin],
            cwd=tmp_path,
            env={"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert (done.stdout.splitlines(), done.stderr) == ([said, "[]"], "")
    assert received == ([b"password"] if pinned else [b""] * len(received))


def pin_by_hand(identity):
    """The pin, made without this package: SHA-256 of the SubjectPublicKeyInfo, in base64."""
    certificate = x509.load_pem_x509_certificate(identity.cert_chain_pems[0].bytes())
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "sha256/" + base64.b64encode(hashlib.sha256(spki).digest()).decode()
