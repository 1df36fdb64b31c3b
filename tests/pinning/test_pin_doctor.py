"""The pin doctor against pins made with other tools: hashlib, openssl and what people really
shipped.
"""

import base64
import hashlib
import shutil
import subprocess
from urllib.parse import quote, unquote_plus

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from certpin_lab import CertificateAuthority, Pin
from certpin_lab.pinning.certificate import spki_der
from certpin_lab.pinning.pin_doctor import diagnose
from tests.optional import require

ROOT = CertificateAuthority("Doctor Root")
ISSUING = ROOT.issue_intermediate("Doctor Issuing")
KEYS = {
    "P-256": None,
    "RSA": rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}
CHAINS = {
    kind: (*ISSUING.issue_leaf("bank.example", key=key).chain, ROOT.certificate)
    for kind, key in KEYS.items()
}
# A pin whose base64 begins with a slash reads like curl's spelling at first sight.
GENERATIONS = (ISSUING.issue_leaf("bank.example", generation=number) for number in range(1, 999))
SLASH = next(one for one in GENERATIONS if str(Pin.of(one.certificate)).startswith("sha256//"))
CHAINS["slash"] = (*SLASH.chain, ROOT.certificate)
P256 = CHAINS["P-256"]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def parts(kind: str) -> dict[str, bytes]:
    """What can be hashed, made with `cryptography` and openssl's formats, not with the doctor's own
    code.
    """
    certificate = CHAINS[kind][0]
    key = certificate.public_key()
    raw = {
        "P-256": lambda: key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        "RSA": lambda: key.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        "Ed25519": lambda: key.public_bytes(Encoding.Raw, PublicFormat.Raw),
        "slash": lambda: key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    }[kind]()
    return {
        "spki": key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "key pem": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": certificate.public_bytes(Encoding.DER),
        "pem": certificate.public_bytes(Encoding.PEM),
        "tbs": certificate.tbs_certificate_bytes,
        "raw": raw,
    }


def sha256(data: bytes) -> str:
    return "sha256/" + b64(hashlib.sha256(data).digest())


@pytest.fixture(name="unloadable")
def _unloadable():
    """A certificate with a key of an algorithm that `cryptography` does not know."""
    der = P256[0].public_bytes(Encoding.DER)
    curve = bytes.fromhex("06082a8648ce3d030107")  # the object identifier of P-256
    certificate = x509.load_der_x509_certificate(der.replace(curve, curve[:-1] + b"\x63"))
    with pytest.raises(Exception, match="not supported"):
        certificate.public_key()
    return certificate


RECIPES = {
    "certificate hash": lambda p: sha256(p["der"]),
    "signed part of the certificate": lambda p: sha256(p["tbs"]),
    "raw key bits": lambda p: sha256(p["raw"]),
    "PEM text of the certificate": lambda p: sha256(p["pem"]),
    "PEM text of the key": lambda p: sha256(p["key pem"]),
    "hex text of the key": lambda p: sha256(p["spki"].hex().encode()),
    "hash of the hash": lambda p: sha256(hashlib.sha256(p["spki"]).digest()),
    "hash of a name": lambda p: sha256(b"bank.example"),
    "sha1": lambda p: "sha1/" + b64(hashlib.sha1(p["spki"]).digest()),
    "md5": lambda p: "md5/" + b64(hashlib.md5(p["spki"]).digest()),
    "sha512": lambda p: "sha512/" + b64(hashlib.sha512(p["spki"]).digest()),
    "hex": lambda p: hashlib.sha256(p["spki"]).hexdigest(),
    "base64 of hex": lambda p: "sha256/" + b64(hashlib.sha256(p["spki"]).hexdigest().encode()),
    "padding missing": lambda p: sha256(p["spki"]).rstrip("="),
    "prefix missing": lambda p: b64(hashlib.sha256(p["spki"]).digest()),
    "curl's spelling": lambda p: sha256(p["spki"]).replace("/", "//", 1),
    "truncated": lambda p: sha256(p["spki"])[:30],
    "changed case": lambda p: "sha256/" + b64(hashlib.sha256(p["spki"]).digest()).lower(),
    "white space": lambda p: sha256(p["spki"])[:20] + " \n" + sha256(p["spki"])[20:],
}


