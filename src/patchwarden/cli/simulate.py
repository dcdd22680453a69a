"""`patchwarden simulate`: fills an installation with a made-up fleet, the same for each seed."""

import itertools
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import click
from click.core import ParameterSource

from patchwarden.choices import Choices
from patchwarden.cli.connection import Connection, checked_url
from patchwarden.cli.conversion import compressed
from patchwarden.cli.data_directory import installation_options
from patchwarden.cli.examples import examples
from patchwarden.cli.installation import checked_account, checked_region, opened
from patchwarden.cli.output import counted, say
from patchwarden.cli.progress import tracked
from patchwarden.cli.registration import IAM_ROLE, Registrar, register_node
from patchwarden.evaluation.engine import Engine
from patchwarden.ingest.accept import accept_report
from patchwarden.server.settings import DEFAULT_ACCOUNT, DEFAULT_REGION
from patchwarden.store import nodes as stored
from patchwarden.store.database import Database, Scope
from patchwarden.store.opening import StoreLocation
from patchwarden.testing.simulated_fleet import SimulatedNode, encode, fleet

_NODES_PER_TRANSACTION = 50
"""More would save few commits, and the ids of new patch records are remembered only after one."""


@click.command(
    epilog=examples(
        "patchwarden simulate --nodes 1000 --seed 1 --data /tmp/patchwarden",
        "patchwarden simulate --nodes 20 --seed 1 --endpoint http://127.0.0.1:8440",
        "patchwarden simulate --nodes 500 --seed 7 --at 2026-11-24T08:00:00Z",
    )
)
@click.option("--nodes", "count", type=click.IntRange(1), required=True, help="How many nodes.")
@click.option("--seed", type=int, default=1, help="The same seed gives the same fleet.")
@click.option(
    "--at",
    "now",
    metavar="TIME",
    callback=lambda _ctx, _option, given: _instant(given),
    help="The time of the scans, in ISO 8601; by default now.",
)
@installation_options
@click.option(
    "--endpoint",
    metavar="URL",
    callback=lambda ctx, option, given: checked_url(ctx, option, _if_asked_for(ctx, given)),
    help="Go through the API of this server instead of the store.",
)
@click.option("--profile", metavar="NAME", help="With --endpoint: a profile of ~/.aws.")
@click.option(
    "--account", default=DEFAULT_ACCOUNT, callback=checked_account, help="With --data: the account."
)
@click.option(
    "--region", default=DEFAULT_REGION, callback=checked_region, help="The region of the nodes."
)
def simulate(  # noqa: PLR0913 - click gives one argument for each option
    *,
    count: int,
    seed: int,
    now: float,
    location: StoreLocation,
    endpoint: str | None,
    profile: str | None,
    account: str,
    region: str,
) -> None:
    """Add a fleet of made-up nodes and their reports, to try things out or to measure.

    Straight into the store it is fast, and the nodes always have the same ids. Through
    --endpoint the server decides the ids.
    """
    started = time.monotonic()
    simulated = tracked(fleet(count, seed, now=now), count, "Simulating")
    if endpoint is None:
        place = location.place
        _fill_store(location, Scope(account, region), simulated, now)
    else:
        place = endpoint
        _fill_through(Connection(endpoint=endpoint, profile=profile, region=region), simulated)
    took_s = time.monotonic() - started
    say(f"{counted(count, 'node')} of seed {seed} reported to {place} in {took_s:.1f} s.")


def _if_asked_for(ctx: click.Context, endpoint: str | None) -> str | None:
    """Leave out an endpoint that only the settings file names: it is there for other commands."""
    source = ctx.get_parameter_source("endpoint")
    return None if source == ParameterSource.DEFAULT_MAP else endpoint


def _instant(given: str | None) -> float:
    if given is None:
        return time.time()
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(f"{given} is no time; write 2026-11-24T08:00:00Z") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _fill_store(
    location: StoreLocation, scope: Scope, simulated: Iterable[SimulatedNode], now: float
) -> None:
    engine = Engine(Choices())
    with opened(location, create=True) as (_, db):
        for batch in _batches(simulated):
            with db.transaction(alone=True):
                for node in batch:
                    _add_node(db, engine, scope, node, now)


def _add_node(db: Database, engine: Engine, scope: Scope, node: SimulatedNode, now: float) -> None:
    if stored.find(db, scope, node.instance_id) is None:
        registration = stored.Registration(
            instance_id=node.instance_id,
            activation_id="",
            name=node.name,
            iam_role=IAM_ROLE,
            tags=node.tags,
        )
        stored.add(db, scope, registration, now)
    accept_report(db, engine, scope, node.instance_id, encode(node.report), now)


def _batches(simulated: Iterable[SimulatedNode]) -> Iterator[list[SimulatedNode]]:
    source = iter(simulated)
    while batch := list(itertools.islice(source, _NODES_PER_TRANSACTION)):
        yield batch


def _fill_through(connection: Connection, simulated: Iterable[SimulatedNode]) -> None:
    registrar = Registrar.of(connection)
    own_service = connection.client("patchwarden")
    for node in simulated:
        instance_id = register_node(registrar, name=node.name, tags=node.tags)
        own_service.submit_report(InstanceId=instance_id, Report=compressed(encode(node.report)))
