"""`patchwarden credentials`: makes, lists and revokes access keys, in the data directory."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, get_args

import click

from patchwarden.cli.connection import DEFAULT_ENDPOINT, checked_url
from patchwarden.cli.data_directory import installation_options
from patchwarden.cli.examples import examples
from patchwarden.cli.installation import checked_account, checked_region, opened
from patchwarden.cli.output import Column, Format, format_option, iso, print_json, print_table, say
from patchwarden.cli.settings_file import SettingsGroup
from patchwarden.server.settings import DEFAULT_ACCOUNT, DEFAULT_REGION
from patchwarden.store import credentials as stored
from patchwarden.store.credentials import Credential, Holder, IssuedKey, Issuer, Role
from patchwarden.store.opening import StoreLocation

_INSTANCE_ID = re.compile(r"(i-(\w{8}|\w{17}))|(mi-\w{17})")


@click.group(
    cls=SettingsGroup,
    epilog=examples(
        "patchwarden credentials create --role operator",
        "patchwarden credentials list",
        "patchwarden credentials revoke PWAK…",
    ),
)
def credentials() -> None:
    """Access keys: who may ask this installation, and what they may do.

    These commands work on the store itself, also while its server runs.
    """


class _Place(NamedTuple):
    """What a client must know besides its key."""

    endpoint: str
    region: str


@credentials.command(
    epilog=examples(
        'eval "$(patchwarden credentials create --role operator)"',
        "patchwarden credentials create --role auditor --format profile >> ~/.aws/credentials",
        "patchwarden credentials create --role node --instance-id mi-0123456789abcdef0",
    )
)
@click.option(
    "--role",
    type=click.Choice(get_args(Role)),
    required=True,
    help="admin: everything; operator: all but changing patch baselines; auditor: reads; "
    "node: reports and reads for one node.",
)
@click.option(
    "--account", default=DEFAULT_ACCOUNT, callback=checked_account, help="The account, 12 digits."
)
@click.option("--instance-id", help="With --role node: the node that the key speaks for.")
@click.option("--description", default="", help="Whose key it is, for the list.")
@click.option(
    "--region",
    default=DEFAULT_REGION,
    callback=checked_region,
    help="The region to name in the output; any key works in all.",
)
@click.option(
    "--endpoint",
    envvar="PATCHWARDEN_ENDPOINT",
    default=DEFAULT_ENDPOINT,
    callback=checked_url,
    help="The server to name in the output.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["env", "json", "profile"]),
    default="env",
    help="Lines for a shell, one JSON document, or a section for ~/.aws/credentials.",
)
@installation_options
def create(  # noqa: PLR0913 - click gives one argument for each option
    *,
    location: StoreLocation,
    output_format: str,
    region: str,
    endpoint: str,
    account: str,
    role: Role,
    instance_id: str | None,
    description: str,
) -> None:
    """Make an access key and print it. Its secret is never shown again."""
    _check_instance_id(role, instance_id)
    holder = Holder(account_id=account, role=role, instance_id=instance_id, description=description)
    with opened(location, create=True) as (installation, db):
        issuer = Issuer(vault=installation.vault, random_bytes=secrets.token_bytes)
        with db.transaction(alone=True):
            key = issuer.issue(db, holder, time.time())
    click.echo(_PRINTED[output_format](key, holder, _Place(endpoint, region)))


@credentials.command("list", epilog=examples("patchwarden credentials list --format json"))
@format_option()
@installation_options
def list_(location: StoreLocation, output_format: Format) -> None:
    """List all access keys, the revoked ones included, without their secrets."""
    with opened(location) as (_, db):
        keys = stored.everything(db)
    if output_format == "json":
        print_json({"AccessKeys": [_as_document(key) for key in keys]})
        return
    print_table(
        [Column(title) for title in _LIST_COLUMNS],
        [
            (
                key.access_key_id,
                key.holder.account_id,
                key.holder.role,
                key.holder.instance_id or "",
                iso(key.created_at),
                iso(key.revoked_at),
                key.holder.description,
            )
            for key in keys
        ],
    )


@credentials.command(epilog=examples("patchwarden credentials revoke PWAK4Q6EXAMPLE7H2VTC"))
@click.argument("access_key_id")
@installation_options
def revoke(location: StoreLocation, access_key_id: str) -> None:
    """End an access key for good. A running server refuses it from the next request on."""
    with opened(location) as (_, db), db.transaction(alone=True):
        was_in_force = stored.revoke(db, access_key_id, time.time())
    if not was_in_force:
        raise click.ClickException(
            f"There is no access key {access_key_id} in force; "
            "patchwarden credentials list shows all of them."
        )
    say(f"{access_key_id} is revoked.")


_LIST_COLUMNS = ("Access key", "Account", "Role", "Node", "Created", "Revoked", "Description")


def _check_instance_id(role: Role, instance_id: str | None) -> None:
    if (role == "node") != (instance_id is not None):
        raise click.UsageError("--instance-id goes with --role node, and --role node needs it.")
    if instance_id is not None and not _INSTANCE_ID.fullmatch(instance_id):
        raise click.BadParameter(
            f"{instance_id} is no node id; one looks like mi-0123456789abcdef0",
            param_hint="--instance-id",
        )


def _as_document(key: Credential) -> Mapping[str, object]:
    return {
        "AccessKeyId": key.access_key_id,
        "Account": key.holder.account_id,
        "Role": key.holder.role,
        "InstanceId": key.holder.instance_id,
        "Description": key.holder.description,
        "CreatedDate": iso(key.created_at),
        "RevokedDate": iso(key.revoked_at) or None,
    }


def _as_environment(key: IssuedKey, _holder: Holder, place: _Place) -> str:
    return (
        f"export AWS_ACCESS_KEY_ID={key.access_key_id}\n"
        f"export AWS_SECRET_ACCESS_KEY={key.secret_access_key}\n"
        f"export AWS_DEFAULT_REGION={place.region}\n"
        # For SSM alone: no other service of AWS knows this key's server.
        f"export AWS_ENDPOINT_URL_SSM={place.endpoint}"
    )


def _as_profile(key: IssuedKey, _holder: Holder, place: _Place) -> str:
    return (
        "[patchwarden]\n"
        f"aws_access_key_id = {key.access_key_id}\n"
        f"aws_secret_access_key = {key.secret_access_key}\n"
        f"region = {place.region}\n"
        f"endpoint_url = {place.endpoint}\n"
    )


def _as_json(key: IssuedKey, holder: Holder, place: _Place) -> str:
    import json

    return json.dumps(
        {
            "AccessKeyId": key.access_key_id,
            "SecretAccessKey": key.secret_access_key,
            "Account": holder.account_id,
            "Role": holder.role,
            "InstanceId": holder.instance_id,
            "Region": place.region,
            "EndpointUrl": place.endpoint,
        },
        indent=2,
    )


_PRINTED: Mapping[str, Callable[[IssuedKey, Holder, _Place], str]] = {
    "env": _as_environment,
    "json": _as_json,
    "profile": _as_profile,
}
