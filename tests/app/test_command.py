"""The command: pins of files, the doctor, clear errors, and a real JupyterLab."""

import base64
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from certpin_lab import CertificateAuthority, Pin
from certpin_lab.app.command import main
from certpin_lab.app.doctor import examine
from certpin_lab.app.jupyter import JupyterError, ask_for
from certpin_lab.pinning.key_files import KeyFileError, read_keys
from tests.optional import require
from tests.waiting import soon

ROOT = Path(__file__).parents[2]
LONGEST = 300.0  # seconds that JupyterLab may take to start or to stop on a busy machine
IDENTITY = CertificateAuthority("Root").issue_intermediate("Issuing").issue_leaf("bank.example")
CHAIN = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in IDENTITY.chain)
LEAF_PIN = str(Pin.of(IDENTITY.certificate))
KEY = IDENTITY.private_key
SPKI_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
SPKI_DER = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "certpin_lab", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST, **options
    )


# ---- pin


def test_a_chain_gives_a_line_for_every_certificate(tmp_path, capsys):
    path = tmp_path / "chain.pem"
    path.write_bytes(b"a line of text before it\n" + CHAIN)
    assert main(["pin", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        str(Pin.of(certificate)) for certificate in IDENTITY.chain
    ]
    assert "CN=bank.example" in lines[0]
    assert "CN=Issuing" in lines[1]


@pytest.mark.parametrize("content", [
    IDENTITY.certificate.public_bytes(Encoding.DER),
    SPKI_PEM,
    SPKI_DER,
    KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + SPKI_PEM,
])  # fmt: skip
def test_every_kind_of_file_gives_the_same_pin_and_no_secret(content):
    (found,) = read_keys(content)
    assert str(found.pin) == LEAF_PIN
    secret = format(KEY.private_numbers().private_value, "x")
    assert secret not in found.description


def test_the_pin_is_the_one_that_openssl_computes(tmp_path):
    require(
        os.access("/usr/bin/openssl", os.X_OK) or os.environ.get("OPENSSL"),
        "openssl (apt install openssl)",
    )
    path = tmp_path / "leaf.pem"
    path.write_bytes(IDENTITY.certificate.public_bytes(Encoding.PEM))
    spki = subprocess.run(
        ["openssl", "x509", "-in", path, "-pubkey", "-noout"], capture_output=True, check=True
    ).stdout
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"],
        input=spki,
        capture_output=True,
        check=True,
    ).stdout
    assert f"sha256/{base64.b64encode(hashlib.sha256(der).digest()).decode()}" == LEAF_PIN
    assert run("pin", str(path)).stdout.split()[0] == LEAF_PIN


def test_standard_input_is_read():
    done = run("pin", "-", input=CHAIN.decode())
    assert done.returncode == 0
    assert done.stdout.startswith(LEAF_PIN)


OPENSSH = b"OPENSSH PRIVATE KEY"
ENCRYPTED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


@pytest.mark.parametrize(("content", "says"), [
    (b"", "empty"),
    (b"garbage", "neither PEM nor DER"),
    (CHAIN[:-40], "no end"),
    (CHAIN.replace(b"MII", b"M!!", 1), "Block 1 .* damaged"),
    (ENCRYPTED, "encrypted"),
    (b"-----BEGIN %b-----\nAAAA\n-----END %b-----\n" % (OPENSSH, OPENSSH), "OPENSSH PRIVATE KEY"),
    (b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", "no key"),
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


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())]
)
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
    done = run(
        *(argument.format(work=work, elsewhere=elsewhere, file=file) for argument in arguments)
    )
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
    monkeypatch.setattr(
        os, "access", lambda path, mode, **more: path != tmp_path and access(path, mode, **more)
    )
    problems = [finding for finding in examine(tmp_path) if finding.level == "problem"]
    assert len(problems) == 1
    assert "--folder" in problems[0].advice


def test_the_doctor_sees_a_blocked_loopback(tmp_path, monkeypatch):
    def blocked(*_, **__):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", blocked)
    (problem,) = [finding for finding in examine(tmp_path) if finding.level == "problem"]
    assert "127.0.0.1" in problem.advice


