"""The lab: a CA, a bank, a Wi-Fi, an attacker and clients, all on this machine's loopback."""

from . import trials
from .attacker import (
    OnPathAttacker,
)
from .bank import (
    Bank,
)
from .clients import (
    LIBRARIES,
    Client,
)
from .contexts import (
    server_context,
    unverified_context,
)
from .gateway import (
    Gateway,
    Tunnel,
)
from .loopback import (
    LabOnlyError,
)
from .outcomes import (
    AnswerError,
    Event,
    Outcome,
    Outcomes,
    classify,
    find_error,
)
from .pki import (
    NOT_AFTER,
    NOT_BEFORE,
    CertificateAuthority,
    Identity,
    derived_key,
)
from .scene import (
    Scene,
)
from .server import (
    ConnectionRecord,
    TLSServer,
)
from .slow_motion import (
    Flight,
    SlowHandshake,
)
from .story import (
    HOST,
    LOGIN,
    RENT,
    THIEF,
)
from .trials import (
    Situation,
)
from .wire import (
    certificates,
    client_hello,
    messages,
    records,
    server_hello,
)

__all__ = [
    "HOST",
    "LIBRARIES",
    "LOGIN",
    "NOT_AFTER",
    "NOT_BEFORE",
    "RENT",
    "THIEF",
    "AnswerError",
    "Bank",
    "CertificateAuthority",
    "Client",
    "ConnectionRecord",
    "Event",
    "Flight",
    "Gateway",
    "Identity",
    "LabOnlyError",
    "OnPathAttacker",
    "Outcome",
    "Outcomes",
    "Scene",
    "Situation",
    "SlowHandshake",
    "TLSServer",
    "Tunnel",
    "certificates",
    "classify",
    "client_hello",
    "derived_key",
    "find_error",
    "messages",
    "records",
    "server_context",
    "server_hello",
    "trials",
    "unverified_context",
]
