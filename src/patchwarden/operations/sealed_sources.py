"""Keeps what is in the sources of patch baselines unreadable in the store: it may have passwords.

A configuration is sealed before anything else sees the request, and opened where it is answered or
handed to a node. The same text always gives the same seal, so that equal contents stay equal.
Baselines of older versions have it as it was sent.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from patchwarden.domain.baselines import PatchBaseline, PatchSource
from patchwarden.store.vault import Vault

_PREFIX = "sealed:"
_NAME = "configuration of a patch source"


def with_sealed_sources(vault: Vault, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a request that makes or changes a baseline with sealed configurations."""
    if "Sources" not in request:
        return request
    sources = [
        {**source, "Configuration": _sealed(vault, source["Configuration"])}
        for source in request["Sources"]
    ]
    return {**request, "Sources": sources}


def with_opened_sources(vault: Vault, content: PatchBaseline) -> PatchBaseline:
    """Give the content of a baseline with configurations as they were sent."""
    return replace(content, sources=tuple(_opened(vault, source) for source in content.sources))


def _sealed(vault: Vault, configuration: str) -> str:
    return _PREFIX + base64.b64encode(vault.seal_same(configuration.encode(), _NAME)).decode()


def _opened(vault: Vault, source: PatchSource) -> PatchSource:
    if not source.configuration.startswith(_PREFIX):
        return source
    sealed = base64.b64decode(source.configuration.removeprefix(_PREFIX))
    return replace(source, configuration=vault.open(sealed, _NAME))