def test_the_doctor_notes_variables_that_matter_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    assert any(
        "HTTPS_PROXY" in finding.what for finding in examine(tmp_path) if finding.level == "note"
    )


@pytest.mark.parametrize(("here", "level"), [(True, "ok"), (False, "problem")])
def test_the_doctor_tells_this_environment_from_another_one(tmp_path, monkeypatch, here, level):
    """Both Pythons are links to the same base."""
    other = tmp_path / "bin" / "python3"
    other.parent.mkdir()
    other.symlink_to(Path(sys.executable).resolve())
    kernel = tmp_path / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    command = [
        sys.executable if here else str(other),
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
    ]
    kernel.write_text(
        json.dumps({"argv": command, "display_name": "Python 3", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    (finding,) = [finding for finding in examine(tmp_path) if "kernel" in finding.what]
    assert finding.level == level


# ---- start


def test_a_busy_port_is_one_clear_sentence():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(JupyterError, match=f"Port {port} is in use"):
            ask_for(port)
        done = run("start", "--no-browser", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith(f"certpin-lab: Port {port} is in use")
    assert len(done.stderr.splitlines()) == 1


def status(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=LONGEST) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen, str, Path]]:
    """The command running in an empty home, the address that it printed, and the file of what it
    said.
    """
    command = [
        sys.executable,
        "-m",
        "certpin_lab",
        "start",
        "--folder",
        str(folder / "work"),
        *options,
    ]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "BROWSER": f"{folder}/browser %s",
    }
    told = folder / "told"
    with told.open("w") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            env=environment,
            preexec_fn=as_in_the_foreground,
        )
    try:
        yield server, wait_for(told, r"http://127\.0\.0\.1:\d+/lab/tree/\S+"), told
    finally:
        server.terminate()
        server.wait(LONGEST)


def as_in_the_foreground() -> None:
    """Let signals end this process: a job in the background, or under nohup, inherits that it
    ignores them.
    """
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def wait_for(path: Path, pattern: str) -> str:
    def found() -> re.Match | None:
        return re.search(pattern, path.read_text()) if path.exists() else None

    assert soon(found, within=LONGEST), path.read_text() if path.exists() else f"no {path.name}"
    return found()[0]


def children(server: subprocess.Popen) -> list[psutil.Process]:
    return psutil.Process(server.pid).children(recursive=True)


posix = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")


@posix
def test_start_opens_the_first_lesson_to_whoever_has_the_token(tmp_path):
    with started(tmp_path, "--no-browser") as (server, address, told):
        assert status(address) == 200
        lesson, token = re.fullmatch(
            r"(.*/lab/tree/00_start_here\.ipynb)\?token=(.+)", address
        ).groups()
        contents = lesson.replace("/lab/tree/", "/api/contents/")
        assert status(f"{contents}?token={token}") == 200
        assert status(contents) == 403
        assert status(f"{contents}?token=wrong") == 403
        jupyter = children(server)
        server.send_signal(signal.SIGINT)
        assert server.wait(LONGEST) == 0
    assert {process.is_running() for process in jupyter} == {False}
    lines = told.read_text().strip().splitlines()
    assert lines[0].startswith("Your working folder is ")
    assert lines[-1] == "Stopped. Your work is saved in the lessons."
    assert [line for line in lines[1:-1] if line] == [
        "The course is open at",
        f"    {address}",
        "Stop it with Ctrl-C.",
    ]


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_jupyter_does_not_outlive_a_start_that_is_ended(tmp_path, name):
    with started(tmp_path, "--no-browser") as (server, _, _):
        jupyter = children(server)
        server.send_signal(getattr(signal, name))
        assert server.wait(LONGEST) == 0
        assert {process.is_running() for process in jupyter} == {False}


@posix
def test_two_at_once_get_a_port_and_a_token_each(tmp_path):
    (tmp_path / "other").mkdir()
    with (
        started(tmp_path, "--no-browser") as (_, mine, _),
        started(tmp_path / "other", "--no-browser") as (_, other, _),
    ):
        first, second = (
            address.replace("/lab/tree/", "/api/contents/") for address in (mine, other)
        )
        assert status(first) == status(second) == 200
        assert status(f"{first.partition('?')[0]}?{second.partition('?')[2]}") == 403


