"""The table of broken certificates: each refused by the check it should be, each twin accepted, and
openssl's own tools agree.
"""

import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from certpin_lab import Client, Identity, Situation, TLSServer, client_context
from certpin_lab.cases.broken_servers import broken_cases, eight_servers, root
from certpin_lab.lab import trials
from certpin_lab.lab.outcomes import _VERIFY_CODES
from certpin_lab.lab.pki import CertificateAuthority, derived_key
from tests.optional import require

CASES = broken_cases()
CLIENT = Client("careful", client_context([root()]))
by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_the_table_has_fifteen_faults_with_names_of_their_own():
    assert len({case.name for case in CASES}) == len(CASES) == 15
    assert {case.layer for case in CASES} == {"validity", "hostname", "chain"}


@by_name
def test_the_broken_one_is_refused_by_its_check_and_the_twin_accepted(case):
    broken, twin = trials.run([CLIENT], [case.situation, case.twin_situation])
    assert (broken.accepted, broken.layer, broken.reason) == (False, case.layer, case.reason)
    assert (twin.accepted, twin.reason) == (True, "accepted")


# What stands above the leaf is one thing, however many certificates it takes to say it.
DIFFERENT_ABOVE = {"unknown root": 2, "intermediate missing": 0}


@by_name
def test_broken_and_twin_differ_in_one_certificate_or_in_what_stands_above(case):
    pairs = list(
        zip(case.broken.chain, case.twin.chain, strict=case.name != "intermediate missing")
    )
    assert sum(one != other for one, other in pairs) == DIFFERENT_ABOVE.get(case.name, 1)
    assert case.broken.private_key is case.twin.private_key
    if case.name in DIFFERENT_ABOVE:
        assert case.broken.certificate == case.twin.certificate


def said(certificate):
    """What a certificate says, thing by thing; who signed it is one thing."""
    things = {
        each.oid.dotted_string: (each.critical, each.value) for each in certificate.extensions
    }
    issuer = certificate.issuer, things.pop(ExtensionOID.AUTHORITY_KEY_IDENTIFIER.dotted_string)
    dates = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return things | {
        "issuer": issuer,
        "dates": dates,
        "subject": certificate.subject,
        "key": certificate.public_key(),
    }


@by_name
def test_the_certificate_that_differs_says_one_thing_else(case):
    for one, other in zip(case.broken.chain, case.twin.chain, strict=False):
        if one != other and case.name != "unknown root":
            broken, twin = said(one), said(other)
            different = {thing for thing in broken | twin if broken.get(thing) != twin.get(thing)}
            assert len(different) == (0 if case.name == "tampered" else 1), different


def test_no_two_certificates_of_an_issuer_have_the_same_number():
    made = {
        one
        for case in CASES
        for one in (*case.broken.chain, *case.twin.chain)
        if case.name != "tampered"
    }
    assert len({(one.issuer, one.serial_number) for one in made}) == len(made)


def test_one_of_the_eight_servers_is_accepted():
    found = trials.run(
        [CLIENT], [Situation(letter, server) for letter, server in eight_servers().items()]
    )
    assert {one.situation: one.accepted for one in found} == {
        letter: letter == "F" for letter in "ABCDEFGH"
    }


@by_name
def test_the_same_bytes_every_time(case):
    again = next(other for other in broken_cases.__wrapped__() if other.name == case.name)
    assert [one.public_bytes(Encoding.DER) for one in again.broken.chain] == [
        one.public_bytes(Encoding.DER) for one in case.broken.chain
    ]


def pem(*certificates):
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def verdict_of_openssl_verify(folder, identity, host):
    """The first error number of `openssl verify`, 0 when it finds none."""
    leaf, *rest = identity.chain
    for name, content in {
        "root": pem(root().certificate),
        "leaf": pem(leaf),
        "rest": pem(*rest),
    }.items():
        (folder / f"{name}.pem").write_bytes(content)
    untrusted = ["-untrusted", "rest.pem"] if rest else []
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-no-CApath",
        "-no-CAstore",
        "-CAfile",
        "root.pem",
        *untrusted,
    ]
    command += ["-verify_hostname", host, "-purpose", "sslserver", "leaf.pem"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    found = re.search(r"error (\d+) at", done.stdout + done.stderr)
    assert bool(found) == (done.returncode != 0), done.stderr
    return int(found[1]) if found else 0


def verdict_of_s_client(folder, identity, host):
    """The first error number of `openssl s_client`, which meets the lab's server itself; 0 when it
    finds none.
    """
    (folder / "root.pem").write_bytes(pem(root().certificate))
    with TLSServer(identity) as server:
        command = [
            "openssl",
            "s_client",
            "-connect",
            f"127.0.0.1:{server.address[1]}",
            "-servername",
            host,
        ]
        command += ["-x509_strict", "-verify_hostname", host, "-purpose", "sslserver"]
        command += ["-no-CApath", "-no-CAstore", "-CAfile", "root.pem"]
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            input="",
            check=False,
            timeout=120,
            errors="replace",
        )
    assert "Verify return code" in done.stdout
    found = re.search(r"verify error:num=(\d+)", done.stdout + done.stderr)
    return int(found[1]) if found else 0


# Where there is no SubjectAltName, openssl's tools still read the common name. Our contexts do not
# (RFC 9525, section 2), nor do browsers.
ACCEPTED_BY_OPENSSL = {"name in the CN only"}


@by_name
@pytest.mark.parametrize("judge", [verdict_of_openssl_verify, verdict_of_s_client])
def test_openssl_itself_gives_the_same_verdict(case, judge, tmp_path):
    require(shutil.which("openssl"), "openssl is not installed")
    code = judge(tmp_path, case.broken, case.host)
    assert (
        code == 0
        if case.name in ACCEPTED_BY_OPENSSL
        else _VERIFY_CODES[code] == (case.layer, case.reason)
    )
    assert judge(tmp_path, case.twin, case.host) == 0


# Identities put together by hand.


def test_an_identity_by_hand_takes_its_names_from_the_leaf():
    issued = CertificateAuthority("Some Root").issue_leaf("a.example", "b.example")
    made = Identity.of(issued.private_key, *issued.chain)
    assert (made.hostnames, made.chain, made.issuer_name) == (
        issued.hostnames,
        issued.chain,
        "Some Root",
    )
    assert repr(made) == "<Identity a.example, b.example, issued by 'Some Root'>"
    with pytest.raises(ValueError, match="by hand"):
        made.renewed()


def test_a_key_of_somebody_else_makes_no_identity():
    issued = CertificateAuthority("Some Root").issue_leaf("a.example")
    with pytest.raises(ValueError, match="not the key of the first certificate"):
        Identity.of(derived_key("another"), *issued.chain)
    with pytest.raises(ValueError, match="at least the leaf"):
        Identity.of(issued.private_key)