@pytest.mark.parametrize("kind", CHAINS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_each_wrong_recipe_is_named_and_the_right_pin_given(kind, recipe):
    found = diagnose(RECIPES[recipe](parts(kind)), CHAINS[kind])
    assert found.recipe == recipe, found
    assert not found.right
    assert sha256(parts(kind)["spki"]) in found.advice
    assert found.position == 0


@pytest.mark.parametrize("kind", CHAINS)
def test_the_right_pin_is_right_and_names_its_certificate(kind):
    for position, certificate in enumerate(CHAINS[kind]):
        found = diagnose(str(Pin.of(certificate)), CHAINS[kind])
        assert (found.recipe, found.right, found.position) == ("right", True, position)
        assert certificate.subject.rfc4514_string() in found.finding


def test_white_space_around_a_right_pin_makes_it_wrong():
    assert diagnose(f" {Pin.of(P256[0])}", P256).recipe == "white space"


def test_two_mistakes_at_once_are_both_named():
    found = diagnose(hashlib.sha1(parts("P-256")["der"]).hexdigest(), P256)
    assert found.recipe == "certificate hash"
    assert "SHA-1 of the whole certificate" in found.finding
    assert "hex" in found.finding


def test_a_colon_fingerprint_as_browsers_show_it_is_a_certificate_hash():
    digest = hashlib.sha256(parts("P-256")["der"]).hexdigest().upper()
    colons = ":".join(digest[i : i + 2] for i in range(0, 64, 2))
    assert diagnose(colons, P256).recipe == "certificate hash"


def test_url_safe_base64_is_told_from_a_pin_that_has_no_such_character():
    keys = (ISSUING.issue_leaf("bank.example", generation=n) for n in range(1, 40))
    identity = next(one for one in keys if set("+/") & set(b64(Pin.of(one.certificate).digest)))
    pin = base64.urlsafe_b64encode(Pin.of(identity.certificate).digest).decode()
    assert diagnose("sha256/" + pin, identity.chain).recipe == "URL-safe base64"


def test_the_key_identifier_is_the_sha1_of_the_raw_key_bits():
    identifier = P256[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    found = diagnose(identifier.hex(), P256)
    assert (found.recipe, found.position) == ("raw key bits", 0)
    assert "SHA-1" in found.finding


def test_the_hash_of_another_certificate_of_the_chain_names_that_one():
    found = diagnose(sha256(P256[1].public_bytes(Encoding.DER)), P256)
    assert (found.recipe, found.position) == ("certificate hash", 1)
    assert "Doctor Issuing" in found.finding
    assert str(Pin.of(P256[1])) in found.advice


# Shipped in real apps and examples; where each comes from stands in the module or in its name.
SHIPPED = {
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=": "hash of nothing",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=": "placeholder",
    "YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=": "expired CA",
    "Vjs8r4z+80wjNcr1YKepWQboSIRi63WsWXhIMN+eWys=": "expired CA",
}


@pytest.mark.parametrize(("pin", "recipe"), SHIPPED.items())
@pytest.mark.parametrize("prefix", ["", "sha256/", "sha256//"])
def test_pins_that_can_never_match_are_known(prefix, pin, recipe):
    assert diagnose(prefix + pin, P256).recipe == recipe


@pytest.mark.parametrize("kind", CHAINS)
def test_the_pipelines_of_openssl_make_what_the_doctor_says(kind, tmp_path):
    require(shutil.which("openssl"), "openssl is not installed")
    file = tmp_path / "leaf.pem"
    file.write_bytes(parts(kind)["pem"])

    def run(command):
        return (
            subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, check=True)
            .stdout.decode()
            .strip()
        )

    right = run(
        "openssl x509 -in leaf.pem -pubkey -noout | openssl pkey -pubin -outform der"
        " | openssl dgst -sha256 -binary | base64"
    )
    no_der = run("openssl x509 -in leaf.pem -pubkey -noout | openssl dgst -sha256 -binary | base64")
    fingerprint = run("openssl x509 -in leaf.pem -noout -fingerprint -sha256").partition("=")[2]
    nothing = run(
        "openssl rsa -pubin -in no-such-file -outform der 2>/dev/null"
        " | openssl dgst -sha256 -binary | base64"
    )
    found = [
        diagnose(pin, CHAINS[kind]).recipe
        for pin in (f"sha256/{right}", no_der, fingerprint, nothing)
    ]
    assert found == ["right", "PEM text of the key", "certificate hash", "hash of nothing"]


@settings(max_examples=150, deadline=None)
@given(digest=st.binary(min_size=32, max_size=32).filter(any))
def test_a_random_pin_matches_nothing_and_is_told_so(digest):
    found = diagnose(str(Pin(digest)), P256)
    assert found.recipe == "nothing matches"
    assert str(Pin.of(P256[0])) in found.advice


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_gets_a_diagnosis_and_never_a_wrong_yes(text):
    assert not diagnose(text, P256).right


def test_every_single_changed_character_makes_a_right_pin_wrong():
    pin = str(Pin.of(P256[0]))
    for place in range(len(pin)):
        other = "A" if pin[place] != "A" else "B"
        assert not diagnose(pin[:place] + other + pin[place + 1 :], P256).right


MISTAKES = {
    "URL-safe, unpadded, no prefix": (
        lambda pin: pin.removeprefix("sha256/").replace("+", "-").replace("/", "_").rstrip("="),
        ("URL-safe", "'=' at its end is missing", "'sha256/' in front is missing"),
    ),
    "quoted, with white space": (lambda pin: f' "{pin}" ', ("white space around", "quotes")),
    "curl's slashes, cut padding": (
        lambda pin: pin.replace("/", "//", 1).rstrip("="),
        ("two slashes", "'=' at its end"),
    ),
    "another prefix": (
        lambda pin: pin.replace("sha256/", "pin-sha256="),
        ("begins with 'pin-sha256='",),
    ),
    "too much padding": (lambda pin: pin + "=", ("too many '='",)),
    "stray bits": (lambda pin: pin[:-2] + chr(ord(pin[-2]) + 1) + "=", ("stray bits",)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_fault_of_the_spelling_is_named_not_only_the_first(mistake):
    damage, said = MISTAKES[mistake]
    keys = (ISSUING.issue_leaf("bank.example", generation=n) for n in range(1, 400))
    pins = {one: str(Pin.of(one.certificate)) for one in keys}
    identity, pin = next((one, pin) for one, pin in pins.items() if "+" in pin)
    found = diagnose(damage(pin), identity.chain)
    assert found.position == 0
    assert [words for words in said if words not in found.finding] == [], found
    assert pin in found.advice


OUTPUTS = {
    "openssl x509 -fingerprint": (
        lambda p: f"sha256 Fingerprint={p['der'].hex(':').upper()}\n",
        "certificate hash",
    ),
    "openssl dgst": (lambda p: f"SHA2-256(stdin)= {p['spki'].hex()}\n", "text around it"),
    "sha256sum": (lambda p: f"{p['spki'].hex()}  key.der\n", "text around it"),
    "HPKP": (
        lambda p: f'Public-Key-Pins: pin-sha256="{b64(p["spki"])}"; max-age=5184000',
        "text around it",
    ),
    "Kotlin": (lambda p: f'.add("bank.example", "sha256/{b64(p["spki"])}")', "text around it"),
}


@pytest.mark.parametrize("tool", OUTPUTS)
def test_a_tools_whole_output_or_a_line_of_code_is_read(tool):
    digests = {name: hashlib.sha256(data).digest() for name, data in parts("P-256").items()}
    write, recipe = OUTPUTS[tool]
    found = diagnose(write(digests), P256)
    assert (found.recipe, found.position) == (recipe, 0), found
    assert "other text around it" in found.finding
    assert (
        diagnose(
            write({name: hashlib.sha256(data).digest() for name, data in digests.items()}), P256
        ).recipe
        != recipe
    )


def test_a_fingerprint_that_was_cut_off_is_still_known_as_one():
    digest = hashlib.sha256(parts("P-256")["der"]).digest()
    for cut in (digest.hex()[:40], "sha256/" + b64(digest)[:30]):
        found = diagnose(cut, P256)
        assert "whole certificate" in found.finding
        assert "cut off" in found.finding


def test_the_certificate_itself_in_place_of_a_hash_is_told():
    found = diagnose(b64(parts("P-256")["spki"]), P256)
    assert (found.recipe, found.position) == ("not hashed", 0)
    assert "not a hash, but the key itself" in found.finding


def test_a_root_is_called_root_and_an_intermediate_intermediate():
    said = [diagnose(Pin.of(certificate), P256).finding for certificate in P256]
    assert [words.split("of the ")[1].split(" (")[0] for words in said] == [
        "leaf",
        "intermediate",
        "root",
    ]


def test_a_certificate_whose_key_cannot_be_loaded_is_diagnosed_all_the_same(unloadable):
    spki = spki_der(unloadable)
    assert diagnose(sha256(spki), [unloadable]).right
    found = diagnose(hashlib.sha256(spki).hexdigest(), [unloadable])
    assert (found.recipe, found.position) == ("hex", 0)


def test_nonsense_input_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="at least one certificate"):
        diagnose("sha256/x", [])
    with pytest.raises(TypeError, match="must be text; got bytes"):
        diagnose(b"sha256/x", P256)


# ---- Recipes and spellings of other tools; what they make stands here without the doctor's code.


def ssh_line(kind: str) -> bytes:
    return CHAINS[kind][0].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


def ssh_digest(kind: str, algorithm: str = "sha256") -> bytes:
    return hashlib.new(algorithm, base64.b64decode(ssh_line(kind).split()[1])).digest()


def modulus(spelling: str) -> bytes:
    return format(CHAINS["RSA"][0].public_key().public_numbers().n, spelling).encode()


def compressed(kind: str = "P-256") -> bytes:
    point = CHAINS[kind][0].public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point


def pkcs1_pem() -> bytes:
    return CHAINS["RSA"][0].public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)


def chain_pem(kind: str, most: int) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in CHAINS[kind][:most])


