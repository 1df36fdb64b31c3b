"""Pins, policies, and the TLS context that checks them. This folder imports nothing else of the
package: it can be used alone.

In the order in which they stand on each other: `errors` and `text`; `der` and `certificate`;
`hostnames`; `pins`; `policy`; `context`. Beside them `key_files`, `recipes`, `pin_doctor`,
`policy_linter` and `formats`.
"""

from .certificate import (
    SPKI,
    Field,
    certificate_fields,
    certificate_fingerprint,
    spki_der,
    subject_text,
)
from .context import (
    PinnedContext,
    client_context,
    presented_chain,
    verified_chain,
)
from .errors import (
    CertPinLabError,
    HostnameError,
    PinFormatError,
    PolicyError,
    WireFormatError,
)
from .findings import (
    Finding,
)
from .formats.policy_json import (
    read_policy,
)
from .hostnames import (
    HostPattern,
    canonical_hostname,
)
from .key_files import (
    KeyFileError,
    KeyFound,
    read_keys,
)
from .pin_doctor import (
    Diagnosis,
    diagnose,
)
from .pin_mismatch import PinMismatchError
from .pins import (
    Pin,
)
from .policy import (
    PinMatch,
    PinPolicy,
    PinSet,
)
from .policy_linter import (
    lint_policy,
)

__all__ = [
    "SPKI",
    "CertPinLabError",
    "Diagnosis",
    "Field",
    "Finding",
    "HostPattern",
    "HostnameError",
    "KeyFileError",
    "KeyFound",
    "Pin",
    "PinFormatError",
    "PinMatch",
    "PinMismatchError",
    "PinPolicy",
    "PinSet",
    "PinnedContext",
    "PolicyError",
    "WireFormatError",
    "canonical_hostname",
    "certificate_fields",
    "certificate_fingerprint",
    "client_context",
    "diagnose",
    "lint_policy",
    "presented_chain",
    "read_keys",
    "read_policy",
    "spki_der",
    "subject_text",
    "verified_chain",
]
