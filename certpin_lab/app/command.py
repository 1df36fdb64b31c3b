"""The command `certpin-lab`: start the course, reset a lesson, examine the machine, print and
diagnose pins.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from ..pinning.errors import HostnameError, PolicyError
from ..pinning.key_files import KeyFileError, read_keys
from .jupyter import JupyterError
from .workspace import WorkspaceError, default_folder, fill, reset

_MARKS = {"ok": "✔", "note": "·", "problem": "✘"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns 0 when all is well, 1 when something is wrong, 2 for input that makes no sense.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (WorkspaceError, JupyterError, KeyFileError, PolicyError, HostnameError) as error:
        print(f"certpin-lab: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="certpin-lab", description="A hands-on course in TLS certificate pinning."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    start = commands.add_parser(
        "start", help="copy the lessons that are missing, and open JupyterLab"
    )
    start.add_argument(
        "--port", type=_port, help="the port to listen on (default: the first free one from 8888)"
    )
    start.add_argument("--no-browser", action="store_true", help="print the address only")
    start.set_defaults(run=_start)

    fresh = commands.add_parser("reset", help="a fresh copy of a lesson; yours is kept beside it")
    fresh.add_argument("lesson", help="its number, such as 05")
    fresh.set_defaults(run=_reset)

    doctor = commands.add_parser("doctor", help="look for what is wrong with this machine")
    doctor.set_defaults(run=_doctor)

    progress = commands.add_parser("progress", help="show which checks you have passed")
    progress.set_defaults(run=_progress)

    for command in (start, fresh, doctor, progress):
        command.add_argument(
            "--folder",
            type=Path,
            help="your working folder (default: work in a clone, else certpin-lab-work)",
        )

    pin = commands.add_parser(
        "pin", help="print the pin of every certificate and key in these files"
    )
    pin.add_argument("files", nargs="+", metavar="FILE", help="PEM or DER; - for standard input")
    pin.set_defaults(run=_pin)

    diagnosis = commands.add_parser(
        "diagnose", help="say how a pin was made, or what is wrong with a policy file"
    )
    diagnosis.add_argument(
        "what",
        metavar="PIN|POLICY",
        help="a pin as it stands in your configuration, or a policy file (.json)",
    )
    diagnosis.add_argument(
        "files", nargs="*", metavar="FILE", help="certificates, leaf first; - for standard input"
    )
    diagnosis.set_defaults(run=_diagnose)
    return parser


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
        advice = f"\n  {finding.advice}" if finding.advice else ""
        print(f"{_MARKS[finding.level]} {finding.what}{advice}", flush=True)
        problems += finding.level == "problem"
    print(
        f"\n{problems} problem{'s' if problems > 1 else ''} to mend."
        if problems
        else "\nAll is well."
    )
    return min(problems, 1)


def _progress(options: argparse.Namespace) -> int:
    from ..course.progress import read_progress
    from ..places import is_work_folder

    folder = options.folder or default_folder()
    if not is_work_folder(folder):
        raise WorkspaceError(
            f"{folder} is not a working folder. Run `certpin-lab start` first, or name yours with --folder."
        )
    print(read_progress(folder))
    return 0


def _diagnose(options: argparse.Namespace) -> int:
    chains = [_certificates(name) for name in options.files]
    if options.what.endswith(".json"):
        return _lint(options.what, chains)
    from ..pinning.pin_doctor import diagnose

    if not (chain := [certificate for found in chains for certificate in found]):
        raise KeyFileError(
            "A pin can be diagnosed only beside a certificate, and there is none. Name a file that has one."
        )
    diagnosis = diagnose(options.what, chain)
    print(diagnosis.finding)
    print(diagnosis.advice)
    return 0 if diagnosis.right else 1


def _lint(name: str, chains: list[list[x509.Certificate]]) -> int:
    from ..pinning.formats.policy_json import read_policy
    from ..pinning.hostnames import HostPattern
    from ..pinning.policy_linter import lint_policy

    served = {host: chain for chain in chains if chain for host in _hosts(chain[0])}
    try:
        policy = read_policy(Path(name).read_text(encoding="utf-8"))
        findings = lint_policy(policy, chains=served)
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"it cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8 text'})."
        ) from error
    print(*findings or ["No mistake known here was found."], sep="\n")
    apart = [
        each for each in policy.pin_sets if not any(map(HostPattern.parse(each).matches, served))
    ]
    if not chains:
        print(
            "Give the served chain too (leaf, intermediates and root): some mistakes show only beside it."
        )
    elif apart:
        hosts = f"for {', '.join(served)}" if served else "for no host name"
        print(f"Not compared with any chain: {', '.join(apart)}. What these files hold is {hosts}.")
    return 1 if findings or (chains and len(apart) == len(policy.pin_sets)) else 0


def _hosts(leaf: x509.Certificate) -> list[str]:
    """The host names of a certificate; for a wildcard, one host that it stands for."""
    names = [
        each.value
        for each in leaf.extensions
        if isinstance(each.value, x509.SubjectAlternativeName)
    ]
    return [
        name.replace("*", "www", 1)
        for one in names
        for name in one.get_values_for_type(x509.DNSName)
    ]


def _certificates(name: str) -> list[x509.Certificate]:
    try:
        found = read_keys(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as error:
        raise KeyFileError(f"{name}: {error.strerror}.") from error
    return [key.certificate for key in found if key.certificate]


def _pin(options: argparse.Namespace) -> int:
    problems = 0
    for name in options.files:
        try:
            found = read_keys(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
        except OSError as error:
            print(f"certpin-lab: {name}: {error.strerror}.", file=sys.stderr)
            problems += 1
        except KeyFileError as error:
            print(f"certpin-lab: {name}: {error}", file=sys.stderr)
            problems += 1
        else:
            for key in found:
                print(f"{key.pin}  {key.description}")
    return 2 if problems else 0
