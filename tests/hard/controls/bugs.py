"""Bugs that pinning clients, libraries and labs have had, as one change each to the core of this
package.

`claim` is the test that must go red with the bug in (its file in the long version). The old texts
are short, so that they survive changes around them; where one does not, the control says so. Limit:
one change is one way to make a mistake, and there are others.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """One bug.

    `case` is its class and, where its record or source was read, a real one; `file` is below
    certpin_lab/.
    """

    name: str
    case: str
    file: str
    old: str
    new: str
    claim: str


# Where the pins are compared with what: classes in order of the check.
CHECK = "pinning/test_context.py::"
_PINNED_NEW = "        self._policy = policy\n"
_NO_HOST_CHECK = "ssl.SSLContext.check_hostname.__set__({0}, False)"
_NO_VERIFICATION = _NO_HOST_CHECK + "\n{1}ssl.SSLContext.verify_mode.__set__({0}, ssl.CERT_NONE)"
_MINIMUM = "    context.minimum_version = minimum_version\n"
_COMPARED = "        context.policy.check(host, verified_chain(connection))"
_FIXED = CHECK + "test_context_and_host_name_are_fixed_when_a_connection_is_made"

CHAIN = (
    Bug(
        "the presented chain is compared",
        "presented chain: CVE-2016-2402 (OkHttp)",
        "pinning/context.py",
        "check(host, verified_chain(connection))",
        "check(host, presented_chain(connection))",
        CHECK + "test_the_pinned_certificate_appended_to_the_presented_chain_does_not_help",
    ),
    Bug(
        "signatures are not verified below the chain pin",
        "pin without verification",
        "pinning/context.py",
        _MINIMUM,
        f"{_MINIMUM}    {_NO_VERIFICATION.format('context', '    ')}\n",
        CHECK + "test_a_forged_issuer_name_does_not_help",
    ),
    Bug(
        "host names are not checked",
        "pin without host name: CVE-2015-3996 (AFNetworking)",
        "pinning/context.py",
        _MINIMUM,
        f"{_MINIMUM}    {_NO_HOST_CHECK.format('context')}\n",
        CHECK + "test_the_pinned_ca_does_not_vouch_for_another_host",
    ),
    Bug(
        "host names are not checked where there are pins",
        "pin without host name: CVE-2015-3996 (AFNetworking)",
        "pinning/context.py",
        _PINNED_NEW,
        f"{_PINNED_NEW}        {_NO_HOST_CHECK.format('self')}\n",
        CHECK + "test_the_pinned_ca_does_not_vouch_for_another_host",
    ),
    Bug(
        "a pinned context lets the host name check be switched off",
        "pin without host name: CVE-2015-3996 (AFNetworking)",
        "pinning/context.py",
        'name == "check_hostname" and not value',
        "False",
        CHECK + "test_a_pinned_context_does_not_switch_the_other_checks_off",
    ),
    Bug(
        "the pin replaces validation (OR)",
        "pin or validation: aiohttp's Fingerprint",
        "pinning/context.py",
        _PINNED_NEW,
        f"{_PINNED_NEW}        {_NO_VERIFICATION.format('self', '        ')}\n",
        CHECK + "test_the_pinned_key_does_not_make_up_for_an_expired_certificate",
    ),
    Bug(
        "validation replaces the pin (OR)",
        "pin or validation",
        "pinning/context.py",
        _COMPARED,
        f"        try:\n    {_COMPARED}\n        except PinMismatchError:\n            pass",
        CHECK + "test_the_pinned_leaf_is_accepted_and_another_leaf_of_the_same_name_is_not",
    ),
    Bug(
        "trust anchors that came with no browser are exempt",
        "local trust anchors: by design in Chromium",
        "pinning/context.py",
        _COMPARED,
        f'        if not context.cert_store_stats()["x509_ca"]:\n    {_COMPARED}',
        CHECK + "test_the_pinned_leaf_is_accepted_and_another_leaf_of_the_same_name_is_not",
    ),
    Bug(
        "a resumed session passes",
        "resumption: CVE-2025-68121 (Go)",
        "pinning/context.py",
        _COMPARED,
        f"        if connection.session_reused:\n            return\n{_COMPARED}",
        CHECK + "test_a_resumed_session_is_refused_because_it_has_no_chain",
    ),
    Bug(
        "an empty chain passes",
        "resumption: CVE-2025-68121 (Go)",
        "pinning/policy.py",
        "        if not chain:",
        "        if not chain:\n            return PinMatch()",
        "pinning/test_pins.py::test_an_empty_chain_is_refused_by_every_set",
    ),
    Bug(
        "another error skips the pins",
        "skipped on another error: CVE-2014-1584 (Firefox)",
        "pinning/context.py",
        "    except Exception as error:",
        "    except Exception:\n        return\n    except Exception as error:",
        CHECK + "test_a_certificate_that_cannot_be_read_is_refused",
    ),
    Bug(
        "a name that is no host name skips the pins",
        "skipped on another error: CVE-2014-1584 (Firefox)",
        "pinning/context.py",
        "    except HostnameError as error:\n",
        "    except HostnameError as error:\n        return\n",
        CHECK + "test_a_connection_without_a_proper_host_name_is_refused",
    ),
    Bug(
        "no host name, no pins",
        "empty means unpinned",
        "pinning/context.py",
        _COMPARED,
        f"        if host is None:\n            return\n{_COMPARED}",
        CHECK + "test_a_connection_without_a_proper_host_name_is_refused",
    ),
    Bug(
        "an empty policy makes a context without pins",
        "empty means unpinned: urllib3's assert_fingerprint=''",
        "pinning/context.py",
        "        if policy is None\n        else PinnedContext",
        "        if not policy\n        else PinnedContext",
        CHECK + "test_a_policy_that_is_empty_or_none_of_ours_does_not_mean_no_pins",
    ),
    Bug(
        "the policy of a context may be exchanged",
        "reuse under other pins: CVE-2014-1582 (Firefox)",
        "pinning/context.py",
        "        return self._policy\n",
        "        return self._policy\n\n"
        "    @policy.setter\n    def policy(self, value: PinPolicy) -> None:\n        self._policy = value\n",
        CHECK + "test_the_policy_of_a_context_cannot_be_exchanged",
    ),
    Bug(
        "the context of a connection may be exchanged for one without pins",
        "reuse under other pins: CVE-2014-1582 (Firefox)",
        "pinning/context.py",
        'if name == "context" or (',
        "if (",
        _FIXED,
    ),
    Bug(
        "the host name of a connection may be exchanged for one without pins",
        "reuse under other pins: CVE-2014-1582 (Firefox)",
        "pinning/context.py",
        'name == "server_hostname" and name in vars(self)',
        "False",
        _FIXED,
    ),
    Bug(
        "the name on the socket counts, not the one that was verified",
        "two names for one host",
        "pinning/context.py",
        "host = connection._sslobj.server_hostname",
        "host = connection.server_hostname",
        CHECK + "test_the_name_that_openssl_verified_counts_and_not_the_one_on_the_socket",
    ),
    Bug(
        "a connection whose class checks no pins is handed out",
        "pins skipped by another class of socket",
        "pinning/context.py",
        "    if isinstance(connection, _ChecksPins):",
        "    if True:",
        CHECK + "test_a_connection_whose_class_checks_no_pins_is_refused",
    ),
    Bug(
        "a context that is made directly is weaker",
        "one door is guarded, another is not",
        "pinning/context.py",
        "_harden(super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT))",
        "super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)",
        CHECK + "test_a_context_that_is_made_directly_is_as_strict",
    ),
    Bug(
        "renegotiation may bring another certificate",
        "checked once, used for longer",
        "pinning/context.py",
        "    context.options |= ssl.OP_NO_RENEGOTIATION\n",
        "",
        CHECK + "test_no_second_handshake_can_bring_another_certificate",
    ),
    Bug(
        "the system's trust store counts too",
        "trust anchors of the machine",
        "pinning/context.py",
        "    if not anchors:\n",
        "    context.load_default_certs()\n    if not anchors:\n",
        CHECK + "test_a_client_context_ignores_the_common_name_and_the_system_store",
    ),
    Bug(
        "the common name counts as a host name",
        "pin without host name: CVE-2015-3996 (AFNetworking)",
        "pinning/context.py",
        "context.hostname_checks_common_name = False",
        "context.hostname_checks_common_name = True",
        CHECK + "test_a_client_context_ignores_the_common_name_and_the_system_store",
    ),
)

_FIRST = "        self._handshake_first()\n        return method(self, *args, **kwargs)"
_PUT_OFF = CHECK + "test_no_way_of_sending_skips_the_check_when_the_handshake_was_put_off"
_REFUSED = CHECK + "test_a_refused_connection_does_not_go_on_in_plaintext"
_LATE = "checked too late: CVE-2017-5887 (Starscream)"
_ONE_PATH = "one path only"
_GUARD = "for name in _GUARDED if name in dir(base)"
_NO_TLS = "        if self._sslobj is None:"

WHEN = (
    Bug(
        "the handshake does not check",
        _LATE,
        "pinning/context.py",
        "            _check_pins(self)",
        "            False and _check_pins(self)",
        CHECK + "test_an_asyncio_stream_is_never_handed_out",
    ),
    Bug(
        "a second try is not checked",
        _LATE,
        "pinning/context.py",
        "            _check_pins(self)",
        "            self._pins_checked = True\n            _check_pins(self)",
        _PUT_OFF + "[send]",
    ),
    Bug(
        "nothing checks before the first send or read",
        _LATE,
        "pinning/context.py",
        _FIRST,
        "        return method(self, *args, **kwargs)",
        _PUT_OFF,
    ),
    Bug(
        "checked after the first send",
        _LATE,
        "pinning/context.py",
        _FIRST,
        "        answer = method(self, *args, **kwargs)\n        self._handshake_first()\n        return answer",
        _PUT_OFF,
    ),
    *(
        Bug(
            f"a put-off handshake is not checked before {method}",
            f"{_LATE[:16]}, {_ONE_PATH}",
            "pinning/context.py",
            _GUARD,
            f"{_GUARD} and (base, name) != (ssl.SSLSocket, {method!r})",
            f"{_PUT_OFF}[{method}]",
        )
        for method in ("read", "write", "send", "unwrap")
    ),
    Bug(
        "a refused connection goes on in plaintext, by sendfile",
        f"{_LATE[:16]}, {_ONE_PATH}",
        "pinning/context.py",
        _GUARD,
        f"{_GUARD} and name != 'sendfile'",
        _REFUSED + "[sendfile]",
    ),
    Bug(
        "a refused connection goes on in plaintext",
        _LATE,
        "pinning/context.py",
        _NO_TLS,
        f"{_NO_TLS}\n            return\n{_NO_TLS}",
        _REFUSED,
    ),
    Bug(
        "an accepted connection goes on in plaintext when its TLS has ended",
        "plaintext after TLS: as in `ssl` itself",
        "pinning/context.py",
        _NO_TLS,
        f"{_NO_TLS[:-1]} and not self._pins_checked:",
        CHECK
        + "test_an_accepted_connection_does_not_go_on_in_plaintext_when_its_tls_has_ended[shutdown-sendall]",
    ),
    *(
        Bug(
            f"objects (asyncio) are not checked before {method}",
            f"{_LATE[:16]}, {_ONE_PATH}",
            "pinning/context.py",
            _GUARD,
            f"{_GUARD} and (base, name) != (ssl.SSLObject, {method!r})",
            CHECK + claim,
        )
        for method, claim in (
            ("write", "test_a_memory_bio_writes_nothing_before_the_check"),
            ("read", "test_a_refused_memory_bio_neither_reads_nor_unwraps"),
            ("unwrap", "test_a_refused_memory_bio_neither_reads_nor_unwraps"),
        )
    ),
    Bug(
        "objects (asyncio) are not pinned at all",
        _ONE_PATH,
        "pinning/context.py",
        "sslobject_class = _pinned(ssl.SSLObject)",
        "sslobject_class = ssl.SSLObject",
        CHECK + "test_an_asyncio_stream_is_never_handed_out",
    ),
    Bug(
        "sockets are not pinned at all",
        _ONE_PATH,
        "pinning/context.py",
        "sslsocket_class = _pinned(ssl.SSLSocket)",
        "sslsocket_class = ssl.SSLSocket",
        _REFUSED + "[sendall]",
    ),
)

_SPELLING = "host name spelling"
_LOOK_UP = "        canonical = canonical_hostname(hostname)\n"
_NO_SPELLING = "pinning/test_pins.py::test_no_spelling_of_a_listed_host_skips_its_pins"
_FAMILY = "pinning/test_hostnames.py::test_a_pattern_matches_its_family_and_no_look_alike"

HOSTS = (
    Bug(
        "a trailing dot skips the pins",
        f"{_SPELLING}: CVE-2026-129482 (OkHttp)",
        "pinning/policy.py",
        _LOOK_UP,
        "        canonical = canonical_hostname(hostname)\n        canonical += '.' if hostname.endswith('.') else ''\n",
        _NO_SPELLING,
    ),
    Bug(
        "upper case skips the pins",
        _SPELLING,
        "pinning/policy.py",
        _LOOK_UP,
        "        canonical = hostname.removesuffix('.')\n",
        _NO_SPELLING,
    ),
    Bug(
        "upper case in the policy skips the pins",
        _SPELLING,
        "pinning/hostnames.py",
        "cls(wildcard, canonical_hostname(base))",
        "cls(wildcard, base)",
        _NO_SPELLING,
    ),
    Bug(
        "the other spelling of an international name skips the pins",
        _SPELLING,
        "pinning/policy.py",
        _LOOK_UP,
        "        canonical = canonical_hostname(hostname) if hostname.isascii() else hostname.lower()\n",
        "pinning/test_pins.py::test_an_international_host_is_listed_in_either_spelling",
    ),
    Bug(
        "an international name that means two hosts is taken for one",
        _SPELLING,
        "pinning/hostnames.py",
        "    if modern != legacy:",
        "    if False:",
        "pinning/test_hostnames.py::test_what_is_no_host_name_says_so",
    ),
    Bug(
        "a port, userinfo or URL skips the pins",
        _SPELLING,
        "pinning/policy.py",
        _LOOK_UP,
        "        try:\n            canonical = canonical_hostname(hostname)\n        except ValueError:\n            return None\n",
        "pinning/test_pins.py::test_a_host_with_more_than_its_name_is_an_error_and_not_an_unlisted_host",
    ),
    Bug(
        "a host that ends like a listed one is listed",
        f"{_SPELLING}: OkHttp #3324",
        "pinning/hostnames.py",
        "        return str(self) in families(hostname)",
        "        return hostname.endswith(self.base) or str(self) in families(hostname)",
        _FAMILY,
    ),
    Bug(
        "`*.` matches two labels",
        "wildcards",
        "pinning/hostnames.py",
        "suffixes[1:2]",
        "suffixes[1:]",
        _FAMILY,
    ),
    Bug(
        "`*.` matches no label",
        "wildcards",
        "pinning/hostnames.py",
        "suffixes[1:2]",
        "suffixes[:2]",
        _FAMILY,
    ),
    Bug(
        "an unlisted host is accepted under refuse",
        "empty means unpinned",
        "pinning/policy.py",
        'if pins is None and self._unlisted == "accept":',
        "if pins is None:",
        "pinning/test_pins.py::test_an_unlisted_host_passes_or_is_refused",
    ),
    Bug(
        "only the first pattern that matches counts",
        "wildcards",
        "pinning/policy.py",
        "return _pool(matching) if",
        "return matching[0][1] if",
        "pinning/test_pins.py::test_all_patterns_that_match_pool_their_pins",
    ),
    Bug(
        "bans of the other patterns that match are lost",
        "wildcards",
        "pinning/policy.py",
        "        banned=[pin for pins in pin_sets for pin in pins.banned],\n",
        "",
        "pinning/test_pins.py::test_all_patterns_that_match_pool_their_pins",
    ),
)

_EMPTY = "pinning/test_pins.py::test_a_set_that_contradicts_itself_is_refused_at_once"
_RECIPE = "pinning/test_pins.py::test_a_pin_is_the_same_for_the_certificate_and_for_its_key"
_OF_CERTIFICATE = "return Pin.of_spki(spki_der(certificate))"
_ANY_MATCH = "if pin in self.pins and"
_NEARLY = "pinning/test_pins.py::test_no_pin_that_only_resembles_the_keys_matches"
_NO_PIN = "pinning/test_pins.py::test_text_that_is_no_pin_says_what_is_wrong"
_PARSED = "        if problem := _problem_with(text):"

PINS = (
    Bug(
        "stale pins fail open",
        "stale pins: CVE-2016-5284 (Firefox)",
        "pinning/policy.py",
        'if self.after_expiry == "accept":',
        "if True:",
        "pinning/test_pins.py::test_expiry_begins_on_the_second",
    ),
    Bug(
        "pins count on the day they expire",
        "stale pins: CVE-2016-5284 (Firefox)",
        "pinning/policy.py",
        "(moment or datetime.now(UTC)) >= self.expires",
        "(moment or datetime.now(UTC)) > self.expires",
        "pinning/test_pins.py::test_expiry_begins_on_the_second",
    ),
    Bug(
        "a date without a decision fails open",
        "stale pins: CVE-2016-5284 (Firefox)",
        "pinning/policy.py",
        '"after_expiry": after_expiry,',
        '"after_expiry": after_expiry or (expires and "accept"),',
        _EMPTY,
    ),
    Bug(
        "an empty set is taken",
        "empty means unpinned: urllib3's assert_fingerprint=''",
        "pinning/policy.py",
        "if not self.pins:",
        "if False:",
        _EMPTY,
    ),
    Bug(
        "an empty policy is taken",
        "empty means unpinned: urllib3's assert_fingerprint=''",
        "pinning/policy.py",
        'if not pin_sets and unlisted == "accept":',
        "if False:",
        "pinning/test_pins.py::test_a_policy_that_makes_no_sense_is_refused",
    ),
    Bug(
        "pins are reported and not enforced unless told",
        "report only by default: TrustKit-Android",
        "pinning/policy.py",
        "enforce: bool = True,",
        "enforce: bool = False,",
        _NO_SPELLING,
    ),
    Bug(
        "the key is encoded anew and hashed",
        "another key than TLS used: CVE-2026-87866 (curl)",
        "pinning/pins.py",
        _OF_CERTIFICATE,
        "return Pin.of(certificate.public_key())",
        "pinning/test_vectors.py::test_the_bytes_of_the_certificate_count_and_not_a_new_spelling_of_the_key",
    ),
    Bug(
        "the raw key bits are hashed",
        "wrong recipe",
        "pinning/pins.py",
        _OF_CERTIFICATE,
        "return Pin(hashlib.sha256(spki_der(certificate)[-65:]).digest())",
        _RECIPE,
    ),
    Bug(
        "the whole certificate is hashed",
        "wrong recipe",
        "pinning/pins.py",
        _OF_CERTIFICATE,
        "return Pin.of_spki(certificate.public_bytes(serialization.Encoding.DER))",
        _RECIPE,
    ),
    Bug(
        "nothing is hashed",
        "wrong recipe",
        "pinning/pins.py",
        _OF_CERTIFICATE,
        'return Pin(hashlib.sha256(b"").digest())',
        _RECIPE,
    ),
    Bug(
        "the first bytes of the digest are compared",
        "compare",
        "pinning/policy.py",
        _ANY_MATCH,
        "if any(pin.digest[:8] == known.digest[:8] for known in self.pins) and",
        _NEARLY,
    ),
    Bug(
        "the last bytes of the digest are compared",
        "compare",
        "pinning/policy.py",
        _ANY_MATCH,
        "if any(pin.digest[8:] == known.digest[8:] for known in self.pins) and",
        _NEARLY,
    ),
    Bug(
        "the digest is looked for anywhere in the list",
        "compare",
        "pinning/policy.py",
        _ANY_MATCH,
        'if pin.digest in b"".join(known.digest for known in self.pins) and',
        _NEARLY,
    ),
    Bug(
        "base64 is compared without its case",
        "compare: curl's connection reuse until 81da4ee249",
        "pinning/policy.py",
        _ANY_MATCH,
        "if str(pin).lower() in [str(known).lower() for known in self.pins] and",
        _NEARLY,
    ),
    Bug(
        "missing or doubled padding is ignored",
        "encoding",
        "pinning/pins.py",
        _PARSED,
        '        text = text.rstrip("=") + "=" * (len(text) < 60)\n' + _PARSED,
        _NO_PIN,
    ),
    Bug(
        "the URL-safe alphabet is taken",
        "encoding",
        "pinning/pins.py",
        _PARSED,
        '        text = text.replace("-", "+").replace("_", "/")\n' + _PARSED,
        _NO_PIN,
    ),
    Bug(
        "white space is ignored",
        "encoding",
        "pinning/pins.py",
        _PARSED,
        '        text = "".join(text.split())\n' + _PARSED,
        _NO_PIN,
    ),
    Bug(
        "stray bits in the last character are ignored",
        "encoding",
        "pinning/pins.py",
        'if base64.b64encode(digest).decode("ascii") != encoded:',
        "if False:",
        _NO_PIN,
    ),
    Bug(
        "a digest of any length is taken",
        "encoding: OkHttp checks no length",
        "pinning/pins.py",
        "if not isinstance(self.digest, bytes) or len(self.digest) != 32:",
        "if not isinstance(self.digest, bytes):",
        "pinning/test_pins.py::test_a_digest_is_thirty_two_bytes",
    ),
    Bug(
        "banned keys are ignored",
        "banned keys",
        "pinning/policy.py",
        "if Pin.of(certificate) in self.banned:",
        "if False:",
        "pinning/test_pins.py::test_a_banned_key_refuses_a_chain_that_would_match",
    ),
    Bug(
        "banned keys are looked for in the leaf only",
        "banned keys",
        "pinning/policy.py",
        "for certificate in chain if self.banned else ():",
        "for certificate in chain[:1] if self.banned else ():",
        "pinning/test_pins.py::test_a_banned_key_refuses_a_chain_that_would_match",
    ),
    Bug(
        "the position is ignored",
        "leaf and CA pins",
        "pinning/policy.py",
        ' and self.position in ("any", "leaf" if position == 0 else "ca")',
        "",
        "pinning/test_pins.py::test_the_position_says_where_a_pin_counts",
    ),
    Bug(
        "the check returns False",
        "an answer that nobody reads",
        "pinning/policy.py",
        '        raise mismatch("no pinned key"',
        '        return False and mismatch("no pinned key"',
        "pinning/test_pins.py::test_any_certificate_of_the_chain_may_match",
    ),
    Bug(
        "a mismatch is never refused",
        "report only by default: TrustKit-Android",
        "pinning/policy.py",
        "if pins is None or pins.enforce:",
        "if pins is None:",
        _NO_SPELLING,
    ),
    Bug(
        "report-only refuses",
        "reports",
        "pinning/policy.py",
        "if pins is None or pins.enforce:",
        "if True:",
        "pinning/test_pins.py::test_every_mismatch_is_reported_once",
    ),
    Bug(
        "the report is swallowed",
        "reports",
        "pinning/policy.py",
        "            self._send_report(mismatch)\n",
        "",
        "pinning/test_pins.py::test_every_mismatch_is_reported_once",
    ),
    Bug(
        "a reporter that fails opens the connection",
        "reports",
        "pinning/policy.py",
        "            self._send_report(mismatch)\n",
        "            try:\n                self._report and self._report(mismatch)\n"
        "            except Exception as error:\n                warnings.warn(str(error), RuntimeWarning)\n"
        "                return PinMatch()\n",
        "pinning/test_pins.py::test_a_reporter_that_fails_neither_opens_nor_closes",
    ),
    Bug(
        "a reporter that fails closes the connection",
        "reports",
        "pinning/policy.py",
        "RuntimeWarning, stacklevel=2\n            )\n",
        "RuntimeWarning, stacklevel=2\n            )\n            raise mismatch from error\n",
        "pinning/test_pins.py::test_a_reporter_that_fails_neither_opens_nor_closes",
    ),
)

# What a client without the pins would use: the same trust anchors, all other checks on.
_UNPINNED = "ssl.create_default_context(cadata=b''.join(post.context.get_ca_certs(True)))"
_PINNED_APP = "lab/test_clients.py::test_every_pinned_client_leaves_the_attacker_with_nothing"
_MACHINE = "lab/test_clients.py::test_the_proxies_and_passwords_of_the_machine_are_not_asked"
_ENVIRONMENT = "environment obeyed"
_GETENV = "__import__('os').environ.get('HTTPS_PROXY', post.proxy)"

CLIENTS = (
    *(
        Bug(
            f"{library} goes without the pins",
            _ONE_PATH,
            "lab/clients.py",
            place.format("post.context"),
            place.format(_UNPINNED),
            f"{_PINNED_APP}[{library}]",
        )
        for library, place in (
            ("ssl", "with {}.wrap_socket(tcp"),
            ("http.client", "        *post.proxy_address, context={}"),
            ("urllib.request", "HTTPSHandler(context={}"),
            ("urllib3", "ssl_context={}"),
            ("requests", '"ssl_context": {}'),
            ("httpx", "verify={}"),
            ("aiohttp", '"ssl": {}'),
            ("asyncio", "                {}, server_hostname=post.host, ssl_handshake"),
        )
    ),
    Bug(
        "ssl, http.client and asyncio ask the environment for a proxy",
        _ENVIRONMENT,
        "lab/clients.py",
        "on_loopback((gateway[3], int(gateway[4])))",
        "on_loopback(('127.0.0.1', int(__import__('os').environ.get('HTTPS_PROXY', proxy).rpartition(':')[2])))",
        _MACHINE + "[http.client]",
    ),
    Bug(
        "urllib.request asks the environment for a proxy",
        _ENVIRONMENT,
        "lab/clients.py",
        "urllib.request.OpenerDirector()",
        "urllib.request.build_opener()",
        _MACHINE + "[urllib.request]",
    ),
    Bug(
        "urllib3 asks the environment for a proxy",
        _ENVIRONMENT,
        "lab/clients.py",
        "        post.proxy,\n        proxy_headers=",
        f"        {_GETENV},\n        proxy_headers=",
        _MACHINE + "[urllib3]",
    ),
    Bug(
        "httpx asks the environment for a proxy",
        _ENVIRONMENT,
        "lab/clients.py",
        "        proxy=post.proxy, verify=",
        f"        proxy={_GETENV}, verify=",
        _MACHINE + "[httpx]",
    ),
    Bug(
        "requests sends a password of the machine",
        _ENVIRONMENT,
        "lab/clients.py",
        "session.trust_env = False",
        "session.trust_env = True",
        _MACHINE + "[requests]",
    ),
    Bug(
        "aiohttp sends a password of the machine",
        _ENVIRONMENT,
        "lab/clients.py",
        "aiohttp.ClientSession(",
        "aiohttp.ClientSession(trust_env=True, ",
        _MACHINE + "[aiohttp]",
    ),
    *(
        Bug(
            f"{library} follows a redirect out of the lab",
            "the lab's own safety",
            "lab/clients.py",
            old,
            new,
            f"lab/test_clients.py::test_no_answer_leads_a_client_out_of_the_lab[{library}]",
        )
        for library, old, new in (
            ("requests", "allow_redirects=False", "allow_redirects=True"),
            ("aiohttp", '"allow_redirects": False', '"allow_redirects": True'),
        )
    ),
    Bug(
        "a proxy anywhere is used",
        "the lab's own safety",
        "lab/clients.py",
        "on_loopback((gateway[3], int(gateway[4])))",
        "(gateway[3], int(gateway[4]))",
        "lab/test_clients.py::test_a_proxy_outside_the_lab_is_refused_before_a_library_sees_it",
    ),
)

LAB = (
    Bug(
        "the gateway asks for no password",
        "the lab's own safety",
        "lab/gateway.py",
        "if not self._knows_password(request):",
        "if False:",
        "lab/test_gateway.py::test_a_stranger_on_this_machine_cannot_use_the_gateway",
    ),
    Bug(
        "the gateway routes any host",
        "the lab's own safety",
        "lab/gateway.py",
        "or self._routes[host]",
        "or self._routes.get(host, next(iter(self._routes.values())))",
        "lab/test_gateway.py::test_the_gateway_knows_the_labs_hosts_only",
    ),
    Bug(
        "a real host counts as one of the lab",
        "the lab's own safety",
        "lab/loopback.py",
        'if name.split(".")[-1] not in ("example", "test"):',
        "if False:",
        "lab/test_environment.py::test_routing_a_real_host_is_refused",
    ),
    Bug(
        "the lab connects anywhere",
        "the lab's own safety",
        "lab/loopback.py",
        "        if host.is_loopback:",
        "        if True:",
        "lab/test_environment.py::test_connecting_anywhere_but_loopback_is_refused",
    ),
    Bug(
        "the lab's CAs may sign for real hosts",
        "the lab's own safety",
        "lab/pki.py",
        "                (_LAB_NAMES, True),\n",
        "",
        "lab/test_pki.py::test_a_tls_handshake_refuses_a_leaf_for_a_real_name",
    ),
    Bug(
        "a private key stays on the disk",
        "the lab's own safety",
        "lab/contexts.py",
        'with tempfile.TemporaryDirectory(prefix="certpin-lab-") as folder:',
        "for folder in [tempfile.mkdtemp()]:",
        "pinning/test_context.py::test_the_private_key_is_gone_from_the_disk_after_loading",
    ),
    Bug(
        "keys are random",
        "every run gives the same bytes",
        "lab/pki.py",
        'int.from_bytes(_digest(str(seed), "key", label), "big")',
        '__import__("secrets").randbits(512)',
        "lab/test_pki.py::test_another_seed_gives_other_keys_and_certificates",
    ),
    Bug(
        "signatures are random",
        "every run gives the same bytes",
        "lab/pki.py",
        "ecdsa_deterministic=True",
        "ecdsa_deterministic=False",
        "lab/test_pki.py::test_another_seed_gives_other_keys_and_certificates",
    ),
    Bug(
        "another seed gives the same keys",
        "every run gives the same bytes",
        "lab/pki.py",
        '_digest(str(seed), "key", label)',
        '_digest("key", label)',
        "lab/test_pki.py::test_another_seed_gives_other_keys_and_certificates",
    ),
    Bug(
        "the attacker connects upstream before the victim speaks",
        "what is measured",
        "lab/attacker.py",
        "        if not (first := read(",
        "        connect(self._upstream[lab_hostname(victim.requested_name)].address).close()\n        if not (first := read(",
        "lab/test_gateway.py::test_the_attacker_leaves_the_host_alone_until_the_victim_has_spoken",
    ),
    Bug(
        "what the attacker read is not counted",
        "what is measured",
        "lab/scene.py",
        "attacker_read=sum(len(record.received) for record in records)",
        "attacker_read=0",
        "lab/test_clients.py::test_every_unpinned_client_is_read_on_the_hostile_wifi[ssl]",
    ),
    Bug(
        "what the attacker read is not recorded",
        "what is measured",
        "lab/attacker.py",
        "            keep(received, data)\n",
        "",
        "lab/test_scene.py::test_the_unpinned_app_loses_the_password_and_the_pinned_one_not_a_byte",
    ),
    Bug(
        "what the bank received is not recorded",
        "what is measured",
        "lab/server.py",
        "            keep(received, data)\n",
        "",
        "lab/test_gateway.py::test_the_eavesdropper_sees_the_name_and_not_the_password",
    ),
    Bug(
        "the attacker of a situation is left out",
        "what is measured",
        "lab/trials.py",
        "if situation.attacker is not None:",
        "if False:",
        "lab/test_scene.py::test_trials_fill_every_cell_from_a_handshake",
    ),
    Bug(
        "bytes read before a refusal leave the user protected",
        "what is measured",
        "lab/outcomes.py",
        "if self.accepted or self.attacker_read else",
        "if self.accepted else",
        "lab/test_outcomes.py::test_the_verdict_is_what_it_means_to_the_user",
    ),
    Bug(
        "a pin mismatch is called a network error",
        "what is measured",
        "lab/outcomes.py",
        'return "pin", pin.kind',
        'return "network", pin.kind',
        "lab/test_outcomes.py::test_the_error_is_found_in_whatever_wraps_it",
    ),
    Bug(
        "a mismatch wrapped by a library is not found",
        "what is measured",
        "lab/outcomes.py",
        'getattr(current, "reason", None),\n            *current.args,\n',
        'getattr(current, "reason", None),\n',
        "lab/test_outcomes.py::test_the_error_is_found_in_whatever_wraps_it",
    ),
    Bug(
        "the record of another peer is taken",
        "what is measured",
        "lab/scene.py",
        "if record.peer == tunnel.exit:",
        "if True:",
        "lab/test_gateway.py::test_of_two_records_the_one_of_this_tunnel_counts",
    ),
    Bug(
        "the hostile Wi-Fi stays hostile",
        "what is measured",
        "lab/gateway.py",
        "                self._hijacked.pop(name, None)\n",
        "                pass\n",
        "lab/test_scene.py::test_the_hostile_wifi_ends_with_its_block",
    ),
    Bug(
        "a connection's second handle stays open",
        "nothing is left behind",
        "lab/loopback.py",
        "            self._open.pop(threading.current_thread()).close()\n",
        '            self.__dict__.setdefault("_kept", []).append(self._open.pop(threading.current_thread()))\n',
        "lab/test_gateway.py::test_connections_that_are_over_leave_no_thread_and_no_descriptor",
    ),
    Bug(
        "closing does not wait for the threads",
        "nothing is left behind",
        "lab/loopback.py",
        "        thread.join(",
        "        (lambda *_: None)(",
        "lab/test_gateway.py::test_closing_ends_what_is_open_and_waits_for_it",
    ),
    Bug(
        "closing does not end open connections",
        "nothing is left behind",
        "lab/loopback.py",
        "            end(handle)\n",
        "            pass\n",
        "lab/test_gateway.py::test_closing_ends_what_is_open_and_waits_for_it",
    ),
    Bug(
        "a closed server's socket stays open",
        "nothing is left behind",
        "lab/loopback.py",
        "        _wake(self._acceptor, self.address)\n",
        "        self._kept = self._socket.dup()\n        _wake(self._acceptor, self.address)\n",
        "lab/test_gateway.py::test_a_closed_scene_leaves_no_thread_and_no_descriptor",
    ),
    Bug(
        "another user of the machine is served",
        "a shared machine",
        "lab/loopback.py",
        " and listener._admits(connection):",
        ":",
        "lab/test_neighbours.py::test_nobody_of_another_user_is_served",
    ),
    Bug(
        "another program of the same user is served",
        "the lab's own safety",
        "lab/loopback.py",
        "from .neighbours import is_family",
        "from .neighbours import is_own as is_family",
        "lab/test_neighbours.py::test_another_program_of_the_same_user_changes_nothing_and_is_not_on_record",
    ),
    Bug(
        "a learner's function collects the kernel's garbage",
        "nothing is left behind",
        "course/run_answer.py",
        "        gc.freeze()",
        "        pass",
        "course/test_run_answer_garbage.py",
    ),
)

BUGS = (*CHAIN, *WHEN, *HOSTS, *PINS, *CLIENTS, *LAB)
