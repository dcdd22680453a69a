"""Sends the server the changelogs that it lacks: each is fetched by one node of a fleet."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from patchwarden_agent.changelogs.fetching import WantedChangelog, fetch_changelogs
from patchwarden_agent.changelogs.text import Changelog, Entry
from patchwarden_agent.client import Operation, call
from patchwarden_agent.errors import RequestError
from patchwarden_agent.registration import Registration
from patchwarden_agent.target import Target

_DESCRIBE = Operation("Patchwarden", "DescribeWantedChangelogs")
_PUT = Operation("Patchwarden", "PutChangelogs")
_UNKNOWN_OPERATION = "UnknownOperationException"
MAX_REQUEST_BYTES = 2 * 1024 * 1024
_MAX_IN_REQUEST = 100
# By member, what it may be: apt-get takes these texts on its command line.
_WANTED: Mapping[str, "re.Pattern[str]"] = {
    "Source": re.compile(r"[a-z0-9][a-z0-9+.-]{1,254}"),
    "Version": re.compile(r"[0-9][A-Za-z0-9.+~:-]{0,254}"),
    "Package": re.compile(r"[a-z0-9][a-z0-9+.-]{1,254}"),
    "Architecture": re.compile(r"[a-z0-9][a-z0-9-]{0,63}"),
    "PackageVersion": re.compile(r"[0-9][A-Za-z0-9.+~:-]{0,254}"),
}


class SentChangelogs(NamedTuple):
    """What became of the changelogs that the server wanted."""

    sent_count: int
    problems: tuple[str, ...]
    """Sentences about those that could not be had."""


def upload_changelogs(
    registration: Registration, target: Target, cache_directory: Path
) -> SentChangelogs:
    """Ask which changelogs are wanted, fetch them and send them.

    A server that does not know of changelogs wants none. Raises RequestError if it refuses,
    UnreachableError if there is no answer.
    """
    wanted = _wanted(registration)
    if not wanted:
        return SentChangelogs(0, ())
    fetched = fetch_changelogs(wanted, target, cache_directory)
    for batch in _batches([_members(changelog) for changelog in fetched.changelogs]):
        members = {"InstanceId": registration.instance_id, "Changelogs": batch}
        call(registration.endpoint, _PUT, members, registration.signing_key)
    return SentChangelogs(len(fetched.changelogs), fetched.problems)


def _wanted(registration: Registration) -> list[WantedChangelog]:
    members = {"InstanceId": registration.instance_id}
    try:
        answer = call(registration.endpoint, _DESCRIBE, members, registration.signing_key)
    except RequestError as error:
        if error.code == _UNKNOWN_OPERATION:
            return []
        raise
    listed = answer.get("Changelogs")
    read = [_read(each) for each in listed] if isinstance(listed, list) else []
    return list(dict.fromkeys(each for each in read if each is not None))


def _read(listed: Any) -> Optional[WantedChangelog]:  # noqa: ANN401 - what JSON gave
    """Read what the server wants; None for what cannot be the name or version of a package."""
    if not isinstance(listed, dict):
        return None
    texts = [listed.get(member) for member in _WANTED]
    sound = [
        text
        for text, pattern in zip(texts, _WANTED.values())
        if isinstance(text, str) and pattern.fullmatch(text)
    ]
    return WantedChangelog(*sound) if len(sound) == len(_WANTED) else None


def _members(changelog: Changelog) -> dict[str, Any]:
    return {
        "Source": changelog.source,
        "Version": changelog.version,
        "Entries": [_entry_members(entry) for entry in changelog.entries],
    }


def _entry_members(entry: Entry) -> dict[str, Any]:
    members: dict[str, Any] = {"Version": entry.version, "CVEIds": list(entry.cve_ids)}
    if entry.released_at is not None:
        members["ReleasedDate"] = entry.released_at
    return members


def _batches(changelogs: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Put together what fits into one request."""
    batch: list[dict[str, Any]] = []
    left = MAX_REQUEST_BYTES
    for changelog in changelogs:
        size = len(json.dumps(changelog))
        if batch and (size > left or len(batch) == _MAX_IN_REQUEST):
            yield batch
            batch, left = [], MAX_REQUEST_BYTES
        batch.append(changelog)
        left -= size
    if batch:
        yield batch
