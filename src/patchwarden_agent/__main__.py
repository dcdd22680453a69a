"""The command line of the agent: scan, register, run."""

import argparse
import json
import logging
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from patchwarden_agent import __version__
from patchwarden_agent.errors import AgentError
from patchwarden_agent.scan import ScanOptions, scan

_PROGRAM = "patchwarden-agent"
_CODE_VARIABLE = "PATCHWARDEN_ACTIVATION_CODE"
_MIN_INTERVAL_S = 60.0
_EXAMPLES = f"""examples:
  {_PROGRAM} scan
  {_PROGRAM} scan --root /srv/chroot/bookworm
  {_PROGRAM} scan --dpkg-status ./status
  {_PROGRAM} register --endpoint https://patchwarden.example.com:8440 \\
      --activation-id 5743558d-563b-4457-8682-d16c3example --activation-code dRmgnYaFv567vEXAMPLE
  {_PROGRAM} run --interval 3600

exit codes: 0 done, 1 it failed (the reason is on standard error), 2 wrong usage"""


def main() -> None:
    """Run the command line of this process, and exit."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Run one command, and give the exit code; wrong usage exits with 2."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        parsed.command(parsed)
    except AgentError as error:
        sys.stderr.write(f"{_PROGRAM}: {error}\n")
        return 1
    except BrokenPipeError:
        # Whoever read the report has gone; nor can Python flush what is left at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Reports to Patchwarden what is installed on this machine and what could be.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_scan(commands.add_parser("scan", help="print the report of this machine as JSON"))
    _add_register(commands.add_parser("register", help="make this machine a managed node"))
    _add_run(commands.add_parser("run", help="scan and report, again and again"))
    return parser


def _add_scan(parser: argparse.ArgumentParser) -> None:
    _add_scan_options(parser)
    parser.set_defaults(command=_scan)


def _add_scan_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, help="scan the system in this directory instead")
    parser.add_argument(
        "--dpkg-status", type=Path, metavar="FILE", help="take what is installed from this file"
    )


def _add_register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint", required=True, metavar="URL", help="the server")
    parser.add_argument("--activation-id", required=True, metavar="ID")
    parser.add_argument(
        "--activation-code",
        metavar="CODE",
        default=os.environ.get(_CODE_VARIABLE),
        help=f"default: {_CODE_VARIABLE}, which other users of this machine cannot see",
    )
    _add_state(parser)
    parser.set_defaults(command=_register)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--interval",
        type=_seconds,
        default=3600.0,
        metavar="SECONDS",
        help="from one scan to the next, at least 60 (default: 3600)",
    )
    parser.add_argument(
        "--heartbeat",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="from one sign of life to the next, at least 60 (default: 300)",
    )
    parser.add_argument("--once", action="store_true", help="report once, and end")
    parser.add_argument(
        "--changelogs",
        action="store_true",
        help="after a report, download packages that the server asks for, and send it which CVEs"
        " their changelogs name (apt alone); nothing is installed",
    )
    _add_scan_options(parser)
    _add_state(parser)
    parser.set_defaults(command=_run)


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, metavar="FILE", help="where the registration is kept")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (math.isfinite(seconds) and seconds >= _MIN_INTERVAL_S):
        raise argparse.ArgumentTypeError(f"must be at least {_MIN_INTERVAL_S:g} seconds")
    return seconds


def _scan(parsed: argparse.Namespace) -> None:
    report = scan(_scan_options(parsed))
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.stdout.flush()


def _scan_options(parsed: argparse.Namespace) -> ScanOptions:
    return ScanOptions(root=parsed.root, dpkg_status=parsed.dpkg_status)


# The network is imported where it is used: a scan needs none, and starts sooner without.


def _register(parsed: argparse.Namespace) -> None:
    from patchwarden_agent.registration import (  # noqa: PLC0415
        default_path,
        prepare_to_save,
        register,
    )

    code: Optional[str] = parsed.activation_code
    if not code:
        raise AgentError(
            f"There is no activation code; give --activation-code or {_CODE_VARIABLE}."
        )
    path = parsed.state or default_path()
    prepare_to_save(path)
    registration = register(parsed.endpoint, parsed.activation_id, code)
    registration.save(path)
    sys.stdout.write(f"Registered as {registration.instance_id}; kept in {path}.\n")


def _run(parsed: argparse.Namespace) -> None:
    from patchwarden_agent.registration import Registration, default_path  # noqa: PLC0415
    from patchwarden_agent.run import run  # noqa: PLC0415

    path = parsed.state or default_path()
    registration = Registration.load(path)
    run(
        registration,
        _scan_options(parsed),
        interval_s=parsed.interval,
        heartbeat_s=parsed.heartbeat,
        once=parsed.once,
        changelog_directory=path.parent / "changelogs" if parsed.changelogs else None,
    )


if __name__ == "__main__":
    main()
