"""Pins and fingerprints that other people published, and the ones that openssl computes:
independent of this package.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import warnings
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from certpin_lab import CertificateAuthority, Pin, certificate_fingerprint, spki_der
from certpin_lab.pinning.key_files import read_keys
from tests.optional import require

VECTORS = Path(os.environ.get("CERTPIN_VECTORS", Path(__file__).parents[3] / "shared" / "vectors"))
NEEDS_VECTORS = pytest.mark.skipif(
    not (VECTORS / "vectors.json").exists(),
    reason="published vectors are not here; CERTPIN_VECTORS names their folder",
)
PEM = serialization.Encoding.PEM


def published(kind: str) -> list[dict]:
    if not (VECTORS / "vectors.json").exists():
        return []
    return [
        entry
        for entry in json.loads((VECTORS / "vectors.json").read_text())
        if entry["kind"] == kind
    ]


@NEEDS_VECTORS
def test_every_published_spki_pin_is_ours_and_the_stale_ones_are_not():
    right = wrong = 0
    for entry in published("spki_sha256"):
        (found,) = read_keys(entry["pem"].encode())
        same = str(found.pin) == f"sha256/{entry['expected_pin_sha256_base64']}"
        assert same is (entry["expected_outcome"] == "match"), entry["name"]
        right, wrong = right + same, wrong + (not same)
    assert (right, wrong) == (144, 2)


@NEEDS_VECTORS
def test_every_published_sha256_fingerprint_is_ours():
    entries = published("cert_sha256")
    assert entries
    for entry in entries:
        certificate = x509.load_pem_x509_certificate(entry["pem"].encode())
        assert certificate_fingerprint(certificate).hex() == re.sub(
            "[^0-9a-f]", "", entry["expected_fingerprint"].lower()
        )


def test_openssl_computes_the_same_pin_for_every_public_root(tmp_path):
    require(shutil.which("openssl"), "openssl (apt install openssl)")
    roots = re.findall(
        "-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----",
        Path(certifi.where()).read_text(),
        re.DOTALL,
    )
    assert len(roots) > 100
    for pem in roots:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # one public root has a serial number that `cryptography` frowns at
            certificate = x509.load_pem_x509_certificate(pem.encode())
        assert spki_der(certificate) == openssl_spki(pem.encode())


def openssl_spki(pem: bytes) -> bytes:
    text = subprocess.run(
        ["openssl", "x509", "-pubkey", "-noout"], input=pem, capture_output=True, check=True
    ).stdout
    return base64.b64decode("".join(text.decode().splitlines()[1:-1]))


KEYS = {
    "RSA": rsa.generate_private_key(65537, 2048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("kind", KEYS)
def test_openssl_agrees_for_every_kind_of_key(kind):
    require(shutil.which("openssl"), "openssl (apt install openssl)")
    certificate = (
        CertificateAuthority("Root").issue_leaf("bank.example", key=KEYS[kind]).certificate
    )
    spki = openssl_spki(certificate.public_bytes(PEM))
    assert spki == spki_der(certificate)
    assert Pin.of(certificate).digest == hashlib.sha256(spki).digest()


def der(content: bytes) -> bytes:
    """A DER SEQUENCE around the content."""
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return b"\x30" + length + content


def test_the_bytes_of_the_certificate_count_and_not_a_new_spelling_of_the_key():
    """An EC point may stand compressed in a certificate.

    An encoder would spell it out, and hash another pin.
    """
    require(shutil.which("openssl"), "openssl (apt install openssl)")
    certificate = CertificateAuthority("Root").issue_leaf("bank.example").certificate
    spki, tbs = spki_der(certificate), certificate.tbs_certificate_bytes
    point = certificate.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    algorithm = spki[2 : 2 + 2 + spki[3]]
    short = der(algorithm + b"\x03" + bytes([len(point) + 1, 0]) + point)
    whole = certificate.public_bytes(serialization.Encoding.DER)
    changed = x509.load_der_x509_certificate(
        der(der(tbs[4:].replace(spki, short)) + whole[4 + len(tbs) :])
    )
    encoded = changed.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert encoded == spki
    assert spki_der(changed) == short == openssl_spki(changed.public_bytes(PEM))
    assert Pin.of(changed).digest == hashlib.sha256(short).digest() != Pin.of(certificate).digest


EC_KEY = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"
COMPRESS = "ec -in key.pem -conv_form compressed -out key.pem"
OPENSSL_KEYS = {  # what `openssl` is told, and whether a new encoding is the same
    "RSA": (["genpkey -algorithm RSA -out key.pem"], True),
    "P-256": ([EC_KEY], True),
    "Ed25519": (["genpkey -algorithm Ed25519 -out key.pem"], True),
    "RSA-PSS": (["genpkey -algorithm RSA-PSS -out key.pem"], False),
    "explicit parameters": ([f"{EC_KEY} -pkeyopt ec_param_enc:explicit"], False),
    "compressed point": ([EC_KEY, COMPRESS], False),
}


@pytest.mark.parametrize("kind", OPENSSL_KEYS)
def test_the_certificate_has_the_pin_and_its_key_object_has_it_where_it_is_encoded_as_usual(
    kind, tmp_path
):
    require(shutil.which("openssl"), "openssl (apt install openssl)")
    commands, usual = OPENSSL_KEYS[kind]
    sign = "req -x509 -new -key key.pem -subj /CN=bank.example -out certificate.pem"
    for command in (*commands, sign):
        subprocess.run(["openssl", *command.split()], cwd=tmp_path, capture_output=True, check=True)
    pem = (tmp_path / "certificate.pem").read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    right = Pin(hashlib.sha256(openssl_spki(pem)).digest())
    assert Pin.of(certificate) == Pin.of_spki(openssl_spki(pem)) == right
    assert (Pin.of(certificate.public_key()) == right) is usual