@posix
def test_settings_made_for_another_jupyter_do_not_matter(tmp_path):
    settings = tmp_path / ".jupyter" / "jupyter_server_config.py"
    settings.parent.mkdir()
    settings.write_text(
        'c.ServerApp.base_url = "/elsewhere/"\nc.IdentityProvider.token = "theirs"\n'
    )
    with started(tmp_path, "--no-browser") as (_, address, _):
        contents = address.replace("/lab/tree/", "/api/contents/")
        assert status(contents) == 200
        assert status(re.sub("token=.*", "token=theirs", contents)) == 403


@posix
def test_jupyter_asks_nobody_for_news(tmp_path):
    with started(tmp_path, "--no-browser") as (_, address, _):
        settings = address.replace(
            "/lab/tree/00_start_here.ipynb",
            "/lab/api/settings/@jupyterlab/apputils-extension:notification",
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(settings, timeout=LONGEST) as answer:
            properties = json.load(answer)["schema"]["properties"]
    assert properties["fetchNews"]["default"] == "false"
    assert properties["checkForUpdates"]["default"] is False


@posix
def test_no_command_line_shows_the_token(tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\ncd "{tmp_path}" && printf "%s " "$@" > partial && mv partial opened\n'
    )
    browser.chmod(0o700)
    with started(tmp_path) as (_, address, _):
        page = Path(wait_for(tmp_path / "opened", "/.*html"))
        token = address.partition("token=")[2]
        assert token not in (tmp_path / "opened").read_text()
        assert f"/lab/tree/00_start_here.ipynb?token={token}" in page.read_text()
        assert page.parent.stat().st_mode & 0o077 == 0  # nobody else can look into the folder


def rest(terminal: int) -> bytes:
    """All that was still written to the terminal: a single read may return a part of it."""
    told = b""
    with suppress(OSError):  # Linux says so at the end
        while piece := os.read(terminal, 4096):
            told += piece
    return told


@posix
def test_ctrl_c_on_a_terminal_asks_no_question(tmp_path):
    terminal, end = os.openpty()
    command = [
        sys.executable,
        "-m",
        "certpin_lab",
        "start",
        "--no-browser",
        "--folder",
        str(tmp_path / "work"),
    ]
    environment = os.environ | {"HOME": str(tmp_path)}
    script = (
        "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        " os.execv(sys.argv[1], sys.argv[1:])"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", script, *command],
        cwd=ROOT,
        env=environment,
        stdin=end,
        stdout=end,
        stderr=end,
        preexec_fn=as_in_the_foreground,
    )
    os.close(end)
    told = b""
    try:
        while b"Stop it with" not in told:
            told += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        assert server.wait(LONGEST) == 0
        told += rest(terminal)
    finally:
        server.terminate()
        server.wait(LONGEST)
        os.close(terminal)
    assert b"saved in the lessons" in told
    assert b"y/[n]" not in told


# ---- diagnose


@pytest.mark.parametrize(("pin", "code", "says"), [
    (LEAF_PIN, 0, "This is the pin of the leaf (CN=bank.example,O=certpin-lab)."),
    (LEAF_PIN.removeprefix("sha256/"), 1, "The 'sha256/' in front is missing."),
    ("sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", 1, "the hash of nothing"),
    ("", 1, "not spelt like a pin"),
])  # fmt: skip
def test_a_pin_is_diagnosed_beside_its_chain(tmp_path, capsys, pin, code, says):
    path = tmp_path / "chain.pem"
    path.write_bytes(CHAIN)
    assert main(["diagnose", pin, str(path)]) == code
    out = capsys.readouterr().out
    assert says in out
    assert code == 0 or LEAF_PIN in out