def right(kind: str) -> bytes:
    return hashlib.sha256(parts(kind)["spki"]).digest()


def ssh_fingerprint(kind: str) -> str:
    return "SHA256:" + b64(ssh_digest(kind)).rstrip("=")


SPKI, PIN = parts("P-256")["spki"], right("P-256")
SHA512 = hashlib.sha512(SPKI).digest()
MODULUS = bytes.fromhex(modulus("x").decode())
# A form: the kind of key, the recipe that the doctor should name, and the text.
FORMS = {
    "base64 twice": ("P-256", "double base64", "sha256/" + b64(b64(PIN).encode())),
    "base64 of a pin": ("P-256", "double base64", b64(sha256(SPKI).encode())),
    "base64 of hex with colons": ("P-256", "base64 of hex", b64(PIN.hex(":").encode())),
    "reversed bytes": ("P-256", "reversed bytes", "sha256/" + b64(PIN[::-1])),
    "reversed bytes in hex": ("P-256", "reversed bytes", PIN[::-1].hex()),
    "modulus": ("RSA", "RSA modulus", sha256(MODULUS)),
    "modulus with its sign byte": ("RSA", "RSA modulus", sha256(b"\0" + MODULUS)),
    "openssl x509 -modulus": (
        "RSA",
        "RSA modulus",
        hashlib.md5(b"Modulus=%b\n" % modulus("X")).hexdigest(),
    ),
    "PKCS#1 PEM": ("RSA", "PEM text of the PKCS#1 key", sha256(pkcs1_pem())),
    "compressed point": ("P-256", "compressed point", sha256(compressed())),
    "compressed point alone": ("P-256", "compressed point", sha256(compressed()[-33:])),
    "ssh-keygen -l": ("Ed25519", "SSH key", f"256 {ssh_fingerprint('Ed25519')} me@home (ED25519)"),
    "SSH fingerprint": ("RSA", "SSH key", ssh_fingerprint("RSA")),
    "SSH fingerprint, MD5": ("P-256", "SSH key", f"MD5:{ssh_digest('P-256', 'md5').hex(':')}"),
    "authorized_keys": ("RSA", "not hashed", f"{ssh_line('RSA').decode()} me@home"),
    "authorized_keys, P-256": ("P-256", "not hashed", f"{ssh_line('P-256').decode()} me@home"),
    "SHA3-256": ("P-256", "sha3-256", "sha256/" + b64(hashlib.sha3_256(SPKI).digest())),
    "SHA3-512": ("P-256", "sha3-512", "sha3-512/" + b64(hashlib.sha3_512(SPKI).digest())),
    "truncated SHA-512": ("P-256", "truncated sha512", "sha256/" + b64(SHA512[:32])),
    "hash of colon-hex text": ("P-256", "hash of the hash", sha256(PIN.hex(":").upper().encode())),
    "hash of a key's colon-hex": ("P-256", "hex text of the key", sha256(SPKI.hex(":").encode())),
    "full chain": ("P-256", "PEM text of the chain", sha256(chain_pem("P-256", 2))),
    "full chain with the root": ("P-256", "PEM text of the chain", sha256(chain_pem("P-256", 3))),
    "base64 of a PEM file": ("P-256", "not hashed", b64(parts("P-256")["pem"])),
}


