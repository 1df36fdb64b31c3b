"""What the lessons state as right is measured here, so that an answer key cannot drift away from
what the lab does.
"""

import re
import shutil
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from cryptography.hazmat.primitives.serialization import Encoding

from certpin_lab import (
    CertificateAuthority,
    Client,
    Pin,
    PinMismatchError,
    PinPolicy,
    PinSet,
    Scene,
    SlowHandshake,
    certificate_fingerprint,
    client_context,
    unverified_context,
)
from certpin_lab.cases.what_to_pin import PinningWorld
from certpin_lab.course import lessons
from certpin_lab.lab.wire import client_hello
from certpin_lab.pinning.pin_doctor import diagnose
from tests.optional import require

MASTERS = Path(__file__).parents[2] / "notebooks" / "solutions"


def sources(number: str) -> list[str]:
    [path] = MASTERS.glob(f"{number}_*.ipynb")
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def expected(id: str) -> dict[str, object]:
    return {case.name: case.right() for case in lessons.exercise(id).cases}


def test_01_3_who_can_read_and_change_what():
    measured = {}
    with Scene() as scene:
        balance = scene.run("unpinned").body
        copy = scene.wifi.capture[-1]
        copied = copy.from_client + copy.to_client
        measured["server name, eavesdropper"] = (
            "visible" if client_hello(copy.from_client).server_name else "hidden"
        )
        measured["number of bytes, eavesdropper"] = "visible" if len(copied) > 0 else "hidden"
        measured["password, eavesdropper"] = "visible" if b"tulip-garden-42" in copied else "hidden"
        measured["balance, eavesdropper"] = "visible" if balance in copied else "hidden"
        scene.attacker.tamper = lambda data: data.replace(b"LANDLORD-4711", b"THIEF-ACC-666")
        scene.attacker.tamper_reply = lambda data: data.replace(b"Sent 850", b"Sent 999")
        with scene.hostile():
            tricked = scene.run(Client("careless", unverified_context()), "transfer")
            read = scene.attacker.connections[-1].received
            saved = scene.run(Client("careful", client_context([scene.honest_ca])), "transfer")
            hidden = scene.attacker.connections[-1]
        changed = (
            scene.bank.app.transfers == [("THIEF-ACC-666", 850)] and b"Sent 999" in tricked.body
        )
        for thing in ("password", "account number", "balance"):
            forged = changed and b"tulip-garden-42" in read
            measured[f"{thing}, attacker and careless app"] = "forgeable" if forged else "visible"
        measured["server name, attacker and careful app"] = (
            "visible" if hidden.server_name else "hidden"
        )
        for thing in ("password", "account number"):
            measured[f"{thing}, attacker and careful app"] = (
                "visible" if hidden.received else "hidden"
            )
        assert not saved.accepted
    assert measured == expected("01.3")


def test_04_the_command_line_in_the_lesson_makes_the_pin(tmp_path):
    require(shutil.which("openssl"), "openssl is not installed")
    [command] = [
        found
        for text in sources("04")
        for found in re.findall(r"```sh\n(.*?)\n```", text, re.DOTALL)
    ]
    with Scene() as scene:
        certificate = scene.bank.identity.certificate
    (tmp_path / "bank.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    made = (
        subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, check=True)
        .stdout.decode()
        .strip()
    )
    assert f"sha256/{made}" == str(Pin.of(certificate))


def test_04_2_the_doctor_finds_what_the_key_says():
    [cell] = [text for text in sources("04") if text.startswith("pins = {")]
    pins = dict(re.findall(r'"([A-E])": "(.*?)"', cell))
    with Scene() as scene:
        found = {name: diagnose(pin, scene.bank.identity.chain) for name, pin in pins.items()}
    whose = {0: "right for the leaf", 1: "right for the intermediate"}
    assert {
        name: whose[one.position] if one.right else one.recipe for name, one in found.items()
    } == expected("04.2")


def test_04_3_what_survives():
    authority, other = CertificateAuthority("One"), CertificateAuthority("Other")
    identity = authority.issue_leaf("bank.example")
    leaf, key = identity.certificate, identity.private_key
    dates = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    changes = {
        "new dates, same key": authority.issue_leaf(
            "bank.example", key=key, not_before=dates[0], not_after=dates[1]
        ).certificate,
        "one more host name, same key": authority.issue_leaf(
            "bank.example", "www.bank.example", key=key
        ).certificate,
        "another CA signs the same key": other.issue_leaf("bank.example", key=key).certificate,
        "new key, same name, same CA": identity.renewed(same_key=False).certificate,
        "same certificate, another intermediate sent along": leaf,
    }
    words = {
        (True, True): "both stay",
        (True, False): "only the pin stays",
        (False, False): "both change",
    }
    measured = {
        name: words[
            Pin.of(one) == Pin.of(leaf),
            certificate_fingerprint(one) == certificate_fingerprint(leaf),
        ]
        for name, one in changes.items()
    }
    assert measured == expected("04.3")


def test_07_3_where_the_chain_ends():
    world = PinningWorld()
    leaf, intermediate, root = (
        Pin.of(each) for each in (*world.bank.chain, world.root.certificate)
    )
    tried = {
        "root pin, root in the store": (root, [world.root]),
        "root pin, root and intermediate in the store": (root, [world.root, world.issuing]),
        "intermediate pin, root and intermediate in the store": (
            intermediate,
            [world.root, world.issuing],
        ),
        "leaf pin, root and intermediate in the store": (leaf, [world.root, world.issuing]),
    }
    measured = {}
    for name, (pin, anchors) in tried.items():
        context = client_context(anchors, PinPolicy({"bank.example": PinSet([pin])}))
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
        slow = SlowHandshake(context, world.bank)
        slow.finish()
        measured[name] = "accepted" if slow.client_ready else "refused"
    assert measured == expected("07.3")


def test_09_3_what_a_date_does():
    date = datetime(2026, 1, 1, tzinfo=UTC)
    authority = CertificateAuthority("Bank CA")
    pinned = authority.issue_leaf("bank.example")
    chains = {
        "the pinned key": (pinned, False),
        "the bank's new key": (pinned.renewed(same_key=False), False),
        "an attacker's key": (CertificateAuthority("Careless CA").issue_leaf("bank.example"), True),
    }
    measured = {}
    for name in expected("09.3"):
        (identity, hostile), after = chains[name.split(", ")[0]], name.split(", ")[1]
        pins = PinSet([Pin.of(pinned.certificate)], expires=date, after_expiry=after)
        try:
            pins.check((*identity.chain, identity.issuer.root), at=date)
            measured[name] = "exposed" if hostile else "served"
        except PinMismatchError:
            measured[name] = "protected" if hostile else "locked out"
    assert measured == expected("09.3")
