"""`patchwarden quickstart`: from nothing to the patches of this machine in one go."""

import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from patchwarden import __version__
from patchwarden.cli.connection import Client, Connection
from patchwarden.cli.data_directory import data_directory_option
from patchwarden.cli.examples import examples
from patchwarden.cli.knowledge import all_items
from patchwarden.cli.listen_address import ListenAddress, listen_option
from patchwarden.cli.output import counted, say
from patchwarden.cli.patches import print_patches
from patchwarden.cli.registration import IAM_ROLE
from patchwarden.cli.serve import log_to_standard_error
from patchwarden.domain.states import NON_COMPLIANT_STATES
from patchwarden.server.settings import DEFAULT_ACCOUNT, DEFAULT_REGION, Settings
from patchwarden.store import credentials
from patchwarden.store.credentials import Holder, IssuedKey, Issuer
from patchwarden.store.installation import open_installation
from patchwarden_agent.registration import Registration, register
from patchwarden_agent.scan import scan
from patchwarden_agent.submission import submit

_HOLDER = Holder(account_id=DEFAULT_ACCOUNT, role="admin", description="quickstart")
_REGISTRATION_FILE = "quickstart-node.json"
_ROWS_OF_OTHER_STATES = 10


@click.command(
    epilog=examples(
        "patchwarden quickstart",
        "patchwarden quickstart --data /tmp/try --listen 127.0.0.1:9000",
        "patchwarden quickstart --exit",
    )
)
@data_directory_option
@listen_option
@click.option("--exit", "exits", is_flag=True, help="End when all is shown; do not stay up.")
def quickstart(data_directory: Path, listen: ListenAddress, *, exits: bool) -> None:
    """Start a server, register and scan this machine, print its patches.

    Nothing on this machine is changed but the data directory. Run again, it uses what is there.
    """
    from patchwarden.server import listening

    log_to_standard_error("warning")
    settings = Settings(data_directory=data_directory, host=listen.host, port=listen.port)
    listener = listening.Listener(settings.host, settings.port)
    with listening.serving(settings, listener):
        say(f"Patchwarden {__version__} serves {listener.url} with the data in {data_directory}")
        key = _access_key(data_directory)
        connection = Connection(endpoint=listener.url, profile=None, region=DEFAULT_REGION, key=key)
        client = connection.client("ssm")
        registration = _registered(client, data_directory / _REGISTRATION_FILE, listener.url)
        operating_system = _scan_and_submit(registration)
        _show_patches(client, registration.instance_id, operating_system)
        if exits:
            say()
            say(f"The server ends now. Start it again: patchwarden serve --data {data_directory}")
        else:
            _show_next_steps(key, registration.instance_id, listener.url)
            _wait_for_interrupt()


def _access_key(data_directory: Path) -> IssuedKey:
    """Give the key of an earlier quickstart, or make one."""
    installation = open_installation(data_directory, secrets.token_bytes)
    db = installation.connect()
    try:
        for credential in credentials.everything(db):
            if credential.holder == _HOLDER and not credential.revoked_at:
                name = credential.access_key_id
                return IssuedKey(name, installation.vault.open(credential.sealed_secret, name))
        issuer = Issuer(vault=installation.vault, random_bytes=secrets.token_bytes)
        with db.transaction():
            return issuer.issue(db, _HOLDER, time.time())
    finally:
        db.close()


def _registered(client: Client, file: Path, endpoint: str) -> Registration:
    """Give this machine's registration: the one in `file` if the server still knows it."""
    if file.exists():
        known = Registration.load(file)
        found = client.describe_instance_information(
            Filters=[{"Key": "InstanceIds", "Values": [known.instance_id]}]
        )
        if found["InstanceInformationList"]:
            say(f"This machine is registered as {known.instance_id}")
            return replace(known, endpoint=endpoint)
    activation = client.create_activation(IamRole=IAM_ROLE)
    registration = register(endpoint, activation["ActivationId"], activation["ActivationCode"])
    registration.save(file)
    say(f"Registered this machine as {registration.instance_id}")
    return registration


def _scan_and_submit(registration: Registration) -> str:
    """Report what is on this machine; give its operating system as the service names it."""
    say("Scanning this machine with its package manager ...")
    started = time.monotonic()
    report = scan()
    submit(registration, report)
    took_s = time.monotonic() - started
    packages = len(report["packages"]["installed"])
    evidence = report["scan"]["evidence"]
    say(f"Found {counted(packages, 'package')} by {evidence} and reported them in {took_s:.1f} s")
    operating_system = report["node"]["operating_system"]
    assert isinstance(operating_system, str)
    return operating_system


def _show_patches(client: Client, instance_id: str, operating_system: str) -> None:
    """Print what needs action in full, and a few of each other state."""
    pages = client.get_paginator("describe_instance_patches").paginate(InstanceId=instance_id)
    by_state: dict[str, list[Mapping[str, Any]]] = {}
    for patch in all_items(pages, "Patches"):
        by_state.setdefault(patch["State"], []).append(patch)
    shown = {state: _worth_showing(state, patches) for state, patches in by_state.items()}
    say()
    say(f"Its patches, relative to {_default_baseline(client, operating_system)}:")
    say()
    print_patches([patch for patches in shown.values() for patch in patches])
    say()
    say(", ".join(_count(state, shown[state], patches) for state, patches in by_state.items()))


def _default_baseline(client: Client, operating_system: str) -> str:
    default = client.get_default_patch_baseline(OperatingSystem=operating_system)
    name = client.get_patch_baseline(BaselineId=default["BaselineId"])["Name"]
    assert isinstance(name, str)
    return name


def _worth_showing(state: str, patches: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return patches if state in NON_COMPLIANT_STATES else patches[:_ROWS_OF_OTHER_STATES]


def _count(state: str, shown: Sequence[object], patches: Sequence[object]) -> str:
    part = f" ({len(shown)} shown)" if len(shown) < len(patches) else ""
    return f"{len(patches)} {state}{part}"


def _show_next_steps(key: IssuedKey, instance_id: str, url: str) -> None:
    environment = (
        f"AWS_ACCESS_KEY_ID={key.access_key_id} AWS_SECRET_ACCESS_KEY={key.secret_access_key} "
        f"AWS_DEFAULT_REGION={DEFAULT_REGION}"
    )
    say()
    say("Try next:")
    say(
        f"  {environment} aws ssm describe-instance-patches --instance-id {instance_id} "
        f"--endpoint-url {url}"
    )
    say(f"  {url}")
    sys.stdout.flush()


def _wait_for_interrupt() -> None:
    with _terminated_like_interrupted():
        try:
            say()
            say("The server stays up until Ctrl-C.")
            sys.stdout.flush()
            signal.pause()
        except KeyboardInterrupt:
            say()
            say("Stopped.")


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
