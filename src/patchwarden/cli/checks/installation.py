"""Checks of a data directory: can it be used, is the store intact, is anybody let in."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from patchwarden.choices import Choices
from patchwarden.cli.catalog_tables import what_to_do
from patchwarden.cli.checks.finding import Finding, ok, problem, warning
from patchwarden.cli.installation import opened
from patchwarden.cli.output import age, counted
from patchwarden.errors import PatchwardenError
from patchwarden.store import catalog, credentials, health, verdicts
from patchwarden.store.database import Database
from patchwarden.store.opening import StoreLocation

_LITTLE_SPACE_BYTES = 1024**3
_NO_SPACE_BYTES = 64 * 1024**2
_LAST_IMPORTS = 100


def installation_findings(location: StoreLocation, now: float) -> Iterator[Finding]:
    """Check the data directory and the store; nothing is created."""
    try:
        if not location.exists():
            yield warning(
                "data directory",
                f"There is no installation in {location.place}; "
                "make one with: patchwarden credentials create --role admin",
            )
            return
        if not location.directory.exists():
            yield problem(
                "data directory",
                f"There is no data directory {location.directory} with the master key of the "
                f"store {location.name}; name another with --data.",
            )
            return
        yield _permissions(location.directory)
        yield _free_space(location.directory)
        with opened(location) as (_, db):
            yield ok("master key", "It opens the secrets in the store.")
            yield from _store_findings(db, now)
    except PatchwardenError as error:
        yield problem("store", str(error))


def _permissions(directory: Path) -> Finding:
    check = "data directory"
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return problem(check, f"{directory} cannot be written; run this as the server's user.")
    if directory.stat().st_mode & 0o077:
        return warning(check, f"{directory} is open to other users; run: chmod 700 {directory}")
    return ok(check, f"{directory} is there, for its owner only.")


def _free_space(directory: Path) -> Finding:
    check = "disk space"
    free = shutil.disk_usage(directory).free
    amount = f"{free / 1024**3:.1f} GiB are free"
    if free < _NO_SPACE_BYTES:
        return problem(check, f"Only {amount} for {directory}; the store is about to fail.")
    if free < _LITTLE_SPACE_BYTES:
        return warning(check, f"Only {amount} for {directory}; make room before it is needed.")
    return ok(check, f"{amount} for {directory}.")


def _store_findings(db: Database, now: float) -> Iterator[Finding]:
    damage = health.damage(db)
    if damage:
        yield problem("store", f"It is damaged ({damage[0]}); restore it from a backup.")
        return
    yield ok("store", "It opens, and is found intact.")
    yield _admin_key(db)
    yield _nodes(db, now)
    yield from _sweep(db, now)
    yield _catalog(db, now)


def _admin_key(db: Database) -> Finding:
    check = "credentials"
    in_force = [key for key in credentials.everything(db) if key.revoked_at is None]
    if not any(key.holder.role == "admin" for key in in_force):
        return warning(
            check,
            "No admin has an access key in force; "
            "make one with: patchwarden credentials create --role admin",
        )
    return ok(check, f"{counted(len(in_force), 'access key')} in force, an admin's among them.")


def _nodes(db: Database, now: float) -> Finding:
    check = "nodes"
    stale_after_s = Choices().stale_after_s
    counts = health.count_nodes(db, now - stale_after_s)
    if counts.never_reported or counts.stale:
        return warning(
            check,
            f"Of {counted(counts.registered, 'node')}, {counts.never_reported} never reported and "
            f"{counts.stale} not for {age(stale_after_s)}: their state is unknown; "
            "look at their agents.",
        )
    if counts.registered == 0:
        return ok(check, "No nodes yet.")
    return ok(check, f"{counted(counts.registered, 'node')}, and all reported lately.")


def _sweep(db: Database, now: float) -> Iterator[Finding]:
    """Say how far the sweep is, where nodes are judged by one engine alone."""
    check = "sweep"
    engines = verdicts.engines(db)
    if len(engines) > 1:
        yield ok(check, "Servers of different versions or settings have judged nodes.")
        return
    outdated = sum(verdicts.count_outdated(db, engine=engine, now=now) for engine in engines)
    if outdated:
        yield warning(
            check,
            f"{outdated:,} of {health.count_nodes(db, now).registered:,} nodes still have to be "
            "judged again; a running server does it by itself, and what it shows is judged before.",
        )
    elif engines:
        yield ok(check, "Every node that has reported is judged by what is known now.")


def _catalog(db: Database, now: float) -> Finding:
    check = "catalog"
    imports = catalog.imports(db, _LAST_IMPORTS)
    if not imports:
        return ok(
            check,
            "It is empty: nodes that list only what is installed will never miss anything; "
            "if there are any, see: patchwarden catalog import --help",
        )
    if to_do := list(what_to_do(imports, now)):
        return warning(check, " ".join(to_do))
    return ok(check, f"It was last filled {age(now - imports[0].imported_at)} ago.")
