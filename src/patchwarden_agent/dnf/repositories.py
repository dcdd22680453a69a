"""Tells how old the cached repositories are, and completes advisories out of their files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Optional
from xml.etree.ElementTree import Element

from patchwarden_agent.dnf.updateinfo import read_updateinfo
from patchwarden_agent.dnf.view import CachedRepository
from patchwarden_agent.errors import AgentError
from patchwarden_agent.findings import Advisory, PackageList
from patchwarden_agent.instants import digits_instant, modified_at
from patchwarden_agent.rpm.xml_answers import read_each
from patchwarden_agent.target import read_file

_NAMESPACE = "{http://linux.duke.edu/metadata/repo}"
_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class _File:
    """A file of a repository's metadata."""

    kind: str
    path: Path
    made_at: Optional[float]


def package_lists(repositories: Iterable[CachedRepository]) -> tuple[PackageList, ...]:
    """Give the age of each repository, by its id."""
    return tuple(sorted((_package_list(each) for each in repositories), key=lambda each: each.name))


def missing_lists_detail(lists: Sequence[PackageList], missing: Sequence[str]) -> Optional[str]:
    """Say which repositories there is nothing of; None if there are all."""
    if missing:
        return f"Repositories without a usable cache: {', '.join(missing)}; run dnf makecache."
    if not lists:
        return "There is no cached repository, so no update can be seen: run dnf makecache."
    return None


def complete(
    advisories: Mapping[str, Advisory], repositories: Iterable[CachedRepository]
) -> tuple[dict[str, Advisory], list[str]]:
    """Give the advisories as the repositories' own files have them, and what went wrong.

    Where several repositories have an advisory, the one updated last counts.
    """
    found = dict(advisories)
    complaints = []
    completed: set[str] = set()
    for repository in repositories if advisories else ():
        own, complaint = _own_advisories(repository, advisories)
        complaints += [complaint] if complaint else []
        for advisory_id, advisory in own.items():
            if advisory_id not in completed or _age(found[advisory_id]) < _age(advisory):
                found[advisory_id] = advisory
                completed.add(advisory_id)
    return found, complaints


def _age(advisory: Advisory) -> float:
    return advisory.updated_at or advisory.issued_at or 0.0


def _own_advisories(
    repository: CachedRepository, wanted: Mapping[str, Advisory]
) -> tuple[dict[str, Advisory], str]:
    """Give what it says about the advisories in `wanted`, and what went wrong."""
    found: dict[str, Advisory] = {}
    try:
        for file in _files(repository):
            if file.kind == "updateinfo":
                found.update(read_updateinfo(file.path, wanted))
    except AgentError as error:
        return found, f"{repository.repository_id}: {error}"
    return found, ""


def _package_list(repository: CachedRepository) -> PackageList:
    try:
        files = _files(repository)
    except AgentError:
        files = []
    released = [file.made_at for file in files if file.made_at is not None]
    # dnf touches the primary file when it finds that nothing has changed, yum the cookie.
    touched = [file.path for file in files if file.kind == "primary"]
    touched.append(repository.directory / "cachecookie")
    fetched = [modified_at(path) for path in touched]
    return PackageList(
        name=repository.repository_id,
        released_at=max(released, default=None),
        fetched_at=max((at for at in fetched if at is not None), default=None),
    )


def _files(repository: CachedRepository) -> list[_File]:
    # dnf keeps the directories of the server, yum does not.
    paths = (repository.directory / "repodata/repomd.xml", repository.directory / "repomd.xml")
    path = next((path for path in paths if path.exists()), paths[0])
    content = read_file(path, _MAX_BYTES)
    read = read_each(path.name, content, f"{_NAMESPACE}data", _file_of)
    return [_File(kind, path.parent / name, made_at) for kind, name, made_at in read if name]


def _file_of(element: Element) -> tuple[str, str, Optional[float]]:
    location = element.find(f"{_NAMESPACE}location")
    href = "" if location is None else location.get("href", "")
    made_at = (element.findtext(f"{_NAMESPACE}timestamp") or "").strip().partition(".")[0]
    # Whatever the directory on the server, all files of a repository are in one here.
    return element.get("type", ""), PurePosixPath(href).name, digits_instant(made_at) or None
