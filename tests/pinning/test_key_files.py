"""Key files: every kind of key has the pin that openssl computes, and no file is too much."""

import base64
import shutil
import subprocess
import sys

import pytest
from cryptography.x509 import load_pem_x509_certificate

from certpin_lab.pinning import key_files
from certpin_lab.pinning.key_files import KeyFileError, read_keys
from certpin_lab.pinning.pin_doctor import diagnose
from tests.optional import require

# How openssl makes a key of each kind. Of the second group, `cryptography` spells the public key
# in another way, or may do so.
KINDS = {
    "RSA": "openssl genrsa -out key 2048",
    "P-256": "openssl ecparam -name prime256v1 -genkey -noout -out key",
    "P-384": "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key",
    "Ed25519": "openssl genpkey -algorithm ed25519 -out key",
}
PSS = "openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out key"
AMBIGUOUS = {
    "RSA-PSS": PSS,
    "RSA-PSS with SHA-256": f"{PSS} -pkeyopt rsa_pss_keygen_md:sha256"
    " -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:32",
    "explicit parameters": "openssl ecparam -name prime256v1 -param_enc explicit"
    " -genkey -noout -out key",
    "compressed point": "openssl ecparam -name prime256v1 -genkey -noout |"
    " openssl ec -conv_form compressed -out key",
}
PUBLIC = "openssl pkey -in key -pubout -out public"
FORMS = {
    "public key": PUBLIC,
    "public key, DER": "openssl pkey -in key -pubout -outform der -out file",
    "signing request": "openssl req -new -key key -subj /CN=a -out file",
    "signing request, DER": "openssl req -new -key key -subj /CN=a -outform der -out file",
    "certificate": "openssl req -x509 -new -key key -subj /CN=a -out file",
}
PRIVATE = {
    "PKCS #8": "openssl pkcs8 -topk8 -nocrypt -in key -out file",
    "PKCS #8, DER": "openssl pkcs8 -topk8 -nocrypt -in key -outform der -out file",
    "as it was made": "cp key file",
}


@pytest.fixture(scope="module", name="made", params=KINDS | AMBIGUOUS)
def _made(request, tmp_path_factory):
    """A key of each kind in a folder of its own, and the pin that openssl computes for it."""
    require(shutil.which("openssl"), "openssl (apt install openssl)")
    folder = tmp_path_factory.mktemp("keys")
    run((KINDS | AMBIGUOUS)[request.param], folder)
    run(PUBLIC, folder)
    digest = run(
        "openssl pkey -pubin -in public -outform der | openssl dgst -sha256 -binary", folder
    )
    return request.param, folder, f"sha256/{base64.b64encode(digest).decode()}"


def run(command, folder):
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pin_in(form, folder):
    run(form.replace("-out public", "-out file"), folder)
    [found] = read_keys((folder / "file").read_bytes())
    return str(found.pin)


@pytest.mark.parametrize("form", FORMS)
def test_the_pin_is_the_hash_of_the_bytes_in_the_file(made, form):
    _, folder, expected = made
    # openssl writes a compressed point only on demand, and then everywhere.
    assert pin_in(FORMS[form], folder) == expected


@pytest.mark.parametrize("form", PRIVATE)
def test_the_pin_of_a_private_key_is_what_openssl_makes_of_it_or_is_refused(made, form):
    kind, folder, expected = made
    if kind in AMBIGUOUS:
        with pytest.raises(KeyFileError, match=r"spelt in several ways.* Give its certificate"):
            pin_in(PRIVATE[form], folder)
    else:
        assert pin_in(PRIVATE[form], folder) == expected


def test_the_doctor_calls_the_pin_of_a_public_key_right(made):
    _, folder, _ = made
    run(FORMS["certificate"], folder)
    certificate = load_pem_x509_certificate((folder / "file").read_bytes())
    run("openssl x509 -in file -pubkey -noout -out key-of-it", folder)
    [found] = read_keys((folder / "key-of-it").read_bytes())
    assert diagnose(found.pin, [certificate]).right


def test_a_public_key_in_pkcs1_is_spelt_as_openssl_does(tmp_path):
    require(shutil.which("openssl"), "openssl (apt install openssl)")
    run(KINDS["RSA"], tmp_path)
    expected = pin_in(FORMS["public key"], tmp_path)
    for form in ("", "-outform der"):
        assert (
            pin_in(f"openssl rsa -in key -RSAPublicKey_out {form} -out file", tmp_path) == expected
        )


def test_a_curve_that_nobody_knows_is_not_called_damage():
    spki = bytes.fromhex("3012300d06072a8648ce3d020106022a63030100")
    pem = b"-----BEGIN PUBLIC KEY-----\n%b\n-----END PUBLIC KEY-----" % base64.b64encode(spki)
    with pytest.raises(KeyFileError, match=r"Block 1 .PUBLIC KEY. is of an unknown kind: "):
        read_keys(pem)


# ---- Size.

EVIL = {
    "dashes after BEGIN": b"-----BEGIN A-----\n" + b"-" * (8 << 20),
    "dashes and letters": b"-----BEGIN A-----\n" + b"-a" * (4 << 20),
    "beginnings alone": b"-----BEGIN A-----\n" * (1 << 19),
    "one long key": b"-----BEGIN PUBLIC KEY-----\n%b\n-----END PUBLIC KEY-----"
    % (b"AA " * (2 << 20)),
    "spaces": b"-----BEGIN PUBLIC KEY-----\n%b-----END PUBLIC KEY-----" % (b" " * (8 << 20)),
    "blocks without a key": b"-----BEGIN EC PARAMETERS----------END EC PARAMETERS-----" * (1 << 17),
    "DER that announces more": b"\x30\x84\x7f\xff\xff\xff" + bytes(8 << 20),
}
MEASURE = """
import resource, sys
from certpin_lab.pinning.key_files import KeyFileError, read_keys

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

def refused(data):
    try:
        read_keys(data)
    except KeyFileError:
        return True

data = sys.stdin.buffer.read()
assert refused(b"x")
before = peak()
assert refused(data)
print((peak() - before) / len(data))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no module `resource`")
@pytest.mark.parametrize("what", EVIL)
def test_memory_grows_no_faster_than_the_file(what):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        input=EVIL[what], capture_output=True, check=True, timeout=100,
    )  # fmt: skip
    assert float(done.stdout) < 5


def test_what_is_longer_than_any_key_file_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(key_files, "LONGEST_FILE", 1 << 20)
    with pytest.raises(KeyFileError, match="neither PEM nor DER"):
        read_keys(bytes(1 << 20))
    with pytest.raises(KeyFileError, match="more than 1 MiB"):
        read_keys(bytes((1 << 20) + 1))
