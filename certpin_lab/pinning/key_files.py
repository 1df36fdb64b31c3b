"""Certificates and keys out of a file's bytes, whatever the file is: PEM or DER, one or many.

Nothing secret is shown.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from .certificate import subject_text
from .pins import Pin

# A block ends before the next one begins. Without that, a file of beginnings alone would be read to
# its end once for each of them.
_PEM_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,40})-----(?:[^-]++|-(?!----BEGIN ))*?-----END \1-----"
)
# `openssl ecparam -genkey` writes the curve's name before the key. It is no key.
_PARAMETERS = ("EC PARAMETERS", "DSA PARAMETERS")
_EXPECTED = "Give a certificate, a chain, a signing request or a key, in PEM or DER."


class KeyFileError(ValueError):
    """The bytes hold no certificate or key that could be read; the message says what was found and
    what to give.
    """


@dataclass(frozen=True)
class KeyFound:
    """A pin found in a file: of which key, and the certificate it stands in if it stands in one."""

    pin: Pin
    description: str
    certificate: x509.Certificate | None = None


def read_keys(data: bytes) -> list[KeyFound]:
    """Every certificate and key in these bytes, in their order, with its pin.

    data: the content of a PEM file (several blocks, text between them) or of a DER file (one
    object). Raises `KeyFileError` for anything else, for a damaged block, and for an encrypted
    private key. Verifies nothing.
    """
    with warnings.catch_warnings():
        # `cryptography` warns about old certificates with odd serial numbers; their pins are what
        # they are.
        warnings.simplefilter("ignore")
        if b"-----BEGIN " not in data:
            return [_read_der(data)]
        found = list(_read_pem(data))
    if not found:
        raise KeyFileError(f"There is no key here, only the parameters of one. {_EXPECTED}")
    return found


def _read_pem(data: bytes) -> Iterator[KeyFound]:
    blocks = list(_PEM_BLOCK.finditer(data))
    if len(blocks) < data.count(b"-----BEGIN "):
        raise KeyFileError(f"A PEM block has no end, or its two labels differ. {_EXPECTED}")
    for number, block in enumerate(blocks, 1):
        label = block[1].decode()
        if label in _PARAMETERS:
            continue
        try:
            yield _of_label(label)(block[0])
        except KeyFileError:
            raise
        except TypeError:
            raise KeyFileError(
                f"Block {number} is an encrypted private key. Give its certificate or its public key."
            ) from None
        except (
            Exception
        ) as error:  # the parsers raise many kinds; to the reader they mean one thing
            said = " ".join(str(error).split())[
                :200
            ]  # some say it in many lines, or quote the file
            raise KeyFileError(
                f"Block {number} ({label}) is damaged: {said}. {_EXPECTED}"
            ) from error


def _of_label(label: str) -> Callable[[bytes], KeyFound]:
    if label in ("CERTIFICATE", "X509 CERTIFICATE"):
        return lambda pem: _certificate(x509.load_pem_x509_certificate(pem))
    if label in ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"):
        return lambda pem: _key(x509.load_pem_x509_csr(pem).public_key(), "signing request")
    if label in ("PUBLIC KEY", "RSA PUBLIC KEY"):
        return lambda pem: _key(serialization.load_pem_public_key(pem), "public key")
    if label.endswith("PRIVATE KEY") and label != "OPENSSH PRIVATE KEY":
        return lambda pem: _key(
            serialization.load_pem_private_key(pem, None).public_key(), "private key"
        )
    raise KeyFileError(f"A PEM block holds {label}, which has no pin. {_EXPECTED}")


def _read_der(data: bytes) -> KeyFound:
    readers: tuple[Callable[[bytes], KeyFound], ...] = (
        lambda der: _certificate(x509.load_der_x509_certificate(der)),
        lambda der: _key(serialization.load_der_public_key(der), "public key"),
        lambda der: _key(serialization.load_der_private_key(der, None).public_key(), "private key"),
        lambda der: _key(x509.load_der_x509_csr(der).public_key(), "signing request"),
    )
    for reader in readers:
        try:
            return reader(data)
        except TypeError:
            raise KeyFileError(
                "This is an encrypted private key. Give its certificate or its public key."
            ) from None
        except Exception:  # noqa: BLE001, S112  # not this kind: try the next
            continue
    what = "The file is empty." if not data else "This is neither PEM nor DER that could be read."
    raise KeyFileError(f"{what} {_EXPECTED}")


def _certificate(certificate: x509.Certificate) -> KeyFound:
    return KeyFound(Pin.of(certificate), subject_text(certificate), certificate)


def _key(key: Any, description: str) -> KeyFound:
    return KeyFound(Pin.of(key), description)