def test_a_diagnosis_without_a_certificate_is_refused(tmp_path, capsys):
    path = tmp_path / "key.pem"
    path.write_bytes(SPKI_PEM)
    assert main(["diagnose", LEAF_PIN, str(path)]) == 2
    assert "beside a certificate, and there is none" in capsys.readouterr().err
    assert main(["diagnose", LEAF_PIN, str(tmp_path / "absent.pem")]) == 2
    assert "absent.pem: No such file" in capsys.readouterr().err


def test_a_policy_is_linted_beside_the_chain_that_is_served(tmp_path, capsys):
    policy, chain = tmp_path / "policy.json", tmp_path / "chain.pem"
    chain.write_bytes(CHAIN)
    policy.write_text(json.dumps({"hosts": {"bank.example": {"pins": [LEAF_PIN]}}}))
    assert main(["diagnose", str(policy), str(chain)]) == 1
    assert capsys.readouterr().out.startswith("bank.example: There is one pin.")
    spare = str(Pin.of(CertificateAuthority("Spare").certificate))
    policy.write_text(json.dumps({"hosts": {"bank.example": {"pins": [LEAF_PIN, spare]}}}))
    assert main(["diagnose", str(policy), str(chain)]) == 0
    assert capsys.readouterr().out == "No mistake known here was found.\n"
    assert main(["diagnose", str(policy)]) == 0
    assert "Give the served chain too" in capsys.readouterr().out


def test_a_policy_beside_the_chain_of_another_host_is_not_said_to_fit(tmp_path, capsys):
    policy, chain = tmp_path / "policy.json", tmp_path / "chain.pem"
    chain.write_bytes(CHAIN)
    spare = str(Pin.of(CertificateAuthority("Spare").certificate))
    pins = {"pins": [LEAF_PIN, spare]}
    policy.write_text(json.dumps({"hosts": {"shop.example": pins}}))
    assert main(["diagnose", str(policy), str(chain)]) == 1
    assert (
        "Not compared with any chain: shop.example. What these files hold is for bank.example."
        in capsys.readouterr().out
    )
    policy.write_text(json.dumps({"hosts": {"shop.example": pins, "**.bank.example": pins}}))
    assert main(["diagnose", str(policy), str(chain)]) == 0
    assert "Not compared with any chain: shop.example." in capsys.readouterr().out
    key = tmp_path / "key.pem"
    key.write_bytes(CertificateAuthority("Spare").certificate.public_bytes(Encoding.PEM))
    assert main(["diagnose", str(policy), str(key)]) == 1
    assert "for no host name" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [("{", "This is not JSON"), (None, "No such"), (b"\xff", "This is not UTF-8")],
)
def test_a_policy_that_cannot_be_read_is_refused(tmp_path, capsys, content, says):
    path = tmp_path / "policy.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["diagnose", str(path)]) == 2
    assert f"policy.json: {says}" in capsys.readouterr().err


# ---- no traceback, whatever the files and the streams are

AT = datetime(2026, 1, 1, tzinfo=UTC)
SHELL = "/bin/bash"
unix = pytest.mark.skipif(not Path(SHELL).exists(), reason="needs a POSIX shell")


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run a line in which `certpin-lab` is this command."""
    script = f'certpin-lab() {{ "{sys.executable}" -m certpin_lab "$@"; }}\n{line}'
    return subprocess.run(
        [SHELL, "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )


def self_signed(common_name: str, *extensions: x509.ExtensionType) -> bytes:
    """A certificate in DER whose issuer's alternative names have become the subject's."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, AT, AT)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    der = builder.sign(KEY, SHA256()).public_bytes(Encoding.DER)
    return der.replace(bytes.fromhex("0603551d12"), bytes.fromhex("0603551d11"))


BANK = [x509.DNSName("bank.example")]
UNREADABLE = {
    "doubled": (x509.SubjectAlternativeName(BANK), x509.IssuerAlternativeName(BANK)),
    "damaged": (x509.UnrecognizedExtension(x509.OID_SUBJECT_ALTERNATIVE_NAME, b"\x30\x05"),),
}


