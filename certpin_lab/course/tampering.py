"""Notices a kernel in which what a pin and a handshake are made of has been replaced.

Such a notebook checks against itself. It is no protection: this module can be replaced as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from typing import Any

from ..pinning import certificate, context, pins, policy

_GUARDED: tuple[Any, ...] = (
    base64,
    hashlib,
    hmac,
    ssl,
    ssl.SSLContext,
    ssl.SSLSocket,
    ssl.SSLObject,
    certificate,
    pins,
    pins.Pin,
    policy,
    policy.PinSet,
    policy.PinPolicy,
    context,
)


def _names(owner: Any) -> dict[str, object]:
    # Python fills in annotations when they are asked for, and slot names when an object is copied.
    own = vars(owner).items()
    return {name: value for name, value in own if not name.startswith(("__annot", "__slotnames"))}


_ORIGINAL = tuple((owner, _names(owner)) for owner in _GUARDED)


def tampering() -> str:
    """What has been replaced, as a sentence; nothing when all is as it was at the start.

    A name that a class has gained counts, since it hides an inherited one. A module may gain names.
    """
    for owner, originals in _ORIGINAL:
        now = _names(owner)
        names = {*originals, *now} if isinstance(owner, type) else set(originals)
        for name in sorted(names):
            if now.get(name) is not originals.get(name) or name not in now:
                where = f"{owner.__name__}.{name} has been replaced in this kernel"
                return f"{where}, so no check counts. Restart the kernel and run the cells again."
    return ""
