"""The command `certpin-lab`: start the course, reset a lesson, examine the machine, and pins."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509

from ..pinning.certificate import subject_text
from ..pinning.errors import HostnameError, PolicyError
from ..pinning.key_files import LONGEST_FILE, KeyFileError, KeyFound, read_keys
from ..pinning.policy import PinPolicy
from ..pinning.text import printable
from .jupyter import JupyterError
from .streams import InputError, complain, complete_output, discard_output, read_input
from .workspace import WorkspaceError, default_folder, fill, require_work_folder, reset

_EXIT_CODES = (
    "exit status: 0 when all is well; 1 when a diagnosis or an examination found a problem;"
    " 2 for input that cannot be used or output that cannot be written; 130 after Ctrl-C"
)
_REFUSED = (WorkspaceError, JupyterError, InputError, KeyFileError, PolicyError, HostnameError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, which is explained in the command's help.

    Raises SystemExit, as argparse does, for `--help` and for a command line that makes no sense.
    """
    try:
        with complete_output():
            options = _parser().parse_args(arguments)
            return int(options.run(options))
    except _REFUSED as error:
        complain(error)
    except BrokenPipeError:  # whoever read our output has seen enough
        discard_output()
        return 0
    except OSError as error:
        discard_output()
        complain(f"{error.filename or 'The output cannot be written'}: {error.strerror}.")
    except KeyboardInterrupt:
        return 130
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="certpin-lab",
        description="A hands-on course in TLS certificate pinning.",
        epilog=_EXIT_CODES,
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[..., int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help)
        added.set_defaults(run=run)
        return added

    start = command("start", _start, "copy the lessons that are missing, and open JupyterLab")
    fresh = command("reset", _reset, "a fresh copy of a lesson; yours is kept beside it")
    doctor = command("doctor", _doctor, "check this machine for problems, and say how to fix them")
    progress = command("progress", _progress, "show which checks you have passed")
    _start_arguments(start)
    fresh.add_argument("lesson", help="its number, such as 05")
    where = "your working folder (default: work in a clone, else certpin-lab-work)"
    for each in (start, fresh, doctor, progress):
        each.add_argument("--folder", type=Path, help=where)
    pin = command("pin", _pin, "print the pin of every certificate and key in these files")
    pin.add_argument("files", nargs="+", metavar="FILE", help="PEM or DER; - for standard input")
    _diagnose_arguments(
        command(
            "diagnose", _diagnose, "say how a pin was made, or what is wrong with a policy file"
        )
    )
    return parser


def _start_arguments(start: argparse.ArgumentParser) -> None:
    port = "the port to listen on (default: the first free one from 8888)"
    start.add_argument("--port", type=_port, help=port)
    start.add_argument("--no-browser", action="store_true", help="print the address only")


def _diagnose_arguments(diagnosis: argparse.ArgumentParser) -> None:
    what = "a pin as it is spelt in your configuration, or a policy file (.json)"
    diagnosis.add_argument("what", metavar="PIN|POLICY", help=what)
    files = "certificates, leaf first, in one file or several; - for standard input"
    diagnosis.add_argument("files", nargs="*", metavar="FILE", help=files)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def _start(options: argparse.Namespace) -> int:
    from .jupyter import ask_for, serve
    from .workspace import lessons

    if options.port:
        ask_for(options.port)  # say so before anything is copied
    folder = (options.folder or default_folder()).resolve()
    copied = fill(folder)
    count = f" ({len(copied)} lesson{'s' if len(copied) > 1 else ''} copied)" if copied else ""
    print(f"Your working folder is {folder}{count}.", flush=True)
    first = lessons()[0].name
    return serve(
        folder,
        first,
        port=options.port,
        browser=not options.no_browser,
        say=lambda text: print(text, flush=True),
    )


