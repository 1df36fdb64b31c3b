"""The lab's certificates: the same bytes everywhere, and worthless outside the lab."""

import hashlib
import ipaddress
import os
import shutil
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from certpin_lab import (
    CertificateAuthority,
    HostnameError,
    Pin,
    certificate_fingerprint,
    client_context,
)
from certpin_lab.lab.contexts import server_context
from tests.optional import require

ROOT_FOLDER = Path(__file__).parents[2]
ROOT = CertificateAuthority("Honest Root CA")
ISSUING = ROOT.issue_intermediate("Honest Issuing CA")

# The course's world, once and for all: every pin that a lesson prints depends on it.
WORLD = """
import hashlib
from certpin_lab import CertificateAuthority
from cryptography.hazmat.primitives.serialization import Encoding
root = CertificateAuthority("Honest Root CA")
leaf = root.issue_intermediate("Honest Issuing CA").issue_leaf("bank.example")
chain = (*leaf.chain, root.certificate, leaf.renewed().certificate, leaf.renewed(same_key=False).certificate)
print(hashlib.sha256(b"".join(one.public_bytes(Encoding.DER) for one in chain)).hexdigest())
"""
DIGEST = "92fc17ec39e866f1d3fa2f84a890c8298fbe4cbc621e6eea6aabde341b064a34"


def interpreters() -> list[str]:
    """This Python, and those beside it that have what the package needs."""
    found = [sys.executable]
    for folder in (".venv", ".venv-3.13", ".venv-3.14"):
        python = ROOT_FOLDER / folder / "bin" / "python"
        if python.exists() and python.resolve() != Path(sys.executable).resolve():
            ready = subprocess.run(
                [python, "-c", "import cryptography, idna, h11"], capture_output=True, check=False
            )
            found += [str(python)] * (ready.returncode == 0)
    return found