@pytest.mark.parametrize("form", FORMS)
def test_recipes_of_other_tools_are_named_and_the_right_pin_given(form):
    kind, recipe, text = FORMS[form]
    found = diagnose(text, CHAINS[kind])
    assert (found.recipe, found.position) == (recipe, 0), found
    assert sha256(parts(kind)["spki"]) in found.advice
    other = diagnose(text, CHAINS["slash"])
    assert other.recipe == "nothing matches", other


WITH_PLUS = next(
    identity.chain
    for identity in (ISSUING.issue_leaf("bank.example", generation=n) for n in range(1, 400))
    if {"+", "/"} <= set(str(Pin.of(identity.certificate)).removeprefix("sha256/"))
)


@pytest.mark.parametrize(("recipe", "damage"), [
    ("URL encoding", lambda pin: quote(pin, safe="")),
    ("URL encoding", lambda pin: quote(pin.removeprefix("sha256/"))),
    ("plus turned into a space", lambda pin: pin.replace("+", " ")),
    ("plus turned into a space", lambda pin: unquote_plus(pin.removeprefix("sha256/"))),
    ("one wrong character", lambda pin: pin[:20] + ("A" if pin[20] != "A" else "B") + pin[21:]),
    ("one wrong character", lambda pin: "0" + Pin.parse(pin).digest.hex()[1:]),
    ("one wrong character", lambda pin: pin[:30] + "*" + pin[31:]),
])  # fmt: skip
def test_what_happened_to_a_pin_on_its_way_is_named(recipe, damage):
    pin = str(Pin.of(WITH_PLUS[0]))
    found = diagnose(damage(pin), WITH_PLUS)
    assert (found.recipe, found.position) == (recipe, 0), found
    assert pin in found.advice


