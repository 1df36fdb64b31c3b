"""What mutations start from: real handshakes, certificates, key files, pins, host names and
policies, the same bytes in every run.

Certificates come from the lab's CA, which always makes the same ones. Handshakes never are the same
twice, so four flights were
captured once: `python -m tests.hard.fuzz.seeds` captures them anew, and makes the one RSA
certificate that is kept beside them.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certpin_lab.lab.pki import CertificateAuthority
from certpin_lab.lab.slow_motion import SlowHandshake
from certpin_lab.pinning.context import client_context
from certpin_lab.pinning.pins import Pin

HERE = Path(__file__).parent
POLICIES = HERE.parent.parent / "data" / "policies"
CA = CertificateAuthority("Fuzz Root")
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P384 = ec.derive_private_key(12345, ec.SECP384R1())


@cache
def handshakes() -> tuple[bytes, ...]:
    """What each end sent, in TLS 1.2 and in TLS 1.3."""
    return tuple(path.read_bytes() for path in sorted((HERE / "captured").glob("*.tls")))


@cache
def certificates() -> tuple[bytes, ...]:
    """A leaf, its root, and certificates with other kinds of keys, in DER."""
    leaves = [CA.issue_leaf("bank.example", "*.bank.example")]
    leaves += [CA.issue_leaf("bank.example", key=key) for key in (ED25519, P384)]
    intermediate = CA.issue_intermediate("Fuzz Issuing").certificate
    found = [
        leaves[0].certificate,
        CA.certificate,
        intermediate,
        *(leaf.certificate for leaf in leaves[1:]),
    ]
    kept = sorted((HERE / "captured").glob("*.der"))
    return (
        *(each.public_bytes(Encoding.DER) for each in found),
        *(path.read_bytes() for path in kept),
    )


@cache
def files() -> tuple[bytes, ...]:
    """Key files: each certificate, a chain with text around it, keys, a signing request, and two
    that are refused.
    """
    loaded = [x509.load_der_x509_certificate(der) for der in certificates()]
    pems = [certificate.public_bytes(Encoding.PEM) for certificate in loaded]
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    spki = PublicFormat.SubjectPublicKeyInfo
    private = [
        key.private_bytes(encoding, pkcs8, plain)
        for key in (ED25519, P384)
        for encoding in (Encoding.PEM, Encoding.DER)
    ]
    public = [
        P384.public_key().public_bytes(encoding, spki) for encoding in (Encoding.PEM, Encoding.DER)
    ]
    point = P384.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    compressed = bytes.fromhex("3046301006072a8648ce3d020106052b81040022033200") + point
    public += [compressed]
    request = (
        x509.CertificateSigningRequestBuilder(loaded[0].subject)
        .sign(ED25519, None)
        .public_bytes(Encoding.PEM)
    )
    encrypted = (
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    mixed = b"subject=CN\n" + b"\n".join([parameters, pems[0], request, public[0], b"end"])
    return (*pems, *certificates(), *private, *public, request, mixed, encrypted, parameters)


@cache
def pins() -> tuple[bytes, ...]:
    """The two pins of the chain that `diagnose` gets, right and spelt in other ways, hashes made by
    wrong recipes, and a tool's output.
    """
    chain = [x509.load_der_x509_certificate(der) for der in certificates()[:2]]
    right = [Pin.of(certificate) for certificate in chain]
    texts = [
        spelt
        for pin in right
        for spelt in (str(pin), pin.digest.hex(), str(pin)[7:], str(pin)[:-1])
    ]
    leaf = right[0]
    texts += [
        f"sha256//{str(leaf)[7:]}",
        f' "{leaf}" ',
        str(leaf).lower(),
        leaf.digest.hex(":").upper(),
        base64.urlsafe_b64encode(leaf.digest).decode(),
        base64.b64encode(leaf.digest.hex().encode()).decode(),
        f'pin-sha256="{str(leaf)[7:]}"; max-age=5184000',
        f"SHA2-256(stdin)= {leaf.digest.hex()}\n",
        "sha1/" + base64.b64encode(bytes(20)).decode(),
        base64.b64encode(str(leaf).encode()).decode(),
        base64.b64encode(leaf.digest[::-1]).decode(),
        str(leaf).replace("/", "%2F").replace("=", "%3D"),
        "SHA256:" + base64.b64encode(leaf.digest).decode().rstrip("="),
        chain[0].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
        chain[0].public_bytes(Encoding.PEM).decode(),
        "sha256/" + base64.b64encode(bytes(32)).decode(),
        "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=",
    ]
    return tuple(text.encode() for text in texts)


def hosts() -> tuple[bytes, ...]:
    """Host names and patterns, right ones and ones that must be refused."""
    return tuple(
        text.encode()
        for text in (
            "bank.example", "BANK.example.", "*.bank.example", "**.bank.example", "www.bücher.example", "faß.example",
            "xn--bcher-kva.example", "127.0.0.1", "::1", "2001:DB8:0:0::1", "::ffff:192.0.2.1", "fe80::1%eth0", "[::1]", "0x7f.1",
            "bank.example:443", "https://bank.example/", "user@bank.example", "a_b.example", "-a.example", "a..b", ".", "１２７.0.0.1",
            "bank。example", "a\u200db.example", "مثال.example", f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}",
        )
    )  # fmt: skip


def policies() -> tuple[bytes, ...]:
    """The sample policies of the lessons, and one that uses every option."""
    samples = tuple(path.read_bytes() for path in sorted(POLICIES.glob("*.json")))
    everything = """{"unlisted": "refuse", "hosts": {"*.bank.example": {"pins": ["%s"], "banned": ["%s"], "position": "leaf",
        "expires": "2027-03-15T12:00:00+01:00", "after_expiry": "accept", "enforce": false}, "b\\u00fccher.example": {"pins": ["%s"]}}}"""
    return (
        *samples,
        (everything % (Pin(b"\x01" * 32), Pin(b"\x02" * 32), Pin(b"\x03" * 32))).encode(),
    )


KINDS: dict[str, Callable[[], tuple[bytes, ...]]] = {
    each.__name__: each for each in (handshakes, certificates, files, pins, hosts, policies)
}


def capture() -> None:
    """Write what `handshakes` and `certificates` read. Every call writes other bytes."""
    folder = HERE / "captured"
    folder.mkdir(exist_ok=True)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = client_context([CA])
        context.maximum_version = version
        flights = SlowHandshake(context, CA.issue_leaf("bank.example")).finish()
        for sender in ("phone", "bank"):
            data = b"".join(flight.data for flight in flights if flight.sender == sender)
            (folder / f"{version.name}-{sender}.tls").write_bytes(data)
    key = rsa.generate_private_key(65537, 2048)
    (folder / "rsa.der").write_bytes(
        CA.issue_leaf("bank.example", key=key).certificate.public_bytes(Encoding.DER)
    )


if __name__ == "__main__":
    capture()
