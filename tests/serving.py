"""A real server in a process of its own, and real clients for it."""

import functools
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

import patchwarden.protocol
from patchwarden.store.credentials import Holder, IssuedKey, Issuer, Role
from patchwarden.store.database import Database
from patchwarden.store.installation import Installation, open_installation

ACCOUNT = "123456789012"
REGION = "us-east-1"
_URL = re.compile(r"http://\S+:\d+")
_MODELS = Path(patchwarden.protocol.__file__).parent / "models"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `url`."""

    url: str
    data_directory: Path
    process: "subprocess.Popen[str]"
    store_url: str | None = None

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return (self.data_directory.parent / "server.log").read_text(encoding="utf-8")

    def new_key(
        self, role: Role = "admin", *, account: str = ACCOUNT, instance_id: str | None = None
    ) -> IssuedKey:
        """Make an access key, as `patchwarden credentials create` does."""
        installation = self._installation()
        issuer = Issuer(vault=installation.vault, random_bytes=secrets.token_bytes)
        db = installation.connect()
        try:
            with db.transaction():
                holder = Holder(account_id=account, role=role, instance_id=instance_id)
                return issuer.issue(db, holder, time.time())
        finally:
            db.close()

    def connect(self) -> Database:
        """Connect to the store of the server."""
        return self._installation().connect()

    def _installation(self) -> Installation:
        return open_installation(self.data_directory, secrets.token_bytes, self.store_url)

    def client(
        self, key: IssuedKey, service: str = "ssm", *, region: str = REGION, **config: Any
    ) -> Any:
        """Make a boto3 client; `service` may be `patchwarden`, Patchwarden's own."""
        core = botocore.session.get_session()
        core.register_component("data_loader", _loader())
        session = boto3.Session(
            botocore_session=core,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            region_name=region,
        )
        return session.client(
            service,
            endpoint_url=self.url,
            config=Config(**{"retries": {"max_attempts": 0}, **config}),
        )

    def environment(self, key: IssuedKey, *, region: str = REGION) -> dict[str, str]:
        """Give the environment variables by which any AWS client finds this server."""
        return {
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.url,
            "PATCHWARDEN_ENDPOINT": self.url,
        }


@functools.cache
def _loader() -> botocore.loaders.Loader:
    # It remembers the service models, so that only the first client takes long to make.
    loader = botocore.loaders.create_loader()
    loader.search_paths.append(str(_MODELS))
    return loader


@contextmanager
def running_server(
    data_directory: Path, *arguments: str, store_url: str | None = None
) -> Iterator[RunningServer]:
    """Run `patchwarden serve` on a free port until the block ends."""
    command = [sys.executable, "-m", "patchwarden", "serve"]
    command += ["--data", str(data_directory), "--listen", "127.0.0.1:0", *arguments]
    command += ["--store", store_url] if store_url else []
    with (data_directory.parent / "server.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        url = _wait_for_url(process, data_directory)
        yield RunningServer(url, data_directory, process, store_url)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        process.stdout.close()


def _wait_for_url(process: "subprocess.Popen[str]", data_directory: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if match := _URL.search(line):
            return match[0]
    log = (data_directory.parent / "server.log").read_text(encoding="utf-8")
    raise AssertionError(f"the server ended before it answered: {log}")
