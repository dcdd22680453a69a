"""`patchwarden node`: what runs on a managed node, and a look at this machine."""

import json
import shlex
import sys
import time
from importlib import resources
from pathlib import Path

import click
import msgspec

from patchwarden.cli.connection import DEFAULT_ENDPOINT
from patchwarden.cli.examples import examples
from patchwarden.cli.output import format_option, print_json, say
from patchwarden.cli.scan_summary import scan_document, summarize_scan
from patchwarden.cli.scan_tables import print_summary
from patchwarden.cli.serve import log_to_standard_error
from patchwarden.cli.settings_file import SettingsGroup
from patchwarden.domain.facts import Report
from patchwarden_agent import registration as agent_registration
from patchwarden_agent import run as agent_run
from patchwarden_agent.registration import Registration
from patchwarden_agent.scan import ScanOptions
from patchwarden_agent.scan import scan as scan_machine

_DEFAULT_INTERVAL_S = 3600
_DEFAULT_HEARTBEAT_S = 300
_A_PATH = click.Path(exists=True, path_type=Path)


@click.group(
    cls=SettingsGroup,
    epilog=examples(
        "patchwarden node scan",
        "patchwarden node register --endpoint http://patches.example.net:8440 --activation-id …",
        "patchwarden node run",
    ),
)
def node() -> None:
    """This machine as a managed node: scan it, register it, keep it reporting."""


@node.command(
    epilog=examples(
        "patchwarden node scan",
        "patchwarden node scan --format report > scan.json",
        "patchwarden node scan --root /mnt/image --format json",
        "patchwarden node scan --dpkg-status /tmp/status-of-another-machine",
    )
)
@click.option("--root", type=_A_PATH, help="Scan the file system that is mounted here.")
@click.option("--dpkg-status", type=_A_PATH, help="Read the installed packages from this file.")
@format_option("report")
def scan(root: Path | None, dpkg_status: Path | None, output_format: str) -> None:
    """Show what this machine has installed and what is available. Needs no server.

    `--format report` prints what `report submit` and the agent send.
    """
    report = scan_machine(ScanOptions(root=root, dpkg_status=dpkg_status))
    if output_format == "report":
        click.echo(json.dumps(report))
        return
    summary = summarize_scan(msgspec.convert(report, Report))
    if output_format == "json":
        print_json(scan_document(summary))
    else:
        print_summary(summary, time.time())


@node.command(
    epilog=examples(
        "aws ssm create-activation --iam-role PatchwardenManagedNode --endpoint-url URL",
        "patchwarden node register --endpoint URL --activation-id ID    (asks for the code)",
        "patchwarden node register --activation-id ID --activation-code - < code.txt",
    )
)
@click.option(
    "--endpoint",
    envvar="PATCHWARDEN_ENDPOINT",
    default=DEFAULT_ENDPOINT,
    metavar="URL",
    show_envvar=True,
    help="The server.",
)
@click.option("--activation-id", required=True, help="As CreateActivation gave it.")
@click.option(
    "--activation-code",
    envvar="PATCHWARDEN_ACTIVATION_CODE",
    show_envvar=True,
    help="As CreateActivation gave it; `-` reads standard input. Without it, a terminal is asked: "
    "other users can see command lines.",
)
@click.option(
    "--state",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to keep the registration in; by default the agent's usual one.",
)
@click.option("--force", is_flag=True, help="Replace a registration that is there already.")
def register(
    endpoint: str,
    activation_id: str,
    activation_code: str | None,
    path: Path | None,
    *,
    force: bool,
) -> None:
    """Make this machine a managed node of a server."""
    report = "patchwarden node run --once"
    if path is None:
        path = agent_registration.default_path()
    else:
        report += f" --state {shlex.quote(str(path))}"
    if path.exists() and not force:
        raise click.ClickException(
            f"This machine is registered already, in {path}; replace that with --force."
        )
    code = _secret(activation_code)
    agent_registration.prepare_to_save(path)
    registration = agent_registration.register(endpoint, activation_id, code)
    registration.save(path)
    say(f"Registered as {registration.instance_id}. Report with: {report}")


def _secret(given: str | None) -> str:
    if given == "-":
        return sys.stdin.readline().strip()
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError(
            "There is no activation code; set PATCHWARDEN_ACTIVATION_CODE, "
            "or give --activation-code - and write it to standard input."
        )
    answer: str = click.prompt("Activation code", hide_input=True)
    return answer


@node.command(
    epilog=examples("patchwarden node run", "patchwarden node run --once    (from cron or a timer)")
)
@click.option("--once", is_flag=True, help="Scan and report once, then end.")
@click.option(
    "--interval",
    "interval_s",
    type=click.IntRange(60),
    default=_DEFAULT_INTERVAL_S,
    metavar="SECONDS",
    help="The time between two scans.",
)
@click.option(
    "--heartbeat",
    "heartbeat_s",
    type=click.IntRange(60),
    default=_DEFAULT_HEARTBEAT_S,
    metavar="SECONDS",
    help="The time between two signs of life.",
)
@click.option(
    "--state",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file that `node register` kept the registration in.",
)
@click.option(
    "--changelogs",
    "has_changelogs",
    is_flag=True,
    help="After a report, download packages that the server asks for, and send it which CVEs their"
    " changelogs name (apt alone). Nothing is installed.",
)
def run(
    interval_s: int, heartbeat_s: int, path: Path | None, *, once: bool, has_changelogs: bool
) -> None:
    """Run the agent: scan this machine and report, again and again."""
    log_to_standard_error("info")
    path = path or agent_registration.default_path()
    registration = Registration.load(path)
    agent_run.run(
        registration,
        ScanOptions(),
        interval_s=interval_s,
        heartbeat_s=heartbeat_s,
        once=once,
        changelog_directory=path.parent / "changelogs" if has_changelogs else None,
    )
    if once:
        say(f"Reported. See: patchwarden patches {registration.instance_id}")


@node.command(epilog=examples("patchwarden node collector > patchwarden-scan.ps1"))
def collector() -> None:
    """Print the PowerShell script that scans a Windows machine.

    Run it there by `powershell.exe -NoProfile -ExecutionPolicy Bypass -File patchwarden-scan.ps1
    -OutFile web-1.json`, and hand in what it wrote by `patchwarden report submit web-1.json`.
    """
    script = resources.files("patchwarden_agent") / "windows" / "patchwarden-scan.ps1"
    click.echo(script.read_text(encoding="utf-8"), nl=False)
