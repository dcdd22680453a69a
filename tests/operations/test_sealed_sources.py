"""The sources of patch baselines are unreadable in the store, and only there."""

from typing import Any

import pytest

from driver import SCOPE, Api, Json, Refused
from patchwarden.domain.baselines import PatchBaseline, PatchSource
from patchwarden.store import baselines

PASSWORD = "hunter2-hunter2"
SOURCES = [
    {"Name": "mirror", "Products": ["*"], "Configuration": f"password={PASSWORD}"},
    {"Name": "other", "Products": ["Debian12"], "Configuration": "sealed:é"},
]


def created(api: Api, **members: Json) -> str:
    given: dict[str, Any] = {"Name": "mine", "OperatingSystem": "DEBIAN", **members}
    return str(api.call("CreatePatchBaseline", **given)["BaselineId"])


def shown(api: Api, baseline_id: str) -> Json:
    return api.call("GetPatchBaseline", BaselineId=baseline_id)["Sources"]


def stored(api: Api, baseline_id: str) -> PatchBaseline:
    found = baselines.find(api.db, SCOPE, baseline_id)
    assert found is not None
    return found.content


def test_what_was_sent_is_shown_and_not_stored(api: Api) -> None:
    baseline_id = created(api, Sources=SOURCES)
    assert shown(api, baseline_id) == SOURCES
    assert PASSWORD not in str(
        [source.configuration for source in stored(api, baseline_id).sources]
    )
    changed = [SOURCES[1]]
    answer = api.call("UpdatePatchBaseline", BaselineId=baseline_id, Sources=changed)
    assert answer["Sources"] == shown(api, baseline_id) == changed
    answer = api.call("UpdatePatchBaseline", BaselineId=baseline_id, Description="new")
    assert answer["Sources"] == shown(api, baseline_id) == changed


def test_the_same_sources_are_the_same_content(api: Api) -> None:
    first, second = (stored(api, created(api, Sources=SOURCES)) for _ in range(2))
    assert baselines.digest_of(first) == baselines.digest_of(second)


def test_a_repeated_request_is_known_by_its_sources(api: Api) -> None:
    first = created(api, Sources=SOURCES, ClientToken="once")
    assert created(api, Sources=SOURCES, ClientToken="once") == first
    with pytest.raises(Refused, match="IdempotentParameterMismatch"):
        created(api, Sources=SOURCES[:1], ClientToken="once")


def test_a_baseline_of_an_older_version_is_not_sealed(api: Api) -> None:
    plain = PatchBaseline(
        name="mine",
        operating_system="DEBIAN",
        sources=(PatchSource(name="mirror", products=("*",), configuration="[old]"),),
    )
    with api.db.transaction():
        baselines.add(api.db, SCOPE, "pb-0123456789abcdef0", plain, now=1.0, by="test")
    assert shown(api, "pb-0123456789abcdef0") == [
        {"Name": "mirror", "Products": ["*"], "Configuration": "[old]"}
    ]
