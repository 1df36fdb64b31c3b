"""The command: pins of files, the doctor, clear errors, and a real JupyterLab."""

import base64
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from certpin_lab import CertificateAuthority, Pin
from certpin_lab.cli import main
from certpin_lab.doctor import examine
from certpin_lab.jupyter import JupyterError, free_port
from certpin_lab.readers import KeyFileError, read_keys
from tests.optional import require

ROOT = Path(__file__).parent.parent
IDENTITY = CertificateAuthority("Root").issue_intermediate("Issuing").issue_leaf("bank.example")
CHAIN = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in IDENTITY.chain)
LEAF_PIN = str(Pin.of(IDENTITY.certificate))
KEY = IDENTITY.private_key
SPKI_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
SPKI_DER = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "certpin_lab", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, **options)


# ---- pin


def test_a_chain_gives_a_line_for_every_certificate(tmp_path, capsys):
    path = tmp_path / "chain.pem"
    path.write_bytes(b"a line of text before it\n" + CHAIN)
    assert main(["pin", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [str(Pin.of(certificate)) for certificate in IDENTITY.chain]
    assert "CN=bank.example" in lines[0]
    assert "CN=Issuing" in lines[1]


@pytest.mark.parametrize("content", [
    IDENTITY.certificate.public_bytes(Encoding.DER),
    SPKI_PEM,
    SPKI_DER,
    KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
])  # fmt: skip
def test_every_kind_of_file_gives_the_same_pin_and_no_secret(content):
    (found,) = read_keys(content)
    assert str(found.pin) == LEAF_PIN
    secret = format(KEY.private_numbers().private_value, "x")
    assert secret not in found.description


def test_the_pin_is_the_one_that_openssl_computes(tmp_path):
    require(os.access("/usr/bin/openssl", os.X_OK) or os.environ.get("OPENSSL"), "openssl (apt install openssl)")
    path = tmp_path / "leaf.pem"
    path.write_bytes(IDENTITY.certificate.public_bytes(Encoding.PEM))
    spki = subprocess.run(["openssl", "x509", "-in", path, "-pubkey", "-noout"], capture_output=True, check=True).stdout
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], input=spki, capture_output=True, check=True
    ).stdout
    assert f"sha256/{base64.b64encode(hashlib.sha256(der).digest()).decode()}" == LEAF_PIN
    assert run("pin", str(path)).stdout.split()[0] == LEAF_PIN


def test_standard_input_is_read():
    done = run("pin", "-", input=CHAIN.decode())
    assert done.returncode == 0
    assert done.stdout.startswith(LEAF_PIN)


ENCRYPTED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


@pytest.mark.parametrize(("content", "says"), [
    (b"", "empty"),
    (b"garbage", "neither PEM nor DER"),
    (CHAIN[:-40], "no end"),
    (CHAIN.replace(b"MII", b"M!!", 1), "Block 1 .* damaged"),
    (ENCRYPTED, "encrypted"),
    (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "X509 CRL"),
    (IDENTITY.certificate.public_bytes(Encoding.DER)[:-1], "neither PEM nor DER"),
])  # fmt: skip
def test_a_file_without_a_key_says_what_it_is_and_what_to_give(content, says):
    with pytest.raises(KeyFileError, match=says) as caught:
        read_keys(content)
    assert "Give " in str(caught.value)


def test_one_bad_file_does_not_hide_the_others(tmp_path, capsys):
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    good.write_bytes(CHAIN)
    bad.write_bytes(b"garbage")
    assert main(["pin", str(bad), str(tmp_path / "missing.pem"), str(good)]) == 2
    told = capsys.readouterr()
    assert told.out.startswith(LEAF_PIN)
    assert "bad.pem: This is neither" in told.err
    assert "missing.pem: No such file" in told.err


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())])
def test_other_keys_have_pins_too(key):
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert [found.pin for found in read_keys(pem)] == [Pin.of(key.public_key())]


# ---- errors


@pytest.mark.parametrize(("arguments", "says"), [
    (["reset", "99", "--folder", "{work}"], "There is no lesson '99'"),
    (["reset", "00", "--folder", "{elsewhere}"], "not a working folder"),
    (["start", "--port", "99999"], "not a port"),
    (["start", "--port", "x"], "not a port"),
    (["start", "--folder", "{file}"], "cannot be used"),
    (["progress", "--folder", "{elsewhere}"], "not a working folder"),
    ([], "command"),
    (["robbery"], "robbery"),
])  # fmt: skip
def test_bad_input_gets_a_sentence_and_exit_code_2(arguments, says, tmp_path):
    work, elsewhere, file = tmp_path / "work", tmp_path / "elsewhere", tmp_path / "file"
    elsewhere.mkdir()
    file.touch()
    work.mkdir()
    (work / ".certpin-work").touch()
    done = run(*(argument.format(work=work, elsewhere=elsewhere, file=file) for argument in arguments))
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


# ---- doctor


def test_the_doctor_finds_this_machine_well(tmp_path):
    findings = list(examine(tmp_path / "work"))
    assert [finding for finding in findings if finding.level == "problem"] == []
    assert len(findings) >= 8


def test_the_doctor_sees_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: path != tmp_path and access(path, mode, **more))
    problems = [finding for finding in examine(tmp_path) if finding.level == "problem"]
    assert len(problems) == 1
    assert "--folder" in problems[0].fix


def test_the_doctor_sees_a_blocked_loopback(tmp_path, monkeypatch):
    def blocked(*_, **__):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", blocked)
    (problem,) = [finding for finding in examine(tmp_path) if finding.level == "problem"]
    assert "127.0.0.1" in problem.fix


def test_the_doctor_notes_variables_that_matter_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    assert any("HTTPS_PROXY" in finding.what for finding in examine(tmp_path) if finding.level == "note")


# ---- start


def test_a_busy_port_is_one_clear_sentence():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(JupyterError, match=f"Port {port} is in use"):
            free_port(port)
        done = run("start", "--no-browser", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith(f"certpin-lab: Port {port} is in use")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_wish_the_next_free_port_is_taken():
    first = free_port(None)
    with socket.create_server(("127.0.0.1", first)):
        assert free_port(None) > first


def status(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_start_opens_the_first_lesson_to_whoever_has_the_token(tmp_path):
    command = [sys.executable, "-m", "certpin_lab", "start", "--no-browser", "--folder", str(tmp_path / "work")]
    log = (tmp_path / "log").open("w+")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    with log, subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, text=True, env=environment) as server:
        try:
            address = wait_for_address(tmp_path / "log")
            assert status(address) == 200
            lesson, token = re.fullmatch(r"(.*/lab/tree/00_start_here\.ipynb)\?token=(.+)", address).groups()
            contents = lesson.replace("/lab/tree/", "/api/contents/")
            assert status(f"{contents}?token={token}") == 200
            assert status(contents) == 403
            assert status(f"{contents}?token=wrong") == 403
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(20) == 0
    with pytest.raises(OSError):  # noqa: PT011
        socket.create_connection(("127.0.0.1", int(re.search(r":(\d+)/", address)[1])), timeout=1)
    told = (tmp_path / "log").read_text()
    assert "Your work is saved" in told
    assert "Traceback" not in told


def wait_for_address(log: Path) -> str:
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab/tree/\S+", log.read_text()):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())