def test_two_wrong_characters_are_not_called_one():
    pin = str(Pin.of(P256[0]))
    swapped = pin[:20] + pin[21] + pin[20] + pin[22:]
    assert diagnose(swapped, P256).recipe == ("nothing matches" if pin[20] != pin[21] else "right")


@pytest.mark.parametrize(("text", "says", "position"), [
    (chain_pem("P-256", 1).decode(), "the key of the leaf (CN=bank.example", 0),
    (chain_pem("P-256", 3).decode(), "the key of the leaf (CN=bank.example", 0),
    (P256[1].public_bytes(Encoding.PEM).decode(), "the key of the intermediate (", 1),
    (parts("P-256")["key pem"].decode(), "the key of the leaf (CN=bank.example", 0),
    (chain_pem("P-256", 1).decode().replace("\n", " "), "the key of the leaf (CN=bank.example", 0),
    (parts("RSA")["key pem"].decode(), f"The pin of its key is {Pin.of(CHAINS['RSA'][0])}", None),
    ("-----BEGIN CERTIFICATE-----\nMIIB", "A PEM block has no end", None),
], ids=["leaf", "chain", "intermediate", "key", "one line", "another key", "no end"])  # fmt: skip
def test_a_pasted_pem_file_is_called_one(text, says, position):
    found = diagnose(text, P256)
    assert (found.recipe, found.position) == ("PEM file", position), found
    assert found.finding.startswith("This is a PEM file, not a pin")
    assert says in found.finding
    assert str(Pin.of(P256[position or 0])) in found.advice


def test_where_nothing_fits_the_length_is_told_and_what_to_try():
    found = diagnose(bytes(range(1, 21)).hex(), P256)
    assert found.recipe == "nothing matches"
    assert found.finding.endswith("It holds 20 bytes, as a SHA-1 does.")
    assert "try the whole chain" in found.advice
