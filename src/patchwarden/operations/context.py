"""What an operation is given besides its request: who asks, when, and what it may use."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from patchwarden.choices import Choices
from patchwarden.evaluation.engine import Engine
from patchwarden.operations.patch_fragments import PatchFragments
from patchwarden.operations.snapshot_links import SnapshotLinks
from patchwarden.protocol.canonical_form import header_values
from patchwarden.protocol.page_token import PageTokens
from patchwarden.store.credentials import Holder, Issuer
from patchwarden.store.database import Database, Scope
from patchwarden.store.vault import Vault

Request = Mapping[str, Any]
"""A decoded and validated input: the members that were sent, in the service model's spelling."""

Answer = Mapping[str, object] | bytes
"""An output in the service model's spelling, or its finished JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What all requests to one server share."""

    engine: Engine
    page_tokens: PageTokens
    fragments: PatchFragments
    issuer: Issuer
    snapshot_links: SnapshotLinks
    random_bytes: Callable[[int], bytes]

    @property
    def vault(self) -> Vault:
        """Give what seals secrets."""
        return self.issuer.vault

    @property
    def choices(self) -> Choices:
        """Give the choices in force."""
        return self.engine.choices


class Context(NamedTuple):
    """One request's surroundings."""

    operation: str
    scope: Scope
    caller: Holder
    now: float
    db: Database
    resources: Resources
    headers: Sequence[tuple[bytes, bytes]] = ()

    @property
    def host(self) -> str:
        """Give the name by which the client reached this server, with the port if it has one."""
        return header_values(self.headers).get(b"host", b"").decode("latin-1")

    def new_uuid(self) -> str:
        """Give a fresh identifier in the form of a UUID."""
        return str(uuid.UUID(bytes=self.resources.random_bytes(16), version=4))

    def new_id(self, prefix: str) -> str:
        """Give a fresh identifier in AWS's form: a prefix and 17 hexadecimal digits."""
        return prefix + self.resources.random_bytes(9).hex()[:17]
