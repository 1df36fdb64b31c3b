"""Pins of the certificates and keys in a file, be it PEM or DER, one object or many.

A pin is the hash of bytes, so those of the file are hashed as they are. Nothing secret is shown.
"""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from .certificate import subject_text
from .der import SEQUENCE, element
from .pins import Pin
from .text import printable

LONGEST_FILE = 16 << 20  # bytes; a bundle of every public root CA has a quarter of a million
_BEGIN = b"-----BEGIN "
_LABEL = re.compile(rb"([A-Z0-9 ]{1,40})-----")
# `openssl ecparam -genkey` writes the curve's name before the key.
_PARAMETERS = ("EC PARAMETERS", "DSA PARAMETERS")
_EXPECTED = "Give a certificate, a chain, a signing request or a key, in PEM or DER."
_ENCRYPTED = "is an encrypted private key. Give its certificate or its public key."


class KeyFileError(ValueError):
    """The bytes hold no certificate or key that could be read.

    The message says what was found and what to give.
    """


@dataclass(frozen=True)
class KeyFound:
    """A pin found in a file.

    `description`: whose key it is, in a line that is safe to show. `certificate`: the one that the
    key is in, None for a key or a signing request.
    """

    pin: Pin
    description: str
    certificate: x509.Certificate | None = None


def read_keys(data: bytes) -> list[KeyFound]:
    """Every certificate and key in these bytes, in their order, with its pin.

    data: the content of a PEM file (several blocks, text between them) or of a DER file (one
        object), at most `LONGEST_FILE` bytes.

    The pin hashes the SubjectPublicKeyInfo as it is spelt in the file. A private key has none: its
    pin is that of the one spelling that OpenSSL would choose. Raises `KeyFileError` for anything
    else, for a damaged block, for an encrypted private key, and for a private key whose public key
    has several spellings. Verifies nothing.
    """
    if len(data) > LONGEST_FILE:
        raise KeyFileError(f"There are more than {LONGEST_FILE >> 20} MiB in it. {_EXPECTED}")
    with warnings.catch_warnings():
        # `cryptography` warns about odd serial numbers of old certificates.
        warnings.simplefilter("ignore")
        if _BEGIN not in data:
            return [_read_der(data)]
        found = [
            _read_block(number, label, body)
            for number, (label, body) in enumerate(_pem_blocks(data), 1)
            if label not in _PARAMETERS
        ]
    if not found:
        raise KeyFileError(f"There is no key here, only the parameters of one. {_EXPECTED}")
    return found


def _pem_blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The label of each block and what is between its two lines; looks at each byte once."""
    start = data.find(_BEGIN)
    while start >= 0:
        following = data.find(_BEGIN, start + len(_BEGIN))
        limit = len(data) if following < 0 else following
        label = _LABEL.match(data, start + len(_BEGIN), limit)
        end = data.find(b"-----END %b-----" % label[1], label.end(), limit) if label else -1
        if label is None or end < 0:
            raise KeyFileError(f"A PEM block has no end, or its two labels differ. {_EXPECTED}")
        yield label[1].decode(), data[label.end() : end]
        start = following


def _read_block(number: int, label: str, body: bytes) -> KeyFound:
    reader = _of_label(label)
    if b"Proc-Type:" in body:  # RFC 1421, section 4.6.1.1
        raise KeyFileError(f"Block {number} {_ENCRYPTED}")
    try:
        return reader(base64.b64decode(body.translate(None, b" \t\r\n"), validate=True))
    except KeyFileError:
        raise
    except TypeError:
        raise KeyFileError(f"Block {number} {_ENCRYPTED}") from None
    except UnsupportedAlgorithm as error:
        raise KeyFileError(
            f"Block {number} ({label}) is of an unknown kind: {_said(error)}. {_EXPECTED}"
        ) from error
    except Exception as error:  # the parsers raise many kinds of error
        raise KeyFileError(
            f"Block {number} ({label}) is damaged: {_said(error)}. {_EXPECTED}"
        ) from error


def _said(error: Exception) -> str:
    """The error on one short line: some quote the file."""
    return printable(" ".join(str(error).split()), 200).rstrip(".")


def _of_label(label: str) -> Callable[[bytes], KeyFound]:
    if reader := _READERS.get(label.removeprefix("NEW ").removeprefix("X509 ")):
        return reader
    if label.endswith("PRIVATE KEY") and label != "OPENSSH PRIVATE KEY":
        return _private_key
    raise KeyFileError(f"A PEM block holds {label}, which has no pin. {_EXPECTED}")


def _read_der(data: bytes) -> KeyFound:
    for reader in (_certificate, _public_key, _private_key, _request):
        try:
            return reader(data)
        except KeyFileError:
            raise
        except TypeError:
            raise KeyFileError(f"This {_ENCRYPTED}") from None
        except Exception:  # noqa: BLE001, S112  # not this kind: try the next
            continue
    what = "This is neither PEM nor DER that could be read." if data else "The file is empty."
    raise KeyFileError(f"{what} {_EXPECTED}")


def _certificate(der: bytes) -> KeyFound:
    certificate = x509.load_der_x509_certificate(der)
    return KeyFound(Pin.of(certificate), subject_text(certificate), certificate)


def _public_key(der: bytes) -> KeyFound:
    key = serialization.load_der_public_key(der)
    spelt = element(der).parts()[0].tag == SEQUENCE  # PKCS #1 has the bare numbers
    return KeyFound(Pin.of_spki(der) if spelt else Pin.of(key), "public key")


def _request(der: bytes) -> KeyFound:
    request = x509.load_der_x509_csr(der)
    # version, subject, subjectPKInfo, attributes (RFC 2986, section 4.1)
    spki = element(request.tbs_certrequest_bytes).parts()[2].encoded
    return KeyFound(Pin.of_spki(spki), "signing request")


def _private_key(der: bytes) -> KeyFound:
    public = serialization.load_der_private_key(der, None).public_key()
    spki = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if not _one_spelling(der, spki):
        raise KeyFileError(
            "The public key of this private key can be spelt in several ways, and each has another"
            " pin. Give its certificate or its public key."
        )
    return KeyFound(Pin.of_spki(spki), "private key")


def _one_spelling(der: bytes, spki: bytes) -> bool:
    """Whether a private key writes its algorithm and its public point as this SPKI does.

    RSA-PSS, explicit curve parameters and compressed points are the ones that do not.
    """
    algorithm, bits = element(spki).parts()
    parts = element(der).parts()
    if parts[1].tag == SEQUENCE:  # PKCS #8 (RFC 5958): version, algorithm, the key inside
        inner = element(parts[2].content)
        if parts[1].encoded != algorithm.encoded:
            return False
        parts = inner.parts() if inner.tag == SEQUENCE else []
    # Of an EC key (RFC 5915, section 3): the curve, and the point. Either may be left out.
    own = {0xA0: algorithm.parts()[-1].encoded, 0xA1: bits.encoded}
    return all(own.get(part.tag, part.content) == part.content for part in parts)


_READERS = {
    "CERTIFICATE": _certificate,
    "CERTIFICATE REQUEST": _request,
    "PUBLIC KEY": _public_key,
    "RSA PUBLIC KEY": _public_key,
}