def _reset(options: argparse.Namespace) -> int:
    folder = options.folder or default_folder()
    backup = reset(folder, options.lesson)
    print(f"Fresh copy made. Yours is kept as {backup.name}." if backup else "Fresh copy made.")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from .doctor import examine

    problems = 0
    for finding in examine(options.folder or default_folder()):
        advice = f"\n{'':9}{finding.advice}" if finding.advice else ""
        print(f"{finding.level:9}{finding.what}{advice}", flush=True)
        problems += finding.level == "problem"
    count = f"{problems} problem{'s' if problems > 1 else ''} to fix."
    print(f"\n{count}" if problems else "\nAll is well.")
    return min(problems, 1)


def _progress(options: argparse.Namespace) -> int:
    from ..course.progress import read_progress

    folder = options.folder or default_folder()
    require_work_folder(folder)
    print(read_progress(folder))
    return 0


def _pin(options: argparse.Namespace) -> int:
    problems = 0
    for name in options.files:
        try:
            for key in _keys(name):
                print(f"{key.pin}  {key.description}")
        except (InputError, KeyFileError) as error:
            complain(error)
            problems += 1
    return 2 if problems else 0


def _diagnose(options: argparse.Namespace) -> int:
    certificates = [
        (name, key.certificate) for name in options.files for key in _keys(name) if key.certificate
    ]
    if options.what.endswith(".json"):
        return _lint(options.what, _served(certificates), given=bool(options.files))
    from ..pinning.pin_doctor import diagnose

    if not certificates:
        raise KeyFileError(
            "A pin can be diagnosed only beside a certificate, and there is none."
            " Name a file that has one."
        )
    diagnosis = diagnose(options.what, [certificate for _, certificate in certificates])
    print(diagnosis.finding)
    print(diagnosis.advice)
    return 0 if diagnosis.right else 1


def _lint(name: str, served: dict[str, list[x509.Certificate]], *, given: bool) -> int:
    from ..pinning.hostnames import HostPattern
    from ..pinning.policy_linter import lint_policy

    policy = _policy(name)
    findings = lint_policy(policy, chains=served)
    print(*findings or ["No mistake known here was found."], sep="\n")
    apart = [
        each for each in policy.pin_sets if not any(map(HostPattern.parse(each).matches, served))
    ]
    if not given:
        print(
            "Give the served chain too (leaf, intermediates and root):"
            " some mistakes show only beside it."
        )
    elif apart:
        hosts = f"for {', '.join(served)}" if served else "for no host name"
        print(f"Not compared with any chain: {', '.join(apart)}. What these files hold is {hosts}.")
    return 1 if findings or (given and len(apart) == len(policy.pin_sets)) else 0


def _policy(name: str) -> PinPolicy:
    from ..pinning.formats.policy_json import LONGEST_POLICY, read_policy

    try:
        return read_policy(read_input(name, LONGEST_POLICY).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: This is not UTF-8 text, and a policy is.") from error
    except (PolicyError, HostnameError) as error:
        raise PolicyError(f"{name}: {error}") from error


def _keys(name: str) -> list[KeyFound]:
    try:
        return read_keys(read_input(name, LONGEST_FILE))
    except KeyFileError as error:
        raise KeyFileError(f"{name}: {error}") from error


def _served(
    certificates: Sequence[tuple[str, x509.Certificate]],
) -> dict[str, list[x509.Certificate]]:
    """The chain of each host: one with host names begins a chain, the others continue it."""
    served: dict[str, list[x509.Certificate]] = {}
    chain: list[x509.Certificate] = []
    for name, certificate in certificates:
        if hosts := _hosts(name, certificate):
            served |= dict.fromkeys(hosts, chain := [])
        chain.append(certificate)
    return served


def _hosts(name: str, certificate: x509.Certificate) -> list[str]:
    """The hosts that a certificate is for; for a wildcard, one host that it stands for."""
    try:
        found = [
            each.value
            for each in certificate.extensions
            if isinstance(each.value, x509.SubjectAlternativeName)
        ]
    except Exception as error:  # `cryptography` raises many kinds for a doubled or damaged one
        raise KeyFileError(
            f"{name}: The host names of {subject_text(certificate)} cannot be read:"
            f" {printable(str(error))}."
        ) from error
    names = [host for one in found for host in one.get_values_for_type(x509.DNSName)]
    return [host.replace("*", "www", 1) for host in names]