@pytest.fixture(name="files")
def _files(tmp_path):
    (tmp_path / "chain.pem").write_bytes(CHAIN)
    (tmp_path / "odd.der").write_bytes(self_signed("Bücher ✔"))
    policy = {"hosts": {"bank.example": {"pins": [LEAF_PIN, f"sha256/{'A' * 43}="]}}}
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    return tmp_path


@pytest.mark.parametrize("how", UNREADABLE)
def test_host_names_that_cannot_be_read_are_told_with_the_file(how, files, capsys):
    (files / "odd.der").write_bytes(self_signed("Odd", *UNREADABLE[how]))
    assert main(["diagnose", str(files / "policy.json"), str(files / "odd.der")]) == 2
    assert "odd.der: The host names of CN=Odd cannot be read: " in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_text_that_the_terminal_lacks_is_written_as_an_escape(encoding, files):
    options = {"env": os.environ | {"PYTHONIOENCODING": encoding}, "encoding": encoding}
    done = run("pin", str(files / "odd.der"), **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("cher \\u2714\n")
    assert run("doctor", **options).stderr == ""


@unix
def test_pipes_are_read_to_their_end(files):
    late = "(sleep 0.5; cat chain.pem)"
    for line in (f"certpin-lab pin <{late}", "cat chain.pem | certpin-lab pin /dev/stdin"):
        assert shell(line, files).stdout.startswith(LEAF_PIN), line


STREAMS = {
    "certpin-lab pin - <&-": (2, "certpin-lab: Standard input is closed. Give a file."),
    "certpin-lab pin chain.pem >&-": (2, "The output cannot be written: Bad file descriptor."),
    "certpin-lab pin chain.pem >/dev/full": (2, "The output cannot be written: No space left"),
    "certpin-lab pin absent.pem 2>/dev/full": (2, ""),
    "certpin-lab pin absent.pem 2>&-": (2, ""),
    "certpin-lab pin chain.pem | true; exit ${PIPESTATUS[0]}": (0, ""),
    "certpin-lab pin /dev/zero": (2, "/dev/zero: This is a device. Give a file, or -"),
    "certpin-lab pin - </dev/zero": (2, "-: There are more than 16 MiB in it."),
    "certpin-lab pin .": (2, ".: Is a directory."),
    "mkfifo pipe; certpin-lab pin pipe": (2, "pipe: The file is empty."),
    "certpin-lab diagnose .json .": (2, ".: Is a directory."),
    "mkdir a.json; certpin-lab diagnose a.json": (2, "a.json: Is a directory."),
    "ln -s /dev/zero z.json; certpin-lab diagnose z.json": (2, "z.json: This is a device."),
}


@unix
@pytest.mark.parametrize("line", STREAMS)
def test_a_stream_or_file_of_another_kind_is_told_in_a_sentence(line, files):
    code, says = STREAMS[line]
    done = shell(line, files)
    assert (done.returncode, done.stderr.count("\n")) == (code, bool(says)), done.stderr
    assert says in done.stderr


def test_a_chain_in_several_files_is_one_chain_for_a_policy_too(tmp_path, capsys):
    other = CertificateAuthority("Other").issue_leaf("shop.example")
    certificates = (*IDENTITY.chain, other.certificate)
    names = [str(tmp_path / f"{number}.pem") for number in range(len(certificates))]
    for name, certificate in zip(names, certificates, strict=True):
        Path(name).write_bytes(certificate.public_bytes(Encoding.PEM))
    policy = tmp_path / "policy.json"
    issuing, spare, shop = (
        str(Pin.of(each))
        for each in (
            IDENTITY.chain[1],
            CertificateAuthority("Spare").certificate,
            other.certificate,
        )
    )
    hosts = {"bank.example": {"pins": [issuing, spare]}, "shop.example": {"pins": [shop, spare]}}
    policy.write_text(json.dumps({"hosts": hosts}))
    assert main(["diagnose", str(policy), *names]) == 0, capsys.readouterr().out
    hosts["shop.example"]["pins"] = [issuing, spare]
    policy.write_text(json.dumps({"hosts": hosts}))
    assert main(["diagnose", str(policy), *names]) == 1
    assert capsys.readouterr().out.endswith("before an app ships with them.\n")