def test_the_world_is_the_same_in_every_process_and_on_every_python():
    for python in (*interpreters(), sys.executable):
        done = subprocess.run(
            [python, "-c", WORLD], cwd=ROOT_FOLDER, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == DIGEST, python


def test_another_seed_gives_other_keys_and_certificates():
    other = CertificateAuthority("Honest Root CA", seed="another")
    assert Pin.of(other.certificate) != Pin.of(ROOT.certificate)
    assert Pin.of(other.issue_leaf("bank.example").certificate) != Pin.of(
        ROOT.issue_leaf("bank.example").certificate
    )
    assert (
        CertificateAuthority("Honest Root CA", seed=1).certificate
        == CertificateAuthority("Honest Root CA", seed="1").certificate
    )


def test_every_name_and_issuer_has_a_key_of_its_own():
    leaves = [
        ca.issue_leaf(name) for ca in (ROOT, ISSUING) for name in ("bank.example", "shop.example")
    ]
    pins = {Pin.of(leaf.certificate) for leaf in leaves} | {
        Pin.of(ca.certificate) for ca in (ROOT, ISSUING)
    }
    assert len(pins) == 6


def test_a_renewal_changes_the_fingerprint_and_keeps_the_pin_with_the_key():
    leaf = ISSUING.issue_leaf("bank.example")
    same, new = leaf.renewed(same_key=True), leaf.renewed(same_key=False)
    assert len({certificate_fingerprint(one.certificate) for one in (leaf, same, new)}) == 3
    assert Pin.of(leaf.certificate) == Pin.of(same.certificate) != Pin.of(new.certificate)
    assert same.renewed(same_key=False).generation == 3


def test_a_leaf_may_have_any_names_dates_and_key():
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    past = datetime(2025, 2, 1, tzinfo=UTC)
    leaf = ISSUING.issue_leaf("*.Bank.Example", "bücher.example", key=key, not_after=past)
    names = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.bank.example", "xn--bcher-kva.example"]
    assert leaf.certificate.not_valid_after_utc == past
    assert Pin.of(leaf.certificate) == Pin.of(key.public_key())
    assert leaf.renewed().certificate.not_valid_after_utc == past


@pytest.mark.parametrize(
    "names", [(), ("https://bank.example",), ("bank.example:443",), ("",), ("*.*.example",)]
)
def test_a_leaf_without_a_proper_name_is_refused(names):
    with pytest.raises((ValueError, HostnameError)):
        ISSUING.issue_leaf(*names)


def test_the_chain_is_leaf_first_and_leaves_the_root_out():
    leaf = ISSUING.issue_leaf("bank.example")
    assert leaf.chain == (leaf.certificate, ISSUING.certificate)
    assert ISSUING.root == ROOT.certificate
    for lower, upper in (
        (leaf.certificate, ISSUING.certificate),
        (ISSUING.certificate, ROOT.certificate),
    ):
        lower.verify_directly_issued_by(upper)


# ---- worthless outside the lab


def with_ip_address():
    """A leaf for an IP address, which `issue_leaf` does not make: whoever has the keys can."""
    leaf = ISSUING.issue_leaf("bank.example")
    extensions = [
        (extension.value, extension.critical)
        for extension in leaf.certificate.extensions
        if not isinstance(
            extension.value,
            x509.SubjectAlternativeName | x509.SubjectKeyIdentifier | x509.AuthorityKeyIdentifier,
        )
    ]
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
    validity = (leaf.certificate.not_valid_before_utc, leaf.certificate.not_valid_after_utc)
    subject, key = leaf.certificate.subject, leaf.private_key.public_key()
    certificate = ISSUING._sign(
        subject,
        key,
        serial_label="ip",
        validity=validity,
        extensions=[*extensions, (address, False)],
    )
    return leaf.__class__(
        certificate, leaf.private_key, (certificate, *ISSUING.chain), ("192.0.2.1",), ISSUING
    )


LEAVES = [
    ("bank.example", ISSUING.issue_leaf("bank.example"), True),
    ("a.b.test", ISSUING.issue_leaf("a.b.test"), True),
    ("bank.com", ISSUING.issue_leaf("bank.com"), False),
    ("www.example.com", ROOT.issue_leaf("www.example.com"), False),
    ("notexample", ISSUING.issue_leaf("notexample"), False),
    ("bank.com", ISSUING.issue_leaf("bank.example", "bank.com"), False),
    ("192.0.2.1", with_ip_address(), False),
]


@pytest.mark.parametrize("ca", [ROOT, ISSUING, ISSUING.issue_intermediate("Deeper")])
def test_every_ca_carries_critical_name_constraints(ca):
    extension = ca.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    assert [name.value for name in extension.value.permitted_subtrees] == ["example", "test"]
    assert {str(name.value) for name in extension.value.excluded_subtrees} == {"0.0.0.0/0", "::/0"}


@pytest.mark.parametrize(("name", "leaf", "good"), LEAVES)
def test_cryptography_refuses_a_leaf_for_a_real_name(name, leaf, good):
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    verifier = PolicyBuilder().store(Store([ROOT.certificate])).build_server_verifier(subject)
    if good:
        assert len(verifier.verify(leaf.certificate, list(leaf.chain[1:]))) >= 2
    else:
        with pytest.raises(VerificationError):
            verifier.verify(leaf.certificate, list(leaf.chain[1:]))


@pytest.mark.parametrize(("name", "leaf", "good"), LEAVES)
def test_a_tls_handshake_refuses_a_leaf_for_a_real_name(name, leaf, good):
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context([ROOT]).wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context(leaf).wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    if good:
        client.do_handshake()
    else:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            client.do_handshake()
        assert caught.value.verify_code in (47, 48)  # permitted or excluded subtree violation


@pytest.mark.parametrize(("name", "leaf", "good"), LEAVES)
def test_the_openssl_command_refuses_a_leaf_for_a_real_name(name, leaf, good, tmp_path):
    require(shutil.which("openssl"), "openssl (apt install openssl)")
    for file, certificates in (
        ("root", [ROOT.certificate]),
        ("chain", leaf.chain[1:]),
        ("leaf", [leaf.certificate]),
    ):
        (tmp_path / file).write_bytes(
            b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
        )
    untrusted = ["-untrusted", "chain"] if leaf.chain[1:] else []
    command = [
        "openssl",
        "verify",
        "-no-CApath",
        "-no-CAstore",
        "-CAfile",
        "root",
        *untrusted,
        "leaf",
    ]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT")
    }
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is good, (name, done.stderr)
    assert good or "subtree violation" in done.stderr


def test_the_digest_of_the_world_is_one_of_sha256():
    assert len(DIGEST) == hashlib.sha256().digest_size * 2


def test_a_cross_signed_ca_issues_the_same_leaf_with_another_chain():
    old, new = CertificateAuthority("Old Root"), CertificateAuthority("New Root")
    issuing = old.issue_intermediate("Issuing")
    twin = issuing.cross_signed_by(new)
    assert (
        twin.issue_leaf("bank.example").certificate
        == issuing.issue_leaf("bank.example").certificate
    )
    assert twin.certificate.public_key() == issuing.certificate.public_key()
    twin.certificate.verify_directly_issued_by(new.certificate)
    issuing.certificate.verify_directly_issued_by(old.certificate)
    assert (issuing.root, twin.root) == (old.certificate, new.certificate)
